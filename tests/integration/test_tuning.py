"""What managers put in force stays, can be taken back, and reaches every process; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine, update

from demo.memory import RedisServer
from model.tuning import Trial
from store import Away, Client, schema
from store.audit import Audit
from store.connect import connect
from store.database import writing
from store.inforce import KEY, NAME, InForce, publish
from store.lease import Lease
from store.partition import Fenced
from store.people import Unknown
from store.tuning import STALE_SECONDS, Changed, Tunings

LOW = "sea/oxygen_low"
FIGURES = {"before": 212, "after": 9, "longest_delay": 40.0, "missed": 203, "longest_missed": 38.0}


class Clock:
    """A wall clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tunings(engine: Engine, clock: Clock) -> Tunings:
    return Tunings(engine, clock)


def done(tunings: Tunings, values: dict[str, float], in_force: int = 0, rule: str = LOW) -> Trial:
    """A trial that a person asked for and that is done."""
    tunings.ask(rule, values, 30, "wang")
    running = tunings.begin()
    assert running is not None
    made = replace(running, state="done", outcome={**FIGURES, "in_force": in_force})
    tunings.finish(made)
    return made


def test_what_was_tried_is_put_in_force_and_taken_back(tunings: Tunings) -> None:
    trial = done(tunings, {"deadband": 0.3, "on_delay": 60.0})
    made = tunings.apply(trial.id, "wang", "noisy probe", trial.values)
    assert (made.rule, made.values, made.author, made.trial, made.seq) == (LOW, {"deadband": 0.3, "on_delay": 60.0}, "wang", trial.id, 1)
    assert tunings.in_force() == [made] and tunings.place(LOW) == 1
    back = tunings.take_back(LOW, "zhao", "probe was changed")
    assert tunings.in_force() == [] and tunings.acts() == [back, made] and back.values == {}
    with pytest.raises(Unknown):
        tunings.take_back(LOW, "zhao", "")


def test_nothing_is_put_in_force_that_was_not_tried_or_was_tried_against_other_numbers(engine: Engine, tunings: Tunings) -> None:
    waiting = tunings.ask(LOW, {"deadband": 0.3}, 30, "wang")
    for id in (waiting.id, "none"):
        with pytest.raises(Unknown):
            tunings.apply(id, "wang", "", {})
    tunings.begin()
    first, second = done(tunings, {"deadband": 0.3}), done(tunings, {"on_delay": 60.0})
    tunings.apply(first.id, "wang", "", first.values)
    with pytest.raises(Changed):
        tunings.apply(second.id, "wang", "", second.values)
    assert [each.action for each in Audit(engine).entries()].count("rule.tune") == 1


def test_every_act_stands_in_the_audit_log_with_its_figures(engine: Engine, tunings: Tunings) -> None:
    trial = done(tunings, {"deadband": 0.3})
    tunings.apply(trial.id, "wang", "=1+1 <b>", trial.values)
    tunings.take_back(LOW, "zhao", "no")
    back, applied, asked = Audit(engine).entries()
    assert [(each.actor, each.action, each.subject) for each in (asked, applied, back)] == [
        ("wang", "rule.try", f"rule:{LOW}"),
        ("wang", "rule.tune", f"rule:{LOW}"),
        ("zhao", "rule.restore", f"rule:{LOW}"),
    ]
    assert json.loads(applied.detail) == {**FIGURES, "trial": trial.id, "values": {"deadband": 0.3}, "note": "=1+1 <b>"}


def test_acts_are_never_changed(engine: Engine, tunings: Tunings) -> None:
    trial = done(tunings, {"deadband": 0.3})
    tunings.apply(trial.id, "wang", "", trial.values)
    with pytest.raises(sqlalchemy.exc.IntegrityError), writing(engine) as connection:
        connection.execute(update(schema.tuning).values(author="nobody"))


def test_people_are_answered_before_the_advisor_and_a_trial_that_a_dead_process_left_is_taken_up(tunings: Tunings, clock: Clock) -> None:
    own = tunings.ask("sea/a", {}, 30, why={"top": 3})
    clock.now += 1
    asked = tunings.ask("sea/b", {"deadband": 1.0}, 7, "wang")
    first, second = tunings.begin(), tunings.begin()
    assert first == replace(asked, state="running", done=first.done if first else None) and second is not None and second.id == own.id
    assert second.outcome == {"top": 3} and tunings.begin() is None
    clock.now += STALE_SECONDS + 1
    again = tunings.begin()
    assert again is not None and again.id == asked.id


def test_trials_are_listed_newest_first(tunings: Tunings, clock: Clock) -> None:
    old = tunings.ask("sea/a", {}, 30)
    clock.now += 10
    new = tunings.ask("sea/b", {"deadband": 1.0}, 7, "wang")
    assert tunings.trials() == [new, old] and tunings.trials(author="") == [old] and tunings.trials(since=clock.now) == [new]
    assert tunings.trial(old.id) == old and tunings.trial("none") is None


# As every process learns it


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Client]:
    with connect(redis_server.url) as client:
        yield client


def test_readers_learn_what_is_in_force_and_only_when_it_changed(tunings: Tunings, client: Client, redis_server: RedisServer) -> None:
    reader, lease = InForce(client), Lease(client, NAME, "me")
    assert reader.changed() is None and lease.hold()
    trial = done(tunings, {"deadband": 0.3})
    made = tunings.apply(trial.id, "wang", "", trial.values)
    publish(lease, tunings.in_force())
    assert reader.changed() == {LOW: {"deadband": 0.3}} and reader.tunings == {LOW: made} and reader.changed() is None
    client.delete(KEY)
    assert reader.changed() == {} and reader.tunings == {}
    redis_server.stop()
    assert reader.changed() is None and _raises(lambda: lease.hold())


def test_who_lost_the_lease_publishes_nothing(client: Client) -> None:
    mine, other = Lease(client, NAME, "me", 0.01), Lease(client, NAME, "other")
    assert mine.hold()
    client.delete(mine.key)
    assert other.hold()
    with pytest.raises(Fenced):
        publish(mine, [])


def _raises(call: Any) -> bool:
    try:
        call()
    except Away:
        return True
    return False
