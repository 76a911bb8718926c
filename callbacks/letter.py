"""`/api/v1/letters`: what recipients outside could not be told; a person reads it, sends it again or throws it away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, jsonify, request
from pydantic import BaseModel, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ENCODED, ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from callbacks.visitor import visitor
from model.outside import Mailbox, Recipient
from store.database import DatabaseAway
from store.letters import Letter, Letters

MOST = 200


class LetterRow(BaseModel):
    """What one recipient was to be told at once."""

    id: str
    recipient: str
    target: str = Field(description="host or addresses; empty where the site names the recipient no more")
    mail: bool = Field(description="false: a webhook")
    about: dict[str, str] = Field(description="its first alarm, or the mail's subject, by language")
    events: int = Field(description="alarm events in it; 0 where that is not known, as of a mail")
    created: float = Field(description="wall clock, seconds since 1970")
    attempts: int
    error: str
    dead: bool = Field(description="it is not tried again by itself")


class Undelivered(BaseModel):
    """Letters that were tried in vain, the dead ones first; and how many wait for each recipient."""

    waiting: dict[str, int]
    letters: list[LetterRow]


class Done(BaseModel):
    """The letter it was about."""

    id: str


def register(server: Flask, spec: SpecTree, letters: Letters, recipients: Sequence[Recipient]) -> None:
    """Adds the routes. `recipients` are those whom the site names."""
    targets = {recipient.name: _target(recipient) for recipient in recipients}

    @server.get(f"{ROOT}/letters")
    @spec.validate(resp=Described(HTTP_200=Undelivered, HTTP_503=Problem), tags=["letters"])
    def api_letters() -> Response:
        """What recipients outside could not be told."""
        try:
            waiting, found = aside(lambda: (letters.waiting(), letters.undelivered(MOST)))
        except DatabaseAway:
            return problem(503, "the database does not answer")
        return jsonify(waiting=waiting, letters=[_row(letter, targets) for letter in found])

    _change(server, spec, "resend", letters.revive, "Sends a dead letter again.")
    _change(server, spec, "forget", letters.forget, "Throws a dead letter away.")


def _change(server: Flask, spec: SpecTree, word: str, change: Callable[[str, str, Mapping[str, str]], bool], told: str) -> None:
    def changed(id: str) -> Response:
        known, address = visitor(), request.remote_addr or ""
        try:
            done = known is not None and aside(lambda: change(id, known.name, {"address": address}))
        except DatabaseAway:
            return problem(503, "it is not known whether it was done: the database does not answer")
        return jsonify(id=id) if done else problem(404, f"there is no dead letter {id!r}")

    changed.__name__, changed.__doc__ = f"api_letter_{word}", told
    answers = Described(HTTP_200=Done, HTTP_404=Problem, HTTP_503=Problem)
    described = spec.validate(resp=answers, tags=["letters"], path_parameter_descriptions=ENCODED)(changed)
    server.post(f"{ROOT}/letters/<path:id>/{word}", endpoint=changed.__name__)(described)


def _target(recipient: Recipient) -> str:
    """Whom it goes to; of an address on the web its host only, for the rest may be secret."""
    via = recipient.via
    return ", ".join(via.to) if isinstance(via, Mailbox) else urlsplit(via.url).hostname or ""


def _row(letter: Letter, targets: Mapping[str, str]) -> dict[str, Any]:
    subject, events = letter.body.get("subject"), letter.body.get("data", {}).get("events", [])
    named = events[0].get("name", {}) if events else {}
    return {
        "id": letter.id,
        "recipient": letter.recipient,
        "target": targets.get(letter.recipient, ""),
        "mail": subject is not None,
        "about": {language: subject or named.get(language, "") for language in ("en", "zh")},
        "events": len(events),
        "created": letter.created,
        "attempts": letter.attempts,
        "error": letter.error,
        "dead": letter.dead,
    }
