"""The log book of the control room: what people write down, at which desk, and what it is about. Nothing in it is ever changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields, replace

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select

from model.shift import Entry
from store import schema
from store.audit import Deed, append
from store.database import reading, writing
from store.people import Unknown
from store.schema import log_entry as table

_STORED = [each.name for each in fields(Entry) if each.name != "corrected"]


class LogBook:
    """Every call raises DatabaseAway. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def write(self, entry: Entry) -> Entry:
        """The entry with place and time, written together with its row of the audit log; one whose id is known is the one that stands.

        Raises Unknown where it corrects an entry that there is not.
        """
        now = self._wall()
        with writing(self._engine) as connection:
            append(connection, now, [_deed(entry)])  # first, for it waits for whoever else writes: places have no gap
            known = self._found(connection, [table.c.id == schema.name(entry.id)], 1)
            if known:
                return known[0]
            if entry.corrects is not None and not self._found(connection, [table.c.seq == entry.corrects], 1):
                raise Unknown(str(entry.corrects))
            last = connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one()
            placed = replace(entry, seq=last + 1, time=now, text=schema.clean(entry.text))
            connection.execute(insert(table).values({name: getattr(placed, name) for name in _STORED}))
        return placed

    def search(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        desk: str | None = None,
        author: str | None = None,
        alarm: str | None = None,
        sensor: str | None = None,
        words: str = "",
        before: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """Entries written in [since, until), wall clock, newest first, that hold every one of the `words`; None is any."""
        equal = {table.c.desk: desk, table.c.author: author, table.c.alarm: alarm, table.c.sensor: sensor}
        asked: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
        asked += [table.c.time >= since] if since is not None else []
        asked += [table.c.time < until] if until is not None else []
        asked += [table.c.seq < before] if before is not None else []
        asked += [func.lower(table.c.text).contains(word.lower(), autoescape=True) for word in words.split()]
        with reading(self._engine) as connection:
            return self._found(connection, asked, limit)

    def _found(self, connection: Connection, asked: list[ColumnElement[bool]], limit: int) -> list[Entry]:
        later = table.alias()
        corrected = select(func.max(later.c.seq)).where(later.c.corrects == table.c.seq).scalar_subquery().label("corrected")
        rows = select(*(table.c[name] for name in _STORED), corrected).where(*asked).order_by(table.c.seq.desc()).limit(limit)
        return [Entry(**row._mapping) for row in connection.execute(rows)]


def _deed(entry: Entry) -> Deed:
    about = {"alarm": entry.alarm, "sensor": entry.sensor, "desk": entry.desk, "corrects": entry.corrects, "text": entry.text}
    return Deed(f"log:{entry.id}", entry.author, "log.write", f"log:{entry.id}", {name: value for name, value in about.items() if value})
