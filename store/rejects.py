"""Refused records: the newest of every partition for people to read, and their form on `city.rejects`."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis

from model import Reject
from store.partition import Changes
from store.view import names

KEPT = 200
"""Rejects of a partition that the system page can read; Kafka holds them all."""


def record(reject: Reject) -> dict[str, Any]:
    """The reject as `city.rejects` and the system page show it; `value` as text where it is UTF-8, else in base64."""
    try:
        value, encoding = reject.value.decode(), "utf-8"
    except UnicodeDecodeError:
        value, encoding = base64.b64encode(reject.value).decode(), "base64"
    return {
        "domain": reject.domain,
        "topic": reject.topic,
        "partition": reject.partition,
        "offset": reject.offset,
        "index": reject.index,
        "reason": reject.reason,
        "time": reject.time,
        "key": None if reject.key is None else reject.key.decode(errors="replace"),
        "value": value,
        "encoding": encoding,
    }


def keep(changes: Changes, rejects: list[Reject]) -> None:
    """Adds the newest refusals to a commit of their partition."""
    for reject in rejects[-KEPT:]:
        changes.appends.append(("rejects", json.dumps(record(reject)).encode()))
    if rejects:
        changes.trims["rejects"] = KEPT


def read(client: redis.Redis, limit: int) -> list[dict[str, Any]]:
    """The newest `limit` refusals of all partitions, newest first."""
    found_names = names(client)
    pipe = client.pipeline(transaction=False)
    for name in found_names:
        pipe.lrange(f"city:{{{name}}}:rejects", -limit, -1)
    found = [json.loads(text) for texts in pipe.execute() for text in texts]
    return sorted(found, key=lambda reject: -float(reject["time"]))[:limit]
