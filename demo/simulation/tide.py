"""The astronomical tide as a sum of harmonic constituents.

Amplitudes are of the size found in Mirs Bay and Daya Bay, where the tide is mixed, mainly semidiurnal, with a mean range about one metre;
speeds are those of every tide table (Doodson). Phases are arbitrary: this is a plausible tide, not a prediction.
"""

from __future__ import annotations

import numpy as np

from demo.simulation.moment import Moment
from demo.simulation.noise import Floats

CONSTITUENTS: tuple[tuple[str, float, float, float], ...] = (
    ("M2", 0.36, 28.9841042, 252.0),
    ("S2", 0.14, 30.0, 285.0),
    ("K1", 0.36, 15.0410686, 301.0),
    ("O1", 0.29, 13.9430356, 249.0),
)
"""Name, amplitude in metres, speed in degrees per hour, phase in degrees."""
MEAN_LEVEL = 1.4
"""Metres above chart datum."""


def angles(moment: Moment) -> list[tuple[float, float, Floats]]:
    """(amplitude m, speed rad/s, angle rad) per constituent; the wave reaches the inner bay some minutes later."""
    delay = 600.0 * moment.share("tide delay")
    turns = [(size, np.radians(speed) / 3600.0, np.radians(phase)) for _, size, speed, phase in CONSTITUENTS]
    return [(size, speed, speed * (moment.t - delay) - phase) for size, speed, phase in turns]


def level(moment: Moment) -> Floats:
    """Metres above chart datum."""
    waves: Floats = np.sum([size * np.cos(angle) for size, _, angle in angles(moment)], axis=0)
    return MEAN_LEVEL + waves


def rise(moment: Moment) -> Floats:
    """How fast the water rises, metres per hour: what drives the tidal current."""
    rates: Floats = np.sum([-size * speed * np.sin(angle) for size, speed, angle in angles(moment)], axis=0)
    return rates * 3600.0
