"""Minutes are what their readings are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from store.archive import Taken, rows_of
from store.minute import MINUTE, roll_up
from store.sheet import RAW
from tests.unit.past import BEGIN, METRICS, taken


def minutes(batch: Taken) -> list[dict[str, Any]]:
    return list(roll_up(rows_of(batch, np.arange(len(batch.ms))), METRICS).to_pylist())


def one(rows: list[tuple[float, int]], metric: str = "level") -> dict[str, Any]:
    """The one minute of (value, quality) readings a second apart."""
    batch = taken([("s", metric, BEGIN + place * 1000, value) for place, (value, _) in enumerate(rows)])
    batch.quality[:] = [quality for _, quality in rows]
    (found,) = minutes(batch)
    return found


def test_a_minute_is_count_mean_extremes_last_and_share() -> None:
    found = one([(3.0, 0), (1.0, 0), (5.0, 1), (99.0, 2)])
    assert {name: found[name] for name in ("count", "mean", "min", "max", "last", "share")} == {
        "count": 3, "mean": 3.0, "min": 1.0, "max": 5.0, "last": 5.0, "share": 0.75,
    }  # fmt: skip
    assert found["unit"] == "m" and found["time"].timestamp() * 1000 == BEGIN


def test_one_reading_is_told_once() -> None:
    found = one([(3.5, 0)])
    assert (found["mean"], found["min"], found["max"], found["last"]) == (3.5, None, None, None)


def test_bad_readings_alone_leave_a_share_of_nothing_and_no_value() -> None:
    found = one([(3.5, 2), (math.nan, 3)])
    assert (found["count"], found["share"]) == (0, 0.0)
    assert [found[name] for name in ("mean", "min", "max", "last")] == [None] * 4


def test_zero_is_a_value() -> None:
    assert one([(0.0, 0), (0.0, 0)])["mean"] == 0.0 and one([(0.0, 0)])["mean"] == 0.0


def test_levels_have_their_energy_mean_and_alone_their_very_value() -> None:
    assert one([(60.0, 0), (70.0, 0)], "noise")["mean"] == pytest.approx(10 * math.log10((1e6 + 1e7) / 2))
    assert one([(63.7, 0)], "noise")["mean"] == 63.7


def test_a_direction_is_told_by_its_last() -> None:
    for rows in ([(350.0, 0), (10.0, 0)], [(10.0, 0)]):
        found = one(rows, "wind")
        assert (found["last"], found["mean"], found["min"], found["max"]) == (10.0, None, None, None)


def test_minutes_do_not_run_into_each_other() -> None:
    found = minutes(taken([("a", "level", BEGIN + 59_999, 1.0), ("a", "level", BEGIN + 60_000, 2.0), ("b", "level", BEGIN, 3.0)]))
    assert [(each["sensor"], each["mean"]) for each in found] == [("a", 1.0), ("a", 2.0), ("b", 3.0)]


def test_nothing_makes_no_minutes() -> None:
    assert roll_up(RAW.empty_table(), METRICS).equals(MINUTE.empty_table())
