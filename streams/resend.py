"""Sends refused records again after somebody repaired them: from the system page, and as `python -m streams rejects`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import IO, Any

from store import Client
from store.command import RESEND, Carrier
from store.rejects import KEPT, read
from streams.decode import native
from streams.source import Sink


def problem(body: Mapping[str, Any], topics: frozenset[str]) -> str:
    """Why the repaired record cannot be sent, empty when it can."""
    if body.get("topic") not in topics:
        return f"topic {body.get('topic')!r} belongs to no domain"
    try:
        value = _value(body)
    except (TypeError, ValueError, binascii.Error) as error:
        return f"value: {error}"
    refused = native([value])[1]
    return refused[0].reason if refused else ""


def send(sink: Sink, body: Mapping[str, Any]) -> None:
    """Sends one repaired record and waits until Kafka has it. Raises `KafkaError`."""
    key = body.get("key")
    sink.send(str(body["topic"]), _value(body), key.encode() if isinstance(key, str) else None, {})
    sink.flush()


def carry_out(carrier: Carrier, sink: Sink, topics: frozenset[str]) -> None:
    """Takes wishes to send again, and answers each. Raises `Away`, `KafkaError`: what was taken is then taken again."""
    for command in carrier.take():
        reason = problem(command.body, topics) if command.kind == RESEND else f"no such command: {command.kind}"
        if not reason:
            send(sink, command.body)
        carrier.done(command, {"ok": not reason, "reason": reason})


def show(client: Client, out: IO[str]) -> None:
    """Writes the newest refusals, one JSON object a line."""
    for reject in reversed(read(client, KEPT)):
        out.write(json.dumps(reject, ensure_ascii=False) + "\n")


def send_lines(sink: Sink, topics: frozenset[str], lines: IO[str], out: IO[str]) -> int:
    """Sends repaired refusals, in the form that `show` writes; the number of lines that could not be sent, each told on `out`."""
    failed = 0
    for number, line in enumerate(lines, 1):
        try:
            body = json.loads(line)
            reason = problem(body, topics) if isinstance(body, dict) else "not an object"
        except ValueError as error:
            reason = str(error)
        if reason:
            failed += 1
            out.write(f"line {number}: {reason}\n")
        else:
            send(sink, body)
    return failed


def _value(body: Mapping[str, Any]) -> bytes:
    value = body["value"] if "value" in body else None
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return base64.b64decode(value, validate=True) if body.get("encoding") == "base64" else value.encode()
