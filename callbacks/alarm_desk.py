"""What the alarm desk asks for by itself: its rows, and what a sensor or a figure said around the moment of an alarm."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, jsonify, request

from callbacks.alarm_rows import Rows, told_then
from callbacks.aside import aside
from callbacks.problem import problem
from model import Domain, Metric
from store.live import Live
from store.replay import Replays
from store.view import View

LONGEST_SECONDS = 86_400.0

Moment = Callable[[Sequence[tuple[View, int]], Metric, float, float], dict[str, Any]]
Readings = Callable[[str, str, Metric, float, float], Mapping[str, list[Any]]]
"""Domain, sensor, metric, from when, until when. Raises `OSError`."""
NO_FIVE: Mapping[str, list[Any]] = {"t": [], "mean": [], "min": [], "max": []}


def register(
    server: Flask,
    rows: Rows,
    replays: Replays,
    domains: Mapping[str, Domain],
    reader: Live,
    moment: Moment,
    readings: Readings,
    heard: Callable[[], None],
) -> None:
    """Adds the routes. `moment` tells what series said in a span of seconds, as `streams.moment.moment` does, `readings` what the history
    has of it; `heard` is called where rows are asked for: whose page it is may be there.
    """

    @server.get("/desk/alarms")
    def desk_alarms() -> Response:
        """All rows, or what changed since a revision of the board; with `replay` the rows as they stood at its moment."""
        heard()
        since, replay = request.args.get("since", -1, type=int), request.args.get("replay", "")
        past = replays.alarms(replay) if replay else None
        if replay and past is None:
            return problem(404, "this replay is over")
        body = told_then(*past, since) if past else rows.told(since)
        headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-store"}
        if request.accept_encodings["gzip"] <= 0:
            return Response(gzip.decompress(body), mimetype="application/json", headers=headers)
        return Response(body, mimetype="application/json", headers={**headers, "Content-Encoding": "gzip"})

    @server.get("/desk/moment/<domain>/<key>")
    def desk_moment(domain: str, key: str) -> Response:
        """Of `sensor` what its metric `key` said from `since` to `until`; without one, the last day of that figure of the domain."""
        found = domains.get(domain)
        if found is None:
            return problem(404, f"there is no domain {domain!r}")
        sensor, past = request.args.get("sensor"), "replay" in request.args
        since, until = (request.args.get(name, type=float) for name in ("since", "until"))
        if sensor is None:
            return jsonify(trend=None if past else reader.trend(domain, key))
        metric = next((each for each in found.metrics if each.key == key), None)
        if metric is None:
            return problem(404, f"{domain} has no metric {key!r}")
        if since is None or until is None or not 0 < until - since <= LONGEST_SECONDS:
            return problem(422, "since and until: seconds since 1970, at most a day apart")
        if past or since < time.time() - LONGEST_SECONDS:  # longer ago than Redis has it
            return _kept(lambda: readings(domain, sensor, metric, since, until))
        return jsonify(moment(reader.series(domain, sensor, key), metric, since, until))


def _kept(read: Callable[[], Mapping[str, list[Any]]]) -> Response:
    try:
        return jsonify({**aside(read), "five": NO_FIVE})
    except OSError:
        return problem(503, "the history does not answer")
