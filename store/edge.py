"""Edges: that a condition became true or false, one stream per partition and one of the judge.

An edge is appended in the transaction that stores the condition itself, so a stream tells every change once and in order; the process
of alarms reads on from the places that its journal keeps. What a stream no longer holds is healed from the conditions as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import redis

MOST = 200_000
"""Edges kept per stream: hours of a bad day, about 60 MB."""
FIELD = "condition"
BEGINNING = "0-0"


class Edge(NamedTuple):
    """One change as it was stored: `stream` is the partition's name or `judge`, `place` where in it."""

    stream: str
    place: str
    condition: bytes


def key(stream: str) -> str:
    """The full key of a stream."""
    return f"city:{{{stream}}}:edges"


def append(pipe: redis.client.Pipeline, stream: str, conditions: Iterable[bytes]) -> None:
    """Adds edges to a transaction under way."""
    for condition in conditions:
        pipe.xadd(key(stream), {FIELD: condition}, maxlen=MOST, approximate=True)


class Edges:
    """Reads what became true or false. Every call raises `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def read(self, places: Mapping[str, str], most: int) -> list[Edge]:
        """At most `most` edges of each stream after its place, by the moment they were stored; within a stream as they happened."""
        pipe = self._client.pipeline(transaction=False)
        for stream, place in places.items():
            pipe.xrange(key(stream), min=f"({place}", count=most)
        found = zip(places, pipe.execute(), strict=True)
        edges = [Edge(stream, place.decode(), told[FIELD.encode()]) for stream, entries in found for place, told in entries]
        return sorted(edges, key=lambda edge: (order(edge.place), edge.stream))

    def ends(self, streams: Iterable[str]) -> dict[str, str]:
        """The place of each stream's newest edge; a stream that holds none is not there."""
        asked = list(streams)
        pipe = self._client.pipeline(transaction=False)
        for stream in asked:
            pipe.xrevrange(key(stream), count=1)
        return {stream: entries[0][0].decode() for stream, entries in zip(asked, pipe.execute(), strict=True) if entries}


def order(place: str) -> tuple[int, int]:
    """Places compare as the moments they name."""
    moment, _, number = place.partition("-")
    return int(moment), int(number)


def moment(place: str) -> float:
    """The wall clock at which an edge was stored."""
    return order(place)[0] / 1000
