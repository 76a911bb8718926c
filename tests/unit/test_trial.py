"""What other numbers would have done: the same code as at ingest, over the history, and what is said of the difference."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import Batch, Domain, Rule
from store.day import day_of, days
from store.history import Day, History
from streams.partition import Partition
from streams.trial import Replay, Span, compared, outcome, run
from tests.unit.city import START, batch, domain, message, rule
from tests.unit.keys import Keys
from tests.unit.past import BEGIN, METRICS, ZONE, Past

LOW = rule("low", "oxygen", "low", 4.0)
RULES = [
    LOW,
    replace(LOW, deadband=0.5),
    replace(LOW, on_delay=60.0, off_delay=30.0, deadband=0.3),
    replace(LOW, times=3, within=600.0),
    rule("high", "oxygen", "high", 6.0, deadband=0.2, on_delay=20.0),
    rule("fast", "oxygen", "rate", 20.0, span=600.0, on_delay=30.0),
    rule("same", "oxygen", "stuck", 120.0),
]


def walk(seed: int, sensors: int = 3, count: int = 900, step: float = 10.0) -> list[tuple[str, float, float]]:
    """Readings (sensor, time, value) of sensors that wander about 5, and now and then say the same for a while."""
    chance, held = random.Random(seed), {f"s-{number}": 5.0 for number in range(sensors)}
    told = []
    for tick in range(count):
        for sensor in held:
            if chance.random() > 0.1:
                held[sensor] = round(min(9.0, max(1.0, held[sensor] + chance.gauss(0, 0.3))), 2) if tick % 100 > 15 else held[sensor]
                told.append((sensor, START + tick * step, held[sensor]))
    return told


def as_it_came(declared: Domain, told: list[tuple[str, float, float]], every: int = 50) -> list[tuple[str, bool, float]]:
    """The edges that ingest finds: (subject, whether true, since)."""
    partition, found = Partition(declared, Keys().load(), {}), []
    for start in range(0, len(told), every):
        some = told[start : start + every]
        made: Batch = batch([message(sensor, value, time) for sensor, time, value in some])
        partition.take(made, some[-1][1])
        found += [(edge.subject, edge.active, edge.since) for edge in partition.watch.edges]
        partition.watch.edges = []
    return sorted(found, key=lambda edge: (edge[0], edge[2], edge[1]))


def as_days(told: list[tuple[str, float, float]], seconds: float) -> list[Day]:
    """The readings as the history gives them, `seconds` at a time."""
    found = []
    for number in sorted({time // seconds for _, time, _ in told}):
        some = sorted(row for row in told if row[1] // seconds == number)
        sensors = sorted({sensor for sensor, _, _ in some})
        place = np.array([sensors.index(sensor) for sensor, _, _ in some], np.int64)
        found.append(Day(sensors, place, np.array([row[1] for row in some]), np.array([row[2] for row in some])))
    return found


def as_edges(spans: dict[str, list[Span]], until: float) -> list[tuple[str, bool, float]]:
    told = [
        (f"sensor:{sensor}", active, at)
        for sensor, all in spans.items()
        for one in all
        for active, at in ((True, one.start), (False, one.end))
    ]
    return sorted([one for one in told if one[1] or one[2] != until], key=lambda edge: (edge[0], edge[2], edge[1]))


@pytest.mark.parametrize("tried", RULES, ids=lambda tried: f"{tried.key}-{tried.deadband}-{tried.on_delay}-{tried.times}")
@pytest.mark.parametrize("seed", range(3))
def test_a_trial_finds_what_ingest_found(tried: Rule, seed: int) -> None:
    told, until = walk(seed), START + 1e6
    (found,), readings, sensors = run(domain(), [tried], as_days(told, 3600.0), until)
    assert as_edges(found, until) == as_it_came(domain([tried]), told)
    assert readings == len(told) and sensors == {"s-0", "s-1", "s-2"}


def test_how_the_days_are_cut_makes_no_difference() -> None:
    told = walk(7)
    for tried in RULES:
        cut = [run(domain(), [tried], as_days(told, seconds), START + 1e6)[0] for seconds in (1800.0, 86_400.0)]
        assert cut[0] == cut[1]


def test_chattering_becomes_few_alarms_with_a_delay_that_is_told() -> None:
    """The sentence of the advisor: so many alarms would have been so few, the longest delay so many seconds."""
    noise = [("s", START + tick * 10.0, 3.9 if tick % 2 else 4.1) for tick in range(200)]
    fall = [("s", START + 2000.0 + tick * 10.0, 3.0) for tick in range(20)]
    before, after = run(domain(), [LOW, replace(LOW, deadband=0.3, on_delay=40.0)], as_days(noise + fall, 86_400.0), START + 2200.0)[0]
    told = outcome(before, after)
    assert (told["before"], told["after"], told["longest_delay"]) == (100, 1, 40.0)
    assert (told["missed"], told["longest_missed"], told["new"]) == (99, 10.0, 0)
    assert told["rows"] == [
        {
            "sensor": "s",
            "before": 100,
            "after": 1,
            "delay": 40.0,
            "missed": 99,
            "longest_missed": 10.0,
            "new": 0,
            "lasted": 1200.0,
            "lasts": 170.0,
        }
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [], (0, 0, None, 0, 0.0, 0)),
        ([(0, 10)], [(0, 10)], (1, 1, 0.0, 0, 0.0, 0)),
        ([(0, 100)], [(60, 100)], (1, 1, 60.0, 0, 0.0, 0)),
        ([(60, 100)], [(0, 100)], (1, 1, -60.0, 0, 0.0, 0)),  # sooner
        ([(0, 10), (20, 30), (100, 200)], [(160, 200)], (3, 1, 60.0, 2, 10.0, 0)),
        ([(0, 10), (20, 30)], [(5, 40)], (2, 1, 5.0, 0, 0.0, 0)),  # one for both
        ([(0, 100)], [(10, 20), (50, 60)], (1, 2, 50.0, 0, 0.0, 0)),
        ([(0, 50)], [], (1, 0, None, 1, 50.0, 0)),
        ([], [(0, 50)], (0, 1, None, 0, 0.0, 1)),
        ([(0, 10)], [(20, 30)], (1, 1, None, 1, 10.0, 1)),
    ],
)
def test_what_is_said_of_the_difference(before: list[tuple[float, float]], after: list[tuple[float, float]], said: tuple[Any, ...]) -> None:
    found = compared([Span(*one) for one in before], [Span(*one) for one in after])
    lasted, lasts = (float(sum(end - start for start, end in spans)) for spans in (before, after))
    assert tuple(found) == (*said, lasted, lasts)


def test_what_is_true_at_the_end_lasts_until_then() -> None:
    replay = Replay(domain(), LOW)
    replay.take(as_days([("s", START, 3.0)], 86_400.0)[0])
    assert replay.spans(START + 500.0) == {"s": [Span(START, START + 500.0)]}


def test_many_sensors_are_counted_and_the_worst_told() -> None:
    before = {f"s-{number:03}": [Span(0.0, 1.0)] * (number % 7 + 1) for number in range(300)}
    told = outcome(before, {})
    assert told["before"] == sum(number % 7 + 1 for number in range(300)) == told["missed"] and told["after"] == 0
    assert len(told["rows"]) == 200 and told["more"] == 100 and told["rows"][0] == {
        "sensor": "s-006", "before": 7, "after": 0, "delay": None, "missed": 7, "longest_missed": 1.0, "new": 0, "lasted": 7.0, "lasts": 0.0
    }  # fmt: skip


def test_the_history_gives_each_reading_once_in_order_and_only_those_to_be_trusted(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.send(30)
    history, found = History(past.shelf, ZONE), dict[tuple[str, int], float]()
    since, until = BEGIN / 1000 + 3600, BEGIN / 1000 + 30 * 3600
    for one in days(*(history_day(at) for at in (since, until))):
        some = history.day("sea", METRICS["level"], one, since, until)
        order = list(zip(some.place.tolist(), some.time.tolist(), strict=True))
        assert order == sorted(set(order))
        found |= {(some.sensors[place], round(time * 1000)): value for (place, time), value in zip(order, some.value.tolist(), strict=True)}
    wanted = {(sensor, ms): value for (sensor, metric, ms), value in past.found.items() if metric == "level"}
    assert found == {key: value for key, value in wanted.items() if since * 1000 <= key[1] < until * 1000}
    assert set(history.day("sea", METRICS["level"], history_day(since), since, until, ["s-0-1"]).sensors) == {"s-0-1"}
    assert history.day("sea", replace(METRICS["level"], unit="degC"), history_day(since), since, until).sensors == []


def history_day(at: float) -> date:
    return day_of(at, ZONE)
