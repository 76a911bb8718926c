"""What the judge finds: KPIs over their limits, silence that is a sensor's own, feeds, processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domains.system import DAMAGED, STOPPED
from model import Figure, Rule
from store.process import Process
from store.table import LATEST
from store.view import View
from streams.judge import Judge
from streams.partition import decode
from tests.unit.city import START, domain, rule

WALL = START + 5.0
SILENT = rule("silent", "oxygen", "no_data", 60.0)


def process(wall: float = WALL, started: float = START - 600, reads: str = "sea.0", lag: int | None = 0, **told: str) -> Process:
    feeds = {reads: (1.0, lag)} if reads else {}
    named = {"id": f"ingest-{started}", "kind": "ingest", "state": "active"} | told
    return Process(**named, error=None, rate=0.0, wall=wall, started=started, feeds=feeds)


def view(newest: float) -> View:
    """A partition with one sensor, heard last at `newest`."""
    latest = np.zeros(1, LATEST)
    latest["time"] = newest
    return View("sea.0", meta={"newest": str(newest)}, names=[("a", "oxygen")], latest=latest)


def judged(judge: Judge, rules: list[Rule], now: float = START, **told: object) -> set[str]:
    """One round, and what is true after it."""
    declared = domain(rules)
    figure = told.get("figure")
    if isinstance(figure, Figure):
        judge.figures(declared, now, {"oxygen_lowest": figure}, {})
    partition = told.get("view")
    if isinstance(partition, View):
        processes = told.get("processes", [process(wall=now + WALL - START)])
        judge.silence(declared, now, [partition], told.get("intervals", {}), processes, now + WALL - START)  # type: ignore[arg-type]
    judge.finish(now)
    return set(judge.conditions)


def test_a_kpi_over_its_limit_is_a_condition_and_ends() -> None:
    judge, rules = Judge({}, {}), [rule("low", "oxygen_lowest", "low", 4.0, deadband=1.0)]
    assert judged(judge, rules, figure=Figure(value=3.0)) == {"sea/low|kpi:oxygen_lowest"}
    assert judged(judge, rules, START + 1, figure=Figure(value=4.5)) == {"sea/low|kpi:oxygen_lowest"}
    assert judged(judge, rules, START + 2, figure=Figure(value=5.0)) == set()


def test_a_figure_that_cannot_be_computed_changes_nothing() -> None:
    judge, rules = Judge({}, {}), [rule("low", "oxygen_lowest", "low", 4.0)]
    judged(judge, rules, figure=Figure(value=3.0))
    assert judged(judge, rules, START + 1, figure=Figure(value=None)) == {"sea/low|kpi:oxygen_lowest"}


def test_a_silent_sensor_is_missed_and_heard_again() -> None:
    judge = Judge({}, {})
    assert judged(judge, [SILENT], START + 59, view=view(START)) == set()
    assert judged(judge, [SILENT], START + 61, view=view(START)) == {"sea/silent|sensor:a"}
    assert judged(judge, [SILENT], START + 62, view=view(START + 61)) == set()


def test_one_that_speaks_seldom_is_given_three_intervals() -> None:
    judge = Judge({}, {})
    assert judged(judge, [SILENT], START + 200, view=view(START), intervals={"a": 100.0}) == set()
    assert judged(judge, [SILENT], START + 301, view=view(START), intervals={"a": 100.0}) == {"sea/silent|sensor:a"}


@pytest.mark.parametrize(
    "processes",
    [
        [],
        [process(wall=START)],
        [process(wall=START + 905.0, started=START + 900.0)],
        [process(wall=START + 905.0, lag=5000)],
        [process(wall=START + 905.0, lag=None)],
        [process(wall=START + 905.0, reads="sea.1"), process(wall=START + 905.0, reads="")],
        [process(wall=START + 904.0), process(wall=START + 905.0, started=START + 900.0)],
    ],
    ids=["no reader", "a dead one", "one that has just begun", "one far behind", "one that cannot say", "of others", "one taking over"],
)
def test_nobody_is_missed_while_nobody_listens(processes: list[Process]) -> None:
    """Catching up after a restart raises no "no data" (promise 3)."""
    found = judged(Judge({}, {}), [SILENT], START + 900, view=view(START), processes=processes)
    assert found == set()


def test_who_was_missed_stays_missed_while_nobody_listens() -> None:
    judge = Judge({}, {})
    judged(judge, [SILENT], START + 100, view=view(START))
    assert judged(judge, [SILENT], START + 101, view=view(START), processes=[]) == {"sea/silent|sensor:a"}


def test_a_partition_that_nobody_reads_says_nothing_about_the_sensors_of_others() -> None:
    judge, empty = Judge({}, {}), View("sea.1")
    for now, newest, missed in ((START + 61, START, {"sea/silent|sensor:a"}), (START + 62, START + 61, set())):
        judge.silence(domain([SILENT]), now, [view(newest), empty], {}, [process(wall=now)], now)
        judge.finish(now)
        assert set(judge.conditions) == missed


def test_a_feed_that_never_spoke_is_waited_for() -> None:
    judge = Judge({}, {})
    judge.feed(domain(), START, 0.0, 10.0)
    judge.finish(START)
    assert judge.conditions == {}
    judge.feed(domain(), START, START - 61, 10.0)
    judge.finish(START)
    assert set(judge.conditions) == {"sea/feed_down|feed:sea"}


def test_a_feed_that_is_being_caught_up_with_is_not_silent() -> None:
    judge = Judge({}, {})
    judge.feed(domain(), START, START - 3600, 10.0, current=False)
    judge.finish(START)
    assert judge.conditions == {}
    judge.feed(domain(), START, START - 3600, 10.0)
    judge.finish(START)
    judge.feed(domain(), START + 1, START - 3600, 10.0, current=False)
    judge.finish(START + 1)
    assert set(judge.conditions) == {"sea/feed_down|feed:sea"}


def test_while_a_feed_tells_its_past_none_of_its_sensors_is_missed() -> None:
    judge, rules = Judge({}, {}), [rule("silent", "oxygen", "no_data", 600.0)]

    def missed(second: float, feed: float, sensor: float) -> set[str]:
        judge.feed(domain(rules), START + second, START + second - feed, 10.0)
        return judged(judge, rules, START + second, view=view(START + second - sensor)) - {"sea/feed_down|feed:sea"}

    assert not missed(0, 9000, 9000), "the feed is down"
    assert not missed(1, 7000, 9001)
    assert not missed(2, 1, 590)
    assert missed(20, 1, 608) == {"sea/silent|sensor:a"}


def test_a_feed_that_sends_what_it_held_back_is_not_silent_until_it_stops() -> None:
    judge = Judge({}, {})

    def missed(second: float, age: float, current: bool = True) -> bool:
        judge.feed(domain(), START + second, START + second - age, 10.0, current)
        judge.finish(START + second)
        return bool(judge.conditions)

    assert not missed(0, 9000, current=False)
    assert not any(missed(second, age) for second, age in ((5, 7000), (6, 7001), (14, 3000), (20, 3006)))
    assert not missed(73, 3059)
    assert missed(75, 3061)
    assert missed(25, 2000), "one that is missed stays so until it is there"
    assert not missed(26, 30) and missed(60, 64), "one that has been there is missed at once"


def test_a_process_that_beats_no_more_is_dead() -> None:
    judge = Judge({}, {})
    dead = process(wall=WALL - 7, started=START - 900)
    judge.processes(START, [process(wall=WALL), dead], WALL)
    judge.finish(START)
    assert set(judge.conditions) == {f"system/process_dead|process:{dead.id}"}


@pytest.mark.parametrize(("state", "rule", "after"), [(STOPPED, "history_stopped", 10), (DAMAGED, "history_damaged", 0)])
def test_a_history_process_says_what_it_cannot_do(state: str, rule: str, after: float) -> None:
    judge = Judge({}, {})
    told = replace(process(wall=WALL), kind="history", state=state)
    for moment in (START, START + after):
        judge.processes(moment, [told], WALL)
        judge.finish(moment)
    assert set(judge.conditions) == {f"system/{rule}|process:{told.id}"}
    judge.processes(START + after + 1, [replace(told, state="active")], WALL)
    judge.finish(START + after + 1)
    assert not judge.conditions


def test_the_next_judge_goes_on_where_the_last_stopped() -> None:
    rules = [rule("low", "oxygen_lowest", "low", 4.0, on_delay=10.0)]
    first = Judge({}, {})
    judged(first, rules, START, figure=Figure(value=3.0))
    kept, _, _ = first.changes()
    second = Judge({name.encode(): data for name, data in kept["state"].items()}, {})
    assert judged(second, rules, START + 10, figure=Figure(value=3.0)) == {"sea/low|kpi:oxygen_lowest"}
    assert second.conditions["sea/low|kpi:oxygen_lowest"].since == START + 10


def test_every_change_is_an_edge() -> None:
    judge, rules = Judge({}, {}), [rule("low", "oxygen_lowest", "low", 4.0)]
    for second, value in enumerate((3.0, 3.5, 5.0, 2.0)):
        judged(judge, rules, START + second, figure=Figure(value=value))
    edges = [decode(data) for data in judge.changes()[2]]
    assert [(edge.active, edge.since, edge.value) for edge in edges] == [
        (True, START, 3.0),
        (False, START + 2, 5.0),
        (True, START + 3, 2.0),
    ]
    judge.saved()
    assert judge.changes()[2] == []
    judged(judge, [], START + 9)
    (last,) = [decode(data) for data in judge.changes()[2]]
    assert (last.active, last.since, last.value) == (False, START + 9, None)


def test_the_next_judge_tells_no_edge_twice() -> None:
    rules = [rule("low", "oxygen_lowest", "low", 4.0)]
    first = Judge({}, {})
    judged(first, rules, START, figure=Figure(value=3.0))
    kept, _, edges = first.changes()
    second = Judge(*({name.encode(): data for name, data in kept[part].items()} for part in ("state", "conditions")))
    judged(second, rules, START + 1, figure=Figure(value=3.0))
    assert len(edges) == 1 and second.changes()[2] == []


def test_what_did_not_change_is_not_written_again() -> None:
    judge, rules = Judge({}, {}), [rule("low", "oxygen_lowest", "low", 4.0)]
    judged(judge, rules, figure=Figure(value=3.0))
    judge.saved()
    judged(judge, rules, START + 1, figure=Figure(value=3.0))
    assert judge.changes() == ({"state": {}, "conditions": {}}, {"state": [], "conditions": []}, [])


def test_a_history_that_cannot_be_written_calls_until_it_can() -> None:
    judge, found = Judge({}, {}), list[bool]()
    for second, state in enumerate(["active"] + ["stopped"] * 30 + ["active"] * 5):
        one = process(wall=WALL + second, id="history-1", kind="history", state=state)
        judge.processes(START + second, [one], WALL + second)
        judge.finish(START + second)
        found.append(f"system/history_stopped|process:{one.id}" in judge.conditions)
    assert found.index(True) == 11 and found[30] and not found[-1], "ten seconds after it stopped, and no longer than that"
