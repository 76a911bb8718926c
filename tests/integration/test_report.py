"""The report's numbers are those of pandas over the raw files, and over what was produced; a revision stays as it is."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas as pd
import pytest

import domains
from layouts.print import document
from layouts.print.report import pages, pdf
from model.report import Brand
from standards import aqi, seawater
from standards.noise import LIMITS
from store.day import begin
from store.feed_hour import FeedHours
from store.report import differences
from streams.report.compose import make, span_of
from tests.integration.line import DOMAIN as BUREAU
from tests.project import ROOT
from tests.report import DAY, City, described

WALL = 1_795_104_600.0
NASTY = ROOT.parent / "shared" / "data" / "nasty" / "blns.json"
LOUD = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("http://x","y")',
    '#import "x"',
    "*bold* $x^2$ #panic()",
    "<script>alert(1)</script>",
    "\u202eabc",
    "\x00\x07",
    "a" * 5000,
]
NAMES = LOUD + ([text for text in json.loads(NASTY.read_text(encoding="utf-8")) if text] if NASTY.exists() else [])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two days of the demo's city, the first one merged, the second as it lies after its end."""
    found = City(tmp_path_factory.mktemp("city"))
    found.simulate(DAY - timedelta(1))
    found.tidy(DAY - timedelta(1))
    found.simulate(DAY)
    yield found
    found.engine.dispose()


@pytest.fixture(scope="module")
def facts(town: City) -> Any:
    return make(town.sources(), "day", DAY, WALL).facts


def from_files(town: City, domain: str) -> pd.DataFrame:
    """Raw readings of the day, each once, as a stranger reads them: by pandas, from the files alone."""
    files = sorted((town.folder / "history" / "raw" / f"domain={domain}").glob("date=*/*.parquet"))
    rows = pd.concat([pd.read_parquet(file).assign(file=file.name) for file in files])
    rows = rows.sort_values("file").drop_duplicates(["sensor", "metric", "time"], keep="last")
    return hours(rows.assign(sensor=rows["sensor"].astype(str), metric=rows["metric"].astype(str)), town)


def from_stream(town: City, domain: str) -> pd.DataFrame:
    """The same of what was produced."""
    rows = pd.DataFrame(town.produced[domain], columns=["sensor", "metric", "ms", "value", "quality"])
    rows = rows.drop_duplicates(["sensor", "metric", "ms"], keep="last")
    rows["quality"] = rows["quality"].map({0: "good", 2: "bad", 3: "missing"})
    return hours(rows.assign(time=pd.to_datetime(rows["ms"], unit="ms", utc=True)), town)


def hours(rows: pd.DataFrame, town: City) -> pd.DataFrame:
    """Trusted readings of DAY with their local hour."""
    local = rows["time"].dt.tz_convert(town.zone)
    rows = rows.assign(hour=local.dt.hour)
    return rows[(local.dt.date == DAY) & rows["quality"].isin(["good", "suspect"]) & rows["value"].notna()]


@pytest.fixture(params=[from_files, from_stream], ids=["files", "stream"])
def read(request: pytest.FixtureRequest) -> Any:
    return request.param


def domain(facts: Any, key: str) -> Any:
    return next(each for each in facts["domains"] if each["key"] == key)


def row(facts: Any, key: str, name: str, kind: str = "kpis") -> Any:
    return next(each for each in domain(facts, key)[kind] if each["key"] == name)


def means(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean by sensor and hour."""
    return rows[rows["metric"] == metric].groupby(["hour", "sensor"])["value"].mean().unstack()


def test_the_lowest_oxygen_by_hour(town: City, facts: Any, read: Any) -> None:
    lowest = means(read(town, "sea"), "dissolved_oxygen").min(axis=1)
    told = row(facts, "sea", "oxygen_lowest")
    assert told["hours"] == pytest.approx(lowest.tolist(), abs=5e-4)
    assert (told["value"], told["hour"]) == (pytest.approx(lowest.min(), abs=5e-4), int(lowest.argmin()))
    assert told["sensor"] == means(read(town, "sea"), "dissolved_oxygen").loc[told["hour"]].idxmin()


def test_the_daily_air_index_and_what_it_is_due_to(town: City, facts: Any, read: Any) -> None:
    rows, found = read(town, "air"), {}
    by_hour = {metric: means(rows, metric) for metric in aqi.POLLUTANTS}
    spoken = {
        metric: rows[rows["metric"] == metric]
        .assign(five=lambda each: each["time"].dt.floor("5min"))
        .groupby(["hour", "sensor"])["five"]
        .nunique()
        .unstack()
        for metric in aqi.POLLUTANTS
    }
    for station in sorted(by_hour["pm2_5"].columns):
        # 600 s apart, 300 s covered by each: an hour that is not covered for 45 minutes does not count.
        valid = {
            metric: [
                None if spoken[metric][station].get(hour, 0) * 300 < 2700 else float(by_hour[metric][station][hour]) for hour in range(24)
            ]
            for metric in aqi.POLLUTANTS
        }
        values = {
            metric: (sum(known) / len(known) if len(known := [each for each in hours if each is not None]) >= 20 else None)
            for metric, hours in valid.items()
        }
        index = aqi.daily(values, aqi.greatest_8h(valid["o3"]), DAY)
        if index.value is not None:
            found[station] = index.value
    told = row(facts, "air", "aqi_day", "standards")
    assert told["value"] == (max(found.values()) if found else None)
    assert told["passed"] == ([sum(each <= 100 for each in found.values()), len(found)] if found else None)


def test_the_sea_water_class_and_the_item_that_decides(town: City, facts: Any, read: Any) -> None:
    rows = read(town, "sea")
    table = (
        rows[rows["metric"].isin(["ph", "dissolved_oxygen", "inorganic_nitrogen", "phosphate"])]
        .groupby(["sensor", "metric"])["value"]
        .mean()
        .unstack()
    )
    grades = {
        name: seawater.water_class({key: None if math.isnan(value) else float(value) for key, value in items.items()})
        for name, items in table.iterrows()
    }
    targets = {sensor.id: sensor.extra.get("water_class") for sensor in town.site.sensors["sea"]}
    within = {name: grade.value <= int(targets.get(name) or 4) for name, grade in grades.items() if grade.value}
    told = row(facts, "sea", "class_day", "standards")
    assert told["passed"] == [sum(within.values()), len(within)] and told["within"] is all(within.values())
    assert told["items"] == [grades[told["sensor"]].item] and told["value"] == grades[told["sensor"]].value


def test_noise_by_day_and_night_is_an_energy_mean(town: City, facts: Any, read: Any) -> None:
    rows = read(town, "land")
    rows = rows[rows["metric"] == "noise_level"].assign(energy=lambda each: 10 ** (each["value"] / 10))
    by_hour = rows.groupby(["sensor", "hour"])["energy"].mean()
    classes = {sensor.id: sensor.extra.get("noise_class") for sensor in town.site.sensors["land"]}
    for name, chosen, place in (("noise_day", range(6, 22), 0), ("noise_night", [*range(6), 22, 23], 1)):
        levels = {
            meter: 10 * math.log10(by_hour[meter][by_hour[meter].index.isin(chosen)].mean())
            for meter in by_hour.index.get_level_values(0).unique()
            if classes[meter] in LIMITS
        }
        over = {meter: level - LIMITS[str(classes[meter])][place] for meter, level in levels.items()}
        told = row(facts, "land", name, "standards")
        assert told["sensor"] == max(over, key=over.__getitem__)
        assert told["value"] == pytest.approx(levels[told["sensor"]], abs=5e-3)
        assert told["passed"] == [sum(each <= 0 for each in over.values()), len(over)]


def test_congestion_by_hour(town: City, facts: Any, read: Any) -> None:
    rows = read(town, "traffic")
    speed, flow = means(rows, "speed"), means(rows, "flow")
    links = {sensor.id: sensor for sensor in town.site.sensors["traffic"]}
    found = []
    for hour in range(24):
        free = {link: float(links[link].extra["free_flow_kmh"]) for link in speed.columns}
        index = pd.Series({link: max(1.0, free[link] / max(speed[link][hour], 3.0)) for link in speed.columns})
        weight = pd.Series({link: flow[link][hour] * float(links[link].extra["length_km"]) for link in speed.columns})
        found.append((index * weight).sum() / weight.sum())
    told = row(facts, "traffic", "congestion")
    assert told["hours"] == pytest.approx(found, abs=1e-3)
    assert row(facts, "traffic", "peak_evening", "standards")["value"] == pytest.approx(max(found[17:20]), abs=1e-3)


def test_what_was_measured_and_how_much(town: City, facts: Any, read: Any) -> None:
    for key in town.domains:
        rows = read(town, key)
        assert domain(facts, key)["feed"]["readings"] == len(rows)
        for told in domain(facts, key)["metrics"]:
            mine = rows[rows["metric"] == told["key"]]
            assert told["readings"] == len(mine)
            if told["mean"] is not None:
                values = mine["value"] if told["unit"] != "dB" else 10 ** (mine["value"] / 10)
                mean = values.groupby(mine["sensor"]).mean().mean()
                assert told["mean"] == pytest.approx(
                    mean if told["unit"] != "dB" else 10 * math.log10(mean), abs=10.0 ** -(told["decimals"] + 2)
                )
            if told["least"]:
                assert told["least"]["value"] == pytest.approx(mine["value"].min(), abs=5e-4)
                assert told["greatest"]["value"] == pytest.approx(mine["value"].max(), abs=5e-4)


def test_percentiles_are_those_of_the_readings(town: City, facts: Any, read: Any) -> None:
    rows = read(town, "land")
    by_hour = rows[rows["metric"] == "noise_level"].groupby("hour")["value"].quantile(0.9)
    assert row(facts, "land", "noise_l10")["hours"] == pytest.approx(by_hour.tolist(), abs=1e-2)


def test_the_day_before_is_the_day_befores_own_report(town: City, facts: Any) -> None:
    before = make(town.sources(), "day", DAY - timedelta(1), WALL).facts
    for each in facts["domains"]:
        for told in each["kpis"]:
            assert told["before"][0]["value"] == row(before, each["key"], told["key"])["value"]
            assert told["before"][1]["value"] is None, "a week before there is nothing, which is not zero"


def test_merging_changes_nothing_and_late_data_makes_a_revision_that_says_what(tmp_path: Path) -> None:
    town = City(tmp_path)
    town.simulate(DAY, 1800.0)
    first = make(town.sources(), "day", DAY, WALL)
    paper = document.drawn(asdict(first), "pdf", "en", Brand())
    kept = town.sources().reports.drawn(first, "en", "pdf", lambda: paper)
    town.tidy(DAY)
    assert make(town.sources(), "day", DAY, WALL + 60) == first, "the same facts never make another"
    noon = begin(DAY, town.zone) + 12 * 3_600_000
    town.write("sea", [("sea-buoy-03", "dissolved_oxygen", noon + minute * 60_000, 1.5, 0) for minute in range(59)])
    second = make(town.sources(), "day", DAY, WALL + 120)
    assert second.number == 2 and row(second.facts, "sea", "oxygen_lowest")["sensor"] == "sea-buoy-03"
    changed = {"/".join(each["path"]): each for each in second.changed}
    told = changed["domains/sea/kpis/oxygen_lowest/value"]
    assert (told["before"], told["after"]) == (
        row(first.facts, "sea", "oxygen_lowest")["value"],
        row(second.facts, "sea", "oxygen_lowest")["value"],
    )
    reports = town.sources().reports
    assert reports.read("day", DAY, 1) == first and reports.numbers("day", DAY) == [1, 2]
    assert reports.drawn(first, "en", "pdf", lambda: b"another") == kept == paper
    town.engine.dispose()


def test_what_comes_again_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = City(tmp_path)
    row = ("sea-buoy-03", "dissolved_oxygen", begin(DAY, town.zone) + 3_600_000, 6.0, 0)
    town.write("sea", [row])
    first = make(town.sources(), "day", DAY, WALL)
    town.write("sea", [row])  # Kafka delivers at least once
    assert make(town.sources(), "day", DAY, WALL + 60) == first
    monkeypatch.setattr("streams.report.compose.facts", None)  # not to be asked again
    assert make(town.sources(), "day", DAY, WALL + 120) == first
    town.engine.dispose()


def test_what_is_declared_later_does_not_change_what_was_reported(tmp_path: Path) -> None:
    town = City(tmp_path)
    town.simulate(DAY, 3600.0)
    first = make(town.sources(), "day", DAY, WALL)
    domains = {key: replace(each, rules=()) for key, each in town.domains.items()}
    assert make(replace(town.sources(), domains=domains), "day", DAY, WALL + 9) == first
    town.engine.dispose()


def test_a_day_without_anything_is_said_to_be_one(tmp_path: Path) -> None:
    town = City(tmp_path)
    revision = make(town.sources(), "day", DAY, WALL)
    assert revision.facts["coverage"] == {"share": 0.0, "readings": 0, "heard": 0, "silent": sum(map(len, town.site.sensors.values()))}
    assert {told["value"] for each in revision.facts["domains"] for told in (*each["kpis"], *each["standards"])} == {None}
    assert len(pages(asdict(revision), "zh", Brand())) >= 2
    assert "No reading came" in document.letter(asdict(revision), "en")[1]
    town.engine.dispose()


def test_what_the_history_forgets_later_changes_no_report(tmp_path: Path) -> None:
    town, week = City(tmp_path), DAY - timedelta(7)
    for day in (week, DAY - timedelta(1), DAY):
        town.simulate(day, 3600.0)
    first = make(town.sources(), "day", DAY, WALL)
    assert row(first.facts, "sea", "oxygen_lowest")["before"][1]["value"] is not None
    for day in (week, DAY - timedelta(1)):
        town.forget(day)
        assert make(town.sources(), "day", DAY, WALL + 60) == first
    noon = begin(DAY, town.zone) + 12 * 3_600_000
    town.write("sea", [("sea-buoy-03", "dissolved_oxygen", noon + minute * 60_000, 1.5, 0) for minute in range(59)])
    assert make(town.sources(), "day", DAY, WALL + 120).number == 2, "what comes late is told"
    town.forget(DAY)
    assert make(town.sources(), "day", DAY, WALL + 180).number == 2
    town.engine.dispose()


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_23_or_25_hours_is_told_hour_by_hour(tmp_path: Path, day: date, count: int) -> None:
    town = City(tmp_path, "Europe/Berlin")
    town.simulate(day, 1200.0)
    told, start = make(town.sources(), "day", day, WALL).facts, begin(day, town.zone)
    sea = pd.DataFrame(town.produced["sea"], columns=["sensor", "metric", "ms", "value", "quality"])
    sea = sea[sea["quality"] == 0].assign(hour=lambda each: (each["ms"] - start) // 3_600_000)
    sea = sea[sea["hour"] < count]
    lowest = means(sea, "dissolved_oxygen").min(axis=1)
    assert len(lowest) == count and row(told, "sea", "oxygen_lowest")["hours"] == pytest.approx(lowest.tolist(), abs=5e-4)
    land = pd.DataFrame(town.produced["land"], columns=["sensor", "metric", "ms", "value", "quality"])
    land = land[(land["quality"] == 0) & (land["metric"] == "noise_level") & (land["ms"] < start + count * 3_600_000)]
    land = land.assign(energy=10 ** (land["value"] / 10), local=pd.to_datetime(land["ms"], unit="ms", utc=True).dt.tz_convert(town.zone))
    at_night = land[~land["local"].dt.hour.between(6, 21)].assign(hour=lambda each: (each["ms"] - start) // 3_600_000)
    assert at_night["hour"].nunique() == count - 16
    meter = row(told, "land", "noise_night", "standards")["sensor"]
    level = 10 * math.log10(at_night[at_night["sensor"] == meter].groupby("hour")["energy"].mean().mean())
    assert row(told, "land", "noise_night", "standards")["value"] == pytest.approx(level, abs=5e-3)
    course = [line for line in csv.reader(io.StringIO(drawn(told).decode("utf-8-sig"))) if line[0] == "Course"]
    assert len({line[1] for line in course[1:]}) == count
    town.engine.dispose()


def drawn(facts: Any) -> bytes:
    return document.drawn({"number": 1, "made": WALL, "facts": facts, "changed": []}, "csv", "en", Brand())


def test_a_metric_whose_unit_was_changed_is_told_in_todays(tmp_path: Path) -> None:
    town = City(tmp_path)
    start = begin(DAY, town.zone)
    oxygen = [("sea-buoy-03", "dissolved_oxygen", start + minute * 60_000, 8000.0 + minute, 0) for minute in range(720)]
    town.write("sea", oxygen, {"dissolved_oxygen": "ug/L"})
    town.write("sea", [(*each[:2], each[2] + 720 * 60_000, each[3] / 1000, 0) for each in oxygen])
    told = make(town.sources(), "day", DAY, WALL).facts
    value = pd.Series([each[3] / 1000 for each in oxygen] * 2)
    measured = row(told, "sea", "dissolved_oxygen", "metrics")
    assert (measured["readings"], measured["unit"]) == (1440, "mg/L")
    assert measured["mean"] == pytest.approx(value.mean(), abs=5e-4)
    assert (measured["least"]["value"], measured["greatest"]["value"]) == (8.0, 8.719)
    assert row(told, "sea", "oxygen_lowest")["hours"] == pytest.approx(value.groupby(value.index // 60).mean().tolist(), abs=1.1e-3)
    town.engine.dispose()


# --- alarms ----------------------------------------------------------------------------------------------------------------------------


def test_alarm_figures(tmp_path: Path) -> None:
    town = City(tmp_path)
    start = begin(DAY, town.zone) / 1000
    high, low = "sea/oxygen_low|sensor:sea-buoy-03", "land/noise_high|sensor:land-noise-01"
    sea: dict[str, Any] = {"area": "daya-bay", "priority": "high"}
    event = town.event
    town.happened(
        [
            event("raised", start - 100_000, "land/level_silent|sensor:land-river-01", annunciated=True, area="kuiyong", priority="medium"),
            event("raised", start - 60, high, annunciated=True, occurrence=1, **sea),
            event("acknowledged", start + 60, high, occurrence=1, actor="li", desk="sea", **sea),
            event("returned", start + 600, high, occurrence=1, **sea),
            event("raised", start + 3000, high, annunciated=True, occurrence=2, value=3.1, **sea),
            event("acknowledged", start + 3300, high, occurrence=2, actor="li", desk="sea", note="called the farms", **sea),
            *(event("raised", start + 7200 + n, low, annunciated=True, occurrence=n + 1, area="dapeng") for n in range(4)),
            event("flood_began", start + 7200, "", rule="", subject="", desk="east"),
            event("flood_ended", start + 9000, "", rule="", subject="", desk="east"),
            event("shelved", start + 9100, low, occurrence=4, area="dapeng", actor="li"),
            event("raised", start + 86_400, low, annunciated=True, occurrence=9, area="dapeng"),
        ]
    )
    told = make(town.sources(), "day", DAY, WALL).facts["alarms"]
    assert (told["count"], told["by_priority"]) == (5, {"critical": 0, "high": 1, "medium": 0, "low": 4})
    assert (told["most_in_ten"], told["flooded"], told["shelved"], told["on_shelf"]) == (4, 1800.0, 1, 1)
    assert told["took"]["acknowledged"] == {"count": 2, "median": 210.0, "longest": 300.0}
    assert told["took"]["returned"] == {"count": 1, "median": 660.0, "longest": 660.0}
    assert told["urgent"] == {"count": 1, "acknowledged": 1, "longest": 300.0}
    assert [each["alarm"] for each in told["stale"]] == ["land/level_silent|sensor:land-river-01"]
    assert told["chattering"][0]["alarm"] == low and told["top"][0]["times"] == 4
    assert (told["top"][0]["share"], told["chattering"][0]["share"]) == (4 / 5, 2 / 5), "of what called, and of what came"
    desks = {each["key"]: each for each in told["by_desk"]}
    assert (desks["sea"]["count"], desks["sea"]["acknowledged"]["count"], desks["east"]["flooded"]) == (1, 2, 1800.0)
    areas = {each["key"]: each for each in told["by_area"]}
    assert (areas["dapeng"]["count"], areas["daya-bay"]["acknowledged"]["median"]) == (4, 210.0)
    incidents = told["incidents"]["rows"]
    assert [each["kind"] for each in incidents] == ["alarm", "flood"]
    assert [line["kind"] for line in incidents[0]["log"]] == ["raised", "acknowledged"] and incidents[0]["log"][1][
        "note"
    ] == "called the farms"
    town.engine.dispose()


def test_the_feeds_past_is_told_by_differences(tmp_path: Path) -> None:
    town = City(tmp_path)
    feeds, start = town.sources().feeds, begin(DAY, town.zone) / 1000
    place = ("sea", 0)
    for moment, rejects, lag in ((-1800, 5, 0), (60, 5, 2), (3700, 9, 6), (7300, 2, None), (7400, 3, 4)):
        feeds.look(start + moment, {place: {"rejects": str(rejects), "readings": "1"}}, {place: lag})
    told = {each["key"]: each for each in make(town.sources(), "day", DAY, WALL).facts["feeds"]}
    assert (told["sea"]["rejects"], told["sea"]["lag"], told["sea"]["lag_most"]) == (7, 4.0, 6)
    assert told["land"]["rejects"] is None, "what nobody looked at is not zero"
    town.engine.dispose()


def test_a_day_that_begins_at_half_past_by_utc_is_told_whole_and_alone(tmp_path: Path) -> None:
    town, zone = City(tmp_path), ZoneInfo("Asia/Kolkata")
    feeds, place = FeedHours(town.engine, zone), ("sea", 0)
    start, end = (begin(day, zone) / 1000 for day in (DAY, DAY + timedelta(1)))
    assert start % 3600 == 1800

    def look(moment: float, rejects: int, lag: float) -> None:
        feeds.look(moment, {place: {"rejects": str(rejects)}}, {place: lag})

    for moment, rejects in ((start - 60, 3), (start + 60, 4), (end - 60, 9)):
        look(moment, rejects, 1.0)
    told = feeds.between(start, end)
    look(end + 60, 50, 1000.0)
    assert feeds.between(start, end) == told and (told["sea"]["rejects"], told["sea"]["lag_most"]) == (6, 1.0)
    assert feeds.between(end, end + 86_400)["sea"]["rejects"] == 41
    town.engine.dispose()


# --- what is drawn ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["day", "week", "month"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_span_and_language_is_drawn_the_same_twice(town: City, kind: Any, language: Any) -> None:
    told = asdict(make(town.sources(), kind, DAY, WALL))
    for ending in document.KINDS:
        assert document.drawn(told, ending, language, Brand()) == document.drawn(told, ending, language, Brand())
    assert span_of(kind, DAY)[0] <= DAY <= span_of(kind, DAY)[1]


def hostile(facts: Any) -> Any:
    """The facts with a hostile text in place of every name and note."""
    names = iter(NAMES * 50)

    def change(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: change(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [change(each, key) for each in value]
        return next(names) if isinstance(value, str) and key in ("en", "zh", "note", "actor", "source") else value

    return change(facts)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_come_out_as_text(tmp_path: Path, language: Any) -> None:
    town = City(tmp_path)
    start = begin(DAY, town.zone) / 1000
    alarms = [f"sea/oxygen_low|sensor:sea-buoy-{number:02d}" for number in range(1, 40)]
    town.simulate(DAY, 3600.0)
    usual: dict[str, Any] = {"priority": "high", "actor": "a", "note": "b"}
    town.happened(
        [
            town.event(kind, start + 60 * n, alarm, annunciated=kind == "raised", **usual)
            for n, alarm in enumerate(alarms)
            for kind in ("raised", "commented")
        ]
    )
    revision = make(town.sources(), "day", DAY, WALL)
    told = asdict(replace(revision, facts=json.loads(json.dumps(hostile(revision.facts)))))
    paper = pdf(told, language, Brand())
    assert paper.startswith(b"%PDF") and not any(mark in paper for mark in (b"/JavaScript", b"/Launch", b"/URI", b"/OpenAction"))
    book = zipfile.ZipFile(io.BytesIO(document.drawn(told, "xlsx", language, Brand())))
    assert all(b"<f>" not in book.read(name) and b"<hyperlink" not in book.read(name) for name in book.namelist() if "worksheets" in name)
    text = document.drawn(told, "csv", language, Brand()).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
    assert [cell for cell in cells if is_risky(cell)] == []
    town.engine.dispose()


def test_sensors_and_people_of_hostile_names_go_through_the_whole_report(tmp_path: Path) -> None:
    """A feed may call its sensors anything, and a person may write anything: both end in the facts, and in every file."""
    town = City(tmp_path)
    start = begin(DAY, town.zone)
    names = [name for name in dict.fromkeys(NAMES) if len(name) <= 256]
    for domain_, metric in (("sea", "dissolved_oxygen"), ("land", "noise_level")):
        town.write(domain_, [(name, metric, start + n * 60_000, 1.0 + n / 100, 0) for n, name in enumerate(names)])
    town.happened(
        [
            town.event(kind, start / 1000 + n, f"sea/oxygen_low|sensor:{name}", actor=name, note=name, area=name, **more)
            for n, name in enumerate(names)
            for kind, more in (("raised", {"annunciated": True, "priority": "high"}), ("commented", {"priority": "high"}))
        ]
    )
    revision = make(town.sources(), "day", DAY, WALL)
    told = asdict(revision)
    facts_ = json.dumps(revision.facts, ensure_ascii=False)
    assert sum(json.dumps(name, ensure_ascii=False)[1:-1] in facts_ for name in names) > 50
    for language in ("en", "zh"):
        assert pdf(told, language, Brand()).startswith(b"%PDF")
        book = openpyxl.load_workbook(io.BytesIO(document.drawn(told, "xlsx", language, Brand())))
        cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
        assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
        lines = csv.reader(io.StringIO(document.drawn(told, "csv", language, Brand()).decode("utf-8-sig"), newline=""))
        assert [cell for line in lines for cell in line if is_risky(cell)] == []
    town.engine.dispose()


def is_risky(cell: str) -> bool:
    """Whether a spreadsheet would compute it."""
    return cell.lstrip(" \u200b\ufeff")[:1] in tuple("=+-@\t\r\n＝＋－＠") and bool(cell.strip()) and not number(cell)


def number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_differences_name_the_figure() -> None:
    before = {"a": [{"key": "x", "value": 1}, {"key": "y", "value": 2}], "b": 1}
    after = {"a": [{"key": "y", "value": 3}, {"key": "x", "value": 1}], "b": 1, "c": None}
    assert differences(before, after) == [{"path": ["a", "y", "value"], "before": 2, "after": 3}]


def test_spans_of_the_calendar() -> None:
    assert span_of("week", date(2026, 11, 19)) == (date(2026, 11, 16), date(2026, 11, 22))
    assert span_of("month", date(2028, 2, 29)) == (date(2028, 2, 1), date(2028, 2, 29))


def test_the_declarations_of_the_demo_are_whole() -> None:
    domains, _ = described()
    assert all(each.standards for each in domains.values())


def test_a_bureau_that_a_site_brings_has_its_section(tmp_path: Path) -> None:
    town = City(tmp_path)
    (tmp_path / "probe.py").write_text(BUREAU.format(topic="city.probe"))
    town.domains = {"probe": domains.read(tmp_path / "probe.py")}
    town.add("probe")
    start = begin(DAY, town.zone)
    town.write("probe", [("p-1", "level", start + second * 1000, second / 3600, 0) for second in range(0, 86_400, 60)])
    revision = make(town.sources(), "day", DAY, WALL)
    told = row(revision.facts, "probe", "lowest")
    assert told["hours"] == pytest.approx([hour + 59 / 120 for hour in range(24)], abs=1e-3)
    assert told["unit"] == "m" and revision.facts["feeds"][0]["heard"] == 1
    for ending in document.KINDS:
        assert document.drawn(asdict(revision), ending, "en", Brand())
    town.engine.dispose()
