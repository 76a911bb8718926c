"""The percentile sketches that the partitions keep, minute by minute, as the judge reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import redis

from store.view import View

MINUTE = 60

Held = tuple[int | None, dict[str, bytes]]
"""The version of the minute's window when its sketches were read, and these by name."""


class Sketches:
    """Sketches by partition and minute, read only when a figure asks, and again when their minute has changed."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._held: dict[tuple[str, int], Held] = {}

    def of(self, views: Sequence[View], metric: str, now: float, seconds: float) -> Iterator[tuple[str, bytes]]:
        """(area, sketch) of a metric over the whole minutes within the last `seconds`. Raises `redis.RedisError`."""
        last = int(now // MINUTE)
        minutes = range(last - max(int(seconds // MINUTE), 1), last)
        self._refresh(views, minutes)
        self._forget(views, last)
        for view in views:
            for minute in minutes:
                for name, data in self._held[view.name, minute][1].items():
                    if name.startswith(f"{metric}@"):
                        yield name.partition("@")[2], data

    def _refresh(self, views: Sequence[View], minutes: Iterable[int]) -> None:
        asked = [(view, minute, view.versions.get((MINUTE, minute * MINUTE))) for view in views for minute in minutes]
        due = [each for each in asked if self._version(*each[:2]) != (each[2],)]
        pipe = self._client.pipeline(transaction=False)
        for view, minute, _ in due:
            pipe.hgetall(view.of(f"sketch:{minute}"))
        for (view, minute, version), found in zip(due, pipe.execute() if due else (), strict=True):
            self._held[view.name, minute] = version, {name.decode(): data for name, data in found.items()}

    def _version(self, view: View, minute: int) -> tuple[int | None, ...]:
        """Of what is held; empty when nothing is."""
        return self._held.get((view.name, minute), ())[:1]

    def _forget(self, views: Sequence[View], last: int) -> None:
        if len(self._held) > 100 * MINUTE * max(len(views), 1):
            self._held = {key: held for key, held in self._held.items() if last - key[1] < 3 * MINUTE}
