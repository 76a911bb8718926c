"""Heartbeats: every process says about once a second that it lives, how it fares and how much it does.

What changes while nothing is stored, a partition's rate and lag, travels with the heartbeat of who reads it, and is old when that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import redis

KEY = "city:processes"
SILENT_SECONDS = 6.0
STARTED = "city:processes:started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What a process said last. `wall` and `started` are wall clock; `rate` is what its kind counts, per second.

    `feeds` has the rate of each partition it reads, by its name, and how many records behind it is, None where that is not known.
    """

    id: str
    kind: str
    state: str
    error: str | None
    rate: float
    wall: float
    started: float
    feeds: Mapping[str, tuple[float, int | None]] = field(default_factory=dict)


def beat(
    client: redis.Redis,
    id: str,
    kind: str,
    state: str,
    error: str | None,
    rate: float,
    wall: float,
    feeds: Mapping[str, tuple[float, int | None]] | None = None,
) -> None:
    """Says that process `id` lives at `wall`. An id names one run of a process, its first beat is its start. Raises `redis.RedisError`."""
    said = {"kind": kind, "state": state, "error": error, "rate": rate, "wall": wall, "feeds": feeds or {}}
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


def reader(found: Iterable[Process], partition: str, wall: float, patience: float) -> Process | None:
    """Who reads the partition: the one heard last, within `patience` seconds; None when nobody who reads it was."""
    heard = [process for process in found if partition in process.feeds and wall - process.wall <= patience]
    return max(heard, key=lambda process: process.wall, default=None)


def is_active(client: redis.Redis, kind: str, wall: float) -> bool | None:
    """Whether a process of that kind said lately that it is the active one; None while Redis does not answer."""
    try:
        return any(one.kind == kind and one.state == "active" and wall - one.wall <= SILENT_SECONDS for one in processes(client))
    except redis.RedisError:
        return None


def _read(id: bytes, text: bytes, started: bytes | None) -> Process:
    said = json.loads(text)
    said["feeds"] = {name: (rate, lag) for name, (rate, lag) in said.get("feeds", {}).items()}
    return Process(id=id.decode(), started=float(started) if started else said["wall"], **said)
