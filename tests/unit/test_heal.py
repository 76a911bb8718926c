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


def view(name: str, owner: str = "ingest-1", lag: int = 0) -> View:
    return View(name, meta={"owner": owner, "lag": str(lag)})


INGEST = process("ingest-1", wall=NOW, started=START)
FRAMES = process("frames-1", kind="frames", wall=NOW, started=START)


@pytest.mark.parametrize(
    ("views", "processes", "known"),
    [
        ([view("sea.0"), view("sea.1")], [INGEST], True),
        ([view("sea.0"), view("sea.1", owner="gone")], [INGEST], False),
        ([view("sea.0", lag=5000)], [INGEST], False),
        ([view("air.0")], [INGEST], False),
        ([view("judge")], [INGEST], False),
        ([], [INGEST], False),
        ([view("sea.0")], [process("ingest-1", wall=NOW, started=NOW - 1)], False),
    ],
    ids=["all read", "one unread", "far behind", "another domain", "the judge only", "Redis emptied", "just begun"],
)
def test_a_partitions_rule_needs_every_partition_read(views: list[View], processes: list[Process], known: bool) -> None:
    assert current(views, processes, "high") is known


@pytest.mark.parametrize("key", ["silent", "low_kpi", "feed_down"])
def test_the_judges_rules_need_a_judge_at_work(key: str) -> None:
    views = [view("sea.0")]
    assert current(views, [INGEST, FRAMES], key)
    assert not current(views, [INGEST], key)
    assert not current(views, [process("frames-1", kind="frames", wall=NOW - 60, started=START)], key)
    assert not current(views, [process("frames-1", kind="frames", wall=NOW, started=NOW - 1)], key)


def test_a_rule_that_is_no_more_is_found_by_nobody_for_sure() -> None:
    assert current([], [], "gone")
