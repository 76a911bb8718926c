"""Brings what people and programs wish of alarms and desks to the one writer of alarms, and tells its answer as HTTP does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from flask import jsonify
from werkzeug.wrappers import Response

from callbacks.alarm_shape import Asked, Asking
from callbacks.problem import problem
from callbacks.reason import Reasons
from callbacks.rights import reaches
from callbacks.visitor import visitor
from domains.site import SUPERVISOR
from model import Site
from model.alarm import Answer, Command, Outcome, Wish
from model.person import Role, Visitor

STATUS: Mapping[Outcome, int] = {
    "done": 200,
    "already": 409,
    "gone": 409,
    "not_now": 409,
    "absent": 404,
    "forbidden": 403,
    "refused": 422,
    "not_recorded": 503,
    "expired": 503,
}
UNKNOWN = "no answer yet: it is not known whether it was recorded; ask again with the same id"

Ask = Callable[[Command], Sequence[Answer] | None]


def seat(known: Visitor, site: Site) -> str:
    """The desk at which a person sits; empty where the site has it no more, or their role no longer gives it to them."""
    return known.desk if sits(known.role, known.desk, site) else ""


def sits(role: Role, desk: str, site: Site) -> bool:
    """Whether somebody of that role may sit there: operators at any desk of the site, supervisors also at their own."""
    return reaches(role, "supervisor") if desk == SUPERVISOR else reaches(role, "operator") and any(each.id == desk for each in site.desks)


class Wishes:
    """Wishes of a site's people. `ask` brings one to the writer and waits for its answers, None when none came."""

    def __init__(self, ask: Ask, site: Site) -> None:
        self._ask, self._site, self._reasons = ask, site, Reasons(site)

    def one(self, wish: Wish, id: str, asking: Asked, **more: Any) -> Response:
        """The answer to a wish about one alarm; `more` are fields of the command."""
        if "\x00" in id or len(id) > 500:
            return self.told([Answer(alarm=id, outcome="absent", reason="absent")])
        return self.told(self.ask(wish, asking, targets=((id, asking.occurrence),), **more))

    def ask(self, wish: Wish, asking: Asking, **more: Any) -> list[Answer] | None:
        """What the writer answers; `more` are fields of the command. Its id is its asker's own: nobody is answered what another asked."""
        known = visitor()
        if known is None:  # the guard lets nobody unknown in
            return [Answer(alarm="", outcome="forbidden", reason="person")]
        command = Command(
            id=f"{known.name}:{asking.id or secrets.token_hex(8)}",
            wish=wish,
            who=known.name,
            role=known.role,
            note=asking.note,
            desk=seat(known, self._site),
        )
        answers = self._ask(replace(command, **more))
        return None if answers is None else list(answers)

    def told(self, answers: Sequence[Answer] | None) -> Response:
        """One answer as HTTP says it."""
        if not answers:
            return problem(504, UNKNOWN, outcome="unknown", alarm="", who="", time=None)
        answer = answers[0]
        if answer.outcome == "done":
            return jsonify(asdict(answer))
        said = self._reasons.said(answer)
        return problem(STATUS[answer.outcome], said.en, **asdict(answer), said=asdict(said))
