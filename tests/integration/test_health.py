"""The figures of alarm health, against the same figures counted one by one in plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine

from model import PRIORITIES
from model.alarm import Event, EventKind
from store.health import BECAME, CEASED, Health, Times, Without
from store.journal import Journal

AREAS = ("north", "south", "")
KINDS: tuple[EventKind, ...] = ("raised", "repeated", "worsened", "realarmed", "acknowledged", "returned", "latched", "commented")
SINCE, UNTIL = 1000.0, 4000.0


def event(number: int, **more: Any) -> Event:
    return Event(**{"kind": "raised", "alarm": "a", "occurrence": 1, "time": SINCE, "source": str(number), **more})


def write(engine: Engine, events: list[Event]) -> Health:
    journal = Journal(engine)
    journal.record(journal.take_over("a"), events=events)
    return Health(engine)


def anything(seed: int) -> list[Event]:
    """1,500 events of 40 alarms over a little more than the time that is asked for; an alarm has one area."""
    draw = random.Random(seed)
    events = []
    for number in range(1500):
        alarm = draw.randrange(40)
        kind = draw.choice(KINDS)
        events.append(
            event(
                number,
                kind=kind,
                alarm=f"alarm-{alarm:02}",
                area=AREAS[alarm % 3],
                time=float(draw.randrange(900, 4100)),
                priority=draw.choice(PRIORITIES),
                annunciated=kind in ("raised", "worsened", "realarmed") and draw.random() < 0.8,
            )
        )
    return events


def most(often: Counter[str], limit: int) -> list[Times]:
    return [Times(alarm, times) for alarm, times in sorted(often.items(), key=lambda one: (-one[1], one[0]))[:limit]]


@pytest.mark.parametrize("areas", [None, ["north"], ["south", ""], [], Without(["north"]), Without()])
def test_the_figures_are_those_counted_one_by_one(engine: Engine, areas: Collection[str] | None) -> None:
    events = anything(seed=4)
    health = write(engine, events)
    left = {one for one in AREAS if one not in areas} if isinstance(areas, Without) else areas
    inside = [one for one in events if SINCE <= one.time < UNTIL and (left is None or one.area in left)]
    called = [one for one in inside if one.annunciated]

    lives: dict[str, list[Event]] = {}
    for one in sorted(events, key=lambda one: (one.time, int(one.source))):
        if one.kind in (*BECAME, *CEASED):
            lives.setdefault(one.alarm, []).append(one)
    chattering, fleeting = Counter[str](), Counter[str]()
    for life in lives.values():
        came = [one for one in life if one.kind in BECAME]
        chattering.update(one.alarm for first, one in zip(came, came[2:], strict=False) if one in inside and one.time - first.time < 60.0)
        pairs = ((before, one) for before, one in pairwise(life) if one in inside and before.kind in BECAME and one.kind in CEASED)
        fleeting.update(one.alarm for before, one in pairs if one.time - before.time < 10.0)
    asked = (SINCE, UNTIL, areas)
    assert health.rates(*asked) == {priority: sum(one.priority == priority for one in called) for priority in PRIORITIES}
    assert health.top(*asked) == most(Counter(one.alarm for one in called), 10)
    assert health.top(*asked, limit=3) == health.top(*asked)[:3]
    assert health.chattering(*asked) == most(chattering, 50)
    assert health.fleeting(*asked) == most(fleeting, 50)
    assert areas == [] or chattering and fleeting


def test_an_alarm_that_nobody_was_called_for_counts_nowhere(engine: Engine) -> None:
    health = write(engine, [event(number, priority="low") for number in range(5)])
    assert sum(health.rates(SINCE, UNTIL).values()) == 0 and health.top(SINCE, UNTIL) == []


@pytest.mark.parametrize(("times", "chatters"), [((0, 30, 59.9), True), ((0, 30, 60), False), ((0, 59), False), ((0, 0, 0), True)])
def test_chattering_is_three_times_within_a_minute(engine: Engine, times: tuple[float, ...], chatters: bool) -> None:
    health = write(engine, [event(number, time=SINCE + time) for number, time in enumerate(times)])
    assert health.chattering(SINCE, UNTIL) == [Times("a", 1)] * chatters


def test_what_began_before_the_time_that_is_asked_for_counts(engine: Engine) -> None:
    before = [event(number, alarm="chatters", time=SINCE - 20 + number) for number in range(2)] + [event(7, alarm="fleets", time=SINCE - 1)]
    health = write(engine, [*before, event(8, alarm="chatters"), event(9, alarm="fleets", kind="returned")])
    assert health.chattering(SINCE, UNTIL) == [Times("chatters", 1)]
    assert health.fleeting(SINCE, UNTIL) == [Times("fleets", 1)]


@pytest.mark.parametrize(("lasted", "fleeting"), [(0.0, 1), (9.9, 1), (10.0, 0)])
def test_fleeting_is_gone_within_ten_seconds(engine: Engine, lasted: float, fleeting: int) -> None:
    health = write(engine, [event(1), event(2, kind="returned", time=SINCE + lasted)])
    assert health.fleeting(SINCE, UNTIL) == [Times("a", 1)] * fleeting


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ("", 0.0),
        ("began 1500 ended 1600", 100.0),
        ("began 500 ended 1600", 600.0),
        ("began 500 ended 900", 0.0),
        ("began 3900", 100.0),
        ("began 500", 3000.0),
        ("began 3900 ended 5000", 100.0),
        ("began 1500 ended 1600 began 1700 ended 1750", 150.0),
        ("ended 1500", 0.0),
        ("began 1500 began 1550 ended 1600", 100.0),
    ],
)
def test_the_time_in_flood_is_that_inside_what_is_asked(engine: Engine, changes: str, seconds: float) -> None:
    words = changes.split()
    events = [
        event(number, kind=f"flood_{words[number]}", time=float(words[number + 1]), alarm="", desk="bay")
        for number in range(0, len(words), 2)
    ]
    other = [
        event(91, kind="flood_began", time=0.0, alarm="", desk="other"),
        event(92, kind="flood_began", time=0.0, alarm="x", desk="bay"),
    ]
    assert write(engine, [*events, *other]).flooded(SINCE, UNTIL, "bay") == seconds


def test_the_city_is_in_flood_while_any_desk_is(engine: Engine) -> None:
    told = [
        ("began", 1500, "bay"),
        ("began", 1550, "hill"),
        ("ended", 1600, "bay"),
        ("ended", 1700, "hill"),
        ("began", 500, "port"),
        ("ended", 1100, "port"),
    ]
    events = [event(number, kind=f"flood_{kind}", time=float(time), alarm="", desk=desk) for number, (kind, time, desk) in enumerate(told)]
    health = write(engine, events)
    assert (health.flooded(SINCE, UNTIL), health.flooded(SINCE, UNTIL, "hill")) == (300.0, 150.0)
