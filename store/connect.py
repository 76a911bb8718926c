"""Opens Redis: the one client that every part of the store is given."""

from __future__ import annotations

import redis

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0


def connect(url: str) -> redis.Redis:
    """A client of the Redis at `url` (redis:// or rediss://, options of the client in the query); answers are bytes.

    Nothing is sent yet. Every call raises `redis.RedisError` when Redis does not answer within five seconds: retrying is
    the caller's, at its root.
    """
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS, health_check_interval=15)
