"""A flood folded by cause: what stands on top, what is counted, what is grey, and that nothing is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from model import Label
from model.alarm import Alarm, Flood
from streams.causes import MOST, flood
from tests.unit.city import START, ranked
from tests.unit.test_entry import AWAY, SEEN, SHELF, alarm

FIRST = "sea/low|sensor:a"
ON = Flood(began=START + 60, first=FIRST, first_at=START + 5, count=33)
LATER = Flood(began=START + 300, first="sea/other|sensor:b", first_at=START + 240, count=12)
OUT = {"subject": "sensor:a", "since": START + 5, "over": 0}


def told(*board: Alarm, floods: tuple[Flood, ...] = (ON,), seen: Sequence[Alarm] = ()) -> Any:
    last = {entry.alarm.id: entry for entry in (*ranked(seen), *ranked(board))}
    return flood(floods, ranked(board), lambda entry: entry.alarm.area, last)


def standing(*board: Alarm) -> Any:
    """The causes of what stands, without that of a first alarm which is gone."""
    return [cause for cause in told(*board)["causes"] if cause["count"]]


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
    assert [cause["first"] for cause in found["causes"]] == [[], [OUT], [], []]
    assert (found["since"], found["count"]) == (START + 5, 33)


def test_a_cause_has_its_count_its_first_time_and_its_places() -> None:
    areas = ["bay", "bay", "town", ""]
    board = [replace(alarm("low", f"sensor:{at}", raised=START + at), area=area) for at, area in enumerate(areas)]
    (cause,) = standing(*board)
    assert (cause["count"], cause["since"], cause["areas"], cause["places"]) == (4, START, ["bay", "town"], 2)
    assert cause["subjects"][0] == "sensor:0"


def test_a_silent_feed_is_one_cause_whichever_it_strikes_and_each_kind_of_message_another() -> None:
    feeds = [replace(alarm("feed_down", f"feed:{key}"), id=f"{key}/feed_down", rule=f"{key}/feed_down") for key in ("sea", "air")]
    rain, wind = (alarm("cap", f"outside:{name}", label=Label(en=name, zh=name)) for name in ("rain", "wind"))
    found = standing(*feeds, rain, wind)
    assert sorted(cause["count"] for cause in found) == [1, 1, 2]
    assert {cause.get("label", {}).get("en") for cause in found} == {None, "rain", "wind"}


def test_a_cause_is_drawn_as_the_one_that_most_needs_a_person() -> None:
    def state(*states: str) -> int:
        made = [
            alarm("low", f"sensor:{at}", state=each, acknowledgement=SEEN if each == "acknowledged" else None)
            for at, each in enumerate(states)
        ]
        return int(standing(*made)[0]["state"])

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
    found = told(alarm("low", "sensor:a"), *(alarm(f"rule{at}") for at in range(MOST + 2)))
    assert (len(found["causes"]), found["more"]) == (MOST, 3)


def test_floods_of_several_desks_are_one_on_a_wall() -> None:
    found = told(alarm("low", "sensor:a"), alarm("other", "sensor:b"), floods=(LATER, ON))
    assert (found["since"], found["count"]) == (START + 5, 45)
    assert [cause["first"] for cause in found["causes"]] == [[OUT], [{"subject": "sensor:b", "since": START + 240, "over": 0}]]


def test_two_desks_may_have_the_same_cause() -> None:
    beside = replace(LATER, first="sea/low|sensor:b")
    (cause,) = told(alarm("low", "sensor:b"), alarm("low", "sensor:a"), floods=(beside, ON))["causes"]
    assert [first["subject"] for first in cause["first"]] == ["sensor:a", "sensor:b"]


def test_what_was_first_out_is_told_when_it_has_returned() -> None:
    (cause,) = told(alarm("low", "sensor:a", state="returned"), alarm("low", "sensor:b"))["causes"]
    assert (cause["count"], cause["first"]) == (2, [{**OUT, "over": 1}])


def test_what_was_first_out_is_told_when_it_is_gone() -> None:
    rain = alarm("low", "sensor:a", priority="high", label=Label(en="Rain", zh="雨"))
    cause, other = told(alarm("wall", "sensor:w", priority="low"), seen=[rain])["causes"]
    assert (cause["rule"], cause["domain"], cause["priority"], cause["count"]) == ("sea/low", "sea", 2, 0)
    assert (cause["label"]["zh"], cause["since"], cause["first"]) == ("雨", START + 5, [{**OUT, "over": 1}])
    assert other["first"] == []


def test_what_was_first_out_and_that_nobody_saw_is_told_without_its_priority() -> None:
    (cause,) = told()["causes"]
    assert (cause["rule"], cause["priority"], cause["subjects"], cause["first"][0]["over"]) == ("sea/low", 0, ["sensor:a"], 1)


def test_a_newer_occurrence_of_what_was_first_out_is_not_it() -> None:
    (cause,) = told(alarm("low", "sensor:a", raised=START + 90))["causes"]
    assert (cause["count"], cause["first"]) == (1, [{**OUT, "over": 1}])


def test_what_was_first_out_and_is_set_aside_is_told_and_not_over() -> None:
    (cause,) = told(alarm("low", "sensor:a", shelf=SHELF))["causes"]
    assert (cause["count"], cause["first"]) == (0, [OUT])


def test_what_was_first_out_is_told_beside_many_critical_causes() -> None:
    found = told(alarm("low", "sensor:a", priority="low"), *(alarm(f"rule{at}", priority="critical") for at in range(MOST + 3)))
    assert (len(found["causes"]), found["more"], found["causes"][-1]["first"]) == (MOST + 1, 3, [OUT])
