"""The percentile sketches that the partitions keep, minute by minute, as the judge reads them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import redis

from store.view import View

MINUTE = 60
YOUNG_SECONDS, YOUNG_AGAIN, OLD_AGAIN = 300, 15.0, 300.0
"""A young minute may still be sketched, or sketched again for a late reading: it is asked for oftener than an old one."""

Held = tuple[float, dict[str, bytes]]


class Sketches:
    """Sketches by partition and minute, each read once in a while and only when a figure asks."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._held: dict[tuple[str, int], Held] = {}

    def of(self, views: Sequence[View], metric: str, now: float, seconds: float) -> Iterator[tuple[str, bytes]]:
        """(area, sketch) of a metric over the whole minutes within the last `seconds`. Raises `redis.RedisError`."""
        last = int(now // MINUTE)
        minutes = range(last - max(int(seconds // MINUTE), 1), last)
        self._refresh(views, minutes, last)
        for view in views:
            for minute in minutes:
                for name, data in self._held[view.name, minute][1].items():
                    if name.startswith(f"{metric}@"):
                        yield name.partition("@")[2], data

    def _refresh(self, views: Sequence[View], minutes: Iterable[int], last: int) -> None:
        wall = time.monotonic()
        due = [(view, minute) for view in views for minute in minutes if wall >= self._held.get((view.name, minute), (0.0,))[0]]
        pipe = self._client.pipeline(transaction=False)
        for view, minute in due:
            pipe.hgetall(view.of(f"sketch:{minute}"))
        for (view, minute), found in zip(due, pipe.execute() if due else (), strict=True):
            again = YOUNG_AGAIN if (last - minute) * MINUTE < YOUNG_SECONDS else OLD_AGAIN
            self._held[view.name, minute] = wall + again, {name.decode(): data for name, data in found.items()}
        if len(self._held) > 100 * MINUTE * max(len(views), 1):
            self._held = {key: held for key, held in self._held.items() if last - key[1] < 3 * MINUTE}
