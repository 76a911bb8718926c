"""How the feeds fared, by hours of the city: what Redis only knows of now (refusals, lag) is looked at once a minute and kept in SQL.

Counters only grow until Redis begins anew, so an hour keeps what they said at its first and its last look, and the past is told by
differences. A look may be made twice, or by two processes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select, update

from store.database import insert_once, reading, writing
from store.schema import feed_hour

HOUR = 3600
COUNTERS = ("records", "readings", "rejects", "bad", "missing", "duplicates", "corrections", "late", "gap")
Place = tuple[str, int]
"""Domain and partition."""


class FeedHours:
    """Of a city whose hours begin as those of `zone` do, in some at half past by UTC. Every call raises DatabaseAway."""

    def __init__(self, engine: Engine, zone: ZoneInfo) -> None:
        self._engine, self._zone = engine, zone

    def look(self, now: float, said: Mapping[Place, Mapping[str, str]], lags: Mapping[Place, float | None]) -> None:
        """Takes down the counters of each partition (`store.feed.feeds`) at event time `now`, and how many records behind it is."""
        hour = self._begin(now)
        with writing(self._engine) as connection:
            for place, meta in sorted(said.items()):
                _note(connection, hour, place, {name: int(meta.get(name, 0)) for name in COUNTERS}, lags.get(place))

    def _begin(self, now: float) -> int:
        """When the hour began."""
        local = datetime.fromtimestamp(now, self._zone)
        return int(now) - local.minute * 60 - local.second

    def between(self, since: float, until: float) -> dict[str, dict[str, Any]]:
        """By domain what the counters grew by in the hours from `since` up to `until`, `lag` and `lag_most` in records (None: not seen)."""
        column = feed_hour.c
        asked = (
            select(feed_hour).where(column.hour >= since - HOUR, column.hour < until).order_by(column.domain, column.partition, column.hour)
        )
        found: dict[str, dict[str, Any]] = {}
        before: dict[Place, Mapping[str, int]] = {}
        with reading(self._engine) as connection:
            rows = connection.execute(asked).all()
        for row in rows:
            place = row.domain, row.partition
            if row.hour >= since:
                _add(found.setdefault(row.domain, _nothing()), row, before.get(place, row.first))
            before[place] = row.last
        for told in found.values():
            looks = told.pop("lag_looks")
            told["lag"] = round(told.pop("lag_sum") / looks, 3) if looks else None
            told["lag_most"] = told["lag_most"] if looks else None
        return found


def _nothing() -> dict[str, Any]:
    return {**dict.fromkeys(COUNTERS, 0), "lag_looks": 0, "lag_sum": 0.0, "lag_most": 0.0}


def _add(told: dict[str, Any], row: Any, before: Mapping[str, int]) -> None:
    for name in COUNTERS:
        grown = row.last[name] - before.get(name, 0)
        told[name] += grown if grown >= 0 else row.last[name]  # Redis began anew
    told["lag_looks"] += row.lag_looks
    told["lag_sum"] += row.lag_sum
    told["lag_most"] = max(told["lag_most"], row.lag_most)


def _note(connection: Connection, hour: int, place: Place, counters: Mapping[str, int], lag: float | None) -> None:
    key = {"hour": hour, "domain": place[0], "partition": place[1]}
    insert_once(connection, feed_hour, **key, looks=0, lag_looks=0, lag_sum=0.0, lag_most=0.0, first=counters, last=counters)
    column = feed_hour.c
    mine = (column.hour == hour) & (column.domain == place[0]) & (column.partition == place[1])
    change: dict[str, Any] = {"looks": column.looks + 1, "last": counters}
    if lag is not None:
        most = connection.execute(select(column.lag_most).where(mine)).scalar_one()
        change |= {"lag_looks": column.lag_looks + 1, "lag_sum": column.lag_sum + lag, "lag_most": max(most, lag)}
    connection.execute(update(feed_hour).where(mine).values(**change))
