"""`/api/v1/log`: the log book of the control room. What stands there stays; a mistake is put right by a further entry that names it."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from flask import Flask, jsonify
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from callbacks.shift_shape import EntryRow, LogPage, LogQuery, Writing
from callbacks.visitor import visitor
from callbacks.wish import seat
from model import Site
from model.person import Visitor
from model.shift import Entry
from store.database import DatabaseAway
from store.logbook import LogBook
from store.people import Unknown

NOT_RECORDED = "not recorded: the database does not answer"


def register(server: Flask, spec: SpecTree, site: Site, book: LogBook) -> None:
    """Adds the routes. Who writes is who is signed in, at the desk that the server knows."""

    @server.get(f"{ROOT}/log")
    @spec.validate(resp=Described(HTTP_200=LogPage, HTTP_503=Problem), tags=["shift"])
    def api_log(query: LogQuery) -> Response:
        """What was written down, newest first."""
        asked = query.model_dump(exclude={"before_seq", "limit", "person"})
        try:
            found = aside(lambda: book.search(**asked, author=query.person, before=query.before_seq, limit=query.limit + 1))
        except DatabaseAway:
            return problem(503, "the log book does not answer")
        entries = found[: query.limit]
        more = len(found) > query.limit
        return jsonify(entries=[asdict(each) for each in entries], before_seq=entries[-1].seq if more else None)

    @server.post(f"{ROOT}/log")
    @spec.validate(resp=Described(HTTP_200=EntryRow, HTTP_404=Problem, HTTP_503=Problem), tags=["shift"])
    def api_log_write(json: Writing) -> Response:
        """Writes an entry; answered when it is in the book."""
        known = visitor()
        if known is None:  # the guard lets nobody unknown in
            return problem(403, "nobody is signed in")
        try:
            return jsonify(asdict(aside(lambda: book.write(_entry(json, known, site)))))
        except Unknown:
            return problem(404, f"there is no entry {json.corrects}")
        except DatabaseAway:
            return problem(503, NOT_RECORDED)


def _entry(asked: Writing, known: Visitor, site: Site) -> Entry:
    """Its id is its author's own: nobody is answered what another wrote."""
    told = asked.model_dump(exclude={"id"})
    return Entry(
        id=f"{known.name}:{asked.id or secrets.token_hex(8)}", author=known.name, display=known.display, desk=seat(known, site), **told
    )
