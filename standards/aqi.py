"""The air quality index of HJ 633: six concentrations, one number, its level and what it is due to.

HJ 633-2026 (Technical regulation on ambient air quality index), in force from 2026-03-01, table 3 on page 3; before that day
HJ 633-2012, table 1. Concentrations are in ug/m3, CO in mg/m3, at the reference state of GB 3095. What the standard does not define,
and what was not measured, is None.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Averaging = Literal["1h", "8h", "24h"]

POLLUTANTS = ("so2", "no2", "co", "o3", "pm10", "pm2_5")
PARTICLES = ("pm10", "pm2_5")
SINCE = date(2026, 3, 1)
"""First local day of HJ 633-2026."""
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
MOST = 500

HOUR_COVERED = 2700.0
"""Seconds of sampling that make an hourly value valid: 45 minutes, GB 3095-2026 table 4."""
HOURS_NEEDED: dict[Averaging, int] = {"8h": 6, "24h": 20}
"""Hourly values that make a mean valid, GB 3095-2026 table 4."""
MEANS_NEEDED, FIRST_END, O3_8H_LIMIT = 14, 8, 160.0
"""A day's greatest 8-hour mean of ozone needs 14 of its 17 means (ending 8 to 24 h), unless it is over the class 2 limit (HJ 663-2013)."""

_GASES: dict[tuple[str, Averaging], tuple[float, ...]] = {
    ("so2", "24h"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    ("so2", "1h"): (0, 150, 500, 650, 800),
    ("no2", "24h"): (0, 40, 80, 180, 280, 565, 750, 940),
    ("no2", "1h"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    ("co", "24h"): (0, 2, 4, 14, 24, 36, 48, 60),
    ("co", "1h"): (0, 5, 10, 35, 60, 90, 120, 150),
    ("o3", "8h"): (0, 100, 160, 215, 265, 800),
    ("o3", "1h"): (0, 160, 200, 300, 400, 800, 1000, 1200),
}
_2012: dict[tuple[str, Averaging], tuple[float, ...]] = {
    **_GASES,
    ("pm10", "24h"): (0, 50, 150, 250, 350, 420, 500, 600),
    ("pm2_5", "24h"): (0, 35, 75, 115, 150, 250, 350, 500),
}
_PM10, _PM2_5 = (0, 50, 120, 250, 350, 420, 500, 600), (0, 35, 60, 115, 150, 250, 350, 500)
_2026: dict[tuple[str, Averaging], tuple[float, ...]] = {
    **_GASES,
    ("pm10", "24h"): _PM10,
    ("pm10", "1h"): _PM10,
    ("pm2_5", "24h"): _PM2_5,
    ("pm2_5", "1h"): _PM2_5,
}
"""Breakpoints beside `INDEX`. A short row ends where the standard stops: SO2 1 h and O3 8 h above 800."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of the index with its published colour (HJ 633 table 2 and annex A)."""

    grade: int
    en: str
    zh: str
    colour: str
    most: int


LEVELS = (
    Level(grade=1, en="excellent", zh="优", colour="#00E400", most=50),
    Level(grade=2, en="good", zh="良", colour="#FFFF00", most=100),
    Level(grade=3, en="lightly polluted", zh="轻度污染", colour="#FF7E00", most=150),
    Level(grade=4, en="moderately polluted", zh="中度污染", colour="#FF0000", most=200),
    Level(grade=5, en="heavily polluted", zh="重度污染", colour="#99004C", most=300),
    Level(grade=6, en="severely polluted", zh="严重污染", colour="#7E0023", most=MOST),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aqi:
    """The index, what it is due to (only above 50; several when equal) and the part of each pollutant that was measured."""

    value: int | None = None
    primary: tuple[str, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)


def iaqi(pollutant: str, value: float | None, averaging: Averaging, day: date) -> int | None:
    """Individual index of one pollutant on a local day, rounded up, 0 to 500; None where the standard of that day defines none."""
    if pollutant not in POLLUTANTS:
        raise ValueError(f"unknown pollutant {pollutant!r}")
    points = (_2026 if day >= SINCE else _2012).get((pollutant, averaging))
    if points is None or value is None or not value >= 0:
        return None
    if value > points[-1]:
        return _beyond(len(points), day)
    place = max(bisect_left(points, value), 1)
    low, high = points[place - 1], points[place]
    exact = INDEX[place - 1] + (INDEX[place] - INDEX[place - 1]) * (value - low) / (high - low)
    # The ninth decimal is the arithmetic's, not the air's: it must not lift an exact breakpoint to the next number.
    return math.ceil(round(exact, 9))


def _beyond(points: int, day: date) -> int | None:
    """Above the last breakpoint: 500 of a whole row; of a short one its last index (2026), or nothing (2012: another mean is used)."""
    if points == len(INDEX):
        return MOST
    return INDEX[points - 1] if day >= SINCE else None


def combine(parts: Mapping[str, int | None]) -> Aqi:
    """The index of the parts: the greatest of those there are."""
    known = {pollutant: part for pollutant, part in parts.items() if part is not None}
    if not known:
        return Aqi()
    value = max(known.values())
    return Aqi(value=value, primary=tuple(p for p, part in known.items() if part == value) if value > 50 else (), parts=known)


def real_time(hour: Mapping[str, float | None], day: date, particles_24h: Mapping[str, float | None] | None = None) -> Aqi:
    """The hourly report from six 1-hour means. Before 2026-03-01 particles count by their moving 24-hour mean, given in `particles_24h`."""
    parts = {pollutant: iaqi(pollutant, hour.get(pollutant), "1h", day) for pollutant in POLLUTANTS}
    if day < SINCE:
        parts |= {pollutant: iaqi(pollutant, (particles_24h or {}).get(pollutant), "24h", day) for pollutant in PARTICLES}
    return combine(parts)


def daily(means: Mapping[str, float | None], o3_8h: float | None, day: date, o3_1h: float | None = None) -> Aqi:
    """The daily report: 24-hour means and ozone's greatest 8-hour mean; before 2026-03-01 its greatest 1-hour mean counts too."""
    parts = {pollutant: iaqi(pollutant, means.get(pollutant), "24h", day) for pollutant in POLLUTANTS if pollutant != "o3"}
    ozone = [iaqi("o3", o3_8h, "8h", day), iaqi("o3", o3_1h, "1h", day) if day < SINCE else None]
    parts["o3"] = max((part for part in ozone if part is not None), default=None)
    return combine(parts)


def limit(pollutant: str, averaging: Averaging, day: date) -> float | None:
    """Class 2 limit of GB 3095 on a local day: the concentration whose index is 100. None where the standard of that day has none."""
    points = (_2026 if day >= SINCE else _2012).get((pollutant, averaging))
    return points[INDEX.index(100)] if points else None


def source(day: date) -> str:
    """The edition in force on a local day."""
    return "HJ 633-2026" if day >= SINCE else "HJ 633-2012"


def mean(hours: Sequence[float | None], averaging: Averaging) -> float | None:
    """Mean of hourly values, None where fewer are valid than `HOURS_NEEDED`."""
    known = [hour for hour in hours if hour is not None]
    return sum(known) / len(known) if len(known) >= HOURS_NEEDED.get(averaging, 1) else None


def greatest_8h(hours: Sequence[float | None]) -> float | None:
    """Greatest moving 8-hour mean of a day's 24 hourly values (hour ending 1 to 24); None where too few are valid."""
    means = [mean(hours[end - 8 : end], "8h") for end in range(FIRST_END, len(hours) + 1)]
    known = [each for each in means if each is not None]
    greatest = max(known, default=None)
    enough = len(known) >= MEANS_NEEDED or (greatest is not None and greatest > O3_8H_LIMIT)
    return greatest if enough else None


def level(value: int) -> Level:
    """The level of an index."""
    return next(each for each in LEVELS if value <= each.most)
