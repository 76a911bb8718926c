"""Random numbers that belong to a place and a time, so that any window of simulated time can be asked for in any order.

Nothing here has a state. A number is a hash of (key, salt, tick), by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014),
so two runs with one seed agree, and history joins live without a seam.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def stir(bits: Keys) -> Keys:
    """SplitMix64's finaliser: neighbouring inputs give unrelated outputs."""
    bits = bits + np.uint64(GOLDEN)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def key_of(seed: int, name: str) -> int:
    """A 64-bit key of a name (FNV-1a), different for each seed."""
    key = 0xCBF29CE484222325 ^ (seed * GOLDEN & MASK)
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    return key


@cache
def salt_of(salt: str) -> np.uint64:
    """A salt's own bits; there are as many as there are names in the simulation."""
    return np.uint64(key_of(0, salt))


def bits_of(key: Keys, salt: str, tick: NDArray[np.int64]) -> Keys:
    """64 random bits for each (key, tick); `salt` separates the things one key is asked about. Arrays of one length."""
    return stir(key ^ stir(tick.astype(np.uint64) ^ salt_of(salt)))


def uniform(key: Keys, salt: str, tick: NDArray[np.int64]) -> Floats:
    """Evenly spread in [0, 1)."""
    return (bits_of(key, salt, tick) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(key: Keys, salt: str, tick: NDArray[np.int64]) -> Floats:
    """Mean 0, deviation 1, never past 3.5: the sum of four 16-bit parts of one hash (Irwin and Hall)."""
    parts = bits_of(key, salt, tick).view(np.uint16).reshape(-1, 4).sum(axis=1, dtype=np.int64)
    spread: Floats = (parts - 131070) / 37837.2
    return spread


def wander(key: Keys, salt: str, t: Floats, period: float) -> Floats:
    """Smooth noise of mean 0 and deviation 1 everywhere: normals every `period` seconds with smooth blends between."""
    place = t / period
    knot = np.floor(place)
    part = place - knot
    tick = knot.astype(np.int64)
    weight = part * part * (3.0 - 2.0 * part)
    blend: Floats = normal(key, salt, tick) * (1.0 - weight) + normal(key, salt, tick + 1) * weight
    return blend / np.sqrt(weight * weight + (1.0 - weight) ** 2)


def ornstein_uhlenbeck(seed: int, salt: str, t: Floats, tau: float) -> Floats:
    """A stationary Ornstein-Uhlenbeck process of the whole city: deviation 1, correlation exp(-lag / tau); `tau` in seconds.

    Sampled exactly every tau / 12 as a first-order autoregression, written as a moving average over hashed shocks so that it
    needs no past; the tail left out weighs less than 1e-4. Straight lines between samples.
    """
    step = tau / 12.0
    reach = 120
    knots = np.arange(np.floor(t.min() / step) - reach, np.floor(t.max() / step) + 2, dtype=np.float64)
    shocks = normal(np.full(len(knots), key_of(seed, salt), np.uint64), salt, knots.astype(np.int64))
    decay = np.exp(-step / tau)
    weights = decay ** np.arange(reach + 1) * np.sqrt(1.0 - decay**2)
    path = np.convolve(shocks, weights, mode="valid")
    return np.interp(t, knots[reach:] * step, path)
