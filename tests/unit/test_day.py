"""Local days, of 23 and 25 hours too."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from store.day import DAY, begin, by_day, day_of, days

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight itself is left out
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_a_day_is_as_long_as_its_clock_says(zone: str, day: date, hours: float) -> None:
    assert begin(day + DAY, ZoneInfo(zone)) - begin(day, ZoneInfo(zone)) == hours * HOUR


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "UTC"])
def test_every_moment_falls_on_the_date_its_clock_shows(zone: str) -> None:
    place = ZoneInfo(zone)
    ms = np.arange(begin(date(2018, 1, 1), place), begin(date(2019, 1, 1), place), 1_799_999)
    found = by_day(ms, place)
    assert sorted(found) == days(date(2018, 1, 1), date(2018, 12, 31))
    assert sum(len(places) for places in found.values()) == len(ms)
    assert all(day_of(int(one) / 1000, place) == day for day, places in found.items() for one in ms[places])


def test_a_day_keeps_the_order_in_which_readings_came() -> None:
    assert by_day(np.array([5, 90_000_000, 1, 3]), ZoneInfo("UTC"))[date(1970, 1, 1)].tolist() == [0, 2, 3]


def test_nothing_falls_on_no_day() -> None:
    assert by_day(np.empty(0, np.int64), ZoneInfo("UTC")) == {}
