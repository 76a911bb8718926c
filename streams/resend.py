"""Sends refused records again after somebody repaired them: from the system page, and as `python -m streams rejects`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import IO, Any

from store import Client
from store.command import RESEND, Carrier
from store.rejects import KEPT, VALUE_BYTES, find, read
from streams.decode import native
from streams.source import Sink


def problem(body: Mapping[str, Any], topics: frozenset[str]) -> str:
    """Why the repaired record cannot be sent, empty when it can."""
    if body.get("topic") not in topics:
        return f"topic {body.get('topic')!r} belongs to no domain"
    if body.get("cut"):
        where = f"offset {body.get('offset')} of partition {body.get('partition')} of {body['topic']}"
        return f"only the first {VALUE_BYTES} of its {body.get('length')} bytes are kept: repair the whole record, which is at {where}"
    try:
        value = _value(body)
    except (TypeError, ValueError, binascii.Error) as error:
        return f"value: {error}"
    refused = native([value])[1]
    return refused[0].reason if refused else ""


def send(sink: Sink, body: Mapping[str, Any]) -> str:
    """Sends one repaired record and waits until Kafka has it; why Kafka never takes it, empty when it did. Raises `KafkaError`."""
    key, value = body.get("key"), _value(body)
    large = sink.deliver(str(body["topic"]), [(key.encode() if isinstance(key, str) else None, value)])
    return f"{len(value)} bytes are more than Kafka takes in one record" if large else ""


def carry_out(carrier: Carrier, sink: Sink, topics: frozenset[str], client: Client) -> None:
    """Takes wishes to send again, and answers each. Raises `Away`, `KafkaError`: what was taken is then taken again."""
    for command in carrier.take():
        if command.kind == RESEND:
            kept = find(client, command.body) or {"cut": False}
            body = {**command.body, "cut": kept["cut"], "length": kept.get("length")}
            reason = problem(body, topics) or send(sink, body)
        else:
            reason = f"no such command: {command.kind}"
        carrier.done(command, {"ok": not reason, "reason": reason})


def show(client: Client, out: IO[str]) -> None:
    """Writes the newest refusals, one JSON object a line."""
    for reject in reversed(read(client, KEPT)):
        out.write(json.dumps(reject, ensure_ascii=False) + "\n")


def sendable(topics: frozenset[str], lines: IO[str], out: IO[str]) -> tuple[dict[int, dict[str, Any]], int]:
    """Repaired refusals by number of line, in the form that `show` writes; and how many cannot be sent, each told on `out`."""
    found: dict[int, dict[str, Any]] = {}
    number = 0
    for number, line in enumerate(lines, 1):
        try:
            body = json.loads(line)
            reason = problem(body, topics) if isinstance(body, dict) else "not an object"
        except ValueError as error:
            reason = str(error)
        if reason:
            out.write(f"line {number}: {reason}\n")
        else:
            found[number] = body
    return found, number - len(found)


def send_lines(sink: Sink, found: Mapping[int, Mapping[str, Any]], out: IO[str]) -> int:
    """Sends what is `sendable`; the number of lines that Kafka never takes, each told on `out`. Raises `KafkaError`."""
    reasons = {number: reason for number, body in found.items() if (reason := send(sink, body))}
    out.writelines(f"line {number}: {reason}\n" for number, reason in reasons.items())
    return len(reasons)


def _value(body: Mapping[str, Any]) -> bytes:
    value = body["value"] if "value" in body else None
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return base64.b64decode(value, validate=True) if body.get("encoding") == "base64" else value.encode()
