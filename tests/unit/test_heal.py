"""Whether anybody would find an alarm's condition: only then does its absence mean anything."""

from __future__ import annotations

import pytest

from store.process import Process
from store.view import View
from streams.heal import finders
from tests.unit.city import START, rule
from tests.unit.story import Story, high
from tests.unit.test_judge import process

NOW = START + 100


def current(views: list[View], processes: list[Process], key: str, subject: str = "sensor:a") -> bool:
    story = Story(high(), rule("silent", "oxygen", "no_data", 60.0), rule("low_kpi", "oxygen_lowest", "low", 4.0))
    alarm = story.core.blank(f"sea/{key}|{subject}")
    return finders(story.book, views, processes, NOW)(alarm)


def at_work(lag: int | None = 0, reads: str = "sea.0", started: float = START) -> Process:
    return process(wall=NOW, started=started, reads=reads, lag=lag)


FRAMES = process(id="frames-1", kind="frames", wall=NOW, started=START)


@pytest.mark.parametrize(
    ("views", "processes", "known"),
    [
        (["sea.0", "sea.1"], [at_work(), at_work(reads="sea.1")], True),
        (["sea.0", "sea.1"], [at_work()], False),
        (["sea.0"], [at_work(lag=5000)], False),
        (["sea.0"], [at_work(lag=None)], False),
        (["air.0"], [at_work(reads="air.0")], False),
        (["judge"], [at_work()], False),
        ([], [at_work()], False),
        (["sea.0"], [at_work(started=NOW - 1)], False),
    ],
    ids=["all read", "one unread", "far behind", "unknown how far", "another domain", "the judge only", "Redis emptied", "just begun"],
)
def test_a_partitions_rule_needs_every_partition_read(views: list[str], processes: list[Process], known: bool) -> None:
    assert current([View(name) for name in views], processes, "high") is known


@pytest.mark.parametrize("key", ["silent", "low_kpi", "feed_down"])
def test_the_judges_rules_need_a_judge_at_work(key: str) -> None:
    views = [View("sea.0")]
    assert current(views, [at_work(), FRAMES], key)
    assert not current(views, [at_work()], key)
    assert not current(views, [process(id="frames-1", kind="frames", wall=NOW - 60, started=START)], key)
    assert not current(views, [process(id="frames-1", kind="frames", wall=NOW, started=NOW - 1)], key)


def test_a_rule_that_is_no_more_is_found_by_nobody_for_sure() -> None:
    assert current([], [], "gone")
