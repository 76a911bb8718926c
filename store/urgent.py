"""The bell between who finds something and who draws it: a condition became true or false, or the board changed."""

from __future__ import annotations

import redis

CHANNEL = "city:urgent"
BOARD = b"board"
"""What the bell says when the board of alarms changed; it says nothing when a condition did."""


def announce(client: redis.Redis, what: bytes = b"") -> None:
    """Rings. Nobody listening is no error: the next tick shows it anyway."""
    client.publish(CHANNEL, what)
