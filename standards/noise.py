"""Environmental noise of GB 3096-2008, Environmental quality standard for noise: table 1's limits by class and time of day, and LAeq."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

LIMITS: dict[str, tuple[float, float]] = {
    "0": (50, 40),
    "1": (55, 45),
    "2": (60, 50),
    "3": (65, 55),
    "4a": (70, 55),
    "4b": (70, 60),
}
"""Class -> (day, night) limit of LAeq in dB(A): 0 sanatoria, 1 homes and schools, 2 mixed, 3 industry, 4a main roads, 4b railways."""

DAY = (6, 22)
"""Hours of local time between which it is day, clause 3.5, unless the city has set others."""
NIGHT_PEAK = 15.0
"""dB by which a sudden noise at night may go over the limit, clause 5.4."""


def is_day(local: datetime, day: tuple[int, int] = DAY) -> bool:
    """Whether a local time is by day: 06:00 is, 22:00 is not."""
    return day[0] <= local.hour < day[1]


def limit(zone: str, local: datetime) -> float:
    """Limit of LAeq in dB(A) for a class of `LIMITS` at a local time; ValueError for an unknown class."""
    if zone not in LIMITS:
        raise ValueError(f"unknown noise class {zone!r}")
    day, night = LIMITS[zone]
    return day if is_day(local) else night


def peak_limit(zone: str, local: datetime) -> float | None:
    """Highest level of a sudden noise in dB(A) at night; by day there is none."""
    return None if is_day(local) else limit(zone, local) + NIGHT_PEAK


def exceedance(level: float, zone: str, local: datetime) -> float:
    """dB by which a level is over the limit; negative is the room that is left."""
    return level - limit(zone, local)


def energy(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """10^(L/10) of levels in dB: what adds up."""
    found: NDArray[np.float64] = 10 ** (levels / 10)
    return found


def level_of(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level in dB of each (mean) energy; minus infinity of none at all."""
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = 10 * np.log10(energies)
    return found


def laeq(levels: Iterable[float | None] | NDArray[np.float64]) -> float | None:
    """Energy mean in dB(A) of levels over equal times or places, 10 lg(1/n sum 10^(L/10)) (clause 3.2); None of nothing."""
    told = np.asarray(levels if isinstance(levels, np.ndarray) else list(levels), np.float64)  # None becomes NaN
    told = told[~np.isnan(told)]
    return float(level_of(energy(told).mean())) if len(told) else None
