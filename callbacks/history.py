"""`/api/v1/history`: one sensor's past as it is drawn, and the very same rows as a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from flask import Flask, abort
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from model import Domain, Metric, Site
from store.history import History
from store.trace import EXPORTS, Rows, broken, columns, listed, thinned, trusted

DAY, APART, LONGEST = 86_400.0, 3.0, 3_660
RAW_SECONDS = 2 * DAY
"""Up to so long a span is told by its readings, a longer one by minutes."""


class HistoryQuery(BaseModel):
    """Which past of which sensor, and as what."""

    model_config = ConfigDict(extra="forbid")
    sensor: str = Field(min_length=1, max_length=256)
    metric: str
    domain: str | None = Field(None, description="needed where several bureaus have that metric")
    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    points: int = Field(2_000, ge=8, le=200_000, description="rows at most, gaps not counted; the least and the greatest are kept")
    format: Literal["json", "csv", "xlsx", "parquet"] = "json"


class Past(BaseModel):
    """Columns of equal length; `time` in milliseconds since the epoch. A row without a value is a gap."""

    domain: str
    sensor: str
    metric: str
    unit: str
    kind: Literal["raw", "minute"]
    rows: int = Field(description="how many there were before they were thinned")
    c: dict[str, list[Any]]


def register(server: Flask, spec: SpecTree, domains: Mapping[str, Domain], site: Site, history: History) -> None:
    """Adds the route."""
    intervals = {(key, sensor.id): sensor.interval for key, sensors in site.sensors.items() for sensor in sensors}

    @server.get(f"{ROOT}/history")
    @spec.validate(resp=Described(HTTP_200=Past, HTTP_404=Problem, HTTP_422=Problem), tags=["history"])
    def api_history(query: HistoryQuery) -> Response | dict[str, Any]:
        """One sensor's readings (up to two days) or minutes, thinned to what can be drawn; as JSON or as a file."""
        domain, metric = _chosen(query, domains)
        interval = intervals.get((domain.key, query.sensor), domain.interval)
        kind, count, rows = _asked(lambda: _read(history, domain, metric, query, interval))
        if query.format == "json":
            told = {"domain": domain.key, "sensor": query.sensor, "metric": metric.key, "unit": metric.unit, "kind": kind, "rows": count}
            return told | {"c": listed(rows)}
        return _file(query, rows)


def _chosen(query: HistoryQuery, domains: Mapping[str, Domain]) -> tuple[Domain, Metric]:
    found = [
        (domain, metric)
        for domain in domains.values()
        for metric in domain.metrics
        if metric.key == query.metric and query.domain in (None, domain.key)
    ]
    if not found:
        abort(problem(404, f"there is no metric {query.metric!r}" + (f" of {query.domain!r}" if query.domain else "")))
    if len(found) > 1:
        abort(problem(422, f"domain: one of {', '.join(domain.key for domain, _ in found)}, which all have {query.metric!r}"))
    if not 0 < (query.until - query.since).total_seconds() <= LONGEST * DAY:
        abort(problem(422, f"to: must be after from, and by at most {LONGEST} days"))
    return found[0]


def _asked(read: Callable[[], tuple[str, int, Rows]]) -> tuple[str, int, Rows]:
    """What is read in a thread of its own."""
    try:
        return aside(read)
    except OSError as error:
        abort(problem(503, f"the history cannot be read: {error}"))


def _read(history: History, domain: Domain, metric: Metric, query: HistoryQuery, interval: float) -> tuple[str, int, Rows]:
    since, until = query.since.timestamp(), query.until.timestamp()
    if until - since <= RAW_SECONDS:
        kind, rows = "raw", trusted(history.series(domain.key, query.sensor, metric.key, since, until))
        apart = APART * interval
    else:
        kind, rows = "minute", history.minutes(domain.key, query.sensor, metric, since, until)
        apart = max(APART * interval, 120.0)
    return kind, rows.num_rows, columns(broken(rows, thinned(rows, query.points), apart))


def _file(query: HistoryQuery, rows: Rows) -> Response:
    kind, made = EXPORTS[query.format]
    name = re.sub(r"[^\w.-]+", "_", f"{query.sensor}-{query.metric}-{query.since:%Y%m%d}", flags=re.ASCII)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{query.format}"'}
    return Response(aside(lambda: made(rows)), mimetype=kind, headers=headers)
