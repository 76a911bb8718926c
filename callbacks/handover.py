"""`/api/v1/handovers`: at the change of the shift the one who leaves a desk makes a pack and signs it, and the one who comes signs it too.

Two people stand at one desk. The one who leaves is signed in there and signs by pressing. The one who comes signs with their own name and
password in the same browser, which is theirs from then on, or from a browser where they are signed in already. With the second
signature the seat passes, in the same transaction: nobody sits there twice, and the desk is never without somebody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, TypeVar

from flask import Flask, abort, jsonify, request
from flask import Response as Answer
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.attempt import Often, named
from callbacks.entrance import Busy, Entrance
from callbacks.pack import Packer
from callbacks.problem import problem
from callbacks.rights import reaches
from callbacks.shift_shape import Draft, DraftQuery, Making, Pack, PackQuery, Packs, PdfQuery
from callbacks.visitor import visitor
from callbacks.wish import seat, sits
from layouts.print import handover as sheet
from model import Site
from model.person import User, Visitor
from model.shift import Handover, How
from store import Away
from store.database import DatabaseAway
from store.handover import Altered, Handovers, Same, Signed, Superseded
from store.people import People, Unknown, digest
from store.session import Sessions

T = TypeVar("T")
PAGE = 50
RELIEVE = "/login/handover/<id>"
"""Below `/login`, where the browser's cookie of known devices is sent."""
NOT_RECORDED = "not recorded: the database does not answer"
NOT_YOURS = "sit down at the desk first: who leaves a desk signs there; for another desk a supervisor may"
PDF = "application/pdf"


class Desks:
    """What a handover needs of the control room. `now` is event time."""

    def __init__(self, site: Site, packer: Packer, packs: Handovers, sessions: Sessions, now: Callable[[], float]) -> None:
        self.site, self.packs, self.sessions = site, packs, sessions
        self._packer, self._now = packer, now

    def draft(self, desk: str) -> dict[str, Any]:
        """What a pack would say now. Raises Away; what SQL cannot say is named in it."""
        try:
            last = aside(lambda: self.packs.last(desk))
        except DatabaseAway:
            last = None
        since = last.document.get("made") if last else None
        return self._packer.make(desk, since, last.time if last else None, self._now())

    def sign(self, id: str, person: User, how: How, session: str = "") -> Handover:
        """Signs as incoming; the browsers of who left know it at once. Raises as `Handovers.sign`."""
        pack, left = aside(lambda: self.packs.sign(id, person, how, session))
        with suppress(Away, DatabaseAway):  # it is believed for ten seconds at most
            self.sessions.moved(left, None)
            if session:
                self.sessions.moved([digest(session)], pack.desk)
        return pack

    def take(self, id: str, person: User, session: str) -> None:
        """Signs with a password for the session that sits there from then on; who has signed before only sits down. Raises likewise."""
        try:
            self.sign(id, person, "password", session)
        except Signed as error:
            if error.args[0] != person.name:
                raise
            self.sessions.sit(session, error.args[2])


def register(server: Flask, spec: SpecTree, desks: Desks) -> None:
    """Adds what is asked as JSON, and the PDF."""
    _read(server, spec, desks)
    _make(server, spec, desks)
    _sign(server, spec, desks)


def _read(server: Flask, spec: SpecTree, desks: Desks) -> None:
    @server.get(f"{ROOT}/handovers")
    @spec.validate(resp=Described(HTTP_200=Packs, HTTP_503=Problem), tags=["shift"])
    def api_handovers(query: PackQuery) -> Response:
        """Packs that were made, newest first, without what they say."""
        found = _asked(lambda: desks.packs.packs(query.desk, query.before_seq, PAGE + 1))
        more = len(found) > PAGE
        return jsonify(handovers=[_row(each) for each in found[:PAGE]], before_seq=found[PAGE - 1].seq if more else None)

    @server.get(f"{ROOT}/handovers/draft")
    @spec.validate(resp=Described(HTTP_200=Draft, HTTP_404=Problem, HTTP_503=Problem), tags=["shift"])
    def api_handover_draft(query: DraftQuery) -> Response:
        """What a pack would say that was made now."""
        desk = _desk(query.desk, _known(), desks.site)
        return jsonify(desk=desk, document=desks.draft(desk))

    @server.get(f"{ROOT}/handovers/<id>")
    @spec.validate(resp=Described(HTTP_200=Pack, HTTP_404=Problem, HTTP_503=Problem), tags=["shift"])
    def api_handover(id: str) -> Response:
        """One pack."""
        return _whole(_found(desks, id))

    @server.get(f"{ROOT}/handovers/<id>/pdf")
    @spec.validate(resp=Described("HTTP_200", HTTP_404=Problem, HTTP_409=Problem, HTTP_503=Problem), tags=["shift"])
    def api_handover_pdf(id: str, query: PdfQuery) -> Response:
        """One pack as a PDF, with who signed it and its SHA-256."""
        pack = _found(desks, id)
        if not pack.intact:
            return problem(409, "the pack is not what was made: it is not printed")
        told = {**pack.document, "pack": {name: value for name, value in _row(pack).items() if name != "newest"}}
        headers = {"Content-Disposition": f'inline; filename="handover-{pack.seq}-{query.language}.pdf"'}
        return Answer(aside(lambda: sheet.printed(told, query.language)), mimetype=PDF, headers=headers)


def _make(server: Flask, spec: SpecTree, desks: Desks) -> None:
    answers = Described(HTTP_200=Pack, HTTP_403=Problem, HTTP_404=Problem, HTTP_503=Problem)

    @server.post(f"{ROOT}/handovers")
    @spec.validate(resp=answers, tags=["shift"])
    def api_handover_make(json: Making) -> Response:
        """Freezes what stands now with the notes, and signs it as outgoing; answered when it is recorded."""
        known = _known()
        desk = _desk(json.desk, known, desks.site)
        if seat(known, desks.site) != desk and not reaches(known.role, "supervisor"):
            return problem(403, NOT_YOURS)
        author = {"name": known.name, "display": known.display}
        document = desks.draft(desk) | {"notes": json.notes, "outgoing": author}
        id = f"{known.name}-{json.id or secrets.token_hex(8)}"
        made = _asked(lambda: desks.packs.make(id, desk, document, _user(known)), NOT_RECORDED)
        return _whole(made)


def _sign(server: Flask, spec: SpecTree, desks: Desks) -> None:
    answers = Described(HTTP_200=Pack, HTTP_403=Problem, HTTP_404=Problem, HTTP_409=Problem, HTTP_503=Problem)

    @server.post(f"{ROOT}/handovers/<id>/sign")
    @spec.validate(resp=answers, tags=["shift"])
    def api_handover_sign(id: str) -> Response:
        """Signs as incoming, by who is signed in, whose seat is at the desk from then on; answered when it is recorded."""
        known = _known()
        pack = _found(desks, id)
        if not sits(known.role, pack.desk, desks.site):
            return problem(403, "this desk is not for your role")
        refusal = told(lambda: desks.sign(id, _user(known), "session", known.credential), known.name)
        return _whole(_found(desks, id)) if refusal is None else refusal


def register_relief(server: Flask, often: Often, entrance: Entrance, people: People, desks: Desks) -> None:
    """Adds the way in which the incoming one signs at the outgoing one's browser, with name and password."""

    def too_often(seconds: int) -> Answer:
        entrance.doubt("password", "too often")
        refusal = problem(429, f"too many attempts: wait {seconds} s")
        return Answer(refusal.get_data(), 429, {"Retry-After": str(seconds)}, refusal.mimetype)

    @server.post(RELIEVE)
    @often(too_often)
    def relieve(id: str) -> Response:
        name, password = named(), request.form.get("password", "")
        if not name or not password:
            return problem(422, "name and password are needed")
        try:
            if not entrance.by_password(name, password):
                entrance.fail(name)
                return problem(401, "the name or the password is wrong")
            user = aside(lambda: people.user(name))
        except Busy:
            return problem(503, "too many sign in at this moment: try again")
        except DatabaseAway:
            return problem(503, NOT_RECORDED)
        return _relieved(id, user, entrance, desks) if user else problem(401, "the name or the password is wrong")


def _relieved(id: str, user: User, entrance: Entrance, desks: Desks) -> Response:
    """Signed by the incoming one, whose browser it is from then on."""
    pack = _found(desks, id)
    if not sits(user.role, pack.desk, desks.site):
        return problem(403, "this desk is not for their role")
    answer = Answer(mimetype="application/json")
    refusal = told(lambda: entrance.relieve(user, answer, lambda session: desks.take(id, user, session)))
    if refusal is None:
        answer.set_data(jsonify(_row(_found(desks, id))).get_data())
    return refusal or answer


def told(sign: Callable[[], object], name: str = "") -> Response | None:
    """Why it was not signed; None where it was, also before and by who is called `name`."""
    try:
        sign()
    except Unknown:
        return problem(404, "there is no such pack")
    except Signed as error:
        return None if error.args[0] == name else problem(409, f"{error.args[1]} has signed it before")
    except Superseded:
        return problem(409, "a later pack of this desk was made: sign that one")
    except Same:
        return problem(403, "who leaves the desk cannot sign as the one who takes it")
    except Altered:
        return problem(409, "the pack is not what was made: it must not be signed; make a new one, and tell an administrator")
    except DatabaseAway:
        return problem(503, NOT_RECORDED)
    return None


def _known() -> Visitor:
    return visitor() or abort(problem(403, "nobody is signed in"))  # the guard lets nobody unknown in


def _user(known: Visitor) -> User:
    return User(name=known.name, display=known.display, role=known.role)


def _desk(asked: str | None, known: Visitor, site: Site) -> str:
    desk = seat(known, site) if asked is None else asked
    if not desk:
        abort(problem(404, "you sit at no desk: name one, or take one"))
    if not sits("admin", desk, site):
        abort(problem(404, f"there is no desk {desk!r}"))
    return desk


def _found(desks: Desks, id: str) -> Handover:
    return _asked(lambda: desks.packs.find(id)) or abort(problem(404, "there is no such pack"))


def _asked(ask: Callable[[], T], sentence: str = "the database does not answer") -> T:
    try:
        return aside(ask)
    except DatabaseAway:
        abort(problem(503, sentence))


def _whole(pack: Handover) -> Response:
    return jsonify(_row(pack) | {"document": dict(pack.document)})


def _row(pack: Handover) -> dict[str, Any]:
    return {name: value for name, value in asdict(pack).items() if name not in ("text", "document")}
