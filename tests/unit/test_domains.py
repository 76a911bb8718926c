"""The bureaus: contracts that every one keeps, its figures by hand, how files are found, and each mistake an author can make."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from domains import load, read
from domains.__main__ import main
from domains.air import DOMAIN as AIR
from domains.check import check
from domains.land import DOMAIN as LAND
from domains.sea import CLASS_METRICS as SEA_CLASS
from domains.sea import DOMAIN as SEA
from domains.traffic import DOMAIN as TRAFFIC
from model import Calendar, Comparison, Day, Domain, Figure, Kpi, Label, Readings, Rule, SpecError, Verdict, Worse
from standards import aqi, seawater, surfacewater

BUREAUS = load()
NOON_2026 = 1_795_147_200.0
"""2026-11-20 12:00 in China."""
NIGHT_2026 = NOON_2026 + 11 * 3600
NOON_2013 = 1_384_920_000.0
"""2013-11-20 12:00 in China."""


class Told(Readings):
    """Readings as a test tells them: the same value newest and, unless told otherwise, as a mean."""

    def __init__(self, values: Mapping[str, Mapping[str, float]], now: float = NOON_2026, **told: Any) -> None:
        self.now, self._values = now, values
        self.local = datetime.fromtimestamp(now, ZoneInfo(told.get("zone", "Asia/Shanghai")))
        self._means: Mapping[str, Mapping[str, float]] = told.get("means", values)
        self._hours: Mapping[str, Mapping[str, Sequence[float | None]]] = told.get("hours", {})
        self._extremes: Mapping[str, Mapping[str, tuple[float, float]]] = told.get("extremes", {})
        self._list: Mapping[str, Mapping[str, str]] = told.get("list", {})

    def latest(self, metric: str) -> Mapping[str, float]:
        return self._values.get(metric, {})

    def means(self, metric: str, seconds: float, covered: float = 0.0) -> Mapping[str, float]:
        return self._means.get(metric, {})

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        return self._extremes.get(metric, {})

    def hourly(self, metric: str, hours: int, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        return self._hours.get(metric, {})

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        return dict.fromkeys(self._values.get(metric, {}), 1)

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        return self._values.get(metric, {})

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        values = sorted(self._values.get(metric, {}).values())
        return values[round(share * (len(values) - 1))] if values else None

    def attribute(self, sensor: str, name: str) -> str | None:
        return self._list.get(sensor, {}).get(name)


def figure(domain: Domain, key: str, readings: Readings) -> Figure:
    return next(kpi for kpi in domain.kpis if kpi.key == key).figure(readings)


# --- contracts ---------------------------------------------------------------------------------------------------------------------


def test_the_four_bureaus_in_the_order_of_the_navigation() -> None:
    assert [(key, domain.key, domain.topic) for key, domain in BUREAUS.items()] == [
        (key, key, f"city.{key}") for key in ("sea", "land", "air", "traffic")
    ]


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_every_bureau_has_what_a_control_room_needs(domain: Domain) -> None:
    comparisons = {rule.comparison for rule in domain.rules}
    assert comparisons >= {"rate", "stuck", "no_data"} and comparisons <= set(get_args(Comparison))
    assert 5 <= sum(kpi.shown for kpi in domain.kpis) <= 6
    assert all(rule.guidance for rule in domain.rules)
    assert any(rule.on in {kpi.key for kpi in domain.kpis} for rule in domain.rules)
    # ISA-18.2 asks for few alarms of high priority: here at most two in five are high or critical.
    urgent = [rule for rule in domain.rules if rule.priority in ("critical", "high")]
    assert len(urgent) / len(domain.rules) <= 0.4
    assert all(rule.guidance.respond_within <= 1800 for rule in urgent if rule.guidance)


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_chinese_texts_are_chinese(domain: Domain) -> None:
    texts = [
        text for rule in domain.rules if rule.guidance for text in (rule.guidance.cause, rule.guidance.consequence, rule.guidance.action)
    ]
    for label in [rule.label for rule in domain.rules] + texts:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in label.zh), label
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in label.en), label


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_an_error_code_of_an_instrument_is_out_of_every_range(domain: Domain) -> None:
    for metric in domain.metrics:
        assert not metric.valid[0] <= -999 <= metric.valid[1], metric.key


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_zero_is_zero(domain: Domain) -> None:
    zeros = {metric.key: {"one": 0.0} for metric in domain.metrics if metric.valid[0] <= 0}
    listed = {"one": {"free_flow_kmh": "60", "noise_class": "2"}}
    for kpi in domain.kpis:
        if kpi.metric in zeros and kpi.key not in ("o3_8h", "slope_movement", "speed_mean", "noise_over"):
            assert kpi.figure(Told(zeros, list=listed)).value == 0.0, kpi.key


def test_class_metrics_are_items_of_their_standards() -> None:
    assert set(SEA_CLASS) <= set(seawater.ITEMS)
    assert {"ph", "dissolved_oxygen", "permanganate_index", "ammonia_nitrogen", "total_phosphorus"} <= set(surfacewater.ITEMS)
    for domain, keys in ((SEA, set(SEA_CLASS) - {"ph"}), (LAND, {"ammonia_nitrogen", "total_phosphorus", "permanganate_index"})):
        assert {metric.unit for metric in domain.metrics if metric.key in keys} == {"mg/L"}
    assert {metric.key: metric.unit for metric in AIR.metrics if metric.key in aqi.POLLUTANTS} == {
        "so2": "µg/m³", "no2": "µg/m³", "co": "mg/m³", "o3": "µg/m³", "pm10": "µg/m³", "pm2_5": "µg/m³",
    }  # fmt: skip


# --- figures by hand ---------------------------------------------------------------------------------------------------------------


def test_lowest_oxygen_and_highest_waves() -> None:
    readings = Told({"dissolved_oxygen": {"a": 6.2, "b": 3.1}, "wave_height": {"a": 0.4, "c": 0.8}})
    lowest, highest = figure(SEA, "oxygen_lowest", readings), figure(SEA, "wave_highest", readings)
    assert (lowest.value, lowest.sensor, lowest.item, lowest.by_sensor) == (3.1, "b", "dissolved_oxygen", {"a": 6.2, "b": 3.1})
    assert (highest.value, highest.sensor) == (0.8, "c")


def test_sea_class_is_of_the_worst_place() -> None:
    readings = Told({"dissolved_oxygen": {"a": 7.0, "b": 4.5}, "inorganic_nitrogen": {"a": 0.25, "b": 0.1}})
    found = figure(SEA, "water_class", readings)
    assert (found.value, found.sensor, found.item) == (3.0, "b", "dissolved_oxygen")
    assert found.by_sensor == {"a": 2.0, "b": 3.0}
    assert found.items == {"a": "inorganic_nitrogen", "b": "dissolved_oxygen"}


def test_a_lake_has_other_limits_than_a_river() -> None:
    values = {"total_phosphorus": {"river": 0.15, "lake": 0.15}}
    found = figure(LAND, "surface_class", Told(values, list={"lake": {"water_body": "reservoir"}}))
    assert found.by_sensor == {"river": 3.0, "lake": 5.0}
    assert (found.value, found.sensor, found.item) == (5.0, "lake", "total_phosphorus")


def test_noise_is_an_energy_mean() -> None:
    found = figure(LAND, "noise", Told({"noise_level": {"a": 60.0, "b": 50.0}}))
    assert found.value == pytest.approx(57.4036, abs=1e-4)
    assert found.by_sensor == {"a": 60.0, "b": 50.0}


def test_noise_over_its_class_at_this_hour() -> None:
    values, listed = (
        {"noise_level": {"home": 52.0, "road": 58.0, "none": 90.0}},
        {"home": {"noise_class": "1"}, "road": {"noise_class": "4a"}},
    )
    day, night = (figure(LAND, "noise_over", Told(values, now=now, list=listed)) for now in (NOON_2026, NIGHT_2026))
    assert (day.value, day.sensor, day.by_sensor) == (-3.0, "home", {"home": -3.0, "road": -12.0})
    assert (night.value, night.sensor, night.by_sensor) == (7.0, "home", {"home": 7.0, "road": 3.0})


def test_day_and_night_are_the_site_s_own() -> None:
    values, listed = {"noise_level": {"home": 52.0}}, {"home": {"noise_class": "1"}}
    found = [figure(LAND, "noise_over", Told(values, list=listed, zone=zone)).value for zone in ("Asia/Shanghai", "America/Sao_Paulo")]
    assert found == [-3.0, 7.0]  # noon here, one in the morning there


def test_the_edition_of_the_air_index_is_that_of_the_site_s_date() -> None:
    last = 1_772_296_200.0  # 2026-02-28 16:30 UTC: 1 March in Shenzhen, still February in London
    values = {"pm2_5": {"a": 70.0}}
    found = [figure(AIR, "aqi_worst", Told(values, now=last, zone=zone)).value for zone in ("Asia/Shanghai", "Europe/London")]
    assert found == [110.0, None]


def test_a_slope_moves_both_ways() -> None:
    found = figure(LAND, "slope_movement", Told({}, extremes={"slope_displacement": {"a": (-3.0, -1.0), "b": (4.0, 4.5)}}))
    assert (found.value, found.sensor) == (2.0, "a")


def test_worst_air_index_with_its_pollutant() -> None:
    values = {"pm2_5": {"a": 40.0, "b": 20.0}, "o3": {"a": 172.0, "b": 90.0}, "temperature": {"c": 25.0}}
    found = figure(AIR, "aqi_worst", Told(values))
    # a: PM2.5 50 + 50 x 5/25 = 60, O3 50 + 50 x 12/40 = 65; b: PM2.5 50 x 20/35 = 28.6 -> 29, O3 50 x 90/160 = 28.1 -> 29
    assert (found.value, found.sensor, found.item) == (65.0, "a", "o3")
    assert found.by_sensor == {"a": 65.0, "b": 29.0}
    assert set(found.items) == {"a", "b"}


def test_before_2026_the_air_index_takes_particles_by_24_hours() -> None:
    values = {"pm2_5": {"a": 400.0}, "o3": {"a": 80.0}}
    few = figure(AIR, "aqi_worst", Told(values, now=NOON_2013, hours={"pm2_5": {"a": [75.0] * 19 + [None] * 5}}))
    assert (few.value, few.item) == (25.0, "o3")
    enough = figure(AIR, "aqi_worst", Told(values, now=NOON_2013, hours={"pm2_5": {"a": [75.0] * 20 + [None] * 4}}))
    assert (enough.value, enough.item) == (100.0, "pm2_5")


def test_ozone_of_8_hours_needs_six() -> None:
    hours = {"o3": {"a": [None, None, 160.0, 160.0, 172.0, 172.0, 184.0, 184.0], "b": [None] * 3 + [300.0] * 5}}
    found = figure(AIR, "o3_8h", Told({}, hours=hours))
    assert (found.value, found.sensor, found.by_sensor) == (172.0, "a", {"a": 172.0})


def test_the_city_mean_counts_each_station_once() -> None:
    assert figure(AIR, "pm2_5_mean", Told({"pm2_5": {"a": 10.0, "b": 20.0, "c": 45.0}})).value == 25.0


ROADS = {"a": {"free_flow_kmh": "60", "length_km": "3"}, "b": {"free_flow_kmh": "60", "length_km": "2"}}


def test_congestion_is_weighted_by_vehicle_kilometres() -> None:
    found = figure(TRAFFIC, "congestion", Told({"speed": {"a": 60.0, "b": 20.0}, "flow": {"a": 2000.0, "b": 1000.0}}, list=ROADS))
    assert (found.value, found.sensor, found.by_sensor) == (1.5, "b", {"a": 1.0, "b": 3.0})  # (6,000 x 1 + 2,000 x 3) / 8,000


def test_a_link_without_a_fresh_flow_keeps_its_weight_of_the_last_hour() -> None:
    speeds, flows = {"a": 60.0, "b": 20.0}, {"a": 2000.0}
    by_hour = figure(TRAFFIC, "congestion", Told({"speed": speeds, "flow": flows}, means={"flow": {"a": 1900.0, "b": 1000.0}}, list=ROADS))
    assert by_hour.value == 1.5
    by_others = figure(TRAFFIC, "congestion", Told({"speed": speeds, "flow": flows}, means={}, list=ROADS))
    assert by_others.value == pytest.approx(1.8)  # b counts 2,000 as a does: (6,000 x 1 + 4,000 x 3) / 10,000
    by_length = figure(TRAFFIC, "congestion", Told({"speed": speeds}, list=ROADS))
    assert by_length.value == pytest.approx(1.8)  # (3 x 1 + 2 x 3) / 5


def test_one_of_a_hundred_links_without_a_flow_does_not_turn_the_city_s_index() -> None:
    speeds = {f"main-{i}": 15.0 for i in range(50)} | {f"side-{i}": 60.0 for i in range(50)}
    flows = {sensor: 4000.0 if sensor.startswith("main") else 100.0 for sensor in speeds}
    listed = {sensor: {"free_flow_kmh": "60", "length_km": "1"} for sensor in speeds}
    whole, speed = (figure(TRAFFIC, key, Told({"speed": speeds, "flow": flows}, list=listed)).value for key in ("congestion", "speed_mean"))
    some = {sensor: flow for sensor, flow in flows.items() if sensor != "side-7"}
    told = Told({"speed": speeds, "flow": some}, means={}, list=listed)
    assert whole == pytest.approx(3.93, abs=0.01)
    assert figure(TRAFFIC, "congestion", told).value == pytest.approx(whole, abs=0.05)
    assert figure(TRAFFIC, "speed_mean", told).value == pytest.approx(speed, rel=0.05)


def test_mean_speed_is_vehicle_kilometres_over_vehicle_hours() -> None:
    found = figure(TRAFFIC, "speed_mean", Told({"speed": {"a": 60.0, "b": 30.0}}, list={"a": {}, "b": {}}))
    assert found.value == pytest.approx(40.0)


def test_a_link_without_a_free_flow_speed_learns_it_from_its_day() -> None:
    hours: dict[str, Sequence[float | None]] = {"c": [60.0] * 12 + [30.0] * 12, "d": [60.0] * 5}
    told = Told({"speed": {"a": 30.0, "c": 20.0, "d": 10.0}}, hours={"speed": hours}, list={**ROADS, "c": {"free_flow_kmh": "fast"}})
    assert figure(TRAFFIC, "congestion", told).by_sensor == {"a": 2.0, "c": 3.0}


def test_slow_links_are_counted_against_free_flow() -> None:
    found = figure(TRAFFIC, "slow_links", Told({"speed": {"a": 23.9, "b": 24.0, "c": 1.0}}, list=ROADS))
    assert (found.value, found.sensor) == (1.0, "a")
    assert figure(TRAFFIC, "slow_links", Told({"speed": {"a": 60.0}}, list=ROADS)).value == 0.0
    assert figure(TRAFFIC, "slow_links", Told({"speed": {"c": 1.0}})).value is None


# --- files -------------------------------------------------------------------------------------------------------------------------

NOISE = '''"""Noise: street meters."""

from __future__ import annotations

from dataclasses import dataclass

from domains.figure import energy_mean
from model import Domain, Kpi, Label, Layer, Metric

@dataclass(frozen=True)
class Own:
    text: str

def both(text: str) -> Label:
    return Label(en=text, zh=Own(text).text)

DOMAIN = Domain(
    label=both("Noise"), icon='<path d="M4 12h16"/>', order=25,
    metrics=(Metric(key="level", label=both("Level"), unit="dB", valid=(0, 140), decimals=0, normal=(30, 60), scale=(20, 100)),),
    kpis=(
        Kpi(key="city", label=both("City"), unit="dB", decimals=0, figure=energy_mean("level"), normal=(30, 60), scale=(20, 100)),
        Kpi(key="again", label=both("Again"), unit="dB", decimals=0, figure=energy_mean("level"), normal=(30, 60), scale=(20, 100)),
    ),
    rules=(), layer=Layer(kind="points", metric="level"), headline=("city", "again"), table="level", trends=("city",),
    sample={"sensor": "n1", "metric": "level", "value": 54, "time": 1795203127000},
)
'''


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read(path)
    assert caught.value.file == str(path)
    return caught.value


def test_a_site_brings_its_own_bureau_and_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path, "noise.py", NOISE)
    write(tmp_path, "_draft.py", "this is no python")
    write(tmp_path, "notes.txt", "nor this")
    before = set(sys.modules)
    found = load(tmp_path)
    assert list(found) == ["sea", "land", "noise", "air", "traffic"]
    assert (found["noise"].key, found["noise"].topic) == ("noise", "city.noise")
    assert figure(found["noise"], "city", Told({"level": {"a": 54.0}})).value == pytest.approx(54.0)
    assert set(sys.modules) == before
    assert not (tmp_path / "__pycache__").exists()


def test_a_site_without_a_folder_of_its_own(tmp_path: Path) -> None:
    assert list(load(tmp_path / "domains")) == list(BUREAUS)


def test_two_files_of_one_name_or_topic_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "sea.py", NOISE)
    with pytest.raises(SpecError, match=r"sea\.py: key: sea is already the key of domains/sea\.py"):
        load(tmp_path)
    path.unlink()
    write(tmp_path, "noise.py", NOISE.replace("order=25", 'order=25, topic="city.air"'))
    with pytest.raises(SpecError, match=r"noise\.py: topic: city\.air is already the topic of domains/air\.py"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["rejects", "alarms", "all", "system", "Noise", "9noise", "no-ise", "a" * 33])
def test_names_that_no_bureau_may_have(tmp_path: Path, name: str) -> None:
    assert refusal(write(tmp_path, f"{name}.py", NOISE)).field == "key"


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("DOMAIN = Domain(", "DOMAIN = Domain((", "line 17", "never closed"),
        ("from model import", "from mode1 import", "line 8", "ModuleNotFoundError: No module named 'mode1'"),
        ("from model import", "from model import Kpis,", "line 8", "ImportError: cannot import name 'Kpis'"),
        ('both("Level")', 'booth("Level")', "line 19", "NameError: name 'booth' is not defined"),
        (', table="level"', "", "Domain.table (line 17)", "is missing"),
        ('unit="dB", valid=(0, 140), ', "", "Metric.unit and valid (line 19)", "is missing"),
        ("order=25", "colour=25", "Domain.colour (line 17)", "is no field"),
        ("DOMAIN = Domain(", "BUREAU = Domain(", "DOMAIN", "is missing"),
        ("DOMAIN = Domain(", "DOMAIN = dict(", "DOMAIN", "dict is no Domain"),
        ("order=25", 'key="nose"', "key", "is 'nose', but the file's name makes it 'noise'"),
    ],
)
def test_files_that_do_not_run(tmp_path: Path, old: str, new: str, field: str, reason: str) -> None:
    assert old in NOISE
    error = refusal(write(tmp_path, "noise.py", NOISE.replace(old, new, 1)))
    assert error.field == field
    assert reason in error.reason


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.py").field == "file"


# --- mistakes ----------------------------------------------------------------------------------------------------------------------


def test_the_bureaus_pass_as_they_are() -> None:
    for domain in (SEA, LAND, AIR, TRAFFIC):
        check("file.py", replace(domain, key="own", topic="city.own"))


def with_(**fields: Any) -> Domain:
    """The sea bureau with fields of its own, as its file has it."""
    return replace(SEA, **{"key": "sea", "topic": "city.sea", **fields})


def changed(part: str, place: int = 0, **fields: Any) -> Domain:
    """The sea bureau with one member of a tuple changed."""
    members = list(getattr(SEA, part))
    members[place] = replace(members[place], **fields)
    return with_(**{part: tuple(members)})


def labelled(**fields: Any) -> Label:
    return replace(SEA.label, **fields)


def drawn(**fields: Any) -> Domain:
    return with_(layer=replace(SEA.layer, **fields))


def sampled(**fields: object) -> Domain:
    return with_(sample={**SEA.sample, **fields})


def with_figure(calculate: object) -> Domain:
    return changed("kpis", figure=calculate)


def judged(verdict: object) -> Domain:
    return changed("standards", verdict=verdict)


def odd_item(day: Day) -> Verdict:
    return Verdict(items=("oxygen",))


def circle() -> Domain:
    """Two rules that each hide the other, one of them through a third."""
    by = {"oxygen_low": "waves_high", "waves_high": "bloom", "bloom": "oxygen_low"}
    return with_(rules=tuple(replace(rule, suppressed_by=(by[rule.key],)) if rule.key in by else rule for rule in SEA.rules))


GUIDANCE: Any = SEA.rules[0].guidance
LEVEL_JUMP, STUCK = (next(i for i, rule in enumerate(SEA.rules) if rule.key == key) for key in ("level_jump", "oxygen_stuck"))
SILENT = next(i for i, rule in enumerate(SEA.rules) if rule.key == "oxygen_silent")
OVERTOPPING = next(i for i, rule in enumerate(SEA.rules) if rule.key == "overtopping")
CURRENT = next(i for i, metric in enumerate(SEA.metrics) if metric.circular)

MISTAKES: list[tuple[Domain, str, str]] = [
    # types
    (changed("metrics", valid=("0", 25)), "metrics[0].valid[0]", "'0' is no float"),
    (changed("metrics", valid=[0, 25]), "metrics[0].valid", "is no tuple"),
    (changed("metrics", valid=(0, 1, 2)), "metrics[0].valid", "has 3 members, not 2"),
    (changed("metrics", decimals=1.0), "metrics[0].decimals", "1.0 is no int"),
    (changed("metrics", decimals=True), "metrics[0].decimals", "True is no int"),
    (changed("metrics", scale=(0, float("nan"))), "metrics[0].scale[1]", "nan is not a finite number"),
    (changed("metrics", label="Oxygen"), "metrics[0].label", "'Oxygen' is no Label"),
    (changed("metrics", label=labelled(zh=None)), "metrics[0].label.zh", "None is no str"),
    (changed("metrics", short=3), "metrics[0].short", "3 is no Label"),
    (changed("rules", comparison="above"), "rules[0].comparison", "'above' is none of high, low, rate, stuck, no_data"),
    (changed("rules", priority="urgent"), "rules[0].priority", "'urgent' is none of critical, high, medium, low"),
    (changed("rules", limit="4.0"), "rules[0].limit", "'4.0' is no float"),
    (with_(rules=SEA.rules[0]), "rules", "is no tuple: a comma is missing"),
    (with_(sample=[1]), "sample", "[1] is no mapping"),
    (with_(headline=("oxygen_lowest",)), "headline", "has 1 members, not 2"),
    (drawn(kind="bars"), "layer.kind", "'bars' is none of points"),
    (with_figure("mean"), "kpis[0].figure", "'mean' is no function"),
    # names
    (changed("metrics", 1, key="dissolved_oxygen"), "metrics.key", "'dissolved_oxygen' is taken"),
    (changed("metrics", key="Oxygen"), "metrics.key", "must be a to z"),
    (changed("kpis", 1, key="oxygen_lowest"), "kpis.key", "'oxygen_lowest' is taken"),
    (changed("kpis", 2, key="wave_height"), "kpis.key", "metrics and KPIs share their names"),
    (changed("rules", 1, key="oxygen_low"), "rules.key", "'oxygen_low' is taken"),
    (with_(metrics=()), "metrics", "is empty"),
    # what is shown
    (with_(label=labelled(zh=" ")), "label.zh", "is empty"),
    (changed("metrics", label=labelled(en="")), "metrics[0] (dissolved_oxygen).label.en", "is empty"),
    (changed("metrics", unit="mg/gallon"), "metrics[0] (dissolved_oxygen).unit", "unknown unit 'mg/gallon'"),
    (changed("kpis", unit="furlong"), "kpis[0] (oxygen_lowest).unit", "unknown unit 'furlong'"),
    (changed("metrics", decimals=-1), "metrics[0] (dissolved_oxygen).decimals", "-1 is not within 0 to 9"),
    (changed("metrics", valid=(25, 0)), "metrics[0] (dissolved_oxygen).valid", "25 to 0 is not ascending"),
    (changed("metrics", scale=(5, 5)), "metrics[0] (dissolved_oxygen).scale", "not ascending"),
    (changed("metrics", normal=(5, 13)), "metrics[0] (dissolved_oxygen).normal", "is outside the scale"),
    (changed("metrics", CURRENT, valid=(0, 400)), f"metrics[{CURRENT}] (current_direction).circular", "from 0 to 360"),
    (changed("kpis", metric="oxygen"), "kpis[0] (oxygen_lowest).metric", "'oxygen' is no metric"),
    (with_(headline=("oxygen_lowest", "waves")), "headline", "'waves' is no KPI"),
    (with_(headline=("oxygen_lowest", "oxygen_lowest")), "headline", "there twice"),
    (with_(trends=("wave_height",)), "trends", "'wave_height' is no KPI"),
    (with_(trends=()), "trends", "has 0 members"),
    (with_(table="oxygen"), "table", "'oxygen' is no metric and no KPI"),
    (drawn(metric="oxygen_lowest"), "layer.metric", "is no metric"),
    (drawn(height=0), "layer.height", "0 is not positive"),
    (with_(icon='<path d="M3 7">'), "icon", "not well-formed"),
    (with_(icon="waves"), "icon", "draws nothing"),
    (with_(icon="<script>alert(1)</script>"), "icon", "<script> is none of"),
    # rules
    (changed("rules", on="oxygen"), "rules[0] (oxygen_low).on", "'oxygen' is no metric and no KPI"),
    (changed("rules", limit=26), "rules[0] (oxygen_low).limit", "26 is outside the valid range 0 to 25"),
    (changed("rules", OVERTOPPING, limit=9), f"rules[{OVERTOPPING}] (overtopping).limit", "9 is outside the scale -0.5 to 4.5"),
    (changed("rules", deadband=-0.1), "rules[0] (oxygen_low).deadband", "-0.1 is negative"),
    (changed("rules", deadband=22), "rules[0] (oxygen_low).deadband", "clears only at 26"),
    (changed("rules", on_delay=-1), "rules[0] (oxygen_low).on_delay", "-1 is negative"),
    (changed("rules", off_delay=-1), "rules[0] (oxygen_low).off_delay", "-1 is negative"),
    (changed("rules", LEVEL_JUMP, limit=0), f"rules[{LEVEL_JUMP}] (level_jump).limit", "0 is not positive"),
    (changed("rules", LEVEL_JUMP, deadband=2.5), f"rules[{LEVEL_JUMP}] (level_jump).deadband", "never clear"),
    (changed("rules", LEVEL_JUMP, span=90), f"rules[{LEVEL_JUMP}] (level_jump).span", "not a multiple of 60"),
    (changed("rules", STUCK, on="wave_highest", limit=86_400), f"rules[{STUCK}] (oxygen_stuck).limit", "longer than the past of a KPI"),
    (changed("rules", guidance=replace(GUIDANCE, action=labelled(en=""))), "rules[0] (oxygen_low).guidance.action.en", "is empty"),
    (changed("rules", guidance=replace(GUIDANCE, respond_within=0)), "rules[0] (oxygen_low).guidance.respond_within", "0 is not positive"),
    # what a rule says of its alarm
    (changed("rules", times=0), "rules[0] (oxygen_low).times", "0 is not within 1 to 20"),
    (changed("rules", times=3), "rules[0] (oxygen_low).within", "goes with times"),
    (changed("rules", within=60.0), "rules[0] (oxygen_low).within", "goes with times"),
    (changed("rules", SILENT, times=3, within=60.0), f"rules[{SILENT}] (oxygen_silent).times", "judged by how long it is"),
    (changed("rules", re_alarm=0.0), "rules[0] (oxygen_low).re_alarm", "0 is not positive"),
    (changed("rules", escalate_after=-1.0), "rules[0] (oxygen_low).escalate_after", "-1 is not positive"),
    (changed("rules", OVERTOPPING, escalate_after=60.0), f"rules[{OVERTOPPING}] (overtopping).escalate_after", "nothing above critical"),
    (changed("rules", worse=Worse(limit=4.5, priority="critical")), "rules[0] (oxygen_low).worse.limit", "4.5 is not beyond the limit 4"),
    (changed("rules", worse=Worse(limit=-1, priority="critical")), "rules[0] (oxygen_low).worse.limit", "-1 is outside the valid range"),
    (changed("rules", worse=Worse(limit=2, priority="high")), "rules[0] (oxygen_low).worse.priority", "high is not above high"),
    (
        changed("rules", worse=Worse(limit=2, priority="critical", label=Label(en="", zh="缺"))),
        "rules[0] (oxygen_low).worse.label.en",
        "empty",
    ),
    (changed("rules", calendar=Calendar(days=())), "rules[0] (oxygen_low).calendar.days", "at least one"),
    (changed("rules", calendar=Calendar(days=("mon", "mon"))), "rules[0] (oxygen_low).calendar.days", "each day once"),
    (changed("rules", calendar=Calendar(hours=(8.0, 8.0))), "rules[0] (oxygen_low).calendar.hours", "8 to 8"),
    (changed("rules", calendar=Calendar(hours=(8.0, 25.0))), "rules[0] (oxygen_low).calendar.hours", "8 to 25"),
    (changed("rules", page="somewhere"), "rules[0] (oxygen_low).page", "'somewhere' is none of overview"),
    (changed("rules", suppressed_by=("nothing",)), "rules[0] (oxygen_low).suppressed_by", "'nothing' is no other rule"),
    (changed("rules", suppressed_by=("oxygen_low",)), "rules[0] (oxygen_low).suppressed_by", "no other rule"),
    (changed("rules", suppressed_by=("class_poor",)), "rules[0] (oxygen_low).suppressed_by", "never true of the same subject"),
    (circle(), "rules[0] (oxygen_low).suppressed_by", "'waves_high' is itself suppressed by this"),
    # figures
    (with_figure(lambda readings: 3.1), "kpis[0] (oxygen_lowest).figure", "answers 3.1, which is no Figure"),
    (with_figure(lambda readings: Figure(value=0.0)), "kpis[0] (oxygen_lowest).figure", "absent is not zero"),
    (
        with_figure(lambda readings: Figure(value=min(readings.latest("ph").values()))),
        "kpis[0] (oxygen_lowest).figure",
        "fails with no reading",
    ),
    (with_figure(lambda readings: Figure(value=None, item="oxygen")), "kpis[0] (oxygen_lowest).figure", "names 'oxygen'"),
    (with_figure(lambda readings: readings.means("oxygen", 60)), "kpis[0] (oxygen_lowest).figure", "asks for 'oxygen'"),
    (with_figure(lambda readings: readings.means("ph", 90)), "kpis[0] (oxygen_lowest).figure", "asks for 90 s of ph"),
    (with_figure(lambda readings: readings.hourly("ph", 26)), "kpis[0] (oxygen_lowest).figure", "asks for 26 hours"),
    (with_figure(lambda readings: readings.percentile("ph", 60, 95)), "kpis[0] (oxygen_lowest).figure", "share 95"),
    # the feed and its sample
    (with_(topic="city/sea"), "topic", "'city/sea' is reserved or no name"),
    (with_(topic="city.rejects"), "topic", "'city.rejects' is reserved"),
    (with_(format=""), "format", "is empty"),
    (with_(interval=0), "interval", "0 is not positive"),
    (with_(lateness=-1), "lateness", "-1 is not positive"),
    # standards
    (changed("standards", source=" "), "standards[0] (class_day).source", "is empty"),
    (changed("standards", unit="stone"), "standards[0] (class_day).unit", "unknown unit"),
    (changed("standards", decimals=10), "standards[0] (class_day).decimals", "10 is not within 0 to 9"),
    (changed("standards", label=labelled(zh="")), "standards[0] (class_day).label.zh", "is empty"),
    (with_(standards=SEA.standards * 2), "standards.key", "'class_day' is taken"),
    (judged(lambda day: 3), "standards[0] (class_day).verdict", "answers 3, which is no Verdict"),
    (judged(lambda day: Verdict(value=0.0)), "standards[0] (class_day).verdict", "with no reading is 0.0, not None: absent is not zero"),
    (judged(lambda day: day.means("oxygen")), "standards[0] (class_day).verdict", "asks for 'oxygen', which is no metric"),
    (judged(lambda day: day.at(24)), "standards[0] (class_day).verdict", "asks for hour 24 of 24"),
    (judged(lambda day: 1 / 0), "standards[0] (class_day).verdict", "fails with no reading: ZeroDivisionError"),
    (judged(odd_item), "standards[0] (class_day).verdict", "names 'oxygen', which is no metric"),
    (sampled(sensor=""), "sample.sensor", "is missing"),
    (sampled(metric="oxygen"), "sample.metric", "'oxygen' is no metric"),
    (sampled(unit="m"), "sample.unit", "'m' is length, 'mg/L' is concentration"),
    (sampled(value=6.21, unit="g/L"), "sample.value", "6210 mg/L is outside the valid range 0 to 25"),
    (sampled(value="6.21"), "sample.value", "'6.21' is no number"),
    (sampled(time="2026-11-20T07:00:00"), "sample.time", "names no zone"),
    (sampled(time="yesterday"), "sample.time", "Invalid isoformat"),
    (sampled(time=1_795_203_127), "sample.time", "nor milliseconds"),
    (sampled(time=None), "sample.time", "neither RFC 3339"),
    (sampled(lat=91), "sample.lat", "91 is not within -90 to 90 degrees"),
    (sampled(lon="114.5"), "sample.lon", "'114.5' is not within"),
    (sampled(quality="fine"), "sample.quality", "'fine' is none of good, suspect, bad, missing"),
]


@pytest.mark.parametrize(("domain", "field", "reason"), MISTAKES, ids=[f"{field}: {reason}" for _, field, reason in MISTAKES])
def test_mistakes_are_named(domain: Domain, field: str, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        check("domains/sea.py", domain)
    assert (caught.value.file, caught.value.field) == ("domains/sea.py", field)
    assert reason in caught.value.reason


def test_figures_may_be_absent_with_one_sensor() -> None:
    kpi: Kpi = replace(SEA.kpis[0], figure=lambda readings: Figure(value=None))
    check("domains/sea.py", with_(kpis=(kpi, *SEA.kpis[1:])))


# --- what holds where the author says nothing ----------------------------------------------------------------------------------------


def rules_of(domain: Domain) -> dict[str, Rule]:
    return {rule.key: rule for rule in domain.rules}


def test_every_rule_is_suppressed_by_what_is_sensible() -> None:
    sea, land = rules_of(BUREAUS["sea"]), rules_of(BUREAUS["land"])
    assert sea["waves_high"].suppressed_by == ("feed_down", "oxygen_silent", "tide_silent")
    assert sea["class_poor"].suppressed_by == ("feed_down",)
    assert sea["tide_silent"].suppressed_by == ("feed_down",)
    assert sea["level_jump"].suppressed_by == () and sea["oxygen_low"].suppressed_by == ()
    assert land["river_high"].suppressed_by == ("river_danger",)


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_no_critical_alarm_is_hidden_by_silence(domain: Domain) -> None:
    silent = {"feed_down"} | {rule.key for rule in domain.rules if rule.comparison == "no_data"}
    assert all(not silent & set(rule.suppressed_by or ()) for rule in domain.rules if rule.priority == "critical")


def test_a_worse_limit_is_a_rule_of_its_own_behind_the_first() -> None:
    rules = BUREAUS["sea"].rules
    place = [rule.key for rule in rules].index("oxygen_low")
    worse = rules[place + 1]
    assert (worse.key, worse.limit, worse.priority, worse.worse) == ("oxygen_low+", 2.0, "critical", None)
    assert worse.label.zh == "水体缺氧" and worse.guidance is not None and worse.guidance.respond_within == 600
    assert (worse.deadband, worse.on_delay, worse.off_delay) == (rules[place].deadband, rules[place].on_delay, rules[place].off_delay)


@pytest.mark.parametrize("domain", BUREAUS.values(), ids=BUREAUS)
def test_urgent_alarms_insist(domain: Domain) -> None:
    for rule in domain.rules:
        if rule.priority == "high" and not rule.key.endswith("+"):
            assert rule.escalate_after and rule.guidance and rule.escalate_after <= rule.guidance.respond_within
        if rule.priority == "critical" and not rule.key.endswith("+"):
            assert rule.re_alarm and rule.re_alarm <= 900


# --- the command -------------------------------------------------------------------------------------------------------------------


def test_the_command_tells_what_it_found(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CITYDECK_SITE", raising=False)
    assert main(["check"]) == 0
    assert "air: Air / 空气, topic city.air, 13 metrics" in capsys.readouterr().out
    path = write(tmp_path, "noise.py", NOISE)
    assert main(["check", str(path), str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(f"{path}: Noise / Noise, topic city.noise, 1 metric, 2 KPIs, 0 rules\n") == 2


def test_the_command_tries_a_site_s_folder_as_a_site(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    site = Path(__file__).parents[2] / "demo" / "site"
    assert main(["check", str(site)]) == 0
    said = capsys.readouterr().out
    assert f"{site}: Dapeng / 大鹏, 17 areas, 5 screens\n" in said
    assert " sensors of air\n" in said
    monkeypatch.setenv("CITYDECK_SITE", str(site))
    assert main(["check"]) == 0
    assert capsys.readouterr().out == said


def test_a_folder_that_holds_neither_is_a_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: path: holds neither site.toml nor a domain file\n"


def test_the_command_warns_of_sensors_far_from_the_city(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    town = 'zone = "Asia/Shanghai"\nextent = [114.0, 22.0, 115.0, 23.0]\nlabel = { en = "Town", zh = "城" }\n'
    write(tmp_path, "site.toml", town + 'area = [{ key = "east", en = "East", zh = "东" }]\n')
    (tmp_path / "sensors").mkdir()
    rows = "near,A,A,115.9,22.5,east,60,\nfar,B,B,116.5,22.5,east,60,\nnowhere,C,C,0,0,east,60,\n"
    write(tmp_path / "sensors", "air.csv", "id,en,zh,lon,lat,area,interval,owner\n" + rows)
    assert main(["check", str(tmp_path)]) == 0
    assert f"{tmp_path}: WARNING: more than a degree outside the extent: far, nowhere (sensors/air.csv)\n" in capsys.readouterr().out


def test_the_command_tells_the_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path, "noise.py", NOISE.replace('unit="dB", valid', 'unit="decibel", valid'))
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().err == f"{path}: metrics[0] (level).unit: unknown unit 'decibel'\n"
    assert main(["check", str(tmp_path / "gone.py")]) == 1
    assert main(["check", str(tmp_path / "nowhere")]) == 1
