"""Refused records: the newest of every partition for people to read, and their form on `city.rejects`.

A record may be a megabyte of anything, and two hundred of them must fit into Redis and each into one message: a long one is cut, and says
so. The whole of it is in its own topic, at the partition and the offset that are told.
"""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Mapping
from typing import Any

import redis

from model import Reject
from store.partition import Changes
from store.view import names

VALUE_BYTES = 65_536
"""What is kept of a record. As JSON it is at most twice as long."""
KEY_BYTES = 256
REASON_LETTERS = 500
KEPT = 200
"""Rejects of a partition that the system page can read; Kafka holds them all."""
LARGE_BYTES, LARGE_KEPT = 8_192, 20
"""Of those longer than this as JSON fewer are kept, so that a partition's take four megabytes at most."""
PLACE = ("topic", "partition", "offset", "index")
"""What names a refusal: where it came from."""


def record(reject: Reject, most: int = VALUE_BYTES) -> dict[str, Any]:
    """The reject as `city.rejects` and the system page show it, with at most `most` bytes of its value.

    `value` is text where that is UTF-8 and JSON does not blow it up, else base64. `length` is that of the whole record in bytes, `cut`
    whether `value` is only its beginning.
    """
    cut = len(reject.value) > most
    value, encoding = _text(reject.value[:most], cut)
    return {
        "domain": reject.domain,
        "topic": reject.topic,
        "partition": reject.partition,
        "offset": reject.offset,
        "index": reject.index,
        "reason": reject.reason[:REASON_LETTERS],
        "time": reject.time,
        "key": None if reject.key is None else reject.key[:KEY_BYTES].decode(errors="replace"),
        "value": value,
        "encoding": encoding,
        "length": len(reject.value),
        "cut": cut,
    }


def _text(value: bytes, cut: bool) -> tuple[str, str]:
    """(text, encoding) of bytes; a letter that the cut went through is left out."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(value, final=not cut)
        if len(_json(text)) <= 2 * len(value) + 2:
            return text, "utf-8"
    except UnicodeDecodeError:
        pass
    return base64.b64encode(value).decode(), "base64"


def encoded(reject: Reject, most: int = VALUE_BYTES) -> bytes:
    """The record as JSON: less than 140 kB, whatever was refused."""
    return _json(record(reject, most))


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode(errors="replace")


def keep(changes: Changes, rejects: list[Reject]) -> None:
    """Adds the newest refusals to a commit of their partition."""
    for reject in rejects[-KEPT:]:
        told = encoded(reject)
        name, most = ("rejects", KEPT) if len(told) <= LARGE_BYTES else ("rejects:large", LARGE_KEPT)
        changes.appends.append((name, told))
        changes.trims[name] = most


def read(client: redis.Redis, limit: int) -> list[dict[str, Any]]:
    """The newest `limit` refusals of all partitions, newest first. Raises `redis.RedisError`."""
    found = _lists(client, names(client), limit)
    return sorted(found, key=lambda reject: -float(reject["time"]))[:limit]


def find(client: redis.Redis, told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The refusal that has the place of `told`, None when it is not among the newest any more. Raises `redis.RedisError`."""
    place = [told.get(name) for name in PLACE]
    near = [name for name in names(client) if name.rpartition(".")[2] == str(told.get("partition"))]
    return next((one for one in _lists(client, near, KEPT) if [one[name] for name in PLACE] == place), None)


def _lists(client: redis.Redis, partitions: list[str], limit: int) -> list[dict[str, Any]]:
    pipe = client.pipeline(transaction=False)
    for partition in partitions:
        for kind in ("rejects", "rejects:large"):
            pipe.lrange(f"city:{{{partition}}}:{kind}", -limit, -1)
    return [json.loads(text) for texts in pipe.execute() for text in texts]
