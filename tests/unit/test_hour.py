"""A day's hours: equal to a straight count, whatever was merged, on days of 23 and 25 hours, across units; missing is never zero."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from store.archive import Archive, Taken
from store.day import begin
from store.hour import HOUR_MS, DayHours, sheets
from store.merge import Kept, Merger
from store.shelf import Entry, Shelf
from store.whole_day import Days
from tests.unit.past import BEGIN, METRICS, PLACE, ZONE, Past

DAY = date(2026, 11, 20)
KEPT = Kept(raw=30, minute=1826)


def straight(past: Past, metric: str) -> dict[tuple[str, int], list[tuple[int, float]]]:
    """Readings of the day by sensor and hour, by time."""
    found: dict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)
    for (sensor, named, ms), value in sorted(past.found.items()):
        if named == metric and BEGIN <= ms < BEGIN + 24 * HOUR_MS:
            found[sensor, (ms - BEGIN) // HOUR_MS].append((ms, value))
    return found


def check(past: Past) -> None:
    for threads in (1, 2):
        check_hours(past, Days(past.shelf, ZONE, threads).hours("sea", DAY, METRICS))


def check_hours(past: Past, hours: DayHours) -> None:
    assert hours.hours == 24
    for metric in ("level", "noise"):
        found, told = hours.metrics[metric], straight(past, metric)
        for row, sensor in enumerate(found.sensors):
            for hour in range(24):
                values = [value for _, value in sorted(told.get((sensor, hour), []))]
                assert found.count[row, hour] == len(values)
                if not values:
                    assert math.isnan(found.mean[row, hour]) and math.isnan(found.least[row, hour])
                    continue
                mean = sum(values) / len(values)
                if metric == "noise":
                    mean = 10 * math.log10(sum(10 ** (value / 10) for value in values) / len(values))
                assert found.mean[row, hour] == pytest.approx(mean, abs=1e-9)
                assert (found.least[row, hour], found.greatest[row, hour]) == (min(values), max(values))
                assert found.last[row, hour] == values[-1]
                assert found.spoken[row, hour] == len({ms // 300_000 for ms, _ in told[sensor, hour]})
        assert set(told) == {(found.sensors[row], hour) for row, hour in zip(*np.nonzero(found.count), strict=True)}


@pytest.mark.parametrize("partitions", [1, 3])
def test_hours_are_a_straight_count_before_and_after_merging(tmp_path: Path, partitions: int) -> None:
    past = Past(tmp_path)
    for number in range(partitions):
        past.send(25, partition=number)
    check(past)
    now = (BEGIN + 25 * HOUR_MS) / 1000
    for number in range(partitions):
        Merger(past.archive, KEPT).tidy("sea", (PLACE[0], number), METRICS, now, now)
    check(past)
    past.send(3, partition=0)  # what comes late
    check(past)


def test_columns_that_say_the_same_in_all_rows_are_not_read(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.write([("s-0-1", "level", BEGIN + minute * 60_000, float(minute)) for minute in range(90)])
    now = (BEGIN + 25 * HOUR_MS) / 1000
    Merger(past.archive, KEPT).tidy("sea", PLACE, METRICS, now, now)
    (entry,) = past.shelf.list("minute")
    with past.shelf.open(entry.path) as file:
        ((rows, always),) = list(sheets(file, 1000, METRICS))
    assert rows.column_names == ["sensor", "time", "mean"]
    assert always == {"metric": "level", "origin": "live", "count": 1, "unit": "m", "min": None, "max": None, "last": None}


def test_the_version_tells_what_came_and_not_how_it_is_kept(tmp_path: Path) -> None:
    past = Past(tmp_path)
    history = Days(past.shelf, ZONE)
    assert history.version("sea", DAY) == ""
    past.send(10, days=1)
    past.write([("s-0-0", "level", BEGIN + 24 * HOUR_MS, 1.0)])  # a flush that brought nothing for the day
    past.send(1, days=1)
    before, now = history.version("sea", DAY), (BEGIN + 25 * HOUR_MS) / 1000
    Merger(past.archive, KEPT).tidy("sea", PLACE, METRICS, now, now)
    assert history.version("sea", DAY) == before
    Merger(past.archive, Kept(raw=2, minute=1826)).tidy("sea", PLACE, METRICS, now + 9 * 86_400, now + 9 * 86_400)
    assert not list(tmp_path.glob(f"raw/*/date={DAY}/*.parquet")) and history.version("sea", DAY) == before
    past.send(1, days=1)
    assert history.version("sea", DAY) != before


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_days_of_a_zone_that_changes_its_clock(tmp_path: Path, day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    shelf = Shelf(str(tmp_path))
    start, end = begin(day, zone), begin(day + timedelta(1), zone)
    ms = np.arange(start - HOUR_MS, end + HOUR_MS, 600_000)
    Archive(shelf, zone).write("sea", PLACE, 0, len(ms), readings(ms, (ms - start) / HOUR_MS))
    found = Days(shelf, zone).hours("sea", day, METRICS)
    level = found.metrics["level"]
    assert found.hours == hours == level.mean.shape[1]
    assert level.count[0].tolist() == [6.0] * hours
    assert level.mean[0].tolist() == pytest.approx([hour + 5 / 12 for hour in range(hours)])


def readings(ms: np.ndarray, value: np.ndarray, unit: str = "m") -> Taken:
    nothing = np.zeros(len(ms), np.uint8)
    return Taken(
        names=[("level", "s")], units={"level": unit}, series=np.zeros(len(ms), np.int64), ms=ms, filed=ms, value=np.asarray(value, float),
        quality=nothing, origin=nothing,
    )  # fmt: skip


def test_what_lies_in_another_unit_is_turned_into_the_one_declared_today(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    ms = BEGIN + np.arange(0, 2 * HOUR_MS, 60_000)
    archive = Archive(shelf, ZONE)
    archive.write("sea", PLACE, 0, 60, readings(ms[:60], np.full(60, 250.0), "cm"))
    archive.write("sea", PLACE, 60, 120, readings(ms[60:], np.full(60, 3.0), "m"))
    level = Days(shelf, ZONE).hours("sea", DAY, METRICS).metrics["level"]
    assert level.mean[0, :2].tolist() == pytest.approx([2.5, 3.0])


def test_what_cannot_be_converted_is_left_out_and_named(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    ms = BEGIN + np.arange(0, HOUR_MS, 60_000)
    Archive(shelf, ZONE).write("sea", PLACE, 0, 60, readings(ms, np.full(60, 250.0), "degC"))
    found = Days(shelf, ZONE).hours("sea", DAY, METRICS)
    assert dict(found.foreign) == {"level": "degC"} and "level" not in found.metrics


def test_a_day_of_which_nothing_is_kept(tmp_path: Path) -> None:
    found = Days(Shelf(str(tmp_path)), ZONE).hours("sea", DAY, METRICS)
    assert not found.metrics and not found.heard.any() and found.hours == 24


def test_readings_that_are_not_to_be_trusted_do_not_count(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    ms = BEGIN + np.arange(0, HOUR_MS, 60_000)
    good, bad = readings(ms[:30], np.full(30, 0.0)), readings(ms[30:], np.full(30, 9.0))
    archive = Archive(shelf, ZONE)
    archive.write("sea", PLACE, 0, 30, good)
    archive.write("sea", PLACE, 30, 60, replace(bad, quality=np.full(30, 2, np.uint8)))
    level = Days(shelf, ZONE).hours("sea", DAY, METRICS).metrics["level"]
    assert (level.count[0, 0], level.mean[0, 0], level.greatest[0, 0]) == (30, 0.0, 0.0), "0 is a value"


def test_percentiles_are_of_all_that_is_kept_of_a_day(tmp_path: Path) -> None:
    past, now = Past(tmp_path), (BEGIN + 25 * HOUR_MS) / 1000
    past.write([("s", "level", BEGIN + minute * 60_000, float(minute % 60)) for minute in range(24 * 60)])
    history = Days(past.shelf, ZONE)
    before = history.quantiles("sea", DAY, METRICS["level"], 0.9)
    assert before == pytest.approx(dict.fromkeys(range(24), 53.1))
    Merger(past.archive, KEPT).tidy("sea", PLACE, METRICS, now, now)
    assert history.quantiles("sea", DAY, METRICS["level"], 0.9) == before
    past.write([("t", "level", BEGIN + HOUR_MS, 1000.0), ("s", "level", BEGIN + 1, 7.0)])
    assert history.quantiles("sea", DAY, METRICS["level"], 0.9)[0] == pytest.approx(np.quantile([*range(60), 7.0], 0.9))
    forgotten = now + 9 * 86_400
    Merger(past.archive, Kept(raw=2, minute=1826)).tidy("sea", PLACE, METRICS, forgotten, 1e12)
    Merger(past.archive, Kept(raw=2, minute=1826)).tidy("sea", PLACE, METRICS, forgotten, 1e12)
    assert not list(tmp_path.glob("raw/**/*.parquet"))
    past.write([("t", "level", BEGIN + 2 * HOUR_MS + 1, 1000.0)])  # what comes when its day's readings are gone joins the minutes
    late = history.quantiles("sea", DAY, METRICS["level"], 0.9)
    assert sorted(late) == list(range(24)) and late[3] == pytest.approx(53.1)
    assert late[2] == pytest.approx(np.quantile([*range(60), 1000.0], 0.9))


class Stale(Shelf):
    """A shelf that names a file which was merged away; at first, or for ever."""

    def __init__(self, root: str, times: float) -> None:
        super().__init__(root)
        self._left = times

    def list(self, folder: str) -> list[Entry]:
        self._left -= 1
        gone = [Entry(f"{folder}/{PLACE[0]}-0-{60:020d}-{70:020d}-last.parquet", 1, 0.0)] if self._left >= 0 and "raw" in folder else []
        return [*super().list(folder), *gone]


@pytest.mark.parametrize("asked", ["quantiles", "day"])
def test_files_that_are_merged_away_meanwhile_are_looked_for_anew(tmp_path: Path, asked: str) -> None:
    past = Past(tmp_path)
    past.write([("s", "level", BEGIN + minute * 60_000, 1.0) for minute in range(60)])

    def ask(times: float) -> int:
        history = Days(Stale(str(tmp_path), times), ZONE)
        if asked == "day":
            return len(history.day("sea", METRICS["level"], DAY, BEGIN / 1000, BEGIN / 1000 + 3600).time)
        return len(history.quantiles("sea", DAY, METRICS["level"], 0.5))

    assert ask(1) == {"day": 60, "quantiles": 1}[asked]
    with pytest.raises(FileNotFoundError):
        ask(math.inf)
