"""Letters in both databases: nothing is lost or sorted twice, whoever dies when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from model.alarm import Event
from store.audit import Audit
from store.journal import Journal
from store.letters import BURIED_SECONDS, GIVEN_UP_SECONDS, TAKEN_SECONDS, Letter, Letters, Progress
from tests.unit.test_letter import EVENT, OUTSIDE, alarm


class Wall:
    """A wall clock that is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def letters(engine: Engine, wall: Wall) -> Letters:
    return Letters(engine, wall)


def record(engine: Engine, *events: Event) -> None:
    journal = Journal(engine)
    journal.record(journal.take_over("test"), [alarm("Storm")], events=[replace(event, source=f"s{event.seq}") for event in events])


def letter(number: int = 1, recipient: str = "duty", created: float = 1000.0) -> Letter:
    return Letter(id=f"{recipient}-{number}", recipient=recipient, first=number, created=created, body={"n": number})


def put(letters: Letters, *some: Letter) -> None:
    for one in some:
        was = letters.progress(one.recipient)
        assert letters.sort(one.recipient, was, replace(was, place=was.place + 1), [one])


def soon(attempts: int) -> float:
    return 10.0 * attempts


# sorting


def test_a_new_recipient_begins_with_what_comes(engine: Engine, letters: Letters) -> None:
    record(engine, replace(EVENT, seq=1), replace(EVENT, seq=2))
    was = letters.progress("duty")
    assert was == Progress(place=2, fold={}) == letters.progress("duty") and letters.after(was.place, 10) == []
    record(engine, replace(EVENT, seq=3))
    (event,) = letters.after(was.place, 10)
    assert (event.seq, event.alarm, event.value) == (3, EVENT.alarm, 3.1)


def test_sorting_moves_on_once(letters: Letters) -> None:
    was, now = letters.progress("duty"), Progress(place=5, fold={"held": 2})
    assert letters.sort("duty", was, now, [letter()])
    assert not letters.sort("duty", was, Progress(place=6, fold={}), [letter(2)])
    assert letters.progress("duty") == now and letters.waiting() == {"duty": 1}


def test_the_alarms_that_stand_lend_their_names(engine: Engine, letters: Letters) -> None:
    record(engine)
    assert letters.alarms({OUTSIDE.alarm, "x"}) == {OUTSIDE.alarm: alarm("Storm")} and letters.alarms(set()) == {}


# sending


def test_letters_are_taken_in_order_and_one_at_a_time(letters: Letters) -> None:
    put(letters, letter(1), letter(2))
    first = letters.take("duty")
    assert first == letter(1) and letters.take("duty") is None
    letters.told(first)
    assert letters.take("duty") == letter(2)


def test_recipients_do_not_wait_for_each_other(letters: Letters) -> None:
    put(letters, letter(1), letter(1, "other"))
    assert letters.take("duty") and letters.take("other")


def test_what_its_sender_died_over_is_taken_again(letters: Letters, wall: Wall) -> None:
    put(letters, letter())
    assert letters.take("duty")
    wall.now += TAKEN_SECONDS
    assert letters.take("duty") == letter()


def test_a_failure_makes_the_recipient_rest_longer_each_time(letters: Letters, wall: Wall) -> None:
    put(letters, letter(1), letter(2))
    for attempt in (1, 2, 3):
        taken = letters.take("duty")
        assert taken and taken.attempts == attempt - 1
        letters.failed(taken, "no route", soon)
        wall.now += 10.0 * attempt - 1
        assert letters.take("duty") is None
        wall.now += 1
    taken = letters.take("duty")
    assert taken and taken.error == "no route"
    letters.told(taken)
    assert letters.take("duty") == letter(2)


def test_what_waited_too_long_dies_together(letters: Letters, wall: Wall) -> None:
    put(letters, letter(1), letter(2), letter(3, created=1000.0 + GIVEN_UP_SECONDS))
    wall.now += GIVEN_UP_SECONDS + 1
    taken = letters.take("duty")
    assert taken
    letters.failed(taken, "no route", soon)
    assert [(one.id, one.error) for one in letters.undelivered()] == [("duty-2", "no route"), ("duty-1", "no route")]
    assert letters.waiting() == {"duty": 1}


def test_what_is_refused_dies_at_once_and_holds_nobody_up(letters: Letters) -> None:
    put(letters, letter(1), letter(2))
    taken = letters.take("duty")
    assert taken
    letters.refused(taken, "answered 400")
    assert letters.take("duty") == letter(2)
    assert [(one.id, one.attempts, one.error) for one in letters.undelivered()] == [("duty-1", 1, "answered 400")]


def test_a_dead_letter_is_sent_again_or_forgotten(letters: Letters, engine: Engine) -> None:
    put(letters, letter(1), letter(2))
    for _ in range(2):
        taken = letters.take("duty")
        assert taken
        letters.refused(taken, "x")
    wang = "wang"
    assert letters.revive("duty-1", wang) and not letters.revive("duty-1", wang) and not letters.revive("none", wang)
    assert letters.forget("duty-2", wang) and not letters.forget("duty-2", wang) and not letters.forget("duty-1", wang)
    told = [(entry.actor, entry.action, entry.subject) for entry in Audit(engine).entries()]
    assert told == [(wang, "letter.forget", "letter:duty-2"), (wang, "letter.resend", "letter:duty-1")]
    taken = letters.take("duty")
    assert taken and taken.id == "duty-1" and letters.undelivered() == []


def test_dead_letters_are_forgotten_at_last(letters: Letters, wall: Wall) -> None:
    put(letters, letter(1))
    taken = letters.take("duty")
    assert taken
    letters.refused(taken, "x")
    wall.now += BURIED_SECONDS + 1
    put(letters, letter(2, created=wall.now))
    taken = letters.take("duty")
    assert taken
    letters.failed(taken, "y", soon)
    assert not any(one.dead for one in letters.undelivered())
