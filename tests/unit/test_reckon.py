"""KPIs of the past: computed from the history by the domain's own formulas, and kept as files of days that are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from domains.figure import energy_mean, exceeded, fastest_rise, greatest, highest, lowest, mean, values
from model import Area, Domain, Kpi, Label, Layer, Metric, Sensor, Site
from store import figure
from store.figure import Rows
from store.history import History
from store.merge import Kept, Merger
from store.shelf import Shelf
from streams.daily import Daily
from streams.reckon import MOST_DAYS, Name, Reckoner
from tests.unit.past import BEGIN, LOOK, METRICS, NAME, PLACE, ZONE, Past

HOUR = 3600.0
START = BEGIN / 1000
CALCULATIONS = {
    "level_mean": mean("level", 600),
    "level_highest": highest("level"),
    "level_rise": fastest_rise("level", 1800),
    "noise_mean": energy_mean("noise", 600),
    "noise_l50": exceeded("noise", 600, 0.5),
    "level_day": lambda readings: greatest(values(readings, "level", 86_400, 64_800), "level"),
    "nothing": lowest("nothing"),
    "wrong": lambda readings: 1 / 0,
}


def kpi(key: str) -> Kpi:
    more = {name: value for name, value in LOOK.items() if name not in ("valid", "label")}
    return Kpi(key=key, label=NAME, figure=CALCULATIONS[key], by_area=True, **more)  # type: ignore[arg-type]


SENSORS = tuple(
    Sensor(id=f"s-{n}", domain="sea", label=NAME, lon=0, lat=0, area="north" if n == 1 else "south", interval=60, owner=None)
    for n in (1, 2)
)
DOMAIN = Domain(
    key="sea", label=NAME, icon="", metrics=tuple(METRICS.values()), kpis=tuple(kpi(key) for key in CALCULATIONS), rules=(),
    layer=Layer(kind="points", metric="level"), headline=("level_mean", "level_mean"), table="level", trends=("level_mean",), sample={},
    topic="city.sea",
)  # fmt: skip
SITE = Site(
    folder="", label=Label(en="x", zh="x"), zone=ZONE.key, areas=(Area(key="north", label=NAME), Area(key="south", label=NAME)), screens=(),
    extent=(0, 0, 1, 1), review_number="", sensors={"sea": SENSORS},
)  # fmt: skip


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """Two sensors once a minute for six hours: a level that climbs one an hour, ten higher at the second, and a noise of 50 and 60 dB."""
    past = Past(tmp_path)
    for minute in range(360):
        ms = BEGIN + minute * 60_000 + 30_000
        rows = [(f"s-{n}", "level", ms, n * 10.0 + minute / 60) for n in (1, 2)]
        past.write(rows + [(f"s-{n}", "noise", ms, 40.0 + n * 10) for n in (1, 2)])
    return past


def told(rows: pa.Table) -> dict[float, float]:
    """Value by hours after the start."""
    times, values = rows["time"].cast(pa.int64()).to_pylist(), rows["value"].to_pylist()
    return {(ms / 1000 - START) / HOUR: value for ms, value in zip(times, values, strict=True)}


def asked(past: Past, key: str, since: float, until: float, area: str = "") -> dict[float, float]:
    return told(Reckoner(History(past.shelf, ZONE), SITE).kpi(DOMAIN, kpi(key), area, START + since * HOUR, START + until * HOUR))


def roll(past: Past, days: int = 2) -> None:
    Merger(past.archive, Kept(raw=30, minute=30)).tidy("sea", PLACE, METRICS, START + days * 24 * HOUR, START + days * 24 * HOUR)


@pytest.mark.parametrize("rolled", [False, True], ids=["of readings", "of minutes"])
def test_it_is_what_the_formula_says(past: Past, rolled: bool) -> None:
    if rolled:
        roll(past)
    found = asked(past, "level_mean", 2, 3)
    assert sorted(found) == [pytest.approx(2 + n / 12) for n in range(12)]
    assert found[2.0] == pytest.approx(15 + np.mean([(120 - n) / 60 for n in range(1, 11)]))
    assert asked(past, "level_mean", 2, 3, "north")[2.0] == pytest.approx(found[2.0] - 5)
    assert asked(past, "level_highest", 2, 2.01)[2.0] == pytest.approx(20 + 119 / 60)
    assert asked(past, "level_rise", 2, 2.01)[2.0] == pytest.approx(1.0)
    assert asked(past, "noise_mean", 2, 2.01)[2.0] == pytest.approx(10 * np.log10((1e5 + 1e6) / 2))
    assert asked(past, "noise_l50", 2, 2.01)[2.0] in (50.0, 60.0)


def test_what_has_no_value_has_no_row_and_a_wrong_formula_stops_nothing(past: Past) -> None:
    assert asked(past, "nothing", 2, 3) == asked(past, "wrong", 2, 3) == asked(past, "level_mean", 10, 12) == {}


@pytest.mark.parametrize(("every", "found"), [(1, {24.0: 11.5}), (3, {24.0: 10.5})], ids=["an hour", "three hours"])
def test_an_unlisted_sensor_is_taken_as_it_speaks(tmp_path: Path, every: int, found: dict[float, float]) -> None:
    past = Past(tmp_path)
    past.write([("own", "level", BEGIN + hour * 3_600_000, float(hour)) for hour in range(0, 24, every)])
    past.write([("lone", "level", BEGIN + 3_600_000, 99.0)])
    assert asked(past, "level_day", 24, 24.01) == found, "of one who spoke once nobody knows how often it does"


def test_a_day_that_was_computed_is_read(past: Past) -> None:
    rows = Reckoner(History(past.shelf, ZONE), SITE).figures(DOMAIN, [(kpi("level_mean"), "")], START, START + 24 * HOUR)
    doubled = rows.set_column(3, "value", pa.array([2 * value for value in rows["value"].to_pylist()]))
    figure.put(past.shelf, "sea", date(2026, 11, 20), "made", doubled)
    assert asked(past, "level_mean", 2, 2.01)[2.0] == pytest.approx(2 * told(rows)[2.0])
    figure.put(past.shelf, "sea", date(2026, 11, 20), "again", rows)
    assert asked(past, "level_mean", 2, 2.01)[2.0] == pytest.approx(told(rows)[2.0])
    assert figure.stands(past.shelf, "sea", date(2026, 11, 20)) == ["again"]


def test_of_partitions_of_which_one_was_rolled_up_both_count_and_nothing_twice(past: Past) -> None:
    past.write([("s-2", "level", BEGIN + 7_170_001, 1000.0)], partition=1)
    before = asked(past, "level_highest", 2, 2.01)
    roll(past)  # of partition 0 alone
    past.write([("s-2", "level", BEGIN + 3_600_000, 30.0)])
    assert asked(past, "level_highest", 2, 2.01) == before == {2.0: 1000.0}


def test_a_year_of_which_little_is_held_asks_for_little(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = list[float]()
    figures = Reckoner.figures

    def counted(self: Reckoner, domain: Domain, asked: Sequence[Name], since: float, until: float) -> Rows:
        spans.append(until - since)
        return figures(self, domain, asked, since, until)

    monkeypatch.setattr(Reckoner, "figures", counted)
    assert asked(past, "level_mean", -300 * 24, 60 * 24) == asked(past, "level_mean", 0, 24)
    assert spans[:2] == [24 * HOUR, 24 * HOUR], "the day, and the next, whose first hours look back to it, one after the other"


def test_of_many_days_that_nobody_computed_one_is_in_memory_at_a_time(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 10):
        past.write([("s-1", "level", BEGIN + day * 86_400_000 + minute * 60_000, 1.0) for minute in range(0, 600, 10)])
    spans = list[tuple[float, float]]()
    query = History.query

    def counted(
        self: History, domain: str, metrics: Sequence[Metric], since: float, until: float, sql: str, values: Mapping[str, object]
    ) -> pa.Table:
        spans.append((since, until))
        return query(self, domain, metrics, since, until, sql, values)

    monkeypatch.setattr(History, "query", counted)
    found = asked(past, "level_mean", 0, 239)
    assert {int(hour // 24) for hour in found} == set(range(10 - MOST_DAYS, 10))
    assert max(until - since for since, until in spans) <= 24 * HOUR


def test_there_may_be_no_history(tmp_path: Path) -> None:
    empty = History(Shelf(str(tmp_path)), ZONE)
    assert Reckoner(empty, SITE).kpi(DOMAIN, kpi("level_mean"), "", START, START + HOUR).num_rows == 0


def test_a_day_is_computed_once_it_is_over_and_again_when_its_minutes_change(past: Past) -> None:
    daily, day = Daily(History(past.shelf, ZONE), {"sea": DOMAIN}, SITE), date(2026, 11, 20)
    later = START + 48 * HOUR
    assert daily.tidy("sea", later) is None, "it has no minutes yet"
    roll(past)
    assert daily.tidy("sea", START + 24 * HOUR) is None, "it may not be complete"
    assert (daily.tidy("sea", later), daily.tidy("sea", later)) == (day, None)
    before = figure.stands(past.shelf, "sea", day)
    past.write([("s-1", "level", BEGIN + 2 * 3_600_000 - 15_000, 500.0)])
    Merger(past.archive, Kept(raw=30, minute=30)).tidy("sea", PLACE, METRICS, later, later + 86_400 * 3)
    assert (daily.tidy("sea", later), daily.tidy("sea", later)) == (day, None)
    assert figure.stands(past.shelf, "sea", day) != before
    assert asked(past, "level_highest", 2, 2.01)[2.0] == 500.0
    for entry in past.shelf.list("minute"):
        past.shelf.delete(entry.path)
    assert daily.tidy("sea", later) is None
    assert figure.stands(past.shelf, "sea", day) == [], "it goes with its minutes"


def test_a_day_is_computed_again_when_a_unit_was_changed(past: Past) -> None:
    roll(past)
    later = START + 48 * HOUR
    assert Daily(History(past.shelf, ZONE), {"sea": DOMAIN}, SITE).tidy("sea", later) is not None
    before = asked(past, "level_highest", 2, 2.01)[2.0]
    metrics = tuple(replace(each, unit="cm") if each.key == "level" else each for each in DOMAIN.metrics)
    daily = Daily(History(past.shelf, ZONE), {"sea": replace(DOMAIN, metrics=metrics)}, SITE)
    assert (daily.tidy("sea", later), daily.tidy("sea", later)) == (date(2026, 11, 20), None)
    assert asked(past, "level_highest", 2, 2.01)[2.0] == pytest.approx(100 * before)


def test_a_late_reading_costs_its_day_and_the_next_which_looks_back_to_it(tmp_path: Path) -> None:
    past, days, later = Past(tmp_path), 6, START + 9 * 24 * HOUR
    for day in range(days):
        past.write([("s-1", "level", BEGIN + day * 86_400_000 + 60_000 * minute, float(day)) for minute in range(5)])
    daily, merger = Daily(History(past.shelf, ZONE), {"sea": DOMAIN}, SITE), Merger(past.archive, Kept(raw=30, minute=30))

    def made() -> list[int]:
        merger.tidy("sea", PLACE, METRICS, later, later + 9 * 86_400)
        found = []
        while day := daily.tidy("sea", later):
            found.append((day - date(2026, 11, 20)).days)
        return found

    assert (made(), made()) == ([0, 1, 2, 3, 4, 5], [])
    past.write([("s-1", "level", BEGIN + 86_400_000 + 23 * 3_600_000, 100.0)])
    assert (made(), made()) == ([1, 2], [])
    for kind in ("raw", "minute"):
        for entry in past.shelf.list(f"{kind}/domain=sea/date=2026-11-20"):
            past.shelf.delete(entry.path)
    assert made() == [], "a day that is kept no more changes nothing of the next"
