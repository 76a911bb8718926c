"""Refused records: read on the system page, and sent again after somebody repaired them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from callbacks.problem import problem
from callbacks.visitor import visitor
from callbacks.witness import Witness
from store import Away
from store.database import DatabaseAway

MOST = 1000
FIELDS = ("topic", "partition", "offset", "index", "value", "encoding", "key")
LONGEST_TOPIC = 249
LONGEST = 1 << 20
"""Bytes of a repaired record: what Kafka takes by default."""

NOT_RECORDED = "not recorded: the database does not answer, and nothing was sent"

Read = Callable[[int], list[dict[str, Any]]]
Ask = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]


def register(server: Flask, read: Read, ask: Ask, witness: Witness) -> None:
    """Adds `GET /rejects?limit=` and `POST /rejects/resend`; `ask(id, body)` puts the wish, recorded before, and waits for its answer."""

    @server.get("/rejects")
    def rejects() -> Response:
        limit = request.args.get("limit", 200, type=int)
        try:
            return jsonify(read(max(1, min(limit, MOST))))
        except Away:
            return problem(503, "the store does not answer")

    @server.post("/rejects/resend")
    def resend() -> Response:
        body = _body()
        if isinstance(body, Response):
            return body
        known = visitor()
        try:
            told = {name: str(body[name]) for name in ("partition", "offset", "index") if name in body}
            witness.tell(known.name if known else "unknown", "reject.resend", f"topic:{body['topic'][:LONGEST_TOPIC]}", **told)
            outcome = ask(secrets.token_hex(8), body)
        except DatabaseAway:
            return problem(503, NOT_RECORDED)
        except Away:
            return problem(503, "the store does not answer: nothing was sent")
        if outcome is None:
            return problem(504, "no answer yet: look whether it was taken before sending it again")
        return jsonify(ok=True) if outcome["ok"] else problem(422, outcome["reason"])


def _body() -> dict[str, Any] | Response:
    try:
        told = request.get_json()
    except HTTPException:
        return problem(400, "the body is not JSON")
    if not isinstance(told, dict) or not isinstance(told.get("value"), str) or not isinstance(told.get("topic"), str):
        return problem(400, "topic and value must be texts")
    if len(told["value"].encode(errors="replace")) > LONGEST:
        return problem(413, f"a record is at most {LONGEST} bytes")
    return {name: told[name] for name in FIELDS if name in told}
