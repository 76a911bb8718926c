"""A Redis and a database are the city's or those of one exercise, and say so: what is told for training must not reach the live deck."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import inspect, select

from model import SpecError
from store import Away, Client, schema
from store.database import DatabaseAway, Engine, connect, insert_once, migrate, reading, writing

log = logging.getLogger(__name__)

KEY = "city:exercise"
"""The name of the exercise that this Redis is for; not there in the city's."""
WRITER = "exercise"
"""The row of `writer` whose holder is that name."""
RETRY_SECONDS = 1.0

_CLAIM = """
local held = redis.call('get', KEYS[1])
if held then return held end
if redis.call('dbsize') > 0 then return '' end
redis.call('set', KEYS[1], ARGV[1])
return ARGV[1]
"""


def insist(client: Client, database: str, exercise: str) -> None:
    """SpecError where Redis or the database are not this exercise's; empty ones become its own. Waits until both answer."""
    engine = connect(database)
    claims = {"REDIS": lambda: _redis(client, exercise), "DATABASE": lambda: _database(engine, exercise)}
    for name, claim in claims.items():
        held = _patiently(claim)
        if held != exercise:
            whose = f"that of the exercise {held!r}" if held else "a city's"
            raise SpecError("environment", f"CITYDECK_{name}", f"is {whose}: an exercise needs one of its own, which is empty at first")
    engine.dispose()


def refuse(client: Client) -> None:
    """SpecError where the city was given an exercise's Redis. One that does not answer is asked by those who work with it."""
    try:
        held = client.get(KEY)
    except Away:
        return
    if isinstance(held, bytes):
        raise SpecError("environment", "CITYDECK_REDIS", f"is that of the exercise {held.decode()!r}, not a city's")


def _redis(client: Client, exercise: str) -> str:
    return bytes(client.eval(_CLAIM, 1, KEY, exercise)).decode()


def _database(engine: Engine, exercise: str) -> str:
    with reading(engine) as connection:
        there = inspect(connection).has_table(schema.writer.name)
        held = connection.scalar(select(schema.writer.c.holder).where(schema.writer.c.name == WRITER)) if there else None
        used = there and connection.execute(select(schema.event.c.seq).limit(1)).first() is not None
    if held is not None or used:
        return held or ""
    migrate(engine)
    with writing(engine) as connection:
        insert_once(connection, schema.writer, name=WRITER, fence=0, holder=exercise, since=time.time(), published=0)
    return _database(engine, exercise)  # another process may have been quicker


def _patiently(claim: Callable[[], str]) -> str:
    while True:
        try:
            return claim()
        except (Away, DatabaseAway) as error:
            log.warning("waiting", extra={"error": repr(error)})
            time.sleep(RETRY_SECONDS)
