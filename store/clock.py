"""The clock of a replay or an exercise: event time as every process is to take it (promise 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import redis

from model import ReplayClock

KEY = "city:clock"
FRESH_SECONDS = 1.0


def publish(client: redis.Redis, clock: ReplayClock | None) -> None:
    """Sets the clock that all processes follow; None goes back to the wall."""
    if clock is None:
        client.delete(KEY)
    else:
        client.set(KEY, json.dumps(asdict(clock)))


def read(client: redis.Redis) -> ReplayClock | None:
    """The published clock, None when the city is live."""
    text = client.get(KEY)
    return ReplayClock(**json.loads(text)) if isinstance(text, bytes) else None


class Clock:
    """Event time now, from the wall clock and whatever clock is published, asked for at most once a second."""

    def __init__(self, client: redis.Redis, wall: Callable[[], float]) -> None:
        self._client, self._wall = client, wall
        self._read, self._clock = float("-inf"), None  # type: float, ReplayClock | None

    def wall(self) -> float:
        """The wall clock."""
        return self._wall()

    def replay(self) -> ReplayClock | None:
        """The clock in force. Redis away: the one last known, so nothing jumps."""
        wall = self._wall()
        if not 0 <= wall - self._read < FRESH_SECONDS:
            try:
                self._clock = read(self._client)
                self._read = wall
            except redis.RedisError:
                pass
        return self._clock

    def now(self) -> float:
        """Event time, seconds since the epoch."""
        return self.at(self._wall())

    def at(self, wall: float) -> float:
        """Event time at a moment of the wall clock, as the clock in force has it."""
        clock = self.replay()
        return wall if clock is None else clock.event + clock.rate * (wall - clock.wall)
