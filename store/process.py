"""Heartbeats: every process says about once a second that it lives, how it fares and how much it does."""

from __future__ import annotations

import json
from dataclasses import dataclass

import redis

KEY = "city:processes"
STARTED = "city:processes:started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What a process said last. `wall` and `started` are wall clock; `rate` is what its kind counts, per second."""

    id: str
    kind: str
    state: str
    error: str | None
    rate: float
    wall: float
    started: float


def beat(client: redis.Redis, id: str, kind: str, state: str, error: str | None, rate: float, wall: float) -> None:
    """Says that process `id` lives at `wall`. An id names one run of a process, its first beat is its start. Raises `redis.RedisError`."""
    said = {"kind": kind, "state": state, "error": error, "rate": rate, "wall": wall}
    pipe = client.pipeline(transaction=False)
    pipe.hsetnx(STARTED, id, repr(wall))
    pipe.hset(KEY, id, json.dumps(said, ensure_ascii=False))
    pipe.execute()


def leave(client: redis.Redis, id: str) -> None:
    """A process that stops in good order is not missed; also how one that died is forgotten. Raises `redis.RedisError`."""
    pipe = client.pipeline(transaction=False)
    pipe.hdel(KEY, id)
    pipe.hdel(STARTED, id)
    pipe.execute()


def processes(client: redis.Redis) -> list[Process]:
    """Every process that beat and did not leave, by id; those that died are among them with an old `wall`. Raises `redis.RedisError`."""
    pipe = client.pipeline(transaction=False)
    pipe.hgetall(KEY)
    pipe.hgetall(STARTED)
    said, started = pipe.execute()
    return [_read(id, text, started.get(id)) for id, text in sorted(said.items())]


def _read(id: bytes, text: bytes, started: bytes | None) -> Process:
    said = json.loads(text)
    return Process(id=id.decode(), started=float(started) if started else said["wall"], **said)
