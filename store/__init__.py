"""What is remembered between processes: the only folder that talks to Redis."""

from __future__ import annotations

from redis import Redis as Client
from redis import RedisError as Away

__all__ = ["Away", "Client"]
"""`Client` is what every part of the store is given, `Away` what its calls raise when Redis does not answer."""
