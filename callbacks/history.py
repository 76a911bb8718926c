"""`/api/v1/history`: the past of sensors, KPIs and alarms as it is drawn, and the very same rows as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from flask import Flask, abort
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.history_past import DAY, Asked, Pasts, understand
from callbacks.history_shape import MOST_POINTS, HistoryQuery, Past
from callbacks.problem import problem
from callbacks.replay import LATEST
from model import Domain
from store.database import DatabaseAway
from store.trace import EXPORTS, Rows, listed, table

LONGEST = 3_660
Series = tuple[Asked, float, str, int, Rows]
"""(what, how many seconds earlier, kind, rows there are, rows that are drawn)."""
T = TypeVar("T")


def register(server: Flask, spec: SpecTree, domains: Mapping[str, Domain], pasts: Pasts) -> None:
    """Adds the route."""

    @server.get(f"{ROOT}/history")
    @spec.validate(resp=Described(HTTP_200=Past, HTTP_404=Problem, HTTP_422=Problem, HTTP_503=Problem), tags=["history"])
    def api_history(query: HistoryQuery) -> Response:
        """Readings (up to two days), minutes or figures, thinned to what can be drawn, with alarms; as JSON, or in one table as a file."""
        asked = _asked(query, domains)
        found, (alarms, cut) = _read(lambda: (_series(pasts, asked, query), _alarms(pasts, asked, query)))
        if query.format == "json":
            return Response(aside(lambda: _json(found, alarms, cut)), mimetype="application/json")
        return _file(query, found, alarms or [])


def _asked(query: HistoryQuery, domains: Mapping[str, Domain]) -> list[Asked]:
    found = []
    for of in dict.fromkeys(query.of):
        one = understand(of, domains)
        if one is None:
            abort(problem(404, f"there is no {of!r}"))
        found.append(one)
    if query.until.timestamp() >= LATEST:
        abort(problem(422, "to: must be before the year 5000"))
    if not 0 < (query.until - query.since).total_seconds() <= LONGEST * DAY:
        abort(problem(422, f"to: must be after from, and by at most {LONGEST} days"))
    if not all(0 <= each <= LONGEST * DAY for each in query.shift):
        abort(problem(422, f"shift: seconds back, at most {LONGEST} days"))
    if (query.since.timestamp() - max(query.shift, default=0.0)) < 0:
        abort(problem(422, "from: must not be before 1970"))
    lines = sum(one.shown is not None for one in found) * len(dict.fromkeys(query.shift))
    if lines * query.points > MOST_POINTS:
        abort(problem(422, f"points: of {lines} series at most {MOST_POINTS // lines} each"))
    return found


def _series(pasts: Pasts, asked: list[Asked], query: HistoryQuery) -> list[Series]:
    since, until = query.since.timestamp(), query.until.timestamp()
    spans = [(one, shift) for one in asked if one.shown for shift in dict.fromkeys(query.shift)]
    return [(one, shift, *pasts.rows(one, since - shift, until - shift, query.points)) for one, shift in spans]


def _alarms(pasts: Pasts, asked: list[Asked], query: HistoryQuery) -> tuple[list[dict[str, Any]] | None, float | None]:
    try:
        return pasts.alarms(asked, query.since.timestamp(), query.until.timestamp())
    except DatabaseAway:
        return None, None


def _json(found: list[Series], alarms: list[dict[str, Any]] | None, cut: float | None) -> bytes:
    """Each series for itself: while one is encoded, the loop that feeds the screens stands still."""
    series = b",".join(msgspec.json.encode(_told(each)) for each in found)
    return b'{"series":[%b],"alarms":%b,"alarms_since":%b}' % (series, *map(msgspec.json.encode, (alarms, cut)))


def _told(series: Series) -> dict[str, Any]:
    asked, shift, kind, count, rows = series
    return {"of": asked.of, "shift": shift, "unit": _unit(asked), "kind": kind, "rows": count, "c": listed(rows)}


def _read(read: Callable[[], T]) -> T:
    """What is read in a thread of its own."""
    try:
        return aside(read)
    except OSError as error:
        abort(problem(503, f"the history cannot be read: {error}"))


def _file(query: HistoryQuery, found: list[Series], alarms: list[dict[str, Any]]) -> Response:
    mimetype, made = EXPORTS[query.format]
    parts = [({"series": one.of, "unit": _unit(one), "kind": kind, "shift": shift}, rows) for one, shift, kind, _, rows in found]
    once = {(one["alarm"], one["time"], one["kind"]): one for one in alarms}  # it may lie over two series, or be one itself
    headers = {"Content-Disposition": f'attachment; filename="history-{query.since:%Y%m%d}.{query.format}"'}
    return Response(aside(lambda: made(table(parts, list(once.values())))), mimetype=mimetype, headers=headers)


def _unit(asked: Asked) -> str:
    return asked.shown.unit if asked.shown else ""
