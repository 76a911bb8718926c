"""`/api/v1/journal`: every alarm event, found by time, area, sensor, person, kind and rule; newest first, a page at a time."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Flask
from flask import Response as Answer
from pydantic import BaseModel, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm_shape import EventRow, Name
from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from model import Priority
from model.alarm import EventKind
from store.database import DatabaseAway
from store.journal import Journal

PAGE = 200
MOST_NAMES = 200


class JournalQuery(BaseModel):
    """Which events; all of them when not given. A parameter that may be repeated finds any of its values."""

    model_config = ConfigDict(extra="forbid")
    since: float | None = Field(None, allow_inf_nan=False, description="event time, seconds since 1970")
    until: float | None = Field(None, allow_inf_nan=False, description="before this moment, likewise")
    area: list[Name] = Field([], max_length=MOST_NAMES)
    subject: list[Name] = Field([], max_length=MOST_NAMES, description="`sensor:<id>`, `kpi:<key>`, `feed:<domain>` and so on")
    kind: list[EventKind] = Field([], max_length=MOST_NAMES)
    alarm: Name | None = None
    domain: Name | None = None
    rule: Name | None = Field(None, description="`<domain>/<key>`")
    priority: Priority | None = None
    person: Name | None = Field(None, description="who did it; of a program its owner, a slash and its label")
    before_seq: int | None = Field(None, ge=0, lt=1 << 53, description="the page after the one that told this")
    limit: int = Field(PAGE, ge=1, le=PAGE)


class JournalPage(BaseModel):
    """Events, newest first."""

    events: list[EventRow]
    before_seq: int | None = Field(description="asks for the next page; null where there is none")


def register(server: Flask, spec: SpecTree, journal: Journal) -> None:
    """Adds the route."""

    @server.get(f"{ROOT}/journal")
    @spec.validate(resp=Described(HTTP_200=JournalPage, HTTP_503=Problem), tags=["alarms"])
    def api_journal(query: JournalQuery) -> Response:
        """What happened to alarms, and who did what, newest first."""
        try:
            return Answer(aside(lambda: _page(journal, query)), mimetype="application/json")
        except DatabaseAway:
            return problem(503, "the journal does not answer")


def _page(journal: Journal, query: JournalQuery) -> bytes:
    found = journal.search(**_asked(query), limit=query.limit + 1)
    events, more = found[: query.limit], len(found) > query.limit
    return msgspec.json.encode({"events": events, "before_seq": events[-1].seq if more else None})


def _asked(query: JournalQuery) -> dict[str, Any]:
    return {
        "since": query.since,
        "until": query.until,
        "areas": query.area or None,
        "subjects": query.subject or None,
        "kinds": query.kind or None,
        "alarm": query.alarm,
        "domain": query.domain,
        "rule": query.rule,
        "priority": query.priority,
        "who": query.person,
        "before": query.before_seq,
    }
