"""Calendars: days and hours of the city's clock, over midnight and on the days on which the clock is changed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import DAYS, Calendar
from streams.hours import in_force, next_turn

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICE = Calendar(days=("mon", "tue", "wed", "thu", "fri"), hours=(8.0, 17.5))
NIGHT = Calendar(days=("fri",), hours=(22.0, 6.0))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("calendar", "moment", "on"),
    [
        (Calendar(), "2026-11-21T00:00", True),
        (OFFICE, "2026-11-20T08:00", True),
        (OFFICE, "2026-11-20T17:29:59", True),
        (OFFICE, "2026-11-20T17:30", False),
        (OFFICE, "2026-11-20T07:59:59", False),
        (OFFICE, "2026-11-21T09:00", False),
        (NIGHT, "2026-11-20T22:00", True),
        (NIGHT, "2026-11-21T05:59", True),
        (NIGHT, "2026-11-21T06:00", False),
        (NIGHT, "2026-11-21T22:00", False),
        (NIGHT, "2026-11-20T05:00", False),
    ],
)
def test_in_force(calendar: Calendar, moment: str, on: bool) -> None:
    assert in_force(calendar, at(moment), SHANGHAI) is on


def test_the_next_turn() -> None:
    assert next_turn(OFFICE, at("2026-11-20T08:00"), SHANGHAI) == at("2026-11-20T17:30")
    assert next_turn(OFFICE, at("2026-11-20T18:00"), SHANGHAI) == at("2026-11-21T08:00")
    assert next_turn(Calendar(), at("2026-11-20T08:00"), SHANGHAI) == at("2026-11-21T00:00")


def test_the_hour_is_the_citys_own_on_the_day_the_clock_is_changed() -> None:
    early = Calendar(hours=(6.0, 7.0))
    for day in ("2026-03-29", "2026-10-25"):
        assert next_turn(early, at(f"{day}T00:30", BERLIN), BERLIN) == at(f"{day}T06:00", BERLIN)


days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(tuple)
hours = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda ends: ends[0] != ends[1])


@given(days=days, hours=hours, moment=st.integers(1_700_000_000, 1_900_000_000), share=st.floats(0, 0.999))
def test_between_two_turns_nothing_changes(days: tuple[str, ...], hours: tuple[int, int], moment: int, share: float) -> None:
    calendar = Calendar(days=days, hours=(float(hours[0]), float(hours[1])))  # type: ignore[arg-type]
    turn = next_turn(calendar, moment, BERLIN)
    assert moment < turn
    assert in_force(calendar, moment + (turn - moment) * share, BERLIN) == in_force(calendar, moment, BERLIN)
