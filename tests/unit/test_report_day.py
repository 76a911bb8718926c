"""What figures and verdicts see of a day: the whole hour, the day before where a span reaches into it, nothing where nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domains.figure import energy_mean, highest, lowest, mean
from model import Domain, Kpi, Label, Layer, Metric, Rule, Sensor, Standard, Verdict
from store.archive import Archive, Taken
from store.day import DAY, begin
from store.shelf import Shelf
from store.whole_day import Days
from streams.report import figures, roll
from streams.report.day import HOUR, Past

ZONE, TODAY = ZoneInfo("Asia/Shanghai"), date(2026, 11, 20)
LABEL = Label(en="x", zh="x")
LOOK: Mapping[str, Any] = {"label": LABEL, "unit": "m", "decimals": 1, "normal": (1.0, 2.0), "scale": (0.0, 9.0)}
LEVEL = Metric(key="level", valid=(-1e9, 1e9), **LOOK)
RULE = Rule(key="high", label=LABEL, on="level", comparison="high", limit=5.0, priority="high")


def sensor(name: str, interval: float = 60.0) -> Sensor:
    return Sensor(id=name, domain="sea", label=LABEL, lon=0, lat=0, area="", interval=interval, owner=None, extra={"zone": "2"})


def past(
    folder: Path, rows: list[tuple[str, float, float]], sensors: tuple[Sensor, ...] = (), percentile: Any = None, metric: Metric = LEVEL
) -> Past:
    """Rows are (sensor, hours after the day's beginning, value)."""
    start = begin(TODAY, ZONE)
    names = sorted({name for name, _, _ in rows})
    ms = np.array([start + int(hour * 3_600_000) for _, hour, _ in rows], np.int64)
    nothing = np.zeros(len(rows), np.uint8)
    taken = Taken(
        names=[("level", name) for name in names],
        units={"level": metric.unit},
        series=np.array([names.index(name) for name, _, _ in rows], np.int64),
        ms=ms,
        filed=ms,
        value=np.array([value for *_, value in rows]),
        quality=nothing,
        origin=nothing,
    )
    shelf, metrics = Shelf(str(folder)), {"level": metric}
    if rows:
        Archive(shelf, ZONE).write("sea", ("city.sea", 0), 0, len(rows), taken)
    history = Days(shelf, ZONE)
    found, before = (history.hours("sea", day, metrics) for day in (TODAY, TODAY - DAY))
    listed = {each.id: each for each in sensors}
    return Past(TODAY, ZONE, found, before, metrics, listed, 60.0, *([percentile] if percentile else []))


def test_an_hour_is_told_as_a_whole(tmp_path: Path) -> None:
    day = past(tmp_path, [("a", 3.0, 1.0), ("a", 3.5, 4.0), ("a", 4.0, 9.0), ("b", 3.1, 0.0)])
    three = day.at(3)
    assert three.latest("level") == {"a": 2.5, "b": 0.0}
    assert three.extremes("level", 600) == {"a": (1.0, 4.0), "b": (0.0, 0.0)}
    assert three.counts("level", 3600) == {"a": 2, "b": 1}
    assert three.rates("level", 1800) == {"a": 6.0}
    assert three.means("level", 600) == {"a": 2.5, "b": 0.0}
    assert day.at(5).latest("level") == {}, "an hour without a reading has no value"
    assert three.local.date() == day.at(23).local.date() == TODAY


def test_spans_reach_into_the_day_before(tmp_path: Path) -> None:
    day = past(tmp_path, [("a", -1.5, 8.0), ("a", 0.5, 2.0), ("a", 1.5, 5.0)])
    assert day.at(1).means("level", 4 * HOUR) == {"a": 5.0}
    assert day.at(1).hourly("level", 4) == {"a": [8.0, None, 2.0, 5.0]}
    assert day.at(0).hourly("level", 25)["a"][-3:] == [8.0, None, 2.0]
    assert day.means("level") == {"a": 3.5}, "the day is the day alone"
    assert day.extremes("level") == {"a": (2.0, 5.0)}


def test_hours_that_are_not_covered_do_not_count(tmp_path: Path) -> None:
    rows = [("a", 2 + minute / 60, 1.0) for minute in range(0, 60, 5)] + [("a", 3.0, 7.0)]
    day = past(tmp_path, rows, (sensor("a"),))
    told = day.hourly("level", 2700)["a"]
    assert (told[2], told[3]) == (1.0, None)
    assert day.at(3).means("level", 3600, 2700) == {}


def test_a_sensor_that_speaks_seldom_stays_while_it_is_not_stale(tmp_path: Path) -> None:
    day = past(tmp_path, [("slow", -0.5, 4.0), ("fast", -0.5, 4.0)], (sensor("slow", 3600.0), sensor("fast")))
    assert day.at(0).latest("level") == {"slow": 4.0}
    assert day.at(1).means("level", 3600, 2700) == {"slow": 4.0}
    assert day.at(2).latest("level") == {}


def test_percentiles_are_asked_of_the_whole_hour(tmp_path: Path) -> None:
    asked: list[tuple[str, float, float, float]] = []

    def percentile(metric: str, since: float, until: float, share: float) -> float:
        asked.append((metric, since, until, share))
        return 1.5

    day = past(tmp_path, [("a", 3.0, 1.0)], percentile=percentile)
    assert day.at(3).percentile("level", 900, 0.9) == 1.5
    start = begin(TODAY, ZONE) / 1000
    assert asked == [("level", start + 3 * 3600, start + 4 * 3600, 0.9)]


def domain(**more: Any) -> Domain:
    kpis = tuple(
        Kpi(key=key, figure=figure, metric="level", **LOOK)
        for key, figure in (("top", highest("level")), ("low", lowest("level")), ("middle", mean("level")))
    )
    made = Domain(
        key="sea",
        label=LABEL,
        icon="<path d='M2 7h20'/>",
        metrics=(LEVEL,),
        kpis=kpis,
        rules=(RULE,),
        layer=Layer(kind="points", metric="level"),
        headline=("top", "low"),
        table="top",
        trends=("top",),
        sample={},
        interval=60.0,
    )
    return Domain(**{name: getattr(made, name) for name in Domain.__slots__} | more)


def told(day: Past, **more: Any) -> dict[str, Any]:
    return figures.of_domain(domain(**more), day, {"a": sensor("a"), "b": sensor("b")})


def test_a_day_is_told_by_its_worst_hour_and_where_it_passed_the_limit(tmp_path: Path) -> None:
    found = told(past(tmp_path, [("a", 3.0, 6.0), ("a", 9.0, 5.5), ("b", 9.0, 0.0)], (sensor("a"), sensor("b"))))
    top = found["kpis"][0]
    assert (top["value"], top["hour"], top["sensor"], top["over"], top["limit"]) == (6.0, 3, "a", 2, 5.0)
    assert top["hours"][4] is None, "missing is never zero"
    assert found["metrics"][0]["least"] == {"value": 0.0, "sensor": "b", "hour": 9}


def test_a_mean_of_many_sensors_has_no_limit_of_one(tmp_path: Path) -> None:
    middle = told(past(tmp_path, [("a", 3.0, 6.0), ("b", 3.0, 8.0)]))["kpis"][2]
    assert (middle["value"], middle["limit"], middle["over"]) == (7.0, None, None)


def test_a_day_without_data_has_no_values_and_no_verdict(tmp_path: Path) -> None:
    found = told(past(tmp_path, []))
    assert [row["value"] for row in found["kpis"]] == [None, None, None]
    assert found["feed"]["fresh"] == 0.0 and found["feed"]["longest"] == 86_400
    assert (found["feed"]["held"], found["feed"]["promised"], found["feed"]["silent"]) == (0, 2 * 1440, ["a", "b"])


def test_a_figure_or_a_verdict_that_fails_costs_only_itself(tmp_path: Path) -> None:
    def fails(_: object) -> Any:
        raise ZeroDivisionError

    standard = Standard(key="s", label=LABEL, source="GB", unit="", decimals=0, verdict=fails)
    kpi = Kpi(key="top", figure=fails, metric="level", **LOOK)
    found = told(past(tmp_path, [("a", 3.0, 6.0)]), kpis=(kpi,), headline=("top", "top"), standards=(standard,))
    assert (found["kpis"][0]["value"], found["standards"][0]["value"], found["standards"][0]["within"]) == (None, None, None)


def test_a_verdict_is_told_with_what_decided_it(tmp_path: Path) -> None:
    verdict = Verdict(value=6.04, within=False, sensor="a", items=("level",), hour=3, passed=(1, 2), by_sensor={"a": 6.04, "b": 1.0})
    standard = Standard(key="s", label=LABEL, source="GB 1", unit="m", decimals=1, verdict=lambda day: verdict)
    row = told(past(tmp_path, [("a", 3.0, 6.0)]), standards=(standard,))["standards"][0]
    assert (row["value"], row["within"], row["sensor"], row["hour"], row["passed"]) == (6.04, False, "a", 3, [1, 2])
    assert row["by_sensor"] == [["a", 6.04], ["b", 1.0]]


def test_completeness_counts_no_hour_twice(tmp_path: Path) -> None:
    rows = [("a", 1 + second / 3600, 1.0) for second in range(0, 3600, 30)]  # twice as often as promised, in one hour only
    feed = told(past(tmp_path, rows))["feed"]
    assert (feed["held"], feed["promised"], feed["heard"], feed["silent_count"]) == (60.0, 2 * 1440.0, 1, 1)
    assert feed["fresh"] == pytest.approx((60 + 2) / 1440, abs=1e-4) and feed["longest"] == 22 * 3600


def test_days_roll_up_to_their_worst_and_leave_gaps(tmp_path: Path) -> None:
    one = told(past(tmp_path / "one", [("a", 3.0, 6.0)]))
    none = told(past(tmp_path / "none", []))
    week = roll.rolled([none, one, none])
    assert (week["kpis"][0]["days"], week["kpis"][0]["value"], week["kpis"][0]["day"]) == ([None, 6.0, None], 6.0, 1)
    assert week["feed"]["held"] == 1.0 and week["metrics"][0]["greatest"] == {"value": 6.0, "sensor": "a", "hour": 3, "day": 1}
    assert roll.rolled([none, none])["kpis"][0]["value"] is None


def test_levels_have_energy_means_over_sensors_hours_and_days(tmp_path: Path) -> None:
    loud = replace(LEVEL, unit="dB", energetic=True)
    more = {name: value for name, value in LOOK.items() if name not in ("unit", "normal")}
    kpis = (Kpi(key="top", figure=energy_mean("level"), metric="level", unit="dB", normal=(1.0, 2.0), **more),)

    def day(name: str, rows: list[tuple[str, float, float]]) -> dict[str, Any]:
        return told(
            past(tmp_path / name, rows, (sensor("a"), sensor("b")), metric=loud),
            metrics=(loud,),
            kpis=kpis,
            headline=("top", "top"),
            rules=(),
        )

    one = day("one", [("a", 3.0, 50.0), ("b", 3.0, 70.0), ("b", 4.0, 70.0)])
    assert one["metrics"][0]["mean"] == pytest.approx(10 * np.log10((1e5 + 1e7) / 2), abs=1e-3)
    in_hours = [(1e5 + 1e7) / 2, 1e7]
    assert one["kpis"][0]["value"] == pytest.approx(10 * np.log10(np.mean(in_hours)), abs=1e-3)
    week = roll.rolled([one, day("two", [("a", 3.0, 80.0)])])
    assert week["metrics"][0]["mean"] == pytest.approx(10 * np.log10(((1e5 + 1e7) / 2 + 1e8) / 2), abs=1e-3)
    assert week["kpis"][0]["value"] == pytest.approx(10 * np.log10((np.mean(in_hours) + 1e8) / 2), abs=1e-3)


@pytest.mark.parametrize("rules", [(), (replace(RULE, comparison="low", limit=7.0),)], ids=["mean", "lowest"])
def test_a_day_without_data_is_no_zero_of_a_week(tmp_path: Path, rules: tuple[Rule, ...]) -> None:
    one, none = (told(past(tmp_path / str(n), rows), rules=rules) for n, rows in enumerate(([("a", 3.0, 6.0)], [])))
    assert [each["value"] for each in roll.rolled([none, one, none])["kpis"]] == [6.0] * 3


def test_an_unlisted_sensor_is_taken_as_it_speaks(tmp_path: Path) -> None:
    hourly = [("h", float(hour), 1.0) for hour in range(24) if hour != 5]
    day = past(tmp_path, [*hourly, *(("m", minute / 12, 1.0) for minute in range(288)), ("once", 3.0, 1.0)])
    span = day.span("level")
    assert dict(zip(span.sensors, day.intervals(span).tolist(), strict=True)) == {"h": 3600.0, "m": 300.0, "once": 60.0}
    assert day.hourly("level", 2700)["h"].count(None) == 1
    feed = figures.of_domain(domain(), day, {})["feed"]
    assert (feed["held"], feed["promised"]) == (23 + 288 + 1, 24 + 288 + 1)


def test_the_limit_of_a_week_is_that_of_a_day_with_data(tmp_path: Path) -> None:
    week = roll.rolled([told(past(tmp_path / "one", [("a", 3.0, 6.0)])), told(past(tmp_path / "none", []))])
    assert (week["kpis"][0]["limit"], week["kpis"][0]["over"]) == (5.0, 1)


def test_a_feed_that_speaks_every_five_minutes_is_fresh_all_day(tmp_path: Path) -> None:
    day = past(tmp_path, [("m", minute / 12, 1.0) for minute in range(288)])
    assert figures.of_domain(domain(), day, {})["feed"]["fresh"] == 1.0, "the domain says a minute, the sensor five"


def test_silent_in_a_week_is_who_was_so_every_day(tmp_path: Path) -> None:
    one = told(past(tmp_path / "one", [("a", 3.0, 6.0), ("own", 3.0, 6.0)]))
    two = told(past(tmp_path / "two", [("b", 3.0, 6.0)]))
    assert (one["feed"]["silent"], two["feed"]["silent"]) == (["b"], ["a"])
    week, alike = roll.rolled([one, two])["feed"], roll.rolled([one, one])["feed"]
    assert (week["heard"], week["silent_count"], week["silent"]) == (3, 0, [])
    assert (alike["heard"], alike["silent_count"], alike["silent"]) == (2, 1, ["b"])
