"""A flood folded by cause: what stands on top, what is counted, what is grey, and that nothing is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model import Label
from model.alarm import Alarm, Flood
from streams.causes import MOST, flood
from tests.unit.city import START, ranked
from tests.unit.test_entry import AWAY, SEEN, SHELF, alarm

FIRST = "sea/low|sensor:a"
ON = Flood(began=START + 60, first=FIRST, count=33)


def told(*board: Alarm, floods: tuple[Flood, ...] = (ON,)) -> Any:
    return flood(floods, ranked(board), lambda entry: entry.alarm.area)


def test_without_a_flood_there_is_nothing_to_fold() -> None:
    assert told(alarm(), floods=()) is None


def test_critical_stays_on_top_then_first_out_then_priority_and_age() -> None:
    found = told(
        alarm("old", "sensor:z", raised=START - 900),
        alarm("low", "sensor:a", priority="medium", raised=START + 5),
        alarm("wall", "sensor:w", priority="critical", raised=START + 100),
        alarm("young", "sensor:z", raised=START + 50),
    )
    assert [cause["rule"] for cause in found["causes"]] == ["sea/wall", "sea/low", "sea/old", "sea/young"]
    assert [cause["first"] for cause in found["causes"]] == [0, 1, 0, 0]
    assert (found["since"], found["count"]) == (START + 5, 33)


def test_a_cause_has_its_count_its_first_time_and_its_places() -> None:
    areas = ["bay", "bay", "town", ""]
    board = [replace(alarm("low", f"sensor:{at}", raised=START + at), area=area) for at, area in enumerate(areas)]
    (cause,) = told(*board)["causes"]
    assert (cause["count"], cause["since"], cause["areas"], cause["places"]) == (4, START, ["bay", "town"], 2)
    assert cause["subjects"][0] == "sensor:0"


def test_a_silent_feed_is_one_cause_whichever_it_strikes_and_each_kind_of_message_another() -> None:
    feeds = [replace(alarm("feed_down", f"feed:{key}"), id=f"{key}/feed_down", rule=f"{key}/feed_down") for key in ("sea", "air")]
    rain, wind = (alarm("cap", f"outside:{name}", label=Label(en=name, zh=name)) for name in ("rain", "wind"))
    found = told(*feeds, rain, wind)["causes"]
    assert sorted(cause["count"] for cause in found) == [1, 1, 2]
    assert {cause.get("label", {}).get("en") for cause in found} == {None, "rain", "wind"}


def test_a_cause_is_drawn_as_the_one_that_most_needs_a_person() -> None:
    def state(*states: str) -> int:
        made = [
            alarm("low", f"sensor:{at}", state=each, acknowledgement=SEEN if each == "acknowledged" else None)
            for at, each in enumerate(states)
        ]
        return int(told(*made)["causes"][0]["state"])

    assert state("acknowledged", "returned", "unacknowledged") == 1
    assert state("acknowledged", "returned") == 3
    assert state("acknowledged") == 2


def test_what_is_suppressed_stands_last_with_its_reason_and_what_a_person_set_aside_does_not() -> None:
    found = told(
        alarm("low", "sensor:a", priority="low"),
        alarm("silent", "sensor:b", priority="critical", suppressed="sea/power|sensor:b"),
        alarm("silent", "sensor:c", suppressed="sea/power|sensor:c"),
        alarm("high", "sensor:d", shelf=SHELF),
        alarm("high", "sensor:e", absence=AWAY),
    )["causes"]
    assert [(cause["rule"], cause["by"], cause["count"], cause["laid"]) for cause in found] == [
        ("sea/low", None, 1, 0),
        ("sea/silent", "sea/power", 2, 2),
    ]


def test_of_very_many_causes_the_rest_is_counted() -> None:
    found = told(*(alarm(f"rule{at}") for at in range(MOST + 3)))
    assert (len(found["causes"]), found["more"]) == (MOST, 3)


def test_floods_of_several_desks_are_one_on_a_wall() -> None:
    later = Flood(began=START + 300, first="sea/other|sensor:b", count=12)
    found = told(alarm(raised=START + 10), alarm("other", "sensor:b"), floods=(later, ON))
    assert (found["since"], found["count"]) == (START + 10, 45)
    assert [cause["first"] for cause in found["causes"] if cause["rule"] == "sea/low"] == [1]
