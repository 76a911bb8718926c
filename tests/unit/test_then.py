"""A moment of the past, made of the history's files, is what ingest held at that moment."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from store.day import begin
from store.history import History
from store.merge import Kept, Merger
from store.reel import MOST_ROWS, Reel
from store.stretch import Stretch
from store.view import View
from streams.percentile import quantile
from streams.then import Fives, Then
from tests.unit.city import START, domain
from tests.unit.past import BEGIN, PLACE, ZONE, Past
from tests.unit.past import METRICS as LEVELS
from tests.unit.then import BAD, GOOD, MISSING, City

OXYGEN = next(metric for metric in domain().metrics if metric.key == "oxygen")


@pytest.mark.parametrize("seed", range(3))
def test_views_from_history_hold_what_ingest_had_stored(tmp_path: Path, seed: int) -> None:
    city = City(tmp_path, seed, domain())
    began = START - 10 * 3600
    city.live(began, began + 8 * 3600, 400.0)  # over a midnight
    then, now = city.then(), began + 8 * 3600
    city.agrees(then.look(now), now)
    for step in (20.0, 100.0, 400.0, 1300.0):  # the clock goes on, and files come
        city.live(now, now + step, step)
        now += step
        city.agrees(then.look(now), now)
    city.agrees(city.then().look(now), now)


def test_no_moment_knows_what_came_after_it(tmp_path: Path) -> None:
    city = City(tmp_path, 1, domain())
    city.live(START, START + 3600, 60.0)
    seen = city.then().look(START + 1800.5)
    assert seen.latest["time"].max() <= START + 1800.5
    assert max(start for _, start in seen.windows) <= START + 1800
    back = city.then()
    back.look(START + 3600)
    for name in ("latest", "names"):
        assert np.array_equal(getattr(back.look(START + 1800.5), name), getattr(seen, name))
    assert back.view.windows.keys() == seen.windows.keys()
    assert all(np.array_equal(back.view.windows[key], seen.windows[key]) for key in seen.windows)


@pytest.mark.parametrize("most", [MOST_ROWS, 0], ids=["all held", "as little as may be"])
@pytest.mark.parametrize("seed", range(2))
def test_wherever_one_came_from_a_moment_is_the_same(tmp_path: Path, seed: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.reel.MOST_ROWS", most)
    city, chance = City(tmp_path, seed, domain()), random.Random(seed)
    city.live(START - 30 * 3600, START, 900.0)
    then = city.then()
    for number in range(12):
        moment = START - chance.choice([chance.uniform(0, 40 * 3600), chance.uniform(0, 7200)])
        if number == 6:
            city.live(START, START + 3600, 900.0)
        seen, fresh = then.look(moment), city.then().look(moment)
        place = [seen.names.index(name) for name in fresh.names]
        assert seen.windows.keys() == fresh.windows.keys()
        for key, table in fresh.windows.items():
            held = seen.windows[key]
            assert np.array_equal(held[[row for row in place if row < len(held)]], table[[row < len(held) for row in place]])
            assert not any(table["n"][[row >= len(held) for row in place]])
        assert np.array_equal(seen.latest[place], fresh.latest) and seen.meta["origin"] == fresh.meta["origin"]


def test_a_moment_whose_files_were_merged_is_the_same(tmp_path: Path) -> None:
    city = City(tmp_path, 2, domain())
    began = START - 40 * 3600
    city.live(began, began + 9 * 3600, 600.0)
    now = began + 9 * 3600
    then = city.then()
    before = then.look(now)
    held = {key: table.copy() for key, table in before.windows.items()}
    metrics = {metric.key: metric for metric in city.domain.metrics}
    Merger(city.archive, Kept(raw=30, minute=60), lambda: True).tidy(
        city.domain.key, (city.domain.topic, 0), metrics, START, START + 86_400
    )
    for after in (then.look(now), city.then().look(now)):
        assert after.windows.keys() == held.keys()
        order = [after.names.index(name) for name in before.names]
        for key, table in held.items():
            _tables(after.windows[key][order], table)


def test_of_a_large_city_one_day_is_held_and_of_others_what_later_days_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city, midnight = City(tmp_path, 3, domain()), begin(date(2026, 11, 21), ZONE) / 1000
    city.live(midnight - 2 * 86_400, midnight + 3 * 3600, 900.0)
    moments = (midnight - 1800, midnight + 1800, midnight + 2 * 3600)
    wanted = []
    for moment in moments:
        whole = city.then()
        view = whole.look(moment)
        wanted.append((view, whole.readings(view.names.index(("a", "oxygen")), moment - 3600, moment)))
    monkeypatch.setattr("store.reel.MOST_ROWS", 100)
    reel = Reel(city.history, city.domain)
    fives = Fives(city.domain, reel)
    one, other = Then(fives, {}), Then(fives, {})
    for moment, (view, readings) in zip(moments, wanted, strict=True):
        seen = one.look(moment)
        assert seen.windows.keys() == view.windows.keys() and set(seen.names) == set(view.names)
        assert np.array_equal(seen.latest[[seen.names.index(name) for name in view.names]], view.latest)
        assert one.readings(seen.names.index(("a", "oxygen")), moment - 3600, moment) == readings
    before, today = reel.days(midnight - 1, midnight + 2 * 3600, who=one)
    assert before.short and not today.short and len(reel._days) == 2
    assert len(before.rows["good"].key) < len(whole._days[-2].rows["good"].key) / 5
    other.look(midnight - 86_400)
    reads, read = list[Stretch](), Reel._table

    def counted(self: Reel, day: date, kind: str, file: Stretch) -> pa.Table:
        reads.append(file)
        return read(self, day, kind, file)

    monkeypatch.setattr(Reel, "_table", counted)
    for _ in range(3):
        one.look(midnight + 2 * 3600)
        other.look(midnight - 86_400)
    assert not reads, "what two look at in turn is not read in turn"
    del other
    one.look(midnight + 2 * 3600)
    assert len(reel._days) == 2


def _tables(one: Any, other: Any) -> None:
    for field in ("n", "min", "max", "first", "last"):
        assert np.array_equal(one[field], other[field])
    assert np.allclose(one["sum"], other["sum"])


def test_where_only_minutes_are_left_they_are_shown(tmp_path: Path) -> None:
    city = City(tmp_path, 3, domain())
    began = START - 80 * 3600
    city.live(began, began + 3 * 3600, 60.0)
    now = began + 3 * 3600
    whole = city.then().look(now)
    metrics = {metric.key: metric for metric in city.domain.metrics}
    merger = Merger(city.archive, Kept(raw=30, minute=60), lambda: True)
    place = (city.domain.topic, 0)
    merger.tidy(city.domain.key, place, metrics, START, START + 86_400)
    Merger(city.archive, Kept(raw=2, minute=60), lambda: True).tidy(city.domain.key, place, metrics, START, START + 86_400)
    assert not list(tmp_path.glob("raw/**/*.parquet")) and list(tmp_path.glob("minute/**/*.parquet"))
    left = city.then().look(now)
    order = [left.names.index(name) for name in whole.names]
    for key in (key for key in whole.windows if key[0] == 300 and key[1] < now - 300):
        mine = left.windows[key][order]
        assert np.array_equal(mine["n"], whole.windows[key]["n"])
        assert np.allclose(mine["sum"], whole.windows[key]["sum"])
        assert np.array_equal(mine["min"], whole.windows[key]["min"]) and np.array_equal(mine["max"], whole.windows[key]["max"])


@pytest.mark.parametrize("merged", [False, True], ids=["as it came", "merged"])
def test_what_comes_late_where_only_minutes_are_left_joins_them(tmp_path: Path, merged: bool) -> None:
    city, place = City(tmp_path, 3, domain()), ("city.sea", 0)
    metrics = {metric.key: metric for metric in city.domain.metrics}
    began = START - 80 * 3600
    city.live(began, began + 3 * 3600, 60.0)
    now = began + 3 * 3600
    for kept in (30, 2):
        Merger(city.archive, Kept(raw=kept, minute=60)).tidy(city.domain.key, place, metrics, START, START + 86_400)
    held = city.then()
    before = _counts(held.look(now))
    sensor, metric, ms, *_ = next(row for row in city.sent if row[4] == GOOD)
    city.take([(sensor, metric, ms // 60_000 * 60_000 + 1, 7.0, GOOD), ("late", "oxygen", round(began * 1000), 9.0, GOOD)], START)
    if merged:
        Merger(city.archive, Kept(raw=2, minute=60)).tidy(city.domain.key, place, metrics, START, 1e12)
    after = {**before, ("late", "oxygen"): 1}
    assert _counts(city.then().look(now)) == _counts(held.look(now)) == after


def test_partitions_of_which_one_has_only_minutes_left_are_both_shown(tmp_path: Path) -> None:
    past, now = Past(tmp_path), BEGIN / 1000 + 5 * 86_400
    for partition in (0, 1):
        past.write([(f"s-{partition}", "level", BEGIN + 1000 * second, 1.0) for second in range(120)], partition)
    for kept in (30, 2):
        Merger(past.archive, Kept(raw=kept, minute=60)).tidy("sea", PLACE, LEVELS, now, now)
    reel = Reel(History(past.shelf, ZONE), replace(domain(), metrics=tuple(LEVELS.values())))
    (day,) = reel.days(BEGIN / 1000, BEGIN / 1000 + 3600)
    rows = day.rows["good"]
    assert rows.minutes is not None and len(rows.key) == 2 + 120
    assert {reel.names[series][0]: rows.minutes["n"][rows.series == series].sum() for series in (0, 1)} == {"s-0": 120, "s-1": 120}


def _counts(view: View) -> dict[tuple[str, str], int]:
    """Readings by series in all windows of five minutes."""
    total = np.zeros(len(view.names), np.int64)
    for (width, _), table in view.windows.items():
        if width == 300:
            total[: len(table)] += table["n"]
    return {name: count for name, count in zip(view.names, total.tolist(), strict=True) if count}


def test_a_page_of_one_sensor_reads_its_readings_one_by_one(tmp_path: Path) -> None:
    city = City(tmp_path, 4, domain())
    city.take([("a", "oxygen", round((START + at) * 1000), at, GOOD) for at in (0, 30, 60, 90)], START + 100)
    city.take(
        [("a", "oxygen", round((START + 45) * 1000), None, MISSING), ("b", "oxygen", round((START + 50) * 1000), 1.0, GOOD)], START + 101
    )
    then = city.then()
    view = then.look(START + 70)
    found = then.readings(view.names.index(("a", "oxygen")), START + 20, START + 3600)
    assert [(each.time - START, each.value) for each in found] == [(30, 30), (45, None), (60, 60)]


def test_the_history_tells_a_sensors_readings_one_by_one(tmp_path: Path) -> None:
    city = City(tmp_path, 4, domain())
    city.take([("a", "oxygen", round((START + at) * 1000), float(at), GOOD) for at in (0, 30)], START + 100)
    city.take(
        [("a", "oxygen", round((START + 45) * 1000), None, MISSING), ("a", "oxygen", round((START + 50) * 1000), 1.0, BAD)], START + 101
    )
    told = city.history.readings("sea", "a", OXYGEN, START + 20, START + 60)
    assert told == {"t": [START + 30, START + 45], "v": [30.0, None], "q": [GOOD, MISSING]}
    assert city.history.readings("sea", "nobody", OXYGEN, START, START + 60) == {"t": [], "v": [], "q": []}


def test_a_percentile_is_of_the_readings_of_its_minutes(tmp_path: Path) -> None:
    city = City(tmp_path, 5, domain())
    city.take([("a", "oxygen", round((START + at) * 1000), float(at), GOOD) for at in range(100)], START + 100)
    then = city.then()
    then.look(START + 300)
    found = then.sketches("oxygen", {"a": "bay"}, START + 120, 120)
    assert [area for area, _ in found] == ["bay"] and quantile((data for _, data in found), 0.5) == pytest.approx(50, abs=2)
    assert then.sketches("temperature", {}, START + 120, 120) == []


def test_the_history_says_where_it_begins(tmp_path: Path) -> None:
    city = City(tmp_path, 6, domain())
    reel = Reel(city.history, city.domain)
    assert reel.first() is None
    city.take([("a", "oxygen", round(START * 1000), 1.0, GOOD)], START)
    assert reel.first() == 1_795_190_400.0  # midnight in Shanghai
