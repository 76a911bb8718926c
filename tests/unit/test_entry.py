"""What pages tell of alarms: the board and true conditions in one list, with its order, counts and line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model import WORSE, Condition
from model.alarm import Absence, Acknowledgement, Alarm, Shelf
from store.view import View
from streams import compose
from streams.entry import Entry
from streams.ranking import Ranking
from streams.roll import ACKNOWLEDGED, NEVER, RETURNED, SET_ASIDE, UNACKNOWLEDGED, Roll
from tests.unit.city import START, domain, ranked

HIGH = 2


def true(rule: str = "low", subject: str = "sensor:a", **more: Any) -> Condition:
    told: dict[str, Any] = {"priority": "high", "active": True, "value": 3.0, "limit": 4.0, "since": START, "observed": START} | more
    return Condition(rule=f"sea/{rule}", subject=subject, domain="sea", **told)


def alarm(rule: str = "low", subject: str = "sensor:a", **more: Any) -> Alarm:
    told: dict[str, Any] = {"priority": "high", "state": "unacknowledged", "value": 3.5, "limit": 4.0, "raised": START, "changed": START}
    id = f"sea/{rule}|{subject}"
    return Alarm(id=id, occurrence=7, rule=f"sea/{rule}", subject=subject, domain="sea", area="", **told | more)


SEEN = Acknowledgement(who="li", time=START)
SHELF = Shelf(who="li", time=START, until=START + 60, reason="works")
AWAY = Absence(who="li", time=START, review=START + 90, reason="works")


def about(entry: Entry) -> tuple[str, None]:
    return "", None


def rows(found: Ranking) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = compose.condition_list(found, about)["rows"]
    return told


def test_a_condition_that_nobody_keeps_is_told_as_unacknowledged() -> None:
    (row,) = rows(ranked((), [true()]))
    assert (row["id"], row["occurrence"], row["state"], row["laid"], row["journalled"]) == ("sea/low|sensor:a", 0, 1, 0, 0)
    assert ranked((), [true()], lambda rule: False).total() == 0


def test_an_alarm_on_the_board_has_the_value_of_its_condition() -> None:
    (row,) = rows(ranked([alarm(state="acknowledged", acknowledgement=SEEN, count=3)], [true()]))
    assert (row["occurrence"], row["state"], row["by"], row["count"], row["value"], row["journalled"]) == (7, 2, "li", 3, 3.0, 1)


def test_a_worse_limit_is_the_same_alarm_and_calls_again() -> None:
    further = true("low" + WORSE, priority="critical", limit=2.0, since=START + 9)
    (row,) = rows(ranked((), [true(), further]))
    assert (row["id"], row["priority"], row["limit"]) == ("sea/low|sensor:a", 1, 2.0)
    acknowledged = alarm(state="acknowledged", acknowledgement=SEEN)
    assert [entry.alarm.state for entry in ranked([acknowledged], [true(), further])] == ["unacknowledged"]
    kept = replace(acknowledged, worse=True, worse_edge=START + 9)
    assert [entry.alarm.state for entry in ranked([kept], [true(), further])] == ["acknowledged"]


def test_what_came_again_while_nobody_kept_the_alarms_calls_again() -> None:
    assert [entry.alarm.state for entry in ranked([alarm(state="returned")], [true()])] == ["unacknowledged"]
    assert [entry.alarm.state for entry in ranked([alarm(state="returned")], [])] == ["returned"]


def test_a_normal_alarm_under_a_shelf_says_nothing() -> None:
    assert ranked([alarm(state="normal", shelf=SHELF)], []).total() == 0


def test_who_waits_comes_first_by_priority_then_active_then_age_then_acknowledged_then_what_is_set_aside() -> None:
    board = [
        alarm(subject="sensor:out", priority="critical", absence=AWAY),
        alarm(subject="sensor:seen", priority="critical", state="acknowledged", acknowledgement=SEEN),
        alarm(subject="sensor:young", raised=START + 1),
        alarm(subject="sensor:back", state="returned"),
        alarm(subject="sensor:worst", priority="critical", state="returned", raised=START + 2),
        alarm(subject="sensor:shelved", shelf=SHELF),
        alarm(subject="sensor:down", suppressed="sea/feed_down|feed:sea"),
    ]
    found = ranked(board, [])
    assert [entry.alarm.subject.partition(":")[2] for entry in found] == ["worst", "young", "back", "seen", "out", "down", "shelved"]
    assert [row["laid"] for row in rows(found)] == [0, 0, 0, 0, 3, 2, 1]
    assert [row["until"] for row in rows(found)] == [None, None, None, None, START + 90, None, START + 60]
    told = compose.common(found, about)
    assert told["counts"] == [1, 2, 0, 0] and told["line"]["subject"] == "sensor:worst"


def test_the_line_shows_an_acknowledged_alarm_only_where_none_calls_and_never_one_set_aside() -> None:
    seen, shelved = alarm(state="acknowledged", acknowledgement=SEEN), alarm(subject="sensor:b", shelf=SHELF)
    told = compose.common(ranked([shelved, seen], []), about)
    assert told["counts"] == [0, 0, 0, 0] and told["line"]["subject"] == "sensor:a"
    assert compose.common(ranked([shelved], []), about)["line"] is None


def test_a_mark_is_that_of_the_sensor_s_most_important_alarm() -> None:
    made = Roll(domain(), ())
    board = [
        alarm("one", "sensor:a", priority="critical", state="acknowledged", acknowledgement=SEEN),
        alarm("two", "sensor:a"),
        alarm("one", "sensor:b", state="acknowledged", acknowledgement=SEEN),
        alarm("one", "sensor:c", state="returned"),
        alarm("one", "sensor:d", shelf=SHELF),
    ]
    made.update([View("sea.0", names=[(name, "oxygen") for name in "abcde"])], START, ranked(board, []))
    assert made.state.tolist() == [HIGH, HIGH, HIGH, NEVER, NEVER]
    assert made.style.tolist() == [UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED, SET_ASIDE, UNACKNOWLEDGED]


def test_who_keeps_the_alarms_is_missed_after_half_a_minute() -> None:
    assert compose.keeping(START, START + 20) == {"alive": True, "heard": None}
    assert compose.keeping(START, START + 21) == {"alive": False, "heard": 21}
