"""The simulated city: deterministic, without seams, plausible, and wrong in exactly the ways it is meant to be."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from demo.simulation import fault
from demo.simulation.city import Sample, measure, readings
from demo.simulation.incident import HOLD, RECOVER, RISE, SCRIPTS, focus, strength
from demo.simulation.message import Heads, messages
from demo.simulation.moment import Moment, Town
from demo.simulation.roster import KINDS, town_of
from demo.simulation.weather import rain, rain_memory, wind_at
from model import Label, Sensor, Site, SpecError
from streams.decode import native

AFTERNOON = 1_795_334_400.0
"""2026-11-22T08:00:00Z, a Sunday afternoon in Shenzhen."""
MIDNIGHT = 1_795_363_200.0
"""2026-11-22T16:00:00Z, the midnight with which Monday the 23rd begins in Shenzhen."""
DAY = 86_400.0

PLAUSIBLE = {
    "water_temperature": (14, 32), "salinity": (26, 36), "dissolved_oxygen": (1.5, 11), "ph": (6.5, 8.6), "turbidity": (0.2, 40),
    "chlorophyll_a": (0.2, 40), "inorganic_nitrogen": (0.02, 0.5), "phosphate": (0.001, 0.05), "wave_height": (0.05, 3),
    "wave_period": (1.5, 9), "current_speed": (0, 1.2), "current_direction": (0, 360), "wind_speed": (0, 18), "tide_level": (-0.2, 3.2),
    "e_coli": (1, 600), "water_level": (0.3, 4.5), "discharge": (0, 200), "permanganate_index": (0.8, 8), "ammonia_nitrogen": (0.05, 1.5),
    "total_phosphorus": (0.01, 0.3), "noise_level": (32, 70), "rain_rate": (0, 110), "slope_displacement": (-2, 8), "pm2_5": (1, 260),
    "pm10": (2, 420), "so2": (1, 25), "no2": (1, 90), "o3": (1, 330), "co": (0.05, 2), "temperature": (8, 36), "humidity": (20, 100),
    "pressure": (990, 1035), "wind_direction": (0, 360), "speed": (4, 125), "flow": (0, 7500), "occupancy": (0, 90),
}  # fmt: skip
"""What a person who knows the place would believe, scripted incidents included."""


def sensor(domain: str, kind: str, number: int, path: tuple[tuple[float, float], ...] = (), **extra: str) -> Sensor:
    name = f"{domain}-{kind}-{number:02}"
    lon, lat = path[0] if path else (114.30 + 0.031 * number, 22.45 + 0.023 * number)
    return Sensor(
        id=name, domain=domain, label=Label(en=name, zh=name), lon=lon, lat=lat, area="kuiyong", interval=60.0 if path else 30.0,
        owner=None, path=path, extra={"kind": kind, **extra},
    )  # fmt: skip


def road(number: int) -> Sensor:
    """The links of one road from west to east, each beginning where the one before ends."""
    ends = tuple((114.40 + 0.01 * place, 22.6) for place in (number, number + 1))
    return sensor("traffic", "link", number, ends, free_flow_kmh="80", lanes="3")


SENSORS = {
    domain: tuple(road(n) if kind == "link" else sensor(domain, kind, n) for kind in kinds for n in range(8))
    for domain, kinds in KINDS.items()
}
SITE = Site(
    folder="", label=Label(en="Test", zh="测试"), zone="Asia/Shanghai", areas=(), screens=(), extent=(114.2, 22.4, 114.7, 22.8),
    review_number="", sensors=SENSORS,
)  # fmt: skip
TOWN = town_of(SITE, seed=7)
QUIET = town_of(SITE, seed=7, incidents=False)

Row = tuple[str, str, int, float]


def rows(samples: Iterable[Sample]) -> list[Row]:
    """(sensor, metric, time ms, value) of every reading that has a value."""
    return [
        (s.group.ids[row], channel.key, time, value)
        for s in samples
        for row, time, values in zip(s.row.tolist(), s.time.tolist(), s.values.tolist(), strict=True)
        for channel, value in zip(s.channels, values, strict=True)
        if value == value
    ]


def ask(town: Town, domain: str, kind: str, metric: str, t: Any, row: int | None = None) -> Any:
    """What one sensor (or each, row by row) shows at times of its own choosing, without faults: physics alone."""
    group = town.groups[domain, kind]
    times = np.atleast_1d(np.asarray(t, np.float64))
    which = np.zeros(len(times), np.int64) if row is None else np.full(len(times), row)
    place = [channel.key for channel in KINDS[domain][kind].channels].index(metric)
    return KINDS[domain][kind].physics(Moment(town=town, group=group, row=which, t=times))[place]


# One seed, one city


def test_two_runs_with_one_seed_agree_and_two_seeds_do_not() -> None:
    again = town_of(SITE, seed=7)
    assert rows(readings(TOWN, AFTERNOON, AFTERNOON + 120)) == rows(readings(again, AFTERNOON, AFTERNOON + 120))
    assert rows(readings(TOWN, AFTERNOON, AFTERNOON + 120)) != rows(readings(town_of(SITE, seed=8), AFTERNOON, AFTERNOON + 120))


def test_windows_that_touch_give_what_one_long_window_gives() -> None:
    long = rows(readings(TOWN, AFTERNOON, AFTERNOON + 900))
    cuts = [AFTERNOON, AFTERNOON + 0.25, AFTERNOON + 1.0, AFTERNOON + 100.1, AFTERNOON + 900]
    short = [row for a, b in zip(cuts, cuts[1:], strict=False) for row in rows(readings(TOWN, a, b))]
    assert len(long) > 10_000
    assert sorted(long) == sorted(short)


def test_a_value_does_not_depend_on_how_it_was_asked_for() -> None:
    fine = {row[:3]: row[3] for row in rows(readings(TOWN, AFTERNOON - 3600, AFTERNOON, step=60.0))}
    same = {row[:3]: row[3] for row in rows(readings(TOWN, AFTERNOON - 600, AFTERNOON, step=60.0))}
    assert len(same) > 1000 and all(fine[at] == value for at, value in same.items())


def test_history_joins_live_without_a_gap_or_a_jump() -> None:
    past = rows(readings(QUIET, AFTERNOON - 3600, AFTERNOON, step=300.0))
    live = rows(readings(QUIET, AFTERNOON, AFTERNOON + 60))
    last = {(s, m): (t, v) for s, m, t, v in past if m in ("tide_level", "water_temperature", "pressure", "salinity")}
    first = {(s, m): (t, v) for s, m, t, v in reversed(live) if (s, m) in last}
    assert len(first) >= 0.95 * len(last) > 50
    for at, (time, value) in first.items():
        assert 0 < time - last[at][0] <= 361_000
        assert abs(value - last[at][1]) < 0.6, at


def test_more_sensors_stand_around_the_first_and_leave_them_as_they_were() -> None:
    big = town_of(SITE, seed=7, scale=3)
    names = [name for group in big.groups.values() for name in group.ids]
    assert len(names) == len(set(names)) == 3 * sum(map(len, SENSORS.values()))
    assert {"sea-buoy-03", "sea-buoy-03~2", "sea-buoy-03~3"} <= set(names)
    mine = [row for row in rows(readings(big, AFTERNOON, AFTERNOON + 60)) if "~" not in row[0]]
    assert sorted(mine) == sorted(rows(readings(TOWN, AFTERNOON, AFTERNOON + 60)))


def test_rate_is_how_many_times_as_often_they_read() -> None:
    usual, tenfold = len(rows(readings(TOWN, AFTERNOON, AFTERNOON + 600))), len(rows(readings(TOWN, AFTERNOON, AFTERNOON + 600, rate=10.0)))
    assert tenfold == pytest.approx(10 * usual, rel=0.05)


def test_readings_are_spread_over_the_interval() -> None:
    seconds = [time // 1000 % 60 for _, _, time, _ in rows(readings(TOWN, AFTERNOON, AFTERNOON + 60))]
    assert len(set(seconds)) > 40


def test_a_kind_nobody_simulates_stops_the_start() -> None:
    odd = replace(SITE, sensors={"sea": (sensor("sea", "submarine", 1),)})
    with pytest.raises(SpecError, match=r"sensors/sea.csv: sea-submarine-01.kind: 'submarine' is not one of buoy, tide, beach"):
        town_of(odd)


# Plausible


def test_values_are_what_a_person_would_believe_but_for_error_codes() -> None:
    seen = defaultdict(list)
    for hour in range(0, 24, 2):
        for _, metric, _, value in rows(readings(TOWN, MIDNIGHT + hour * 3600, MIDNIGHT + hour * 3600 + 300)):
            seen[metric].append(value)
    assert set(seen) == set(PLAUSIBLE)
    for metric, values in seen.items():
        low, high = PLAUSIBLE[metric]
        outside = [value for value in values if not low <= value <= high and value != -999.0]
        assert not outside, (metric, outside[:5])


def test_the_tide_is_mixed_with_springs_and_neaps() -> None:
    t = MIDNIGHT + np.arange(0, 30 * DAY, 600)
    level = ask(QUIET, "sea", "tide", "tide_level", t)
    daily = np.ptp(level.reshape(30, -1), axis=1)
    assert 0.4 < daily.min() < 1.2 < 1.8 < daily.max() < 2.6
    highs = np.sum((level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:]) & (level[1:-1] > 1.45))
    assert level.mean() == pytest.approx(1.4, abs=0.1) and 25 < highs


def test_no_tide_gauge_shows_a_jump() -> None:
    t = MIDNIGHT + np.arange(0, 2 * DAY, 60.0)
    gauges = town_of(SITE, seed=7, scale=5).groups["sea", "tide"]
    assert any(fault.spells(gauges, np.full(len(t), row), t, "stuck", fault.STUCK).any() for row in range(len(gauges.ids)))
    for row in range(len(gauges.ids)):
        shown = measure(Moment(town=QUIET, group=gauges, row=np.full(len(t), row), t=t), KINDS["sea"]["tide"].channels)[:, 0]
        read = shown[shown > -999.0]  # neither a null nor an error code
        assert len(read) > 0.99 * len(t) and np.abs(np.diff(read)).max() < 0.08, gauges.ids[row]


@pytest.mark.parametrize(
    ("domain", "kind", "metric", "hours"),
    [
        ("sea", "buoy", "water_temperature", (14, 18)),
        ("sea", "buoy", "dissolved_oxygen", (13, 18)),
        ("air", "station", "o3", (13, 17)),
        ("air", "station", "temperature", (13, 17)),
        ("traffic", "link", "occupancy", (17, 20)),
    ],
)
def test_the_day_peaks_when_it_should(domain: str, kind: str, metric: str, hours: tuple[int, int]) -> None:
    t = MIDNIGHT + np.arange(0, 5 * DAY, 900)
    day = ask(QUIET, domain, kind, metric, t).reshape(5, -1).mean(axis=0)
    assert hours[0] <= day.argmax() / 4 <= hours[1]


def test_nights_are_quieter_than_days() -> None:
    clock = MIDNIGHT + DAY * np.arange(5)
    night, day = (ask(QUIET, "land", "noise", "noise_level", clock + h * 3600).mean() for h in (3, 11))
    assert 4 < day - night < 15


def test_particles_have_a_morning_and_an_evening() -> None:
    t = MIDNIGHT + np.arange(0, 20 * DAY, 3600)
    day = ask(QUIET, "air", "station", "pm2_5", t).reshape(20, 24).mean(axis=0)
    assert day[8] > day[4] and day[20] > day[14]


def test_wind_thins_particles_and_raises_waves() -> None:
    t = MIDNIGHT + np.arange(0, 20 * DAY, 3600)
    moment = Moment(town=QUIET, group=QUIET.groups["air", "station"], row=np.zeros(len(t), np.int64), t=t)
    speed, _ = wind_at(moment)
    fine = ask(QUIET, "air", "station", "pm2_5", t)
    assert np.corrcoef(np.log(speed), np.log(fine))[0, 1] < -0.4
    buoy_wind, height = (ask(QUIET, "sea", "buoy", metric, t) for metric in ("wind_speed", "wave_height"))
    assert np.corrcoef(buoy_wind, height)[0, 1] > 0.8


def test_working_days_have_rush_hours_and_sundays_do_not() -> None:
    def speed(day: int, hour: float) -> float:
        return float(ask(QUIET, "traffic", "link", "speed", np.full(8, MIDNIGHT + day * DAY + hour * 3600), row=3).mean())

    monday, sunday = 0, 6
    assert speed(monday, 18.3) < 0.85 * speed(monday, 3.0)
    assert speed(monday, 8.2) < speed(monday, 10.5) < speed(monday, 3.0)
    assert speed(sunday, 8.2) > 1.1 * speed(monday, 8.2)


def test_speed_flow_and_occupancy_belong_together() -> None:
    t = MIDNIGHT + np.arange(0, DAY, 60)
    speed, flow, occupancy = (ask(TOWN, "traffic", "link", metric, t, row=2) for metric in ("speed", "flow", "occupancy"))
    density = occupancy * 10.0 / 6.5
    assert flow == pytest.approx(density * speed * 3, rel=0.06)
    assert flow.max() < 3 * 2000


def test_a_river_rises_after_the_rain_and_carries_more() -> None:
    t = MIDNIGHT + np.arange(0, 20 * DAY, 300)
    moment = Moment(town=QUIET, group=QUIET.groups["land", "river"], row=np.zeros(len(t), np.int64), t=t)
    fallen, felt = rain(moment), rain_memory(moment, 1800.0)
    wet = int(fallen.argmax())
    assert fallen[wet] > 1.0 and (fallen == 0).mean() > 0.7
    after = felt[wet : wet + 24].argmax() * 300
    assert 600 <= after <= 5400
    level, flow = (ask(QUIET, "land", "river", metric, t) for metric in ("water_level", "discharge"))
    assert level[felt > 2].mean() - level[felt == 0].mean() > 0.2 and np.corrcoef(level, flow)[0, 1] > 0.9


# Incidents


def scripted(key: str) -> tuple[int, float]:
    """(row of the focus, time of full strength) of one occurrence."""
    script = SCRIPTS[key]
    turn = np.array([int((AFTERNOON - script.offset) // script.period) + 1])
    return int(focus(TOWN, key, turn)[0]), float(script.offset + turn[0] * script.period + (RISE + HOLD) / 2)


@pytest.mark.parametrize(
    ("key", "metric", "low", "high"),
    [
        ("oxygen_sag", "dissolved_oxygen", 1.5, 2.5),
        ("cloudburst", "water_level", 2.6, 4.0),
        ("ozone_episode", "o3", 200, 330),
        ("smoke_episode", "pm2_5", 160, 260),
        ("crash", "speed", 7, 9),
    ],
)
def test_every_incident_does_what_its_script_says_and_recovers(key: str, metric: str, low: float, high: float) -> None:
    script, (row, t) = SCRIPTS[key], scripted(key)
    during = ask(TOWN, script.domain, script.kind, metric, t, row)[0]
    usual = ask(QUIET, script.domain, script.kind, metric, t, row)[0]
    assert low <= during <= high
    assert not low <= usual <= high
    for moment in (t - (RISE + HOLD) / 2 - 5, t + 480):
        calm, quiet = (ask(town, script.domain, script.kind, metric, moment, row)[0] for town in (TOWN, QUIET))
        assert calm == pytest.approx(quiet, rel=0.02)


def test_a_cloudburst_is_heard_by_the_rain_gauge_next_to_the_river() -> None:
    _, t = scripted("cloudburst")
    gauges = np.array([ask(TOWN, "land", "rain", "rain_rate", t, row)[0] for row in range(8)])
    assert gauges.max() > 50 and (gauges < 5).sum() >= 5


def test_a_crash_holds_up_the_links_upstream_and_not_those_downstream() -> None:
    period, found = SCRIPTS["crash"].period, 0
    for turn in range(int(AFTERNOON // period), int(AFTERNOON // period) + 40):
        row = int(focus(TOWN, "crash", np.array([turn]))[0])
        if not 2 <= row <= 6:
            continue
        t = SCRIPTS["crash"].offset + turn * period + HOLD
        speeds = [ask(TOWN, "traffic", "link", "speed", t, place)[0] for place in range(8)]
        free = [ask(QUIET, "traffic", "link", "speed", t, place)[0] for place in range(8)]
        assert speeds[row] < 10 and speeds[row - 1] < 0.65 * free[row - 1] and speeds[row - 2] < 0.85 * free[row - 2]
        assert speeds[row + 1 :] == free[row + 1 :]
        found += 1
    assert found > 5


def test_an_incident_is_usually_under_way_and_never_a_flood_of_them() -> None:
    times = AFTERNOON + np.arange(0, 4 * 3600, 20.0)
    ages = [(times - script.offset) % script.period for script in SCRIPTS.values()]
    running = np.sum([age < HOLD + RECOVER for age in ages], axis=0)
    assert running.max() == 2 and (running >= 1).mean() > 0.99
    assert np.diff(sorted(script.offset % 1440.0 for script in SCRIPTS.values())).max() == 360.0


def begun(town: Town, key: str, start: float, end: float) -> list[float]:
    """When the script's incidents in [start, end) come to full strength at their focus."""
    script = SCRIPTS[key]
    turns = np.arange(np.ceil((start - script.offset) / script.period), np.ceil((end - script.offset) / script.period)).astype(np.int64)
    t = np.asarray(script.offset + turns * script.period + RISE, np.float64)
    group = town.groups[script.domain, script.kind]
    felt = strength(Moment(town=town, group=group, row=focus(town, key, turns), t=t), key)
    return [float(moment) for moment, power in zip(t, felt, strict=True) if power > 0.99]


@pytest.mark.parametrize("key", SCRIPTS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_past_has_one_of_each_incident_a_day_and_the_present_all_of_them(key: str, seed: int) -> None:
    town, over = town_of(SITE, seed=seed, begin=AFTERNOON), AFTERNOON - HOLD - RECOVER
    assert [len(begun(town, key, over - day * DAY, over - (day - 1) * DAY)) for day in (1, 2, 3)] == [1, 1, 1]
    assert begun(town, key, AFTERNOON, AFTERNOON + DAY) == begun(town_of(SITE, seed=seed), key, AFTERNOON, AFTERNOON + DAY)


def test_an_incident_under_way_when_the_present_begins_is_whole() -> None:
    script, (row, t) = SCRIPTS["crash"], scripted("crash")
    times = t + np.arange(-300.0, 300.0, 5.0)
    speeds = [ask(town_of(SITE, seed=7, begin=begin), script.domain, script.kind, "speed", times, row) for begin in (t, -np.inf)]
    assert speeds[0].tolist() == speeds[1].tolist()


# Faults


def test_late_double_and_corrected_readings_arrive_as_such() -> None:
    group = TOWN.groups["sea", "tide"]
    samples = [s for s in readings(TOWN, AFTERNOON, AFTERNOON + 20 * 3600) if s.group.kind == "tide"]
    at_once, late, double, corrected = samples
    assert len(at_once.row) > 10_000
    shares = [len(s.row) / len(at_once.row) for s in (late, double, corrected)]
    assert shares == pytest.approx([0.004, 0.003, 0.001], rel=0.5)
    known = dict(zip(zip(at_once.row.tolist(), at_once.time.tolist(), strict=True), at_once.values[:, 0].tolist(), strict=True))
    assert all((late.arrival - late.time) > group.interval[late.row])
    assert not set(zip(late.row.tolist(), late.time.tolist(), strict=True)) & set(known)
    for row, time, value in zip(double.row.tolist(), double.time.tolist(), double.values[:, 0].tolist(), strict=True):
        assert known.get((row, time), value) == value
    changes = [value - known[row, time] for row, time, value in _cells(corrected) if (row, time) in known]
    assert changes and changes == pytest.approx([0.003] * len(changes))


def _cells(sample: Sample) -> list[tuple[int, int, float]]:
    return list(zip(sample.row.tolist(), sample.time.tolist(), sample.values[:, 0].tolist(), strict=True))


def test_one_clock_is_ahead_and_the_others_are_not() -> None:
    ahead = {
        s.group.ids[row] for s in readings(TOWN, AFTERNOON, AFTERNOON + 120)
        for row, time in zip(s.row.tolist(), s.time.tolist(), strict=True)
        if time > (AFTERNOON + 120) * 1000
    }  # fmt: skip
    assert len(ahead) == 1 and ahead.pop().startswith("land-noise-")


def test_a_stuck_sensor_repeats_itself_and_a_silent_one_says_nothing() -> None:
    big = town_of(SITE, seed=7, scale=300)
    group = big.groups["sea", "buoy"]
    t = np.full(len(group.ids), AFTERNOON)
    row = np.arange(len(group.ids))
    silent = set(np.flatnonzero(fault.silent(group, row, t)).tolist())
    heard = {r for s in readings(big, AFTERNOON - 15, AFTERNOON + 15) if s.group.kind == "buoy" for r in s.row.tolist()}
    assert 0 < len(silent) < 0.02 * len(row) and not heard & silent
    stuck = np.flatnonzero(fault.spells(group, row, t, "stuck", fault.STUCK))
    assert 0 < len(stuck) < 0.02 * len(row)
    channels = KINDS["sea"]["buoy"].channels
    first, second = (
        measure(Moment(town=big, group=group, row=stuck, t=np.full(len(stuck), AFTERNOON + s)), channels)[:, 0] for s in (0, 1)
    )
    assert (first == second).mean() > 0.9


def test_drift_is_rare_and_ends_at_midnight() -> None:
    big = town_of(SITE, seed=7, scale=300)
    group = big.groups["sea", "buoy"]
    row = np.arange(len(group.ids))
    evening, after = (fault.drift(Moment(town=big, group=group, row=row, t=np.full(len(row), MIDNIGHT + s))) for s in (-60.0, 60.0))
    assert 0.005 < (evening != 0).mean() < 0.05
    assert np.abs(evening).max() > 0.99 and np.abs(after).max() < 0.01


def test_nulls_and_error_codes_are_rare_and_a_null_is_not_zero() -> None:
    values = np.concatenate([s.values.ravel() for s in readings(town_of(SITE, seed=7, scale=40), AFTERNOON, AFTERNOON + 240)])
    assert len(values) > 100_000
    assert 1 / 8000 < np.isnan(values).mean() < 1 / 2000
    assert 0 < (values == -999.0).sum() < len(values) / 10_000


def test_rubbish_comes_now_and_then_and_nobody_can_read_it() -> None:
    found = fault.rubbish(TOWN, AFTERNOON, AFTERNOON + 6 * 3600)
    assert len(found) == 90 and {domain for domain, _ in found} == set(KINDS)
    columns, refused = native([record for _, record in found])
    assert len(columns.value) == 0 and len(refused) == 90


# Messages


def test_messages_are_native_and_hold_one_moment_of_one_sensor() -> None:
    big = town_of(SITE, seed=7, scale=2)
    found = [message for s in readings(big, AFTERNOON, AFTERNOON + 30) for message in messages(s, Heads())]
    for domain, name, texts in found:
        elements = [json.loads(text) for text in texts]
        assert {element["sensor"] for element in elements} == {name} and len({element["time"] for element in elements}) == 1
        assert all(("lon" in element) == ("~" in name) for element in elements)
        assert name.startswith(domain)
    columns, refused = native([f"[{','.join(texts)}]".encode() for _, _, texts in found])
    assert not refused and len(columns.value) == sum(len(texts) for _, _, texts in found)
    assert set(columns.unit) >= {"degC", "mg/L", "km/h", "ug/m3", "1/100mL"}


def test_a_null_is_written_as_null_and_zero_as_zero() -> None:
    sample = next(iter(readings(TOWN, AFTERNOON, AFTERNOON + 30)))
    values = sample.values.copy()
    values[0, 0], values[0, 1], values[0, 11] = np.nan, 0.0, np.nan
    _, _, texts = next(messages(replace(sample, values=values), Heads()))
    shown = [json.loads(text)["value"] for text in texts]
    assert shown[0] is None and shown[1] == 0 and shown[11] is None and all(value is not None for value in shown[2:11])
