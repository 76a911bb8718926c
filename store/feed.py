"""What every partition says of itself: its counters, its rate and how far behind it is."""

from __future__ import annotations

import redis

from store.view import names


def feeds(client: redis.Redis) -> dict[tuple[str, int], dict[str, str]]:
    """The texts of `city:{<domain>.<partition>}:meta` by (domain, partition). Raises `redis.RedisError`."""
    found = names(client)
    pipe = client.pipeline(transaction=False)
    for name in found:
        pipe.hgetall(f"city:{{{name}}}:meta")
    return {_place(name): _texts(meta) for name, meta in zip(found, pipe.execute(), strict=True)}


def _place(name: str) -> tuple[str, int]:
    domain, _, number = name.rpartition(".")
    return domain, int(number)


def _texts(meta: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): text.decode(errors="replace") for name, text in meta.items()}
