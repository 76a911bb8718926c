"""`/api/v1/desks`: the desks of the control room, which areas each answers for, who sits there; sitting down, and handing areas over.

Any operator may sit at any desk of the site, several at one, and nobody at two from one browser; the desk of what no desk has is for
supervisors. The session remembers the desk, so a wish carries the one that the server knows. Everything here is for people: a program
sits nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from flask import Flask, jsonify
from pydantic import BaseModel, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm import ANSWERS
from callbacks.alarm_shape import Answered, Asking, Name, Said
from callbacks.api import ROOT, Described
from callbacks.api_shape import Open, Problem
from callbacks.problem import problem
from callbacks.reason import SUPERVISORS
from callbacks.visitor import visitor
from callbacks.wish import Wishes, seat, sits
from domains.site import SUPERVISOR
from model import Desk, Site
from model.alarm import Answer, Duty
from store import Away
from store.database import DatabaseAway
from store.people import Unknown
from store.session import Sessions

Duties = Callable[[], Sequence[Duty]]
NOT_RECORDED = "not recorded: the database does not answer"


class DeskRow(Open):
    """A desk."""

    id: str
    label: Said
    own: list[str] = Field(description="areas that the site gives it")
    areas: list[str] = Field(description="areas that it answers for now")
    people: list[str] | None = Field(
        description="names of who sits there and was heard of within the last minute; null while the database does not answer"
    )
    free: bool = Field(description="whether who asks may sit there")


class Desks(BaseModel):
    """All desks, the supervisor's last."""

    desks: list[DeskRow]
    seat: str = Field(description="the desk at which who asks sits; empty for none")


class Sitting(BaseModel):
    """Where somebody sits now."""

    seat: str


class Areas(Asking):
    """Areas that are to change hands."""

    areas: list[Name] = Field(min_length=1, max_length=1_000)


class Handed(Areas):
    """Areas that go to another desk."""

    to: Name = Field(max_length=64)


def register(server: Flask, spec: SpecTree, site: Site, sessions: Sessions, duties: Duties, wishes: Wishes) -> None:
    """Adds the routes; `duties` says what each desk answers for now."""
    desks = manned(site)
    _list(server, spec, site, desks, sessions, duties)
    _sit(server, spec, site, desks, sessions)
    _hand_over(server, spec, desks, wishes)


def manned(site: Site) -> tuple[Desk, ...]:
    """The site's desks, and the supervisor's with what no desk has."""
    given = {area for desk in site.desks for area in desk.areas}
    rest = tuple(area.key for area in site.areas if area.key not in given)
    return (*site.desks, Desk(id=SUPERVISOR, label=SUPERVISORS, areas=rest))


def _list(server: Flask, spec: SpecTree, site: Site, desks: Sequence[Desk], sessions: Sessions, duties: Duties) -> None:
    @server.get(f"{ROOT}/desks")
    @spec.validate(resp=Described(HTTP_200=Desks, HTTP_503=Problem), tags=["desks"])
    def api_desks() -> Response:
        """Every desk, and the one at which who asks sits."""
        heard(sessions)
        known = visitor()
        people = _people(sessions)
        held = {duty.desk: list(duty.areas) for duty in duties()}
        rows = [
            {
                "id": desk.id,
                "label": asdict(desk.label),
                "own": list(desk.areas),
                "areas": held.get(desk.id, list(desk.areas)),
                "people": None if people is None else [name for id, name in people if id == desk.id],
                "free": known is not None and known.kind == "person" and sits(known.role, desk.id, site),
            }
            for desk in desks
        ]
        return jsonify(desks=rows, seat=seat(known, site) if known else "")


def heard(sessions: Sessions) -> None:
    """Whoever makes the request under way may be at the desk."""
    known = visitor()
    if known is not None and known.kind == "person":
        sessions.heard(known.credential)


def _people(sessions: Sessions) -> list[tuple[str, str]] | None:
    """(desk, name) of everybody who sits somewhere; None while nobody can say."""
    try:
        return [(desk, user.display) for desk, user in sessions.sitting()]
    except (Away, DatabaseAway):
        return None


def _sit(server: Flask, spec: SpecTree, site: Site, desks: Sequence[Desk], sessions: Sessions) -> None:
    answers = Described(HTTP_200=Sitting, HTTP_403=Problem, HTTP_404=Problem, HTTP_503=Problem)

    @server.post(f"{ROOT}/desks/<id>/take")
    @spec.validate(resp=answers, tags=["desks"])
    def api_desk_take(id: str) -> Response:
        """Sits down at a desk, and leaves the one before."""
        known = visitor()
        if all(desk.id != id for desk in desks):
            return _nowhere(id)
        if known is None or not sits(known.role, id, site):
            return problem(403, "the desk is for supervisors")
        return _seated(lambda: sessions.sit(known.credential, id), id)

    @server.post(f"{ROOT}/desks/<id>/leave")
    @spec.validate(resp=answers, tags=["desks"])
    def api_desk_leave(id: str) -> Response:
        """Gets up from a desk; nothing changes for who sits elsewhere."""
        known = visitor()
        if known is None or known.desk != id:
            return _nowhere(id) if all(desk.id != id for desk in desks) else jsonify(seat=seat(known, site) if known else "")
        return _seated(lambda: sessions.sit(known.credential, None), "")


def _seated(work: Callable[[], None], desk: str) -> Response:
    try:
        work()
    except DatabaseAway:
        return problem(503, NOT_RECORDED)
    except Unknown:  # signed out a moment ago
        return problem(403, "nobody is signed in")
    return jsonify(seat=desk)


def _hand_over(server: Flask, spec: SpecTree, desks: Sequence[Desk], wishes: Wishes) -> None:
    answers = Described(HTTP_200=Answered, **ANSWERS)

    def moved(id: str, asked: Areas, **detail: Any) -> Response:
        if all(desk.id != id for desk in desks):
            return _nowhere(id)
        return wishes.told(wishes.ask("hand_over", asked, areas=tuple(asked.areas), detail=detail))

    @server.post(f"{ROOT}/desks/<id>/hand-over")
    @spec.validate(resp=answers, tags=["desks"])
    def api_desk_hand_over(id: str, json: Handed) -> Response:
        """Areas for which this desk answers go to another; answered when it is in the journal."""
        return moved(id, json, **{"from": id, "to": json.to})

    @server.post(f"{ROOT}/desks/<id>/take-back")
    @spec.validate(resp=answers, tags=["desks"])
    def api_desk_take_back(id: str, json: Areas) -> Response:
        """Areas that the site gives this desk come back to it, whoever has them; answered when it is in the journal."""
        own = {area for desk in desks if desk.id == id for area in desk.areas}
        if own and not own.issuperset(json.areas):
            return wishes.told([Answer(alarm="", outcome="forbidden", reason="theirs")])
        return moved(id, json, to=id)


def _nowhere(id: str) -> Response:
    return problem(404, f"there is no desk {id!r}")
