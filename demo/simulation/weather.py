"""The weather over the whole city: one wind, one sun, and rain cells that drift across; the domains share it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from demo.simulation.moment import Moment, bump, distance
from demo.simulation.noise import Floats, key_of, ornstein_uhlenbeck, uniform

SLOT = 7200.0
"""Seconds for each of which at most one rain cell is born."""
CHANCE = 0.22
LONGEST = 3600.0
"""Seconds from its birth after which a cell has rained out."""
MEMORY = tuple(range(0, 7200, 900))
"""Ages in seconds at which ground and rivers remember the rain."""


def wind(moment: Moment) -> tuple[Floats, Floats]:
    """City wind at each moment: (towards east, towards north), m/s.

    A monsoon mean (north-east in winter, south in summer), a sea breeze in the afternoon, and weather of some hours as two
    Ornstein-Uhlenbeck processes.
    """
    t, seed = moment.t, moment.town.seed
    breeze = bump(moment.solar_hour, 14.5, 3.5)
    east = -1.9 + 1.2 * moment.season + 1.1 * ornstein_uhlenbeck(seed, "wind east", t, 6 * 3600.0) - 0.9 * breeze
    north = -1.6 + 3.2 * moment.season + 1.1 * ornstein_uhlenbeck(seed, "wind north", t, 6 * 3600.0) + 1.1 * breeze
    return east, north


def wind_at(moment: Moment, shelter: Floats | float = 1.0) -> tuple[Floats, Floats]:
    """Wind a sensor reads: (speed m/s, direction it comes from in degrees), the city's with gusts of its own."""
    east, north = wind(moment)
    gust = 1.0 + 0.14 * moment.wander("gust", 150.0) + 0.05 * moment.jitter("gust")
    speed = np.hypot(east, north) * shelter * np.maximum(gust, 0.1)
    from_degrees = np.degrees(np.arctan2(-east, -north)) + 14.0 * moment.wander("veer", 420.0) + 4.0 * moment.jitter("veer")
    return speed, from_degrees % 360.0


def sunlight(moment: Moment) -> Floats:
    """0 at night to 1 at noon."""
    return np.maximum(0.0, np.cos((moment.solar_hour - 12.0) * np.pi / 12.5))


@lru_cache(maxsize=512)
def cell(seed: int, slot: int) -> tuple[float, ...]:
    """Eight numbers in [0, 1) that make the rain cell of a slot; empty where none is born."""
    draws = uniform(np.full(8, key_of(seed, "rain cell"), np.uint64), "cell", np.arange(8) + 8 * slot)
    return tuple(draws.tolist()) if draws[0] < CHANCE else ()


def cell_rain(moment: Moment, slot: int, total: Floats) -> None:
    """Add to `total`, mm/h, the one cell that may be born in a slot: a bell in space that grows, drifts with the upper wind, rains out."""
    town = moment.town
    draws = cell(town.seed, slot)
    if not draws:
        return
    age = moment.t - (slot + draws[1]) * SLOT
    lasts = 1500.0 + (LONGEST - 1500.0) * draws[2]
    alive = np.flatnonzero((age > 0) & (age < lasts))
    west, south, east, north = town.extent
    drift_km = (age[alive] - lasts / 2) * (3.0 + 4.0 * draws[3]) / 1000.0
    lon = west + (east - west) * draws[4] + drift_km * np.cos(2 * np.pi * draws[5]) / 103.0
    lat = south + (north - south) * draws[6] + drift_km * np.sin(2 * np.pi * draws[5]) / 110.57
    away = distance(moment.lon[alive], moment.lat[alive], lon, lat) / (4.0 + 5.0 * draws[2])
    total[alive] += (2.0 + 9.0 * draws[7]) * np.sin(np.pi * age[alive] / lasts) ** 2 * np.exp(-0.5 * away**2)


def rain(moment: Moment) -> Floats:
    """Rain at the sensors, mm/h; zero most of the time."""
    total = np.zeros(len(moment.t))
    slots = np.floor(moment.t / SLOT).astype(np.int64)
    for slot in range(int(slots.min()) - 1, int(slots.max()) + 1):
        cell_rain(moment, slot, total)
    return np.where(total < 0.05, 0.0, total)


def rain_memory(moment: Moment, lag: float) -> Floats:
    """Rain of the last two hours as a river at the sensor feels it: mm/h, a gamma-shaped response that peaks `lag` seconds later."""
    ages = np.array(MEMORY, np.float64)
    weights = ages / lag * np.exp(1.0 - ages / lag)
    weights /= weights.sum()
    felt: Floats = np.sum([w * rain(moment.at(moment.t - age)) for w, age in zip(weights, ages, strict=True) if w > 0], axis=0)
    return felt


def air_temperature(moment: Moment) -> Floats:
    """degC: season, a day that is warmest at half past two, rain that cools."""
    day = np.cos((moment.solar_hour - 14.5) * np.pi / 12.0)
    slow = ornstein_uhlenbeck(moment.town.seed, "air mass", moment.t, 40 * 3600.0)
    return 22.6 + 6.3 * moment.season + 2.9 * day + 1.1 * slow - 0.18 * np.minimum(rain(moment), 12.0)
