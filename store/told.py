"""What the journal tells of some alarms since they last came: for each one chain of messages to the outside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from sqlalchemy import Engine, func, select

from model.alarm import Event, EventKind
from store.database import reading
from store.schema import event

COMINGS: tuple[EventKind, ...] = ("raised", "repeated")
GOINGS: tuple[EventKind, ...] = ("returned", "latched")
KINDS: tuple[EventKind, ...] = (*COMINGS, "worsened", "escalated", *GOINGS)
_EVENT = [event.c[each.name] for each in fields(Event)]


class Told:
    """Every call raises DatabaseAway."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def chains(self, alarms: Collection[str], since: float, limit: int) -> list[list[Event]]:
        """Of each of the alarms, and of at most `limit` others that ended since then, its events from its last coming on, in order."""
        gone = select(event.c.alarm).where(event.c.kind.in_(GOINGS), event.c.time >= since).group_by(event.c.alarm)
        ended = gone.order_by(func.max(event.c.seq).desc()).limit(limit)
        later = event.alias()
        began = select(func.max(later.c.seq)).where(later.c.alarm == event.c.alarm, later.c.kind == "raised").scalar_subquery()
        with reading(self._engine) as connection:
            ids = list({*alarms, *connection.scalars(ended)})
            asked = (event.c.alarm.in_(ids), event.c.kind.in_(KINDS), event.c.seq >= began)
            events = [Event(**row._mapping) for row in connection.execute(select(*_EVENT).where(*asked).order_by(event.c.seq))]
        chains: dict[str, list[Event]] = {}
        for one in events:
            chain = chains.setdefault(one.alarm, [])
            if one.kind in COMINGS and chain and chain[-1].kind in GOINGS:
                chain.clear()
            chain.append(one)
        return list(chains.values())
