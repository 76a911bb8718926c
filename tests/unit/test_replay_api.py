"""Who may wish what of a replay, and what goes into the audit log before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callbacks import api, replay
from callbacks.declared import Declared
from callbacks.problem import Json
from model.person import Role, Visitor
from model.replay import MOST, Replay
from store.database import DatabaseAway
from tests.unit.city import START, domain

NOW = START + 7200
SPAN = (START - 86_400.0, NOW - 65)


class Replays:
    """Those that are on, in memory."""

    def __init__(self) -> None:
        self.held: dict[str, Replay] = {}
        self.playing = True

    def all(self) -> list[Replay]:
        return list(self.held.values())

    def one(self, id: str) -> Replay | None:
        return self.held.get(id)

    def wish(self, wished: Replay, new: bool = False) -> bool:
        if new or wished.id in self.held:
            self.held[wished.id] = wished
            return True
        return False

    def end(self, id: str) -> None:
        del self.held[id]

    def span(self) -> tuple[float, float] | None:
        return SPAN if self.playing else None


class Witness:
    """The audit log, which may be away."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.away = False

    def tell(self, actor: str, action: str, subject: str, **detail: str) -> None:
        if self.away:
            raise DatabaseAway
        self.told.append((actor, action))


class Desk:
    """The API as somebody asks it at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.replays, self.witness, self.now = Replays(), Witness(), NOW
        server = Flask("test")
        server.json = Json(server)
        spec = api.register(server, Declared({"sea": domain()}, None), None)  # type: ignore[arg-type]
        replay.register(server, spec, self.replays, self.witness, lambda: self.now)  # type: ignore[arg-type]
        self.client: FlaskClient = server.test_client()
        monkeypatch.setattr(replay, "visitor", lambda: self.who)
        self.sits("operator")

    def sits(self, role: Role, name: str = "") -> None:
        self.who = Visitor(kind="person", name=name or role, display=role.title(), role=role, credential="x")

    def ask(self, id: str = "", method: str = "post", **body: Any) -> TestResponse:
        asked: Callable[..., TestResponse] = getattr(self.client, method)
        return asked("/api/v1/replays" + (f"/{id}" if id else ""), **({"json": body} if method == "post" else {}))

    def begins(self, **body: Any) -> str:
        answer = self.ask(**{"moment": START, **body})
        assert answer.status_code == 200, answer.get_json()
        return str(answer.get_json()["id"])


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def test_a_replay_begins_at_its_moment_and_goes_on(desk: Desk) -> None:
    id = desk.begins()
    held = desk.replays.held[id]
    assert (held.event, held.wall, held.rate, held.who, held.whole) == (START, NOW, 1.0, "operator", False)
    desk.now += 10
    assert desk.ask(id, speed=60).get_json()["event"] == START + 10
    desk.now += 10
    stopped = desk.ask(id, paused=True).get_json()
    assert (stopped["event"], stopped["rate"], stopped["speed"]) == (START + 610, 0.0, 60.0)
    desk.now += 100
    assert desk.ask(id, by=-60).get_json()["event"] == START + 550
    on = desk.ask(id, paused=False).get_json()
    assert (on["event"], on["rate"]) == (START + 550, 60.0)
    told = desk.ask(method="get").get_json()
    assert [each["id"] for each in told["replays"]] == [id] and (told["first"], told["last"]) == SPAN


def test_the_whole_wall_is_a_supervisors_and_on_record(desk: Desk) -> None:
    id = desk.begins()
    assert desk.ask(id, whole=True).status_code == desk.ask(moment=START, whole=True).status_code == 403
    assert desk.witness.told == [] and not desk.replays.held[id].whole
    desk.sits("supervisor")
    assert desk.ask(id, whole=True).get_json()["whole"] is True
    desk.ask(id, by=60.0)
    assert desk.ask(id, whole=False).get_json()["whole"] is False
    assert desk.witness.told == [("supervisor", "replay.wall"), ("supervisor", "replay.live")]


def test_what_cannot_be_recorded_is_not_done(desk: Desk) -> None:
    desk.sits("supervisor")
    id = desk.begins()
    desk.witness.away = True
    assert desk.ask(id, whole=True).status_code == 503 and not desk.replays.held[id].whole
    assert desk.ask(moment=START, whole=True).status_code == 503 and len(desk.replays.held) == 1


def test_another_persons_replay_is_a_supervisors_to_end(desk: Desk) -> None:
    id = desk.begins()
    desk.sits("operator", "another")
    assert desk.ask(id, by=1.0).status_code == desk.ask(id, "delete").status_code == 403
    desk.sits("supervisor")
    assert desk.ask(id, "delete").status_code == 204
    assert desk.ask(id, "delete").status_code == desk.ask(id, by=1.0).status_code == 404


def test_there_are_only_so_many_and_none_without_its_process(desk: Desk) -> None:
    for _ in range(MOST):
        desk.begins()
    assert desk.ask(moment=START).status_code == 409
    desk.replays.held.clear()
    desk.replays.playing = False
    assert desk.ask(moment=START).status_code == 503


@pytest.mark.parametrize(
    "body", [{"moment": -1}, {"moment": "x"}, {"moment": START, "speed": 61}, {"moment": START, "speed": 0}, {"more": 1}, {}]
)
def test_what_makes_no_sense_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.ask(**body).status_code == 422 and desk.replays.held == {}
