"""What one Kafka partition has produced: loaded whole when the partition is taken up, committed with its offset in one
transaction.

Promise 1: the offset is stored in the same transaction as the state it produced, and the transaction only happens when the
stored offset is the one this process started from. A process that was paused and lost its partition finds another offset and is
fenced. All keys share the hash tag `{<domain>.<partition>}`, so on Redis Cluster the transaction stays in one slot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import redis

from store import edge

PARTITIONS = "city:partitions"
THINNED = b"thinned"
"""What the hash `minutes` says of a minute that was thinned; of others it says nothing."""


class Fenced(Exception):
    """Another process has written this partition since: drop what is held and load again."""


@dataclass(slots=True)
class Changes:
    """One commit: everything relative to the partition's own keys, named by what follows `city:{<partition>}:`."""

    meta: dict[str, str | int | float] = field(default_factory=dict)
    patches: list[tuple[str, int, bytes]] = field(default_factory=list)
    """(name, byte offset, bytes) into a table."""
    appends: list[tuple[str, bytes]] = field(default_factory=list)
    """(name, blob) to the end of a list."""
    fields: dict[str, dict[str, bytes | str]] = field(default_factory=dict)
    """Hash fields to set."""
    removed: dict[str, list[str]] = field(default_factory=dict)
    """Hash fields to remove."""
    deleted: list[str] = field(default_factory=list)
    """Whole keys to delete, before anything is written."""
    trims: dict[str, int] = field(default_factory=dict)
    """Lists to cut to their newest n."""
    edges: list[bytes] = field(default_factory=list)
    """Conditions that became true or false, in order."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A partition as Redis holds it; `offset` is None for one never written."""

    offset: int | None
    meta: Mapping[bytes, bytes]
    series: Mapping[int, tuple[str, str]]
    latest: bytes
    windows: Mapping[tuple[int, int], bytes]
    segments: Mapping[int, list[bytes]]
    chunks: Mapping[int, Mapping[bytes, bytes]]
    state: Mapping[bytes, bytes]
    conditions: Mapping[bytes, bytes]
    places: Mapping[bytes, bytes]
    thinned: Collection[int] = ()
    """Minutes of which only the sensors with one reading are left."""


class Partition:
    """The keys of one partition."""

    def __init__(self, client: redis.Redis, domain: str, number: int) -> None:
        self.name = f"{domain}.{number}"
        self._client = client

    def key(self, name: str) -> str:
        """The full key of `name`."""
        return f"city:{{{self.name}}}:{name}"

    def load(self) -> Stored:
        """Everything stored, and the partition listed among those that have spoken. Raises `redis.RedisError`."""
        self._client.sadd(PARTITIONS, self.name)
        names = ("meta", "series", "state", "conditions", "places", "touched", "minutes")
        pipe = self._client.pipeline(transaction=False)
        pipe.get(self.key("latest"))
        for name in names:
            pipe.hgetall(self.key(name))
        latest, *hashes = pipe.execute()
        held: dict[str, dict[bytes, bytes]] = dict(zip(names, hashes, strict=True))
        windows = [_window(name) for name in held["touched"]]
        minutes = [int(minute) for minute in held["minutes"]]
        offset = held["meta"].get(b"offset")
        return Stored(
            offset=None if offset is None else int(offset),
            meta=held["meta"],
            series={int(index): _series(text) for index, text in held["series"].items()},
            latest=latest or b"",
            windows=dict(zip(windows, self._strings(f"w{width}:{start}" for width, start in windows), strict=True)),
            segments=dict(zip(minutes, self._lists(f"raw:{minute}" for minute in minutes), strict=True)),
            chunks=dict(zip(minutes, self._hashes(f"chunk:{minute}" for minute in minutes), strict=True)),
            state=held["state"],
            conditions=held["conditions"],
            places=held["places"],
            thinned={int(minute) for minute, text in held["minutes"].items() if text == THINNED},
        )

    def _strings(self, names: Iterable[str]) -> list[bytes]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.get(self.key(name))
        return [data or b"" for data in pipe.execute()]

    def _lists(self, names: Iterable[str]) -> list[list[bytes]]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.lrange(self.key(name), 0, -1)
        return list(pipe.execute())

    def _hashes(self, names: Iterable[str]) -> list[dict[bytes, bytes]]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(self.key(name))
        return list(pipe.execute())

    def offset(self) -> int | None:
        """The stored offset: where the next reader starts. Raises `redis.RedisError`."""
        text = self._client.hget(self.key("meta"), "offset")
        return int(text) if isinstance(text, bytes) else None

    def commit(self, held: int | None, offset: int, changes: Changes) -> None:
        """Writes `changes` and `offset` together if the stored offset is still `held`.

        Raises `Fenced` when it is not, `redis.RedisError` when Redis does not answer; then it is unknown whether the commit happened, and
        calling again with the same arguments is safe: a commit that did happen is recognised by its offset and accepted.
        """
        with self._client.pipeline(transaction=True) as pipe:
            pipe.watch(self.key("meta"))  # type: ignore[no-untyped-call]
            text = pipe.hget(self.key("meta"), "offset")
            stored = None if text is None else int(text)
            if stored != held:
                if stored == offset and self._ours(pipe, changes):
                    return
                raise Fenced(f"{self.name}: stored offset {stored}, expected {held}")
            pipe.multi()
            self._write(pipe, offset, changes)
            try:
                pipe.execute()
            except redis.WatchError as error:
                raise Fenced(f"{self.name}: written by another process") from error

    def _ours(self, pipe: redis.client.Pipeline, changes: Changes) -> bool:
        """Whether the last commit was this one: a commit names its writer and number."""
        mark = pipe.hget(self.key("meta"), "commit")
        return mark == str(changes.meta.get("commit", "")).encode()

    def _write(self, pipe: redis.client.Pipeline, offset: int, changes: Changes) -> None:
        for name in changes.deleted:
            pipe.delete(self.key(name))
        for name, start, data in changes.patches:
            pipe.setrange(self.key(name), start, data)
        for name, blob in changes.appends:
            pipe.rpush(self.key(name), blob)
        for name, fields in changes.fields.items():
            pipe.hset(self.key(name), mapping=fields)  # type: ignore[arg-type]
        for name, gone in changes.removed.items():
            pipe.hdel(self.key(name), *gone)
        for name, most in changes.trims.items():
            pipe.ltrim(self.key(name), -most, -1)
        edge.append(pipe, self.name, changes.edges)
        pipe.hset(self.key("meta"), mapping={**changes.meta, "offset": offset})  # type: ignore[dict-item]


def _series(text: bytes) -> tuple[str, str]:
    sensor, _, metric = text.decode().rpartition("\0")
    return sensor, metric


def _window(name: bytes) -> tuple[int, int]:
    width, _, start = name.decode().partition(":")
    return int(width), int(start)
