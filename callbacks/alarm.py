"""`/api/v1/alarms`: alarms as they stand and what happened to them, and what people and programs wish of them.

A wish goes to the one writer of alarms, and is answered when it is in the journal. No answer in time is answered 504: nobody knows
then, and asking again with the same id tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from statistics import median

import msgspec
from flask import Flask, jsonify
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm_rows import Rows
from callbacks.alarm_shape import AlarmDetail, AlarmQuery, Alarms, Answered, AnsweredMany, Asked, AskedMany, Laid, Refusal
from callbacks.api import ENCODED, ROOT, Described
from callbacks.api_body import Bodies
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from callbacks.wish import Wishes
from model.alarm import Alarm, Event, Wish
from store.database import DatabaseAway
from store.journal import Journal

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


def register(server: Flask, spec: SpecTree, rows: Rows, journal: Journal, wishes: Wishes) -> None:
    """Adds the routes."""
    _read(server, spec, rows, journal)
    for word, wish in SIMPLE.items():
        _one(server, spec, wishes, word, wish)
    for word, wish in LASTING.items():
        _laid(server, spec, wishes, word, wish)
    _many(server, spec, wishes)


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
            past = Past() if "\x00" in id else aside(lambda: _past(journal, id))
        except DatabaseAway:
            return jsonify(alarm=msgspec.to_builtins(alarm), events=None, count=None, median=None)
        if alarm is None and not past.events:
            return problem(404, f"there is and was no alarm {id!r}")
        return jsonify(alarm=msgspec.to_builtins(alarm), **msgspec.to_builtins(past))


def _pieces(alarms: Mapping[str, Alarm], query: AlarmQuery) -> Iterator[Sequence[Alarm]]:
    asked = {name: value for name, value in query if value is not None}
    found = (alarm for alarm in alarms.values() if all(getattr(alarm, name) == value for name, value in asked.items()))
    while piece := list(islice(found, PIECE)):
        yield piece


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to an alarm, and of 30 days how often it came and the median of how long it lasted, in seconds."""

    events: Sequence[Event] = ()
    count: int = 0
    median: float | None = None


def _past(journal: Journal, id: str) -> Past:
    """The days are counted back from its newest event, for that may be of a recording."""
    events = journal.history(id, EVENTS)
    if not events:
        return Past()
    since = events[0].time - COUNTED_SECONDS
    lasted = journal.lasted(id, since)
    return Past(events, journal.count(id, since), median(lasted) if lasted else None)


# --- wishes --------------------------------------------------------------------------------------------------------------------------

STATUSES = (404, 409, 422, 503, 504)
ANSWERS = {"HTTP_403": Problem, **{f"HTTP_{status}": Refusal for status in STATUSES}}
"""Of one wish. Who may not is refused by the guard or by the writer."""


def _one(server: Flask, spec: SpecTree, wishes: Wishes, word: str, wish: Wish) -> None:
    def asked(id: str, json: Asked) -> Response:
        return wishes.one(wish, id, json)

    _add(server, spec, word, wish, asked)


def _laid(server: Flask, spec: SpecTree, wishes: Wishes, word: str, wish: Wish) -> None:
    def asked(id: str, json: Laid) -> Response:
        return wishes.one(wish, id, json, until=json.until, lasting=json.lasting)

    _add(server, spec, word, wish, asked)


def _add(server: Flask, spec: SpecTree, word: str, wish: Wish, asked: Callable[..., Response]) -> None:
    asked.__doc__ = f"Asks the writer to {wish.replace('_', ' ')}; answered when it is in the journal."
    asked.__name__ = f"api_alarm_{wish}"
    answers = Described(HTTP_200=Answered, **ANSWERS)
    described = spec.validate(resp=answers, tags=["alarms"], path_parameter_descriptions=ENCODED)(asked)
    server.post(f"{ROOT}/alarms/<path:id>/{word}", endpoint=asked.__name__)(described)


def _many(server: Flask, spec: SpecTree, wishes: Wishes) -> None:
    @server.post(f"{ROOT}/alarms/ack")
    @spec.validate(resp=Described(HTTP_200=AnsweredMany, HTTP_403=Problem, HTTP_503=Refusal, HTTP_504=Refusal), tags=["alarms"])
    def api_alarms_acknowledge(json: AskedMany) -> Response:
        """Asks the writer to acknowledge many at once; what came of it is told for each."""
        targets = tuple((target.alarm, target.occurrence) for target in json.targets)
        answers = wishes.ask("acknowledge", json, targets=targets)
        if answers is None or {answer.outcome for answer in answers} <= {"not_recorded", "expired", "forbidden"}:
            return wishes.told(answers)
        return jsonify(answers=[asdict(answer) for answer in answers])
