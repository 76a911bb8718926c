"""What the journal says of a moment is what people saw then: the fold is held against the alarms themselves at every step of their life."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from model.alarm import Alarm, Event, EventKind
from store.outline import Outline
from streams import bygone
from streams.life import shown
from streams.readings import Index
from tests.unit.city import START, domain, rule
from tests.unit.story import Story, high, outside
from tests.unit.test_alarm_machine import Life
from tests.unit.then import City


def seen(alarm: Alarm) -> Alarm:
    """The alarm without what nobody sees of it on a wall or in a list, and without marks, which no event tells."""
    unseen = replace(alarm, edge=0.0, worse_edge=0.0, comings=(), marks=(), announced=None, detail={}, ends=None)
    return replace(unseen, value=None, changed=0.0, worse=False)


class Told(Life):
    """The same life, told again from its events."""

    @invariant()
    def the_events_tell_what_stands(self) -> None:
        if not hasattr(self, "story"):
            return
        stands = {id: seen(alarm) for id, alarm in self.story.core.alarms.items() if shown(alarm)}
        assert {id: seen(alarm) for id, alarm in bygone.alarms(self.story.events).items()} == stands


TestTold = Told.TestCase
TestTold.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


class Journal:
    """The journal in memory."""

    def __init__(self, events: list[Event]) -> None:
        self.events = [replace(event, seq=place) for place, event in enumerate(events, 1)]
        self.asked = 0

    def outline(self, after: int, limit: int) -> list[tuple[int, float, str, EventKind, str]]:
        return [(each.seq, each.time, each.alarm, each.kind, each.state or "") for each in self.events[after : after + limit]]

    def at(self, places: Collection[int]) -> list[Event]:
        self.asked += len(places)
        return [self.events[place - 1] for place in sorted(places)]


def outline(journal: Journal) -> Outline:
    made = Outline(journal)  # type: ignore[arg-type]
    made.refresh()
    return made


@pytest.mark.parametrize("seed", range(8))
def test_any_moment_is_found_by_its_outline(seed: int) -> None:
    chance, story = random.Random(seed), Story(high("high"), high("other", suppressed_by=("high",)), high("latching", latching=True))
    moments: list[tuple[float, dict[str, Alarm]]] = []
    for step in range(120):
        story.at(10.0 * step)
        key, subject = chance.choice(["high", "other", "latching"]), chance.choice(["sensor:a", "sensor:c"])
        what = chance.choice(
            ["edge", "edge", "edge", "acknowledge", "shelve", "unshelve", "out_of_service", "return_to_service", "reset", "comment"]
        )
        if what == "edge":
            story.edge(key, chance.random() < 0.6, subject=subject)
        else:
            until = story.now + 600 if what in ("shelve", "out_of_service") else None
            story.wish(what, f"{key}|{subject}", note="why", until=until)  # type: ignore[arg-type]
        moments.append((story.now, {id: seen(alarm) for id, alarm in story.core.alarms.items() if shown(alarm)}))
    found = outline(Journal(story.events))
    for moment, stood in chance.sample(moments, 40):
        assert {id: seen(alarm) for id, alarm in bygone.alarms(found.standing(moment)).items()} == stood


def test_what_was_said_of_an_alarm_is_told_again() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    story.at(5)
    story.wish("acknowledge", "high|sensor:a", note="seen")
    story.at(9)
    story.wish("shelve", "high|sensor:a", note="diver below", until=START + 609)
    told = outline(Journal(story.events))
    (shelved,) = bygone.alarms(told.standing(START + 20)).values()
    assert shelved.shelf is not None and (shelved.shelf.until, shelved.shelf.reason) == (START + 609, "diver below")
    assert shelved.acknowledgement is not None and (shelved.acknowledgement.who, shelved.acknowledgement.note) == ("Wang", "seen")
    (before,) = bygone.alarms(told.standing(START + 4)).values()
    assert (before.state, before.acknowledgement, before.shelf) == ("unacknowledged", None, None)
    assert bygone.alarms(told.standing(START - 1)) == {}


def test_a_message_from_elsewhere_keeps_its_name() -> None:
    story = Story(high())
    id = "outside/cap|outside:rain"
    story.wish("raise", id, role="hooks", occurrence=0, detail={id: outside("rain", START)})
    assert [alarm.label.en for alarm in bygone.alarms(story.events).values() if alarm.label] == ["rain"]


def test_a_flood_counts_who_was_called_up_to_the_moment() -> None:
    story = Story(high())
    for number in range(14):
        story.edge("high", True, 10 * number, subject=f"sensor:n{number}")
    story.at(3600)
    told = outline(Journal(story.events))

    def at(seconds: float) -> dict[str, tuple[int, str]]:
        moment = START + seconds
        marks = told.between(0.0, moment, ("flood_began", "flood_ended"))
        found = bygone.floods(marks, lambda since: told.between(since, moment, ("raised",)), story.core.duties.desk)
        return {desk: (flood.count, flood.first) for desk, flood in found.items()}

    first = "sea/high|sensor:n0"
    assert [at(90), at(100), at(115), at(3600)] == [{}, {"sea": (11, first)}, {"sea": (12, first)}, {}]


def test_the_value_behind_an_alarm_is_that_of_the_moment(tmp_path: Path) -> None:
    story, city = Story(high(), high("stuck")), City(tmp_path, 1, domain([high(), rule("stuck", "oxygen", "stuck", 60.0)]))
    city.take([("a", "oxygen", round((START + at) * 1000), 20.0 + at, 0) for at in (0, 60)], START + 60)
    story.edge("high", True, 0)
    story.edge("stuck", True, 0)
    view = city.then().look(START + 61)
    seen = {"sea": (view, Index([view]))}
    found = bygone.conditions(bygone.alarms(story.events), {"sea": city.domain}, seen)
    told = {id.partition("|")[0]: (condition.value, condition.observed) for id, condition in found.items()}
    assert told == {"sea/high": (80.0, START + 60), "sea/stuck": (1.0, START + 60)}


def test_what_the_journal_got_since_is_taken_in_and_nothing_is_read_twice() -> None:
    story = Story(high())
    story.edge("high", True, 0)
    journal = Journal(story.events)
    found = outline(journal)
    assert len(found.standing(START + 1)) == len(found.standing(START + 2)) == 1 and journal.asked == 1
    story.edge("high", False, 10)
    journal.events = Journal(story.events).events
    found.refresh()
    (alarm,) = bygone.alarms(found.standing(START + 11)).values()
    assert alarm.state == "returned" and [event.state for event in found.standing(START + 9)] == ["unacknowledged"]


def test_an_alarm_that_is_long_over_is_not_read() -> None:
    story = Story(high())
    for start in range(0, 1000, 100):
        story.edge("high", True, start)
        story.at(start + 10)
        story.wish("acknowledge", "high|sensor:a")
        story.edge("high", False, start + 50)
    journal = Journal(story.events)
    assert outline(journal).standing(START + 960) == [] and journal.asked == 0
    assert [event.occurrence for event in outline(journal).standing(START + 905)] == [10]
