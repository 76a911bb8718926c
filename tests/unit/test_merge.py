"""Merging: whatever is merged, wherever it dies, each reading counts once and each minute is that of its readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from store.archive import files
from store.history import History
from store.merge import LATE_SECONDS, MANY, Kept, Merger
from store.shelf import Shelf, Write
from store.stretch import Stretch, standing
from tests.unit.past import BEGIN, METRICS, PLACE, ZONE, Found, Past, taken

DAY_SECONDS = 86_400
BEGUN = BEGIN / 1000
AFTER = BEGUN + 2 * DAY_SECONDS + 3600
KEPT = Kept(raw=30, minute=60)
FIRST, SECOND = date(2026, 11, 20), date(2026, 11, 21)


class Crash(BaseException):
    """The process dies."""


class Fragile(Shelf):
    """A shelf that dies before, or right after, its so-many-th change."""

    def __init__(self, root: str, at: int, after: bool) -> None:
        super().__init__(root)
        self._left, self._after = at, after

    def put(self, path: str, write: Write) -> None:
        self._change(lambda: super(Fragile, self).put(path, write))

    def delete(self, path: str) -> None:
        self._change(lambda: super(Fragile, self).delete(path))

    def _change(self, do: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        do()
        if self._left == 0:
            raise Crash


def tidy(past: Past, now: float = AFTER, kept: Kept = KEPT, wall: float = 0.0) -> int:
    return Merger(past.archive, kept).tidy("sea", PLACE, METRICS, now, wall)


def readings(past: Past, days: int = 3) -> Found:
    with History(past.shelf, ZONE).connect("sea", FIRST, FIRST + timedelta(days)) as database:
        rows = database.execute("SELECT sensor, metric, epoch_ms(time), value FROM raw").fetchall()
    assert len(rows) == len({row[:3] for row in rows})
    return {row[:3]: row[3] for row in rows}


def sums(past: Past, metric: str = "level") -> dict[tuple[str, int], tuple[int, float]]:
    """(count, sum) by sensor and minute, as one asks for a sensor."""
    found = {}
    for sensor in {name[0] for name in past.found}:
        for row in History(past.shelf, ZONE).minutes("sea", sensor, METRICS[metric], BEGUN, AFTER).to_pylist():
            found[sensor, int(row["time"].timestamp()) * 1000] = row["count"], round(row["mean"] * row["count"], 6)
    return found


def true_sums(found: Found, metric: str = "level") -> dict[tuple[str, int], tuple[int, float]]:
    held: dict[tuple[str, int], list[float]] = {}
    for (sensor, name, ms), value in found.items():
        if name == metric:
            held.setdefault((sensor, ms // 60_000 * 60_000), []).append(value)
    return {key: (len(values), sum(values)) for key, values in held.items()}


def names(past: Past, kind: str, day: date = FIRST) -> list[Stretch]:
    return list(files(past.shelf, kind, "sea").get(day, {}))


def test_what_is_written_is_found_before_it_is_merged(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(12)
    assert readings(past) == past.found
    assert sums(past) == true_sums(past.found)


def test_a_day_that_is_over_becomes_one_file_and_its_minutes(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(12)
    tidy(past)
    assert [(one.first, one.next, one.kind) for one in names(past, "raw")] == [(0, past.offset, "whole")]
    assert names(past, "raw") == names(past, "minute")
    assert readings(past) == past.found and sums(past) == true_sums(past.found)
    assert tidy(past) == 0


@pytest.mark.parametrize("after", [False, True])
def test_it_may_die_anywhere(tmp_path: Path, after: bool) -> None:
    deaths = 0
    for at in range(1, 60):
        past = Past(tmp_path / str(at), seed=at)
        past.send(6)
        past.archive.shelf = Fragile(past.shelf.root, at, after)
        try:
            tidy(past)
        except Crash:
            deaths += 1
        past.archive.shelf = past.shelf
        assert readings(past) == past.found
        assert sums(past) == true_sums(past.found)
        past.send(1)
        tidy(past, wall=1e12)
        assert readings(past) == past.found and sums(past) == true_sums(past.found)
        assert past.archive.resume("sea", PLACE) == past.offset
        if deaths < at:
            break
    assert 5 < deaths < 59


@pytest.mark.parametrize("after", [False, True])
def test_writing_may_die_between_two_days(tmp_path: Path, after: bool) -> None:
    past = Past(tmp_path)
    past.send(3)
    done = past.offset
    rows = [("s-0-1", "level", BEGIN + day * DAY_SECONDS * 1000, 7.0) for day in (0, 1)]
    past.archive.shelf = Fragile(past.shelf.root, 1, after)
    with pytest.raises(Crash):
        past.write(rows)
    past.archive.shelf = past.shelf
    assert past.archive.resume("sea", PLACE) == done
    tidy(past)
    past.offset = done
    for row in rows:  # another reads it again, in other pieces
        past.write([row])
    tidy(past, wall=1e12)
    assert readings(past) == past.found and past.archive.resume("sea", PLACE) == past.offset
    assert sums(past) == true_sums(past.found)


def test_two_owners_of_one_partition_double_nothing(tmp_path: Path) -> None:
    past = Past(tmp_path)
    rows = [("s-0-1", "level", BEGIN + place * 1000, float(place)) for place in range(30)]
    for first, following in ((0, 10), (0, 17), (10, 20), (17, 25), (20, 30)):
        past.archive.write("sea", PLACE, first, following, taken(rows[first:following]))
    past.offset, past.found = 30, {row[:3]: row[3] for row in rows}
    assert readings(past) == past.found and sums(past) == true_sums(past.found)
    tidy(past)
    assert readings(past) == past.found and sums(past) == true_sums(past.found)


def test_late_readings_and_corrections_join_a_day_that_was_merged(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(8)
    tidy(past)
    key = next(name for name in past.found if name[1] == "level" and name[2] < BEGIN + DAY_SECONDS * 1000)
    past.write([(*key, 59.5), ("s-0-9", "level", BEGIN + 5, 1.0)])
    assert readings(past) == past.found and sums(past) == true_sums(past.found)
    assert tidy(past, wall=0.0) == 0, "it waits for others"
    tidy(past, wall=1e12)
    assert len(names(past, "raw")) == 1
    assert readings(past) == past.found and sums(past) == true_sums(past.found)


def test_a_day_that_goes_on_is_merged_when_it_has_many_files(tmp_path: Path) -> None:
    past = Past(tmp_path)
    now = BEGUN + 3600
    for _ in range(MANY):
        past.send(1, days=1)
    tidy(past, now)
    past.send(2, days=1)
    tidy(past, now)
    assert [one.kind for one in standing(names(past, "raw"))] == ["whole", "last", "last"]
    assert names(past, "minute") == []
    assert readings(past) == past.found and sums(past) == true_sums(past.found)
    tidy(past)
    assert [one.kind for one in names(past, "raw")] == ["whole"] and len(names(past, "minute")) == 1


def test_readings_go_before_their_minutes_and_minutes_go_too(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(8)
    late = BEGUN + 40 * DAY_SECONDS
    tidy(past, late)
    assert names(past, "raw") and names(past, "minute"), "readings go only when their minutes stand"
    before = sums(past)
    tidy(past, late)
    assert not names(past, "raw") and sums(past) == before == true_sums(past.found)
    assert past.archive.resume("sea", PLACE) == past.offset
    tidy(past, BEGUN + 70 * DAY_SECONDS)
    assert not names(past, "minute")


def test_what_comes_for_a_day_whose_readings_are_gone_joins_its_minutes(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.write([("s-0-1", "level", BEGIN, 1.0), ("s-0-1", "level", BEGIN + 1000, 3.0)])
    late = BEGUN + 40 * DAY_SECONDS
    tidy(past, late), tidy(past, late)
    past.write([("s-0-1", "level", BEGIN + 2000, 50.0), ("s-0-1", "level", BEGIN + 60_000, 5.0)])
    expected = {("s-0-1", BEGIN): (2, 4.0), ("s-0-1", BEGIN + 60_000): (1, 5.0)}
    assert sums(past) == expected
    tidy(past, late, wall=LATE_SECONDS * 1e9), tidy(past, late)
    assert sums(past) == expected and not names(past, "raw")


def test_partitions_are_merged_each_by_its_owner(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(4)
    past.send(4, partition=1)
    tidy(past)
    assert {one.partition for one in names(past, "raw") if one.kind == "whole"} == {0}
    assert readings(past) == past.found and sums(past) == true_sums(past.found)


def test_a_wrong_clock_makes_no_minutes(tmp_path: Path) -> None:
    past = Past(tmp_path)
    batch = taken([("s-0-1", "level", 8_640_000_000_000_000, 1.0), ("s-0-1", "level", BEGIN, 2.0)])
    batch = replace(batch, filed=np.full(2, BEGIN))
    past.archive.write("sea", PLACE, 0, 2, batch)
    tidy(past)
    past.found = {("s-0-1", "level", BEGIN): 2.0}
    assert sums(past) == true_sums(past.found)
    with History(past.shelf, ZONE).connect("sea", FIRST, FIRST) as database:
        assert database.execute("SELECT count(*) FROM raw").fetchone() == (2,)
        assert database.execute("SELECT count(*), sum(count) FROM minute").fetchone() == (1, 1)
