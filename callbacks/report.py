"""`/api/v1/reports/...` and what the page `/reports` shows: reports of days, weeks and months that are over, in every form.

A report is made when it is first asked for, in a thread and one at a time, and given out as it is kept from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from flask import Flask, abort, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from layouts.print import document
from layouts.print.report import model
from model.report import Brand, Span
from store.database import DatabaseAway
from store.report import Revision, canonical
from streams.report.compose import Sources, is_worth, make, span_of

T = TypeVar("T")
SPANS: Mapping[str, Span] = {"daily": "day", "weekly": "week", "monthly": "month"}
LISTED = 60
"""Spans of a kind that the list of reports goes back."""


class ReportQuery(BaseModel):
    """Which report, and as what."""

    model_config = ConfigDict(extra="forbid")
    date: Date = Field(description="a local day; of a weekly or monthly report any day in it")
    format: Literal["pdf", "xlsx", "csv", "json"] = "json"
    language: Literal["en", "zh"] = "en"
    revision: int | None = Field(None, ge=1, le=9999, description="the newest when not given; an older one is given as it was")


class ListQuery(BaseModel):
    """Which reports."""

    model_config = ConfigDict(extra="forbid")
    span: Literal["day", "week", "month"] = "day"


class RevisionRow(BaseModel):
    """One revision."""

    number: int
    made: float = Field(description="wall clock, seconds since 1970")
    changed: int = Field(description="figures that differ from the revision before")


class ReportRow(BaseModel):
    """The revisions of one span, oldest first."""

    first: str
    last: str
    revisions: list[RevisionRow]


class ReportList(BaseModel):
    """The reports that were made, newest first, and the last day that is over."""

    over: str
    reports: list[ReportRow]


class Report(BaseModel):
    """A revision as JSON: `facts` are the figures, by name; docs/integrator.md describes them."""

    kind: str
    first: str
    number: int
    made: float
    sources: str
    facts: dict[str, Any]
    changed: list[dict[str, Any]]


def register(server: Flask, spec: SpecTree, sources: Sources, brand: Brand, now: Callable[[], float], wall: Callable[[], float]) -> None:
    """Adds the routes; `now` is event time: what it has not passed has no report."""
    doors = _Doors(sources, brand, now, wall)
    for word, span in SPANS.items():
        _one(server, spec, doors, word, span)

    @server.get(f"{ROOT}/reports")
    @spec.validate(resp=Described(HTTP_200=ReportList, HTTP_422=Problem, HTTP_503=Problem), tags=["reports"])
    def api_reports(query: ListQuery) -> Response:
        """The reports of days, weeks or months that were made, with their revisions."""
        return jsonify(over=str(doors.over()), reports=_told(lambda: doors.list(query.span)))

    @server.get("/reports/shown/<span>")
    def reports_shown(span: str) -> Response:
        """What the page shows of a report: the same words and figures as its first page and tables."""
        if span not in SPANS:
            return problem(404, f"there is no report {span!r}")
        try:
            query = ReportQuery.model_validate(request.args.to_dict())
        except ValidationError as error:
            return problem(422, "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors()))
        revision = doors.revision(SPANS[span], query)
        told = aside(lambda: model(asdict(revision), query.language, brand))
        told["number"], told["numbers"] = revision.number, _told(lambda: sources.reports.numbers(revision.kind, revision.first))
        return jsonify(told)


def _one(server: Flask, spec: SpecTree, doors: _Doors, word: str, span: Span) -> None:
    def api_report(query: ReportQuery) -> Response:
        return doors.answer(span, query)

    api_report.__name__ = f"api_report_{word}"
    api_report.__doc__ = f"The report of a {span} as JSON, PDF, XLSX or CSV; made now where it was not, or where more has come since."
    answers = Described(HTTP_200=Report, HTTP_404=Problem, HTTP_422=Problem, HTTP_503=Problem)
    described = spec.validate(resp=answers, tags=["reports"])(api_report)
    server.get(f"{ROOT}/reports/{word}", endpoint=api_report.__name__)(described)


def _told(read: Callable[[], T]) -> T:
    """What is read or made in a thread of its own."""
    try:
        return aside(read)
    except OSError as error:
        abort(problem(503, f"the history cannot be read: {error}"))
    except DatabaseAway:
        abort(problem(503, "the journal does not answer"))


class _Doors:
    """The reports, as routes ask for them."""

    def __init__(self, sources: Sources, brand: Brand, now: Callable[[], float], wall: Callable[[], float]) -> None:
        self._sources, self._brand, self._now, self._wall = sources, brand, now, wall
        self._one_at_a_time = threading.Lock()  # a report of a large city takes a core and hundreds of megabytes

    def over(self) -> Date:
        """The last day that is over."""
        return (datetime.fromtimestamp(self._now(), self._sources.zone) - timedelta(1)).date()

    def revision(self, span: Span, query: ReportQuery) -> Revision:
        """The one asked for; made where there is none or more has come. Aborts with a problem."""
        try:
            first, last = span_of(span, query.date)
        except OverflowError:
            abort(problem(422, "date: has no such span"))
        if query.revision is not None:
            found = _told(lambda: self._sources.reports.read(span, first, query.revision or 0))
            return found or abort(problem(404, f"there is no revision {query.revision} of {first}"))
        if last > self.over() or first.year < 1971:
            abort(problem(422, f"date: {last} is not over" if last > self.over() else "date: must be after 1970"))
        if self._sources.site.exercise:  # its journal is not the city's, whose reports these are
            found = _told(lambda: self._sources.reports.newest(span, first))
            return found or abort(problem(404, "an exercise makes no reports"))
        if not _told(lambda: self._sources.reports.numbers(span, first) or is_worth(self._sources, span, first)):
            abort(problem(404, f"nothing is held of {first}: the history begins later"))
        with self._one_at_a_time:
            sources = self._read_here()
            return _told(lambda: make(sources, span, query.date, self._wall()))

    def _read_here(self) -> Sources:
        """With what the loop's own connections tell already read: none of them may be used in another thread."""
        places = {key: self._sources.positions(key) for key in self._sources.domains}
        return replace(self._sources, positions=places.__getitem__)

    def answer(self, span: Span, query: ReportQuery) -> Response:
        """The report as it was asked for."""
        revision = self.revision(span, query)
        told, ending = asdict(revision), query.format
        if ending == "json":
            return Response(canonical({**told, "first": str(revision.first)}), mimetype="application/json")
        draw = lambda: document.drawn(told, ending, query.language, self._brand)  # noqa: E731
        with self._one_at_a_time:
            data = _told(lambda: self._sources.reports.drawn(revision, query.language, ending, draw))
        headers = {"Content-Disposition": f'attachment; filename="{document.named(told, ending, query.language)}"'}
        return Response(data, content_type=document.KINDS[ending], headers=headers)

    def list(self, span: Span) -> list[dict[str, Any]]:
        """Spans with their revisions, newest first."""
        return [self._row(span, first) for first in reversed(self._sources.reports.days(span)[-LISTED:])]

    def _row(self, span: Span, first: Date) -> dict[str, Any]:
        reports = self._sources.reports
        found = [reports.read(span, first, number) for number in reports.numbers(span, first)]
        rows = [{"number": each.number, "made": each.made, "changed": len(each.changed)} for each in found if each]
        return {"first": str(first), "last": str(span_of(span, first)[1]), "revisions": rows}
