"""What people and messages from elsewhere may do to alarms, and what they are told."""

from __future__ import annotations

from typing import Any

import pytest

from model import PRIORITIES, Priority
from model.alarm import Command, Wish
from store.board import Asked
from streams.reply import expired, is_late
from streams.timer import SHELF_SECONDS
from streams.wish import carry_out
from tests.unit.city import START, rule
from tests.unit.story import Story, high, outside

NOTED: dict[str, Any] = {"note": "because"}
A = "high|sensor:a"


def raised(priority: Priority = "high", **more: Any) -> Story:
    """One alarm stands, in the bay."""
    story = Story(high(priority=priority), high("other", limit=20.0), **more)
    story.edge("high", True, 0)
    story.now = START + 10
    return story


def told(wish: Wish, story: Story) -> dict[str, Any]:
    """What a wish needs to be complete."""
    return {**NOTED, "until": {"shelve": story.now + 60, "out_of_service": story.now + 86_400}.get(wish)}


# --- acknowledging -------------------------------------------------------------------------------------------------------------------


def test_who_when_and_what_was_said() -> None:
    story = raised()
    assert story.wish("acknowledge", A, who="Wang Fang", note="boat sent", desk="sea") == "done"
    noted, event = story.alarm("high").acknowledgement, story.events[-1]
    assert noted is not None and (noted.who, noted.time, noted.note) == ("Wang Fang", START + 10, "boat sent")
    assert (event.kind, event.actor, event.note, event.desk, event.time) == ("acknowledged", "Wang Fang", "boat sent", "sea", START + 10)


def test_the_second_is_told_who_was_first() -> None:
    story = raised()
    story.wish("acknowledge", A, who="Wang")
    answer = story.answer("acknowledge", A, who="Li")
    assert (answer.outcome, answer.who, answer.time) == ("already", "Wang", START + 10)
    assert [event.kind for event in story.events] == ["raised", "acknowledged"]


def test_the_second_is_told_who_was_first_also_when_the_alarm_is_over_with_that() -> None:
    story = raised()
    story.edge("high", False, 20)
    story.wish("acknowledge", A, who="Wang")
    assert story.board() == set()
    assert story.answer("acknowledge", A, who="Li").who == "Wang"


def test_a_wish_never_hits_a_newer_occurrence() -> None:
    story = raised()
    story.wish("acknowledge", A)
    story.edge("high", False, 20)
    story.edge("high", True, 30)
    assert story.wish("acknowledge", A, occurrence=1) == "gone"
    assert story.where("high") == "unacknowledged"


def test_of_an_occurrence_that_never_was() -> None:
    story = raised()
    answer = story.answer("acknowledge", A, occurrence=9)
    assert (answer.outcome, answer.reason) == ("absent", "occurrence") and story.where("high") == "unacknowledged"


def test_of_an_alarm_that_never_was() -> None:
    assert raised().wish("acknowledge", "high|sensor:never") == "absent"
    assert raised().wish("comment", "no/such|sensor:a", **NOTED) == "absent"


def test_many_at_once_are_answered_one_by_one() -> None:
    story = raised()
    story.edge("other", True, 1)
    answers = story.wish("acknowledge", A, "other|sensor:a", "high|sensor:never")
    assert [answer.outcome for answer in answers] == ["done", "done", "absent"]


@pytest.mark.parametrize(("age", "late"), [(-5.0, False), (29.0, False), (31.0, True)])
def test_what_waited_for_too_long_is_not_carried_out(age: float, late: bool) -> None:
    command = Command(id="1", wish="acknowledge", who="Wang", role="supervisor", targets=((A, 1), ("b", 2)))
    assert is_late(Asked("5-0", command, False, age)) == late
    assert [(answer.alarm, answer.outcome, answer.reason) for answer in expired(command)] == [
        (A, "expired", "late"),
        ("b", "expired", "late"),
    ]


# --- roles ---------------------------------------------------------------------------------------------------------------------------

MAY = {
    "viewer": set[str](),
    "operator": {"comment"},
    "supervisor": {"comment", "acknowledge", "reset", "shelve", "unshelve", "out_of_service", "return_to_service"},
}
WISHES: list[Wish] = ["acknowledge", "reset", "shelve", "unshelve", "out_of_service", "return_to_service", "comment"]


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("role", ["viewer", "operator", "supervisor", "manager", "admin", "hooks", "king", ""])
def test_roles_on_an_alarm_of_high_priority(role: str, wish: Wish) -> None:
    story = raised()
    allowed = MAY.get(role, MAY["supervisor"] if role in ("manager", "admin") else set())
    answer = story.answer(wish, A, role=role, desk="sea", **told(wish, story))
    assert (answer.outcome == "forbidden") == (wish not in allowed), answer


@pytest.mark.parametrize("priority", PRIORITIES)
def test_operators_shelve_low_and_medium(priority: Priority) -> None:
    story = raised(priority)
    outcome = story.wish("shelve", A, role="operator", **told("shelve", story))
    assert outcome == ("done" if priority in ("medium", "low") else "forbidden")
    assert story.wish("unshelve", A, role="operator") == ("done" if outcome == "done" else "forbidden")


@pytest.mark.parametrize(
    ("desk", "subject", "outcome"),
    [
        ("sea", "sensor:a", "done"),
        ("land", "sensor:a", "forbidden"),
        ("", "sensor:a", "forbidden"),
        ("supervisor", "sensor:d", "forbidden"),
    ],
)
def test_a_site_may_let_operators_acknowledge_in_their_areas(desk: str, subject: str, outcome: str) -> None:
    story = raised(acknowledge="operator")
    story.edge("high", True, 0, "sensor:d")
    assert story.wish("acknowledge", f"high|{subject}", role="operator", desk=desk) == outcome


def test_an_area_handed_over_is_acknowledged_where_it_went() -> None:
    story = raised(acknowledge="operator")
    assert story.wish("hand_over", role="operator", desk="sea", areas=("bay",), detail={"to": "land"}) == "done"
    answer = story.answer("acknowledge", A, role="operator", desk="sea")
    assert (answer.outcome, answer.reason) == ("forbidden", "desk:land")
    assert story.wish("acknowledge", A, role="operator", desk="land") == "done"
    assert story.wish("reset", A, role="operator", desk="land") == "not_now"


# --- the shelf and service -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_longest_time_on_the_shelf_goes_by_priority(priority: Priority) -> None:
    story, longest = raised(priority), SHELF_SECONDS[priority]
    assert story.wish("shelve", A, until=story.now + longest + 61, **NOTED) == "refused"
    assert story.wish("shelve", A, until=story.now + longest + 59, **NOTED) == "done", "the asker's clock may be ahead"


@pytest.mark.parametrize("wish", ["shelve", "out_of_service"])
def test_how_long_it_lasts_begins_when_it_is_carried_out(wish: Wish) -> None:
    story = raised()
    assert story.wish(wish, A, lasting=SHELF_SECONDS["high"], **NOTED) == "done"
    alarm = story.alarm("high")
    assert (alarm.shelf.until if alarm.shelf else alarm.absence and alarm.absence.review) == story.now + SHELF_SECONDS["high"]


@pytest.mark.parametrize(("note", "until"), [("", 60.0), ("  ", 60.0), ("because", -1.0), ("because", 0.0)])
def test_shelving_needs_a_reason_and_an_end_to_come(note: str, until: float) -> None:
    story = raised()
    assert story.wish("shelve", A, note=note, until=story.now + until) == "refused"
    assert story.alarm("high").shelf is None


def test_shelving_twice_names_the_first() -> None:
    story = raised()
    story.wish("shelve", A, who="Wang", until=story.now + 60, **NOTED)
    answer = story.answer("shelve", A, who="Li", until=story.now + 90, **NOTED)
    assert (answer.outcome, answer.who) == ("already", "Wang")
    assert story.wish("unshelve", A) == "done" and story.wish("unshelve", A) == "already"


def test_a_normal_alarm_may_be_shelved_or_taken_out_of_service_before_it_comes() -> None:
    story = raised()
    assert story.wish("out_of_service", "other|sensor:b", until=story.now + 86_400, **NOTED) == "done"
    assert story.wish("shelve", "other|sensor:c", until=story.now + 60, **NOTED) == "done"
    assert {"sea/other|sensor:b", "sea/other|sensor:c"} <= story.board()
    assert story.edge("other", True, 20, "sensor:b") == ["raised"] and not story.events[-1].annunciated
    assert story.wish("out_of_service", "nothing|sensor:b", until=story.now + 86_400, **NOTED) == "absent"


@pytest.mark.parametrize(("note", "until"), [("", 86_400.0), ("because", None), ("because", -5.0), ("because", 400 * 86_400.0)])
def test_out_of_service_needs_a_reason_and_a_review(note: str, until: float | None) -> None:
    story = raised()
    assert story.wish("out_of_service", A, note=note, until=None if until is None else story.now + until) == "refused"


def test_a_comment_is_in_the_journal_and_changes_nothing() -> None:
    story = raised()
    before = story.alarm("high")
    assert story.wish("comment", A, role="operator", who="Chen", note="looks like fog") == "done"
    assert (story.events[-1].kind, story.events[-1].actor, story.events[-1].note) == ("commented", "Chen", "looks like fog")
    assert story.alarm("high") is before and story.wish("comment", A, note=" ") == "refused"


# --- desks ---------------------------------------------------------------------------------------------------------------------------


def areas(story: Story) -> dict[str, tuple[str, ...]]:
    return {duty.desk: duty.areas for duty in story.core.duties.now(story.core.floods)}


def test_an_area_of_no_desk_is_the_supervisors() -> None:
    assert areas(raised()) == {"sea": ("bay",), "land": ("town",), "supervisor": ("hill",)}


def test_a_desk_hands_its_areas_over_and_takes_them_back_on_the_record() -> None:
    story = raised()
    give: dict[str, Any] = {"role": "operator", "desk": "sea", "areas": ("bay",)}
    assert story.wish("hand_over", detail={"to": "land"}, who="Chen", note="tea", **give) == "done"
    assert areas(story) == {"sea": (), "land": ("bay", "town"), "supervisor": ("hill",)}
    event = story.events[-1]
    assert (event.kind, event.area, event.desk, event.actor, event.alarm) == ("handed_over", "bay", "land", "Chen", "")
    assert story.wish("hand_over", detail={"to": "land"}, **give) == "already"
    assert story.wish("hand_over", detail={"to": "sea"}, **give) == "done"
    assert areas(story) == areas(raised())


@pytest.mark.parametrize(
    ("desk", "role", "area", "to", "outcome"),
    [("land", "operator", "bay", "supervisor", "forbidden"), ("sea", "viewer", "bay", "land", "forbidden"),
     ("sea", "operator", "bay", "moon", "refused"), ("sea", "operator", "moon", "land", "refused"),
     ("sea", "hooks", "bay", "land", "forbidden"), ("", "operator", "bay", "land", "forbidden"),
     ("supervisor", "operator", "hill", "land", "forbidden")],
)  # fmt: skip
def test_who_may_not_hand_over(desk: str, role: str, area: str, to: str, outcome: str) -> None:
    story = raised()
    assert story.wish("hand_over", role=role, desk=desk, areas=(area,), detail={"to": to}) == outcome
    assert areas(story) == areas(raised())


def test_a_desk_takes_its_own_back_from_whoever_has_it_and_moves_it_nowhere_else() -> None:
    story = raised()
    story.wish("hand_over", role="operator", desk="sea", areas=("bay",), detail={"to": "land"})
    assert story.wish("hand_over", role="operator", desk="sea", areas=("bay",), detail={"to": "supervisor"}) == "forbidden"
    assert story.wish("hand_over", role="operator", desk="sea", areas=("bay",), detail={"to": "sea"}) == "done"


def test_of_two_who_hand_the_same_area_on_the_second_is_told_that_it_is_gone() -> None:
    story = raised()
    assert story.wish("hand_over", areas=("bay",), detail={"from": "sea", "to": "land"}) == "done"
    second: dict[str, Any] = {"areas": ("bay",), "detail": {"from": "sea", "to": "supervisor"}}
    assert story.wish("hand_over", **second) == "gone"
    assert areas(story)["land"] == ("bay", "town")


def test_a_supervisor_moves_any_area() -> None:
    story = raised()
    assert story.wish("hand_over", desk="supervisor", areas=("bay", "town", "hill"), detail={"to": "land"}) == "done"
    assert areas(story) == {"sea": (), "land": ("bay", "town", "hill"), "supervisor": ()}


def test_an_area_handed_to_a_desk_that_is_no_more_goes_back() -> None:
    from streams.duty import Duties

    story = raised()
    assert Duties(story.book.site, {"bay": "gone", "town": "sea"}).holders == {"bay": "sea", "town": "sea"}


# --- messages from elsewhere ---------------------------------------------------------------------------------------------------------

STORM = "outside/cap|outside:storm"


def say(story: Story, wish: Wish, since: float, **more: Any) -> Any:
    """A message comes at START + since."""
    story.now = max(story.now, START + since)
    detail = {STORM: outside("storm", START + since, **more)}
    outcome = story.wish(wish, STORM, role="hooks", who="cap:met", occurrence=0, detail=detail)
    return outcome, [event.kind for event in story.events if event.alarm == STORM]


def test_a_warning_comes_is_said_again_gets_worse_and_ends() -> None:
    story = raised()
    assert say(story, "raise", 1, area="town") == ("done", ["raised"])
    alarm = story.core.alarms[STORM]
    assert (alarm.area, alarm.priority, alarm.subject, alarm.domain) == ("town", "medium", "outside:storm", "outside")
    assert say(story, "raise", 1) == ("already", ["raised"])
    assert say(story, "raise", 2, told={"text": "stay in"}, priority="low") == ("done", ["raised", "updated"])
    assert (story.core.alarms[STORM].detail, story.core.alarms[STORM].priority) == ({"text": "stay in"}, "low")
    assert say(story, "raise", 3, priority="critical") == ("done", ["raised", "updated", "worsened"])
    assert say(story, "end", 4) == ("done", ["raised", "updated", "worsened", "returned"])
    assert say(story, "end", 5)[0] == "gone"
    assert say(story, "raise", 6, priority="critical")[1][-1] == "repeated"


def test_a_warning_that_says_something_else_is_an_event_and_one_that_says_the_same_is_none() -> None:
    story = raised()
    say(story, "raise", 1)
    assert say(story, "raise", 2) == ("done", ["raised"])
    told: dict[str, Any] = {}
    changes = {"priority": "low", "ends": START + 600, "area": "town", "told": {"text": "stay in"}}
    for second, name in enumerate(changes, 3):
        told[name] = changes[name]
        assert say(story, "raise", second, **told)[1][second - 2 :] == ["updated"]
    event = story.events[-1]
    assert (event.time, event.priority, event.area, event.annunciated) == (START + 6, "low", "town", False)
    told["told"] = {"text": "stay in", "flaws": ["ahead"]}
    assert len(say(story, "raise", 7, **told)[1]) == 5


def test_a_warning_that_moves_to_another_desk_calls_there_though_the_first_has_acknowledged_it() -> None:
    story = raised()
    say(story, "raise", 1, area="bay")
    story.wish("acknowledge", STORM)
    assert say(story, "raise", 20, area="bay", ends=START + 600)[1][2:] == ["updated"]
    assert say(story, "raise", 21, area="town")[1][3:] == ["updated", "realarmed"]
    alarm, event = story.core.alarms[STORM], story.events[-1]
    assert (alarm.state, alarm.acknowledgement, alarm.occurrence) == ("unacknowledged", None, 1)
    assert event.annunciated and len({one.source for one in story.events}) == len(story.events)


def test_one_that_moves_while_it_is_shelved_calls_when_it_comes_back() -> None:
    story = raised()
    say(story, "raise", 1, area="bay")
    story.wish("acknowledge", STORM)
    story.wish("shelve", STORM, until=story.now + 100, **NOTED)
    say(story, "raise", 20, area="town")
    assert not story.events[-1].annunciated
    assert story.at(200) == ["unshelved"] and story.events[-1].annunciated


def test_a_message_from_the_future_neither_ends_a_flood_nor_hides_the_next() -> None:
    story = Story(high())
    for i in range(12):
        story.edge("high", True, i, f"sensor:n{i}")
    assert "sea" in story.core.floods.on
    detail = {STORM: outside("storm", START + 8 * 3600)}
    story.wish("raise", STORM, role="hooks", who="cap:met", occurrence=0, detail=detail)
    assert "sea" in story.core.floods.on and story.core.now == START + 11
    assert story.at(700)[-1:] == ["flood_ended"]
    for i in range(12):
        story.edge("high", True, 1000 + i, f"sensor:n{20 + i}")
    assert "sea" in story.core.floods.on


# --- what nobody foresaw --------------------------------------------------------------------------------------------------------------


def test_one_that_fails_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    story = raised()
    story.edge("other", True, 1)
    happen, failures, before = story.core.happen, list[Exception](), story.alarm("other")

    def fails(alarm: Any, *args: Any, **more: Any) -> Any:
        happened = happen(alarm, *args, **more)
        if alarm.id == before.id:
            raise ArithmeticError
        return happened

    monkeypatch.setattr(story.core, "happen", fails)
    targets = (("sea/other|sensor:a", 1), ("sea/high|sensor:a", 1))
    command = Command(id="w", wish="acknowledge", who="Wang", role="supervisor", targets=targets)
    answers = carry_out(story.core, command, story.now, failures.append)
    assert [(answer.outcome, answer.reason) for answer in answers] == [("refused", "failed"), ("done", "")]
    assert [type(failure) for failure in failures] == [ArithmeticError]
    assert story.kinds() == ["acknowledged"] and story.events[-1].alarm == "sea/high|sensor:a"
    assert story.alarm("other") == before and story.core.changes().alarms == []


def test_a_call_that_fails_was_never_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    story, failures = raised(), list[Exception]()
    for i in range(9):
        story.edge("high", True, 10, f"sensor:n{i}")
    came = story.core.floods.came

    def fails(*args: Any) -> None:
        came(*args)
        raise ArithmeticError

    monkeypatch.setattr(story.core.floods, "came", fails)
    detail = {STORM: outside("storm", START + 10)}
    command = Command(id="w", wish="raise", who="cap:met", role="hooks", targets=((STORM, 0),), detail=detail)
    assert carry_out(story.core, command, story.now, failures.append)[0].reason == "failed"
    assert STORM not in story.core.alarms and story.core.changes().events == []
    assert story.edge("high", True, 11, "sensor:n11") == ["raised", "flood_began"] and story.core.floods.on["sea"].count == 11


def test_a_hand_over_that_fails_is_answered_and_hands_nothing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    story, failures = raised(), list[Exception]()

    def fails(event: Any) -> None:
        raise ArithmeticError

    monkeypatch.setattr(story.core, "remark", fails)
    command = Command(id="w", wish="hand_over", who="Wang", role="supervisor", areas=("bay",), detail={"to": "land"})
    (answer,) = carry_out(story.core, command, story.now, failures.append)
    assert (answer.alarm, answer.outcome, answer.reason, len(failures)) == ("", "refused", "failed", 1)
    assert areas(story)["sea"] == ("bay",) and story.kinds() == []


def test_a_warning_ends_by_itself_also_after_a_restart() -> None:
    story = raised()
    say(story, "raise", 1, ends=START + 600)
    story.again()
    assert story.at(599) == [] and story.at(601) == ["returned"]


def test_a_warning_does_not_return_because_no_condition_stands() -> None:
    story = raised()
    say(story, "raise", 1)
    for second in range(10, 100, 10):
        story.at(second)
        story.look("high", since=START)
    assert story.core.alarms[STORM].state == "unacknowledged"


def test_a_person_acknowledges_a_warning() -> None:
    story = raised()
    say(story, "raise", 1)
    assert story.wish("acknowledge", STORM) == "done"


@pytest.mark.parametrize("role", ["operator", "admin", ""])
def test_only_hooks_raise(role: str) -> None:
    story = raised()
    detail = {STORM: outside("storm", START)}
    assert story.wish("raise", STORM, role=role, detail=detail, occurrence=0) == "forbidden"


@pytest.mark.parametrize("detail", [{}, {STORM: None}, {STORM: {"since": "now"}}, {STORM: {"since": 1.0, "priority": "urgent"}}])
def test_what_is_no_message_is_refused(detail: dict[str, Any]) -> None:
    story = raised()
    assert story.wish("raise", STORM, role="hooks", detail=detail, occurrence=0) == "refused"
    assert STORM not in story.core.alarms


def test_hooks_do_nothing_else() -> None:
    assert raised().wish("acknowledge", A, role="hooks") == "forbidden"


def test_every_rule_finds_its_alarm_whatever_its_subject_is_called() -> None:
    story = Story(high(), rule("silent", "oxygen", "no_data", 60.0))
    for subject in ("sensor:港/浮标|1", "sensor:a|b", "sensor:", "kpi:x@bay"):
        story.edge("high", True, 1, subject)
        assert story.wish("acknowledge", f"high|{subject}") == "done"


def test_a_name_that_sql_cannot_keep_is_the_same_alarm_before_and_after_a_restart() -> None:
    story = Story(high())
    story.edge("high", True, 1, "sensor:a\0b")
    assert set(story.core.alarms) == {"sea/high|sensor:a\ufffdb"}
    assert story.edge("high", False, 2, "sensor:a\0b") == ["returned"]
