"""Rules on the readings of one partition: rates, stuck values, late readings, several rules at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

import pytest

from domains.alarm import complete
from model import Rule, Worse
from streams.partition import Partition, decode
from tests.unit.city import START, batch, domain, message, rule
from tests.unit.keys import Keys

NOW = START + 3600


def partition(rules: Sequence[Rule], sent: Sequence[dict[str, Any]], step: int = 1000) -> Partition:
    """A partition that took the messages, `step` at a time, each at its own moment."""
    made = Partition(domain(rules), Keys().load(), {})
    for first in range(0, len(sent), step):
        some = sent[first : first + step]
        made.take(batch(some, first), some[-1]["time"] / 1000)
    return made


def active(made: Partition) -> set[str]:
    return {f"{condition.rule}|{condition.subject}" for condition in made.watch.changed.values() if condition.active}


def test_a_value_that_does_not_change_is_stuck() -> None:
    stuck = rule("stuck", "oxygen", "stuck", 100.0)
    sent = [message("a", 5.0, START + 10 * i) for i in range(11)]
    assert active(partition([stuck], sent)) == set()
    assert active(partition([stuck], [*sent, message("a", 5.0, START + 111)], step=4)) == {"sea/stuck|sensor:a"}
    moved = [*sent, message("a", 5.1, START + 105), message("a", 5.1, START + 120)]
    assert active(partition([stuck], moved)) == set()


def test_a_rate_is_the_change_over_the_span() -> None:
    rate = rule("rate", "oxygen", "rate", 60.0, span=600.0)
    slow = [message("a", 5.0 + 9.9 * i / 600, START + i) for i in range(0, 900, 30)]
    fast = [message("a", 5.0 + 15.0 * i / 600, START + i) for i in range(0, 900, 30)]
    assert active(partition([rate], slow, step=1)) == set()
    assert active(partition([rate], fast, step=1)) == {"sea/rate|sensor:a"}


JUMP = rule("jump", "oxygen", "rate", 2.5, deadband=0.5, on_delay=60.0, off_delay=180.0, span=600.0)
"""As the sea's rule on tide level: more than 2.5 an hour, over ten minutes, for a minute."""


def course(values: Callable[[float], float], times: Iterable[float]) -> list[dict[str, Any]]:
    """Messages of one sensor, its value a function of seconds since START."""
    return [message("a", values(second), START + second) for second in times]


def became_true(rules: Sequence[Rule], sent: Sequence[dict[str, Any]], delay: float = 0.0) -> dict[str, float]:
    """When each rule first became true, seconds since START; what was measured within ten seconds is taken together, `delay` later."""
    made, found = Partition(domain(rules), Keys().load(), {}), dict[str, float]()
    for _, some in groupby(sent, lambda one: one["time"] // 10_000):
        together = list(some)
        made.take(batch(together), together[-1]["time"] / 1000 + delay)
        for condition in made.watch.changed.values():
            if condition.active:
                found.setdefault(condition.rule.partition("/")[2], condition.observed - START)
    return found


@pytest.mark.parametrize("delay", (5, 130, 3600, 4 * 3600))
@pytest.mark.parametrize("interval", (1, 7, 60, 120, 300, 360, 420, 600, 750))
def test_a_step_is_seen_however_seldom_and_late_its_sensor_speaks(interval: int, delay: float) -> None:
    sent = course(lambda second: 4.0 if second >= 3600 else 1.0, range(0, 3600 + 1500, interval))
    step = next(second for second in range(0, 3600 + interval, interval) if second >= 3600)
    found = became_true([JUMP], sent, delay)
    assert step + 60 <= found["jump"] <= step + max(60 + 10, interval)


@pytest.mark.parametrize("wobble", ((0.0, 0.4), (0.4, 0.0), (-30.0, 30.0), (30.0, -30.0)))
def test_a_step_is_seen_by_a_sensor_that_is_not_punctual(wobble: tuple[float, float]) -> None:
    sent = course(lambda second: 4.0 if second >= 3500 else 1.0, (600 * i + wobble[i % 2] for i in range(12)))
    assert 3600 < became_true([JUMP], sent)["jump"] < 4300


@pytest.mark.parametrize("interval", (10, 600))
def test_a_spike_shorter_than_the_delay_is_not_a_change(interval: int) -> None:
    assert became_true([JUMP], course(lambda second: 4.0 if second == 3600 else 1.0, range(0, 7200, interval))) == {}


@pytest.mark.parametrize("interval", (1, 60, 420, 600, 900, 1200))
def test_a_rate_is_of_the_time_that_passed(interval: int) -> None:
    """A tide that rises 2.4 m an hour does not rise faster because its gauge speaks seldom."""
    assert became_true([JUMP], course(lambda second: 1.0 + 2.4 * second / 3600, range(0, 7200, interval))) == {}
    assert became_true([JUMP], course(lambda second: 1.0 + 2.6 * second / 3600, range(0, 7200, interval))) != {}


def test_after_a_long_silence_there_is_nothing_to_compare_with() -> None:
    times = [*range(0, 3600, 60), *range(18_000, 21_600, 60)]
    assert became_true([JUMP], course(lambda second: 4.0 if second >= 18_000 else 1.0, times)) == {}
    assert became_true([JUMP], course(lambda second: 4.0 if second >= 18_900 else 1.0, times)) == {"jump": 18_960.0}


def test_each_rate_has_its_own_span() -> None:
    rules = [rule("short", "oxygen", "rate", 60.0, span=300.0), rule("long", "oxygen", "rate", 60.0, span=1800.0)]
    brief = course(lambda second: min(max(second - 3600, 0) * 80 / 3600, 10.0), range(0, 6000, 30))
    assert became_true(rules, brief).keys() == {"short"}
    steady = course(lambda second: max(second - 3600, 0) * 80 / 3600, range(0, 6000, 30))
    assert became_true(rules, steady).keys() == {"short", "long"}


def test_a_rate_goes_on_over_a_restart() -> None:
    keys, sent = Keys(), course(lambda second: 4.0 if second >= 3600 else 1.0, range(0, 4800, 600))
    for offset, one in enumerate(sent):
        made = Partition(domain([JUMP]), keys.load(), {})
        made.take(batch([one], offset), one["time"] / 1000)
        keys.commit(made.held, offset + 1, made.changes("w", one["time"] / 1000))
    assert list(keys.hashes["conditions"]) == ["sea/jump|sensor:a"]


def test_a_late_reading_changes_no_condition() -> None:
    low = rule("low", "oxygen", "low", 4.0)
    assert active(partition([low], [message("a", 5.0, START + 100), message("a", 3.0, START + 50)], step=1)) == set()


def test_bad_and_missing_readings_change_no_condition() -> None:
    low = rule("low", "oxygen", "low", 4.0)
    sent = [message("a", 5.0, START), message("a", 3.0, START + 1, quality="bad"), message("a", None, START + 2)]
    assert active(partition([low], sent)) == set()


def test_two_limits_of_one_metric_are_two_conditions() -> None:
    rules = [rule("low", "oxygen", "low", 4.0), rule("very_low", "oxygen", "low", 2.0), rule("high", "oxygen", "high", 20.0)]
    assert active(partition(rules, [message("a", 3.0, START), message("b", 1.0, START), message("c", 21.0, START)])) == {
        "sea/low|sensor:a",
        "sea/low|sensor:b",
        "sea/very_low|sensor:b",
        "sea/high|sensor:c",
    }


def edges(keys: Keys) -> list[tuple[str, bool, float]]:
    """(rule and subject, true or false, since when) of every edge stored."""
    conditions = [decode(data) for data in keys.edges]
    return [(f"{one.rule}|{one.subject}", one.active, one.since) for one in conditions]


def test_every_change_is_an_edge_also_when_one_batch_brings_several() -> None:
    keys, made = Keys(), Partition(domain([rule("low", "oxygen", "low", 4.0)]), Keys().load(), {})
    made.take(batch([message("a", value, START + i) for i, value in enumerate((5.0, 3.0, 3.1, 5.0, 2.0))]), NOW)
    keys.commit(None, 5, made.changes("w", NOW))
    made.committed()
    name = "sea/low|sensor:a"
    assert edges(keys) == [(name, True, START + 1), (name, False, START + 3), (name, True, START + 4)]
    made.take(batch([message("a", 1.0, START + 9)], 5), NOW)
    keys.commit(5, 6, made.changes("w", NOW))
    assert len(edges(keys)) == 3


def test_a_worse_limit_has_edges_of_its_own_after_those_of_the_first() -> None:
    low = rule("low", "oxygen", "low", 4.0, worse=Worse(limit=2.0, priority="critical"))
    keys, made = Keys(), Partition(complete(domain([low])), Keys().load(), {})
    made.take(batch([message("a", value, START + i) for i, value in enumerate((5.0, 1.0, 3.0, 5.0))]), NOW)
    keys.commit(None, 4, made.changes("w", NOW))
    first, worse = "sea/low|sensor:a", "sea/low+|sensor:a"
    assert edges(keys) == [(first, True, START + 1), (worse, True, START + 1), (worse, False, START + 2), (first, False, START + 3)]


def test_a_rule_that_is_no_more_leaves_nothing_behind() -> None:
    keys = Keys()
    made = Partition(domain([rule("low", "oxygen", "low", 4.0)]), keys.load(), {})
    made.take(batch([message("a", 3.0, START)]), NOW)
    keys.commit(None, 1, made.changes("w", NOW))
    again = Partition(domain(), keys.load(), {})
    keys.commit(1, 1, again.changes("w", NOW))
    assert keys.hashes["conditions"] == {} and keys.hashes["state"] == {}
    assert edges(keys) == [("sea/low|sensor:a", True, START), ("sea/low|sensor:a", False, NOW)]


# A manager gives a rule other numbers while everything runs


LOW = rule("low", "oxygen", "low", 4.0)


def test_from_the_next_reading_on_other_numbers_count() -> None:
    made = partition([LOW], [message("a", 3.9, START), message("b", 4.5, START)])
    assert active(made) == {"sea/low|sensor:a"}
    made.tune(domain([rule("low", "oxygen", "low", 3.5)]))
    assert active(made) == {"sea/low|sensor:a"}  # nobody has measured anything since
    made.take(batch([message("a", 3.9, START + 10), message("c", 3.4, START + 10)], 2), START + 10)
    assert active(made) == {"sea/low|sensor:c"}
    made.tune(domain([rule("low", "oxygen", "low", 5.0)]))
    made.take(batch([message("b", 4.5, START + 20)], 4), START + 20)
    assert active(made) == {"sea/low|sensor:b", "sea/low|sensor:c"}
    assert [edge.active for edge in made.watch.edges if edge.subject == "sensor:a"] == [True, False]


def test_what_is_pending_waits_as_long_as_the_new_delay_says() -> None:
    made = partition([rule("low", "oxygen", "low", 4.0, on_delay=600.0)], [message("a", 3.0, START)])
    made.tune(domain([rule("low", "oxygen", "low", 4.0, on_delay=30.0)]))
    made.take(batch([message("a", 3.0, START + 40)], 1), START + 40)
    assert became_active(made) == {"a": START + 40}


def became_active(made: Partition) -> dict[str, float]:
    return {edge.subject.removeprefix("sensor:"): edge.since for edge in made.watch.edges if edge.active}


def test_a_sensor_that_nobody_knew_is_judged_by_the_new_numbers() -> None:
    made = partition([LOW], [message("a", 5.0, START)])
    made.tune(domain([rule("low", "oxygen", "low", 6.0)]))
    made.take(batch([message("new", 5.5, START + 10)], 1), START + 10)
    assert active(made) == {"sea/low|sensor:new"}
