"""The two addresses that take warnings from elsewhere, over a real database of chains and a writer that does what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from spectree import SpecTree
from sqlalchemy import func, select

from callbacks import hook
from model.alarm import Answer, Command, Outcome
from model.outside import Warnings
from store import Away
from store.chain import Chains
from store.database import connect, migrate, reading
from store.schema import warning
from streams.alarm import Alarms
from streams.duty import Duties
from streams.flood import Floods
from streams.rulebook import Rulebook
from streams.wish import carry_out
from tests.unit.test_alertmanager import body, fired
from tests.unit.warnings import NOW, SENDER, alert, certificate, info, pem, signed, site, stamp

KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Writer:
    """Stands for the writer of alarms: keeps what it was asked, and answers with one outcome."""

    outcome: Outcome | None = "done"
    asked: list[Command] = field(default_factory=list)

    def ask(self, command: Command) -> Sequence[Answer] | None:
        if self.outcome is None:
            return None
        self.asked.append(command)
        return [Answer(alarm=alarm, outcome=self.outcome, reason="why") for alarm, _ in command.targets]

    def wishes(self) -> list[tuple[str, str]]:
        return [(command.wish, alarm) for command in self.asked for alarm, _ in command.targets]


class Hooks:
    """A server with both addresses."""

    def __init__(self, folder: Path, at: Callable[[float], float] = lambda wall: wall, **rules: Any) -> None:
        self.writer, self.now = Writer(), NOW
        self.engine = connect(f"sqlite:///{folder / 'deck.db'}")
        migrate(self.engine)
        server = Flask("test")
        given = Warnings(**{"unsigned": True, **rules})
        hook.register(server, SpecTree("flask"), site(), ["sea"], given, Chains(self.engine), self.writer.ask, lambda: self.now, at)
        self._client = server.test_client()

    def post(self, kind: str, sent: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        answer = self._client.post(f"/api/v1/hooks/{kind}", data=sent, headers=headers)
        assert answer.mimetype == ("application/json" if answer.status_code == 200 else "application/problem+json")
        return answer.status_code, json.loads(answer.data)

    def cap(self, sent: bytes) -> dict[str, Any]:
        """The answer to a message that is taken or ignored."""
        status, told = self.post("cap", sent)
        assert status == 200, told
        return told


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return Hooks(tmp_path)


def update(identifier: str, *replaced: str, seconds: float, kind: str = "Update", **more: Any) -> bytes:
    references = " ".join(f"{SENDER},{one},{stamp()}" for one in replaced)
    return alert(identifier, msgType=kind, references=references, sent=stamp(seconds), **more)


# Alertmanager


def test_a_group_is_raised_and_ended(hooks: Hooks) -> None:
    status, told = hooks.post("alertmanager", body(fired(), fired(fingerprint="b", status="resolved", endsAt="2026-11-20T19:00:00Z")))
    assert status == 200
    firing, resolved = "outside/alertmanager|outside:alertmanager:1a30ba71cca2921f", "outside/alertmanager|outside:alertmanager:b"
    assert hooks.writer.wishes() == [("raise", firing), ("end", resolved)]
    assert hooks.writer.asked[0].detail[firing]["priority"] == "critical"
    assert hooks.writer.asked[1].detail[resolved] == {"since": NOW}
    assert [(one["alarm"], one["outcome"]) for one in told["taken"]] == [(firing, "done"), (resolved, "done")]
    assert {command.role for command in hooks.writer.asked} == {"hooks"}


def test_a_group_without_alerts_asks_nothing(hooks: Hooks) -> None:
    assert hooks.post("alertmanager", body()) == (200, {"taken": [], "ignored": [], "refused": []})
    assert hooks.writer.asked == []


def test_alerts_that_were_left_out_are_told(hooks: Hooks) -> None:
    assert hooks.post("alertmanager", body(truncatedAlerts=3))[1]["ignored"][0]["message"] == "3 alerts"


@pytest.mark.parametrize("outcome", ["not_recorded", "expired", None])
@pytest.mark.parametrize(("kind", "sent"), [("alertmanager", body(fired())), ("cap", alert())])
def test_what_was_not_surely_recorded_is_to_be_sent_again(hooks: Hooks, outcome: Outcome | None, kind: str, sent: bytes) -> None:
    hooks.writer.outcome = outcome
    status, told = hooks.post(kind, sent)
    assert status == 503 and told["detail"].startswith("not recorded, send it again")
    hooks.writer.outcome = "done"
    assert hooks.post(kind, sent)[0] == 200


def test_without_redis_it_is_to_be_sent_again(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(command: Command) -> None:
        raise Away("gone")

    monkeypatch.setattr(hooks.writer, "outcome", None)
    server = Flask("test")
    hook.register(server, SpecTree("flask"), site(), [], Warnings(unsigned=True), Chains(hooks.engine), away, lambda: NOW)
    assert server.test_client().post("/api/v1/hooks/cap", data=alert()).status_code == 503


def test_without_the_database_a_message_is_to_be_sent_again(hooks: Hooks, tmp_path: Path) -> None:
    hooks.engine.dispose()
    for file in tmp_path.glob("deck.db*"):
        file.unlink()
    (tmp_path / "deck.db").mkdir()
    status, told = hooks.post("cap", alert())
    assert (status, told["detail"]) == (503, "not recorded, send it again: the store does not answer")


@pytest.mark.parametrize("kind", ["alertmanager", "cap"])
def test_a_body_has_a_limit_and_a_form(hooks: Hooks, kind: str) -> None:
    status, told = hooks.post(kind, b" " * 10_000_000)
    assert (status, told["detail"]) == (413, "a body is at most 1048576 bytes")
    assert hooks.post(kind, b"x", **{"Content-Encoding": "gzip"})[0] == 415
    assert hooks.post(kind, b"")[0] == 400
    assert hooks.writer.asked == []


def test_a_clock_that_is_ahead_begins_and_ends_an_alarm_now(hooks: Hooks) -> None:
    ahead = {"startsAt": "2026-11-21T03:00:00Z"}
    assert hooks.post("alertmanager", body(fired(**ahead)))[0] == 200
    hooks.now += 60
    assert hooks.post("alertmanager", body(fired(**ahead, status="resolved", endsAt="2026-11-21T03:01:00Z")))[0] == 200
    (raised,), (ended,) = (command.detail.values() for command in hooks.writer.asked)
    assert (raised["since"], ended["since"]) == (NOW, NOW + 60)
    assert raised["told"]["flaws"] == ["its time lay ahead of this clock"]


def test_in_a_replay_messages_are_in_event_time(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path, at=lambda wall: wall - 86_400)
    hooks.post("alertmanager", body(fired(), fired(fingerprint="b", status="resolved", endsAt="2026-11-20T18:59:30Z")))
    hooks.cap(alert())
    alerted, ended, warned = (next(iter(command.detail.values())) for command in hooks.writer.asked)
    assert (alerted["since"], alerted["ends"]) == (pytest.approx(NOW - 86_460 + 0.123456), None)
    assert ended == {"since": NOW - 86_430}
    assert (warned["since"], warned["ends"]) == (NOW - 86_400, NOW - 86_400 + 3600)


# CAP


def test_a_warning_becomes_an_alarm_with_an_area_and_an_end(hooks: Hooks) -> None:
    told = hooks.cap(alert())
    (command,) = hooks.writer.asked
    ((alarm, message),) = command.detail.items()
    assert told["taken"] == [{"alarm": alarm, "wish": "raise", "outcome": "done", "reason": "why"}]
    assert (message["area"], message["ends"], message["priority"]) == ("dapeng", NOW + 3600, "high")
    assert alarm == f"outside/cap|{message['subject']}" and command.who == f"cap:{SENDER}"


def test_an_update_keeps_the_alarm_and_a_cancel_ends_it(hooks: Hooks) -> None:
    for text in (
        alert(),
        update("two", "one", seconds=60),
        update("three", "two", seconds=120),
        update("four", "three", seconds=180, kind="Cancel"),
    ):
        hooks.now += 60
        hooks.cap(text)
    assert [command.wish for command in hooks.writer.asked] == ["raise", "raise", "raise", "end"]
    assert len({alarm for _, alarm in hooks.writer.wishes()}) == 1
    assert [next(iter(command.detail.values()))["since"] - NOW for command in hooks.writer.asked] == [0, 60, 120, 180]


def test_an_update_of_two_goes_on_with_one_and_ends_the_other(hooks: Hooks) -> None:
    hooks.cap(alert()), hooks.cap(alert("other", sent=stamp(1)))
    (_, first), (_, second) = hooks.writer.wishes()
    references = f"{SENDER},other,{stamp(1)} {SENDER},one,{stamp()}"
    hooks.cap(alert("both", msgType="Update", references=references, sent=stamp(60)))
    assert hooks.writer.wishes()[2:] == [("raise", first), ("end", second)]


def test_a_message_that_was_replaced_is_ignored_when_it_comes_late(hooks: Hooks) -> None:
    hooks.cap(update("two", "one", seconds=60))
    told = hooks.cap(alert())
    assert told["ignored"] == [{"message": f"{SENDER},one", "reason": "a newer message has replaced it"}] and len(hooks.writer.asked) == 1


def test_after_a_cancel_the_alert_does_not_come_back(hooks: Hooks) -> None:
    for text in (alert(), update("two", "one", seconds=60, kind="Cancel"), alert()):
        hooks.cap(text)
    assert [wish for wish, _ in hooks.writer.wishes()] == ["raise", "end"]


@pytest.mark.parametrize("part", [info(responseType="AllClear"), info(expires=stamp(-10))])
def test_an_update_that_leaves_nothing_in_force_ends_the_alarm(hooks: Hooks, part: str) -> None:
    hooks.cap(alert()), hooks.cap(update("two", "one", seconds=60, infos=[part]))
    assert [wish for wish, _ in hooks.writer.wishes()] == ["raise", "end"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (alert(infos=[info(expires=stamp(-1))]), "it has expired"),
        (alert(status="Test"), "the site takes no Test messages"),
        (alert(status="Draft"), "the site takes no Draft messages"),
        (alert(msgType="Ack", infos=[]), "an Ack asks nothing"),
        (alert(msgType="Error", infos=[]), "an Error asks nothing"),
    ],
)
def test_what_asks_nothing_is_ignored_with_the_reason(hooks: Hooks, text: bytes, reason: str) -> None:
    assert hooks.cap(text)["ignored"][0]["reason"] == reason and hooks.writer.asked == []


def test_an_exercise_is_its_own_chain_where_the_site_takes_it(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path, statuses=("Actual", "Exercise"))
    hooks.cap(alert()), hooks.cap(update("two", "one", seconds=60, kind="Cancel", status="Exercise"))
    (_, real), (_, exercise) = hooks.writer.wishes()
    assert real != exercise


def test_a_sender_speaks_only_of_its_own_messages(hooks: Hooks) -> None:
    hooks.cap(alert())
    status, told = hooks.post("cap", update("two", "one", seconds=60, kind="Cancel", sender="evil@example.org"))
    assert (status, told["detail"]) == (422, "references: name no message of this sender")


def test_a_clock_that_is_far_ahead_is_refused(hooks: Hooks) -> None:
    assert hooks.post("cap", alert(sent=stamp(601)))[1]["detail"] == "sent: lies 601 s ahead of this clock"
    assert hooks.cap(alert(sent=stamp(599)))["taken"]
    assert next(iter(hooks.writer.asked[0].detail.values()))["since"] == NOW


def test_a_signature_is_asked_for_unless_the_site_says_otherwise(tmp_path: Path) -> None:
    held = certificate(KEY)
    hooks = Hooks(tmp_path, unsigned=False, certificates={SENDER: (pem(held),)})
    assert hooks.post("cap", alert())[0] == 403
    assert hooks.post("cap", alert(sender="else@example.org"))[0] == 403
    hooks.cap(signed(alert(), KEY, held))
    ((_, message),) = hooks.writer.asked[0].detail.items()
    assert message["told"]["signed"] is True


def test_of_several_the_good_ones_are_taken_and_the_others_named(hooks: Hooks) -> None:
    good, bad = alert().split(b"\n", 1)[1], alert("bad", scope=None).split(b"\n", 1)[1]
    told = hooks.cap(b"<x>" + bad + good + b"</x>")
    assert len(told["taken"]) == 1 and told["refused"] == [{"message": f"{SENDER},bad", "reason": "scope: is missing"}]
    assert hooks.post("cap", b"<x>" + bad + b"</x>")[0] == 422


def test_what_the_writer_refuses_is_told(hooks: Hooks) -> None:
    hooks.writer.outcome = "refused"
    assert hooks.cap(alert())["refused"][0]["reason"] == "why"


def test_two_servers_share_the_chains(hooks: Hooks, tmp_path: Path) -> None:
    hooks.cap(alert())
    other = Hooks(tmp_path)
    other.cap(update("two", "one", seconds=60))
    assert hooks.writer.wishes()[0][1] == other.writer.wishes()[0][1]
    with reading(hooks.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(warning)) == 2


# with the alarms themselves


class Alarmed:
    """In place of the writer's process: its own alarms, asked in the form that travels through Redis."""

    def __init__(self) -> None:
        self.core = Alarms(Rulebook({}, site()), [], Duties(site(), {}), Floods({}))
        self.now = NOW

    def ask(self, command: Command) -> Sequence[Answer]:
        told = msgspec.json.decode(msgspec.json.encode(command), type=Command)
        self.core.advance(self.now, self.now)
        return carry_out(self.core, told, self.now)

    def standing(self) -> list[tuple[str, str, str, float | None]]:
        return [(each.state, each.priority, each.label.en, each.ends) for each in self.core.alarms.values() if each.label]


def test_what_is_asked_is_what_the_alarms_understand(hooks: Hooks) -> None:
    alarmed = Alarmed()
    server = Flask("test")
    hook.register(server, SpecTree("flask"), site(), [], Warnings(unsigned=True), Chains(hooks.engine), alarmed.ask, lambda: alarmed.now)
    client = server.test_client()

    def outcome(kind: str, sent: bytes) -> list[str]:
        alarmed.now += 30
        told = json.loads(client.post(f"/api/v1/hooks/{kind}", data=sent).data)
        assert told["refused"] == []
        return [one["outcome"] for one in told["taken"]]

    assert outcome("cap", alert()) == ["done"] and outcome("cap", alert()) == ["already"]
    worse = info(severity="Extreme", headline="Flood", expires=stamp(600))
    assert outcome("cap", update("two", "one", seconds=60, infos=[worse])) == ["done"]
    assert alarmed.standing() == [("unacknowledged", "critical", "Flood", NOW + 600)]
    alarmed.core.advance(NOW + 601, NOW + 601)
    assert [state for state, *_ in alarmed.standing()] == ["returned"]
    assert outcome("cap", update("three", "two", seconds=90, kind="Cancel")) == ["gone"]
    assert outcome("alertmanager", body(fired())) == ["done"] and outcome("alertmanager", body(fired())) == ["already"]
    assert outcome("alertmanager", body(fired(status="resolved", endsAt="2026-11-20T19:00:00Z"))) == ["done"]
    assert outcome("alertmanager", body(fired())) == ["already"]
