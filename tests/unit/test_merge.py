"""Merging: whatever is merged, wherever it dies, each reading counts once and each minute is that of its readings."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from store import ten
from store.archive import files
from store.history import History
from store.merge import FEW, LATE_SECONDS, MANY, Kept, Merger
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


class Full(Shelf):
    """A shelf without room."""

    def put(self, path: str, write: Write) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


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


def test_what_was_merged_of_a_day_that_goes_on_is_merged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.merge.MANY", 3)
    past, counts = Past(tmp_path), []
    for _ in range(100):
        past.send(3, days=1)
        tidy(past, BEGUN + 3600)
        counts.append(len(names(past, "raw")))
        assert names(past, "raw") == standing(names(past, "raw"))
    assert max(counts) <= 3 * (FEW + 1)
    assert readings(past) == past.found and sums(past) == true_sums(past.found)


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


def test_on_a_full_disk_what_is_too_old_goes_all_the_same(tmp_path: Path) -> None:
    past, late = Past(tmp_path), BEGUN + 40 * DAY_SECONDS
    past.send(8)
    tidy(past, late)
    past.write([("s-0-1", "level", BEGIN + 39 * DAY_SECONDS * 1000, 1.0)])
    past.archive.shelf = Full(past.shelf.root)
    with pytest.raises(OSError, match="No space"):
        tidy(past, late + 2 * DAY_SECONDS)
    assert not names(past, "raw") and not names(past, "raw", SECOND) and names(past, "minute")


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


def test_a_year_is_read_from_copies_by_ten_days(tmp_path: Path) -> None:
    past, days = Past(tmp_path), 35
    for _ in range(40):
        past.send(1, days, partition=0)
        past.send(1, days, partition=1)
    end = BEGIN / 1000 + days * 86_400
    for partition in (0, 1):
        Merger(past.archive, Kept(raw=400, minute=400)).tidy("sea", (PLACE[0], partition), METRICS, end, end + 86_400)
    history = History(past.shelf, ZONE)

    def told() -> list[list[object]]:
        sensors = [f"s-{partition}-{number}" for partition in (0, 1) for number in range(5)] + ["a", "z"]
        asked = [(sensor, metric) for sensor in sensors for metric in (METRICS["level"], METRICS["noise"])]
        return [history.minutes("sea", sensor, metric, BEGIN / 1000 + 3600, end).to_pylist() for sensor, metric in asked]

    def made() -> list[date | None]:
        found = [ten.tidy(past.shelf, "sea", date(2026, 12, 25), lambda: True)]
        while found[-1] is not None:
            found.append(ten.tidy(past.shelf, "sea", date(2026, 12, 25), lambda: True))
        return found

    before = told()
    assert sum(map(len, before)) > 1000
    assert made() == [date(2026, 11, 11), date(2026, 11, 21), date(2026, 12, 1), date(2026, 12, 11), None]
    assert told() == before
    for day in (25, 26):  # what is read now can come from nowhere else
        for entry in past.shelf.list(f"minute/domain=sea/date=2026-11-{day}"):
            Path(past.shelf.path(entry.path)).write_bytes(b"")
    assert told() == before


def test_copies_of_what_has_changed_are_passed_over_and_made_again(tmp_path: Path) -> None:
    past, key = Past(tmp_path), ("s", METRICS["level"])
    past.write([("s", "level", BEGIN + day * 86_400_000, float(day)) for day in range(12)])
    end = BEGIN / 1000 + 40 * 86_400
    merger = Merger(past.archive, Kept(raw=400, minute=400))
    history = History(past.shelf, ZONE)

    def told() -> list[float]:
        return list(history.minutes("sea", *key, BEGIN / 1000, end)["mean"].to_pylist())

    merger.tidy("sea", PLACE, METRICS, end, end)
    while ten.tidy(past.shelf, "sea", date(2027, 1, 25), lambda: True):
        pass
    past.write([("s", "level", BEGIN + 2 * 86_400_000, 99.0)])
    assert told()[2] == 99.0, "not rolled up yet"
    merger.tidy("sea", PLACE, METRICS, end, end + 86_400 * 2)
    assert told()[2] == 99.0, "rolled up, not copied yet"
    assert ten.tidy(past.shelf, "sea", date(2027, 1, 25), lambda: True) == date(2026, 11, 21)
    assert told()[2] == 99.0 and len(told()) == 12
    assert len([entry for entry in past.shelf.list("ten/domain=sea/span=2026-11-21") if entry.name.endswith("json")]) == 1


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-02-28", "2026-02-21", "2026-03-01"),
        ("2026-01-31", "2026-01-21", "2026-02-01"),
        ("2028-02-29", "2028-02-21", "2028-03-01"),
        ("2026-12-31", "2026-12-21", "2027-01-01"),
        ("2026-12-11", "2026-12-11", "2026-12-21"),
        ("2026-06-10", "2026-06-01", "2026-06-11"),
    ],
)
def test_a_month_has_three_ten_days(day: str, first: str, last: str) -> None:
    assert str(ten.first_of(date.fromisoformat(day))) == first
    assert str(ten.after(date.fromisoformat(first))) == last


def test_copies_may_die_anywhere(tmp_path: Path) -> None:
    deaths = 0
    for at in range(1, 20):
        past = Past(tmp_path / str(at), seed=at)
        past.send(6, days=12)
        end = BEGIN / 1000 + 40 * DAY_SECONDS
        merger = Merger(past.archive, Kept(raw=400, minute=400))
        merger.tidy("sea", PLACE, METRICS, end, end)
        while ten.tidy(past.shelf, "sea", date(2027, 1, 25), lambda: True):
            pass
        past.write([("s-0-1", "level", BEGIN + day * DAY_SECONDS * 1000, 99.0) for day in (1, 11)])
        merger.tidy("sea", PLACE, METRICS, end, 1e12)
        told = [History(past.shelf, ZONE).minutes("sea", f"s-0-{number}", METRICS["level"], BEGUN, end).to_pylist() for number in range(5)]
        try:
            while ten.tidy(Fragile(past.shelf.root, at, at % 2 == 0), "sea", date(2027, 1, 25), lambda: True):
                pass
        except Crash:
            deaths += 1
        for again in (False, True):
            found = [History(past.shelf, ZONE).minutes("sea", f"s-0-{n}", METRICS["level"], BEGUN, end).to_pylist() for n in range(5)]
            assert found == told, again
            while ten.tidy(past.shelf, "sea", date(2027, 1, 25), lambda: True):
                pass
        if deaths < at:
            break
    assert 3 < deaths < 19


@pytest.mark.parametrize(
    "left", ["raw/domain=sea/date=2026-11-20/.city.sea-0-1", "ten/domain=sea/span=2026-11-11/.ab", "figure/domain=sea/date=2026-11-20/.ab"]
)
def test_what_a_killed_writer_left_half_written_goes_when_the_next_begins(tmp_path: Path, left: str) -> None:
    past = Past(tmp_path)
    half = tmp_path / f"{left}-00000.parquet.0a1b.half"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"PAR1")
    past.archive.resume("sea", PLACE)
    assert not half.exists()
