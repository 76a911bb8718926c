"""The bell between who finds a condition and who draws it: a condition became true or false, compose now."""

from __future__ import annotations

import redis

CHANNEL = "city:urgent"


def announce(client: redis.Redis) -> None:
    """Rings. Nobody listening is no error: the next tick shows it anyway."""
    client.publish(CHANNEL, b"")
