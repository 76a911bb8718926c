"""What the elected judge remembers: where its rules stand, what is true, and the documents the web serves.

Only the holder of the lease may write: every write happens together with a check that the lease is still held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import redis

from store import edge
from store.lease import Lease
from store.partition import Fenced
from store.urgent import announce

NAME = "judge"


def _key(name: str) -> str:
    return f"city:{{{NAME}}}:{name}"


class Judgements:
    """The judge's keys."""

    def __init__(self, client: redis.Redis, lease: Lease) -> None:
        self._client, self._lease = client, lease

    def load(self) -> tuple[Mapping[bytes, bytes], Mapping[bytes, bytes]]:
        """(states, conditions) by name. Raises `redis.RedisError`."""
        pipe = self._client.pipeline(transaction=False)
        pipe.hgetall(_key("state"))
        pipe.hgetall(_key("conditions"))
        state, conditions = pipe.execute()
        return state, conditions

    def save(self, kept: Mapping[str, Mapping[str, bytes]], removed: Mapping[str, Sequence[str]], edges: Sequence[bytes] = ()) -> None:
        """Sets and removes fields of `state` and `conditions`, tells the edges and rings for them.

        Raises `Fenced` when the lease is another's, `redis.RedisError`.
        """
        with self._client.pipeline(transaction=True) as pipe:
            pipe.watch(self._lease.key)  # type: ignore[no-untyped-call]
            if pipe.get(self._lease.key) != self._lease.holder.encode():
                raise Fenced("the judge's lease is another's")
            pipe.multi()
            for name, fields in kept.items():
                if fields:
                    pipe.hset(_key(name), mapping=dict(fields))  # type: ignore[arg-type]
            for name, gone in removed.items():
                if gone:
                    pipe.hdel(_key(name), *gone)
            edge.append(pipe, NAME, edges)
            try:
                pipe.execute()
            except redis.WatchError as error:
                raise Fenced("the judge's lease changed hands") from error
        if edges:
            announce(self._client)

    def publish(self, documents: Mapping[str, bytes]) -> None:
        """Sets documents that the web serves as they are, e.g. `positions:sea`, `kpis:sea`.

        Raises `Fenced` when the lease is another's, `redis.RedisError`.
        """
        self._lease.write({_key(name): data for name, data in documents.items()})


def document(client: redis.Redis, name: str) -> bytes | None:
    """The document of that name, None when the judge has not made it yet."""
    data = client.get(_key(name))
    return data if isinstance(data, bytes) else None
