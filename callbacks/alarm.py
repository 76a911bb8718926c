"""`/api/v1/alarms`: alarms as they stand and what happened to them, and what people and programs wish of them.

A wish goes to the one writer of alarms, and is answered when it is in the journal. No answer in time is answered 504: nobody knows
then, and asking again with the same id tells.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

import msgspec
from flask import Flask, jsonify
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm_rows import Rows
from callbacks.alarm_shape import AlarmDetail, AlarmQuery, Alarms, Answered, AnsweredMany, Asked, AskedMany, Asking, Laid, Refusal
from callbacks.api import ENCODED, ROOT, Described
from callbacks.api_body import Bodies
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from callbacks.visitor import visitor
from model.alarm import Alarm, Answer, Command, Event, Outcome, Wish
from model.person import Visitor
from store.database import DatabaseAway
from store.journal import Journal

EXPIRES_SECONDS = 30.0
COUNTED_SECONDS = 30 * 86_400.0
EVENTS, PIECE = 100, 500
SIMPLE: Mapping[str, Wish] = {
    "ack": "acknowledge",
    "reset": "reset",
    "unshelve": "unshelve",
    "return-to-service": "return_to_service",
    "comment": "comment",
}
LASTING: Mapping[str, Wish] = {"shelve": "shelve", "out-of-service": "out_of_service"}
"""What is laid over an alarm for a time."""
STATUS: Mapping[Outcome, int] = {"done": 200, "already": 409, "gone": 410, "refused": 422, "not_recorded": 503, "expired": 503}
SAID: Mapping[Outcome, str] = {"not_recorded": "not recorded: the journal does not answer", "expired": "not recorded: it came too late"}
UNKNOWN = "no answer yet: it is not known whether it was recorded; ask again with the same id"

Ask = Callable[[Command], Sequence[Answer] | None]


def register(server: Flask, spec: SpecTree, rows: Rows, journal: Journal, ask: Ask, now: Callable[[], float] = time.time) -> None:
    """Adds the routes. `ask` brings a wish to the writer and waits for its answers, None when none came; `now` is the wall clock."""
    _read(server, spec, rows, journal)
    desk = _Desk(ask, now)
    for word, wish in SIMPLE.items():
        _one(server, spec, desk, word, wish)
    for word, wish in LASTING.items():
        _laid(server, spec, desk, word, wish)
    _many(server, spec, desk)


# --- reading -------------------------------------------------------------------------------------------------------------------------


def _read(server: Flask, spec: SpecTree, rows: Rows, journal: Journal) -> None:
    bodies = Bodies()

    @server.get(f"{ROOT}/alarms")
    @spec.validate(resp=Described(HTTP_200=Alarms, HTTP_503=Problem), tags=["alarms"])
    def api_alarms(query: AlarmQuery) -> Response:
        """Alarms as they stand on the board."""
        return bodies.answer("alarms", (query.state, query.domain, query.priority), lambda: _pieces(rows.alarms(), query))

    @server.get(f"{ROOT}/alarms/<path:id>")
    @spec.validate(
        resp=Described(HTTP_200=AlarmDetail, HTTP_404=Problem, HTTP_503=Problem), tags=["alarms"], path_parameter_descriptions=ENCODED
    )
    def api_alarm(id: str) -> Response:
        """One alarm with what happened to it."""
        alarm = rows.alarms().get(id)
        try:
            events, count = ([], 0) if "\x00" in id else aside(lambda: _past(journal, id))
        except DatabaseAway:
            return jsonify(alarm=msgspec.to_builtins(alarm), events=None, count=None)
        if alarm is None and not events:
            return problem(404, f"there is and was no alarm {id!r}")
        return jsonify(alarm=msgspec.to_builtins(alarm), events=msgspec.to_builtins(events), count=count)


def _pieces(alarms: Mapping[str, Alarm], query: AlarmQuery) -> Iterator[Sequence[Alarm]]:
    asked = {name: value for name, value in query if value is not None}
    found = (alarm for alarm in alarms.values() if all(getattr(alarm, name) == value for name, value in asked.items()))
    while piece := list(islice(found, PIECE)):
        yield piece


def _past(journal: Journal, id: str) -> tuple[list[Event], int]:
    """What happened, and how often the alarm came: counted back from its newest event, for that may be of a recording."""
    events = journal.history(id, EVENTS)
    return events, journal.count(id, events[0].time - COUNTED_SECONDS) if events else 0


# --- wishes --------------------------------------------------------------------------------------------------------------------------

ANSWERS = {"HTTP_409": Refusal, "HTTP_410": Refusal, "HTTP_503": Refusal, "HTTP_504": Refusal}


def _one(server: Flask, spec: SpecTree, desk: _Desk, word: str, wish: Wish) -> None:
    def asked(id: str, json: Asked) -> Response:
        return desk.one(wish, id, json)

    _add(server, spec, word, wish, asked)


def _laid(server: Flask, spec: SpecTree, desk: _Desk, word: str, wish: Wish) -> None:
    def asked(id: str, json: Laid) -> Response:
        return desk.one(wish, id, json, json.until if json.lasting is None else desk.now() + json.lasting)

    _add(server, spec, word, wish, asked)


def _add(server: Flask, spec: SpecTree, word: str, wish: Wish, asked: Callable[..., Response]) -> None:
    asked.__doc__ = f"Asks the writer to {wish.replace('_', ' ')}; answered when it is in the journal."
    asked.__name__ = f"api_alarm_{wish}"
    answers = Described(HTTP_200=Answered, **ANSWERS)
    described = spec.validate(resp=answers, tags=["alarms"], path_parameter_descriptions=ENCODED)(asked)
    server.post(f"{ROOT}/alarms/<path:id>/{word}", endpoint=asked.__name__)(described)


def _many(server: Flask, spec: SpecTree, desk: _Desk) -> None:
    @server.post(f"{ROOT}/alarms/ack")
    @spec.validate(resp=Described(HTTP_200=AnsweredMany, HTTP_503=Refusal, HTTP_504=Refusal), tags=["alarms"])
    def api_alarms_acknowledge(json: AskedMany) -> Response:
        """Asks the writer to acknowledge many at once; what came of it is told for each."""
        answers = desk.ask("acknowledge", json, [(target.alarm, target.occurrence) for target in json.targets])
        if answers is None or answers[0].outcome in SAID:
            return _told(answers)
        return jsonify(answers=[asdict(answer) for answer in answers])


class _Desk:
    """Puts wishes in the name of who makes the request."""

    def __init__(self, ask: Ask, now: Callable[[], float]) -> None:
        self._ask, self.now = ask, now

    def one(self, wish: Wish, id: str, asking: Asked, until: float | None = None) -> Response:
        """The answer to a wish about one alarm."""
        if "\x00" in id or len(id) > 500:
            return _told([Answer(alarm=id, outcome="gone", reason="there is no such alarm")])
        return _told(self.ask(wish, asking, [(id, asking.occurrence)], until))

    def ask(self, wish: Wish, asking: Asking, targets: Sequence[tuple[str, int]], until: float | None = None) -> list[Answer] | None:
        """What the writer answers; the id of a wish is its asker's own, so nobody is answered what another asked."""
        known = visitor()
        if known is None:  # the guard lets nobody unknown in
            return [Answer(alarm=id, outcome="refused", reason="nobody is signed in") for id, _ in targets]
        answers = self._ask(self._command(wish, asking, targets, until, known))
        return None if answers is None else list(answers)

    def _command(self, wish: Wish, asking: Asking, targets: Sequence[tuple[str, int]], until: float | None, known: Visitor) -> Command:
        return Command(
            id=f"{known.name}:{asking.id or secrets.token_hex(8)}",
            wish=wish,
            who=known.name,
            role=known.role,
            expires=self.now() + EXPIRES_SECONDS,
            targets=tuple(targets),
            note=asking.note,
            until=until,
            desk=asking.desk,
        )


def _told(answers: Sequence[Answer] | None) -> Response:
    """One answer as HTTP says it."""
    if answers is None:
        return problem(504, UNKNOWN, outcome="unknown", alarm="", who="", time=None)
    (answer, *_), members = answers, asdict(answers[0])
    if answer.outcome == "done":
        return jsonify(members)
    del members["reason"]
    return problem(STATUS[answer.outcome], SAID.get(answer.outcome) or _already(answer) or answer.reason, **members)


def _already(answer: Answer) -> str:
    """Who was first, and when; empty where nobody is named."""
    if not answer.who or answer.time is None:
        return ""
    return f"{answer.who} did it at {datetime.fromtimestamp(answer.time, UTC).isoformat(timespec='seconds')}"
