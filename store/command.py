"""Commands: a person's wish travels from the web to a process that can carry it out, and an answer comes back.

A wish is an entry of one Redis stream, read by a group, so that exactly one process takes it; what a process took and died over
is taken by another. Carrying out must therefore be idempotent. No answer in time is no answer: the asker says "unknown", never
a guess.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import redis

KEY = "city:commands"
GROUP = "carriers"
RESEND = "resend"
"""The wish to send a repaired record: `topic`, `value`, and `encoding` or `key` where there is one."""
KEPT = 10_000
ANSWER_SECONDS = 120
TAKEN_OVER_MS = 10_000
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 8.0


class Command(NamedTuple):
    """A wish: its place in the stream, the id its asker made, what, and with what."""

    entry: bytes
    id: str
    kind: str
    body: Mapping[str, Any]


def ask(client: redis.Redis, id: str, kind: str, body: Mapping[str, Any]) -> None:
    """Puts a wish on the stream. Raises `redis.RedisError`."""
    client.xadd(KEY, {"id": id, "kind": kind, "body": json.dumps(body)}, maxlen=KEPT, approximate=True)


def answer(client: redis.Redis, id: str, outcome: Mapping[str, Any]) -> None:
    """Tells the asker. Raises `redis.RedisError`."""
    client.set(f"city:answer:{id}", json.dumps(outcome), ex=ANSWER_SECONDS)


def request(client: redis.Redis, id: str, kind: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Asks, and waits for the answer; None when none comes in time. Raises `redis.RedisError`."""
    ask(client, id, kind, body)
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found = client.get(f"city:answer:{id}")
        if isinstance(found, bytes):
            told: dict[str, Any] = json.loads(found)
            return told
        time.sleep(POLL_SECONDS)
    return None


class Carrier:
    """One process that carries wishes out."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client, self._name = client, name

    def take(self) -> list[Command]:
        """New wishes, and those whose taker died. Raises `redis.RedisError`."""
        try:
            found = self._client.xreadgroup(GROUP, self._name, {KEY: ">"}, count=100)
            claimed = self._client.xautoclaim(KEY, GROUP, self._name, TAKEN_OVER_MS, count=100)[1]
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self._client.xgroup_create(KEY, GROUP, id="0", mkstream=True)
            return []
        streams = found.values() if isinstance(found, dict) else [entries for _, entries in found or []]
        entries = [entry for entries in streams for entry in (entries if entries and isinstance(entries[0], tuple) else sum(entries, []))]
        return [_command(entry, fields) for entry, fields in entries + claimed if fields]

    def done(self, command: Command, outcome: Mapping[str, Any]) -> None:
        """The wish is carried out, or never can be. Raises `redis.RedisError`."""
        answer(self._client, command.id, outcome)
        self._client.xack(KEY, GROUP, command.entry)


def _command(entry: bytes, fields: Mapping[bytes, bytes]) -> Command:
    return Command(entry, fields[b"id"].decode(), fields[b"kind"].decode(), json.loads(fields[b"body"]))
