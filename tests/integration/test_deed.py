"""Every wish of a person stands in the audit log, in the transaction of the journal, and what is done to that log shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from demo.memory import RedisServer
from store.__main__ import main
from store.audit import Audit, Entry
from store.database import writing
from store.schema import audit
from tests.integration.floor import Floor
from tests.integration.test_audit import unlocked
from tests.until import until

A, C = "sea/high|sensor:a", "sea/high|sensor:c"


@pytest.fixture
def floor(redis_server: RedisServer, tmp_path: Path) -> Iterator[Floor]:
    floor = Floor(redis_server.url, f"sqlite:///{tmp_path / 'deck.db'}", tmp_path)
    yield floor
    floor.close()


def rows(floor: Floor) -> list[Entry]:
    """Oldest first."""
    return Audit(floor.engine).entries(limit=1000)[::-1]


def told(entry: Entry) -> tuple[str, str, str, Any]:
    return entry.actor, entry.action, entry.subject, json.loads(entry.detail)["outcomes"]


def test_what_people_wish_is_one_row_each_carried_out_or_not(floor: Floor) -> None:
    with floor.keeping():
        floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:c")])
        floor.comes(A)
        floor.comes(C)
        floor.ask("acknowledge", A, who="Chen", role="operator", desk="sea")
        floor.ask("acknowledge", A, C, who="Wang", note="boat sent")
        floor.ask("acknowledge", A, who="Li")
        floor.ask("comment", A, who="Li", note="值班")
        floor.ask("hand_over", who="Wang", areas=("bay",), detail={"to": "land"})
    assert [told(row) for row in rows(floor)] == [
        ("Chen", "alarm.acknowledge", f"alarm:{A}", {"forbidden": 1}),
        ("Wang", "alarm.acknowledge", "2 alarms", {"done": 2}),
        ("Li", "alarm.acknowledge", f"alarm:{A}", {"already": 1}),
        ("Li", "alarm.comment", f"alarm:{A}", {"done": 1}),
        ("Wang", "alarm.hand_over", "desk:land", {"done": 1}),
    ]
    first, second, *_ = (json.loads(row.detail) for row in rows(floor))
    assert (first["desk"], first["role"], first["reasons"]) == ("sea", "operator", ["role:supervisor"])
    assert second["note"] == "boat sent"
    sources = {event.source for event in floor.events() if event.kind == "acknowledged"}
    assert sources == {f"{rows(floor)[1].id}:{id}" for id in (A, C)}, "the row leads to its events in the journal"


def test_messages_from_elsewhere_are_no_persons_acts(floor: Floor) -> None:
    storm = "outside/cap|outside:x"
    with floor.keeping():
        floor.board.ask(command := floor.command("end", [storm], occurrence=0, role="hooks", detail={storm: {"since": 1.0}}))
        until(lambda: floor.board.answer(command.id), "an answer")
    assert rows(floor) == []


def test_not_recorded_is_nowhere(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        with floor.locked():
            assert floor.ask("acknowledge", A)[0].outcome == "not_recorded"
    assert rows(floor) == []


@pytest.mark.parametrize("point", ["read", "journal", "board", "answer"])
def test_killed_at_any_point_a_wish_is_one_row(floor: Floor, point: str) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
    command = floor.command("acknowledge", [A])
    floor.board.ask(command)
    dying = floor.start(f"{point}:1")
    until(lambda: dying.poll() is not None, "its end")
    with floor.keeping():
        until(lambda: floor.board.answer(command.id), "an answer")
        floor.comes(A, "acknowledged")
    assert [told(row)[-1] for row in rows(floor)] == [{"done": 1}]


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_changed_or_removed_row_of_a_wish_is_found(floor: Floor, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    monkeypatch.setenv("CITYDECK_DATABASE", floor.database)
    monkeypatch.setenv("CITYDECK_SITE", "none")
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        for word in "one", "two", "three":
            floor.ask("comment", A, note=word)
    assert main(["audit", "verify"]) == 0
    unlocked(floor.engine)
    whole = rows(floor)[place - 1]
    with writing(floor.engine) as connection:
        connection.execute(update(audit).where(audit.c.seq == place).values(actor="somebody else"))
    assert main(["audit", "verify"]) == 1
    with writing(floor.engine) as connection:
        connection.execute(update(audit).where(audit.c.seq == place).values(actor=whole.actor))
    assert main(["audit", "verify"]) == 0
    with writing(floor.engine) as connection:
        connection.execute(delete(audit).where(audit.c.seq == place))
    anchor = [] if place < 3 else ["--anchor", f"3:{whole.hash}"]  # of a row cut off at the end the chain alone says nothing
    assert main(["audit", "verify", *anchor]) == 1
