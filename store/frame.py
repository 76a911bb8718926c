"""Frames on their way from the one composer to every web process: compressed once, kept for newcomers, announced to those who follow.

A frame travels as one server-sent event inside one piece of raw deflate that ends with a full flush. Such pieces stand alone and may be
joined in any order (RFC 1951, and zlib's manual on Z_FULL_FLUSH), so a stream with `Content-Encoding: gzip` is a gzip header followed by
the pieces as they come, and nothing is compressed for one client. What Redis holds and announces is a line `<id> <id it builds on>` and
then the piece.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import redis

from store import replay
from store.judge import NAME
from store.lease import Lease

CHANNEL = "city:frame:"
"""Where a page's frames are announced."""
WANTED = "city:wanted"
KEEP_SECONDS = 60
"""How long the newest full frame outlives its composer."""
CHANGE_LEVEL, FULL_LEVEL = 6, 1
"""What changed goes to every screen; a full frame is made at every tick and goes to few."""
LARGE_BYTES = 30_000
"""A larger change is a whole map's: level 6 takes six times as long for a tenth less, and nothing urgent can pass meanwhile."""
_PREV = re.compile(rb'"prev":\s*(\d+)')


@dataclass(frozen=True)
class Frame:
    """One event of `page`. `id` is `<epoch>-<seq>`; `prev` is the id it builds on, empty when it holds everything."""

    page: str
    id: str
    prev: str
    block: bytes

    @cached_property
    def text(self) -> bytes:
        """The event uncompressed, for clients that take no gzip."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.block)


def deflated(text: bytes, level: int = CHANGE_LEVEL) -> bytes:
    """`text` as a block of raw deflate that can stand anywhere in a stream of such blocks."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)


def event_block(id: str, data: bytes, level: int = CHANGE_LEVEL) -> bytes:
    """The frame event with `data` (JSON), deflated."""
    return deflated(b"id: %b\nevent: frame\ndata: %b\n\n" % (id.encode(), data.replace(b"\n", b"\ndata: ")), level)


class Press:
    """Where the holder of a lease, the judge's or that of the replays, publishes frames.

    Every method raises `Fenced` when the lease is another's: one that was paused must not show the city as it was. And `redis.RedisError`.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def publish(self, page: str, seq_id: str, full: bytes, delta: bytes | None) -> None:
        """Keeps `full` for newcomers and announces `delta`, or `full` when there is none.

        `seq_id` is `<epoch>-<seq>`; `full` and `delta` are the JSON of the frame, and member `prev` of `delta` names the seq it builds on.
        """
        kept = _packed(seq_id, "", event_block(seq_id, full, FULL_LEVEL))
        told = kept
        if delta is not None:
            prev = f"{seq_id.rpartition('-')[0]}-{_prev(delta)}"
            told = _packed(seq_id, prev, _change_block(seq_id, delta))
        self._lease.write({_key(page): kept}, [(CHANNEL + page, told)], KEEP_SECONDS)

    def tell(self, epoch: str, seq: int, changes: Mapping[str, tuple[int, bytes]]) -> None:
        """Announces by page what changed since the frame of the seq given with it. A newcomer gets it with the next `publish`."""
        id = f"{epoch}-{seq}"
        told = [(CHANNEL + page, _packed(id, f"{epoch}-{prev}", _change_block(id, change))) for page, (prev, change) in changes.items()]
        self._lease.write({}, told)


class Frames:
    """The frames of all pages. Every method raises `redis.RedisError` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def last(self, page: str) -> Frame | None:
        """The newest full frame, None when none was composed for a minute."""
        held = self._client.get(_key(page))
        return _unpacked(page, held) if isinstance(held, bytes) else None

    def age(self, page: str) -> float | None:
        """Seconds since the newest frame was composed, None when there is none; by Redis's own clock."""
        left = int(self._client.pttl(_key(page)))
        return None if left < 0 else max(0.0, KEEP_SECONDS - left / 1000)

    def want(self, page: str, seconds: float = 15.0) -> None:
        """Says that somebody looks at `page` for the next `seconds`, so that it is composed; of a replay at once."""
        self._client.zadd(WANTED, {page: self._now() + seconds})
        if replay.staged(page)[0]:
            self._client.publish(replay.CHANNEL, b"")

    def wanted(self) -> list[str]:
        """The pages somebody looks at."""
        now = self._now()
        pipe = self._client.pipeline(transaction=False)
        pipe.zremrangebyscore(WANTED, "-inf", now)
        pipe.zrangebyscore(WANTED, f"({now}", "+inf")
        return [page.decode() for page in pipe.execute()[1]]

    def follow(self, patience: float = 1.0) -> Iterator[Frame | None]:
        """Every frame announced from now on. None comes first, when Redis has confirmed, and whenever `patience` seconds bring nothing."""
        with self._client.pubsub() as follower:  # type: ignore[no-untyped-call]
            follower.psubscribe(CHANNEL + "*")
            while True:
                # A subscription's confirmation is a message like any other here, so None from the client means time-out and nothing else.
                message = follower.get_message(timeout=patience)
                heard = message is not None and message["type"] == "pmessage"
                yield _unpacked(message["channel"].decode().removeprefix(CHANNEL), message["data"]) if heard else None

    def _now(self) -> float:
        seconds, microseconds = self._client.time()  # one clock for web processes and composer, whatever machines they run on
        return float(seconds) + microseconds / 1e6


def _change_block(id: str, change: bytes) -> bytes:
    return event_block(id, change, CHANGE_LEVEL if len(change) < LARGE_BYTES else FULL_LEVEL)


def _prev(change: bytes) -> int:
    """Member `prev` of a change, which stands in its first few members; its sections are not looked at."""
    found = _PREV.search(change)
    if found is None:
        raise ValueError("a change does not say what it builds on")
    return int(found[1])


def _key(page: str) -> str:
    """Where a page's newest frame is kept: in the slot of its composer's lease, so that one script can look at both."""
    return f"city:{{{replay.NAME if page.startswith(replay.MARK) else NAME}}}:frame:{page}"


def _packed(id: str, prev: str, block: bytes) -> bytes:
    return f"{id} {prev}\n".encode() + block


def _unpacked(page: str, held: bytes) -> Frame:
    head, _, block = held.partition(b"\n")
    id, _, prev = head.decode().partition(" ")
    return Frame(page, id, prev, block)
