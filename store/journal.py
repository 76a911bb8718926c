"""The journal: every alarm event once, and the alarms as they stand, written by one process at a time.

Exactly once: an event's `source` is unique, a command's answers are kept under its id, and how far the edges were read moves in the
same transaction. So a write whose outcome is unknown is simply made again. One writer: `take_over` raises the fence, and a
transaction begins by comparing it, which also lets transactions wait for each other; hence places are given in the order of commits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, bindparam, delete, func, insert, select, tuple_, update

from model import Priority
from model.alarm import Alarm, Answer, Event, EventKind
from store import audit, schema
from store.audit import Deed
from store.database import insert_once, reading, writing
from store.partition import Fenced

WRITER = "alarms"
CAME: tuple[EventKind, ...] = ("raised", "repeated", "worsened")
"""The events with which an alarm came."""
CEASED: tuple[EventKind, ...] = ("returned", "latched")
"""Those after which what it is about is no longer true."""
CHUNK = 500
"""Values asked for at once: databases limit how many a statement may hold."""
CARRIED_SECONDS = 86_400.0
"""How long the answers to a command are kept: it is asked again within minutes, or never."""
SWEEP_SECONDS, SWEPT = 60.0, 5_000
"""How often answers that are older are dropped, and how many at once: the alarms wait meanwhile."""
_NAMES = [each.name for each in fields(Event)]
_COLUMNS = [schema.event.c[name] for name in _NAMES]


class Journal:
    """Reads for everybody; writes for the one that took over. Every call raises DatabaseAway. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall, self._swept = engine, wall, float("-inf")

    def take_over(self, holder: str) -> int:
        """The fence of the new writer; whoever wrote before is fenced from now on. Waits for a transaction under way."""
        mine = schema.writer.c.name == WRITER
        change = update(schema.writer).where(mine).values(fence=schema.writer.c.fence + 1, holder=holder, since=self._wall())
        with writing(self._engine) as connection:
            return int(connection.execute(change.returning(schema.writer.c.fence)).scalar_one())

    def record(
        self,
        fence: int,
        alarms: Sequence[Alarm] = (),
        gone: Sequence[str] = (),
        events: Sequence[Event] = (),
        cursors: Mapping[str, str] | None = None,
        answers: Mapping[str, Sequence[Answer]] | None = None,
        deeds: Sequence[Deed] = (),
    ) -> list[Event]:
        """Writes all of it in one transaction: alarms that changed, ids of alarms no longer kept, what happened, what was carried out, and
        what of it people did, for the audit log.

        The events with place and time of recording; one whose source is known already keeps those it has. Answers to a command
        known already are not changed. Raises Fenced when another has taken over: nothing is written.
        """
        with writing(self._engine) as connection:
            _insist(connection, fence)
            recorded = self._append(connection, events)
            _replace(connection, schema.alarm, gone, [_row(one) for one in alarms])
            _replace(connection, schema.cursor, (), [{"name": name, "place": place} for name, place in (cursors or {}).items()])
            for id, given in (answers or {}).items():
                insert_once(connection, schema.carried, id=id, recorded=self._wall(), answers=msgspec.to_builtins(given))
            audit.append(connection, self._wall(), deeds)
            self._sweep(connection)
        return recorded

    def _sweep(self, connection: Connection) -> None:
        now = self._wall()
        if 0 <= now - self._swept < SWEEP_SECONDS:
            return
        self._swept = now
        old = select(schema.carried.c.id).where(schema.carried.c.recorded < now - CARRIED_SECONDS).limit(SWEPT)
        connection.execute(delete(schema.carried).where(schema.carried.c.id.in_(old)))

    def load(self) -> tuple[list[Alarm], dict[str, str]]:
        """The alarms as they stand and the cursors, both of one moment."""
        with reading(self._engine) as connection:
            alarms = [msgspec.convert(document, Alarm) for document in connection.scalars(select(schema.alarm.c.document))]
            cursors = {row.name: row.place for row in connection.execute(select(schema.cursor))}
        return alarms, cursors

    def answered(self, ids: Collection[str]) -> dict[str, list[Answer]]:
        """The answers to those of the commands that were carried out."""
        found: dict[str, list[Answer]] = {}
        with reading(self._engine) as connection:
            for some in _chunks(ids):
                rows = connection.execute(select(schema.carried.c.id, schema.carried.c.answers).where(schema.carried.c.id.in_(some)))
                found |= {id: msgspec.convert(answers, list[Answer]) for id, answers in rows}
        return found

    def unpublished(self, limit: int) -> list[Event]:
        """The oldest events that Kafka has not got, in order."""
        newest = select(schema.writer.c.published).where(schema.writer.c.name == WRITER).scalar_subquery()
        return self._events([schema.event.c.seq > newest], [schema.event.c.seq], limit)

    def published(self, seq: int) -> None:
        """Kafka has every event up to this place. Never goes back, so it needs no fence."""
        mine = (schema.writer.c.name == WRITER) & (schema.writer.c.published < seq)
        with writing(self._engine) as connection:
            connection.execute(update(schema.writer).where(mine).values(published=seq))

    def search(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        areas: Collection[str] | None = None,
        domain: str | None = None,
        rule: str | None = None,
        priority: Priority | None = None,
        subjects: Collection[str] | None = None,
        alarm: str | None = None,
        who: str | None = None,
        desk: str | None = None,
        kinds: Collection[EventKind] | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Events of [since, until), event time, newest first; None is any. The next page begins `before` the last one's place."""
        column = schema.event.c
        equal: dict[ColumnElement[Any], str | None] = {column.domain: domain, column.rule: rule, column.priority: priority}
        equal |= {column.alarm: alarm, column.actor: who, column.desk: desk}
        asked: list[ColumnElement[bool]] = [one == value for one, value in equal.items() if value is not None]
        among = {column.area: areas, column.kind: kinds, column.subject: subjects}
        asked += [one.in_(values) for one, values in among.items() if values is not None]
        asked += [column.time >= since] if since is not None else []
        asked += [column.time < until] if until is not None else []
        if before is not None:
            edge = select(column.time, column.seq).where(column.seq == before).scalar_subquery()
            asked.append(tuple_(column.time, column.seq) < edge)
        return self._events(asked, [column.time.desc(), column.seq.desc()], limit)

    def history(self, alarm: str, limit: int = 200) -> list[Event]:
        """What happened to one alarm, newest first."""
        return self.search(alarm=alarm, limit=limit)

    def outline(self, after: int, limit: int) -> list[tuple[int, float, str, EventKind, str]]:
        """(place, time, alarm, kind, state after it) of the oldest events after a place, in order."""
        column = schema.event.c
        asked = select(column.seq, column.time, column.alarm, column.kind, column.state).where(column.seq > after)
        with reading(self._engine) as connection:
            return [tuple(row) for row in connection.execute(asked.order_by(column.seq).limit(limit))]

    def at(self, places: Collection[int]) -> list[Event]:
        """The events of some places, in order."""
        given, found = sorted(places), list[Event]()
        for start in range(0, len(given), CHUNK):
            found += self._events([schema.event.c.seq.in_(given[start : start + CHUNK])], [schema.event.c.seq], CHUNK)
        return found

    def count(self, alarm: str, since: float) -> int:
        """How often one alarm came since then."""
        column = schema.event.c
        asked = (column.alarm == alarm) & (column.time >= since) & column.kind.in_(CAME)
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).where(asked)).scalar_one())

    def came(self, rule: str, since: float, until: float) -> int:
        """How often sensors' alarms of a rule came within [since, until), event time."""
        column = schema.event.c
        asked = (column.time >= since) & (column.time < until) & column.kind.in_(("raised", "repeated")) & (column.rule == rule)
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).where(asked)).scalar_one())

    def lasted(self, alarm: str, since: float, limit: int = 1000) -> list[float]:
        """How long an alarm lasted, in seconds from coming to return, each of its newest `limit` comings and returns since then."""
        column, found, came = schema.event.c, list[float](), None
        asked = select(column.time, column.kind).where(column.alarm == alarm, column.time >= since, column.kind.in_((*CAME, *CEASED)))
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(column.time.desc(), column.seq.desc()).limit(limit)).all()
        for time_, kind in reversed(rows):
            if kind in CEASED and came is not None:
                found.append(time_ - came)
            came = None if kind in CEASED else time_ if came is None else came
        return found

    def handed_over(self) -> dict[str, str]:
        """Area -> the desk it was last handed to, or back to."""
        column = schema.event.c
        newest = select(func.max(column.seq)).where(column.alarm == "", column.kind == "handed_over").group_by(column.area)
        with reading(self._engine) as connection:
            return {row.area: row.desk for row in connection.execute(select(column.area, column.desk).where(column.seq.in_(newest)))}

    def _events(self, asked: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]], limit: int) -> list[Event]:
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_COLUMNS).where(*asked).order_by(*order).limit(limit))
            return [_event(row) for row in rows]

    def _append(self, connection: Connection, events: Sequence[Event]) -> list[Event]:
        places = _known(connection, [schema.name(event.source) for event in events])
        last: int = connection.execute(select(func.coalesce(func.max(schema.event.c.seq), 0))).scalar_one()
        now, fresh = self._wall(), []  # type: float, list[dict[str, Any]]
        placed: list[Event] = []
        for event in events:
            source = schema.name(event.source)
            known = places.setdefault(source, (last + 1, now))
            placed.append(replace(event, seq=known[0], recorded=known[1]))
            if known[0] == last + 1:
                last += 1
                fresh.append({name: getattr(placed[-1], name) for name in _NAMES})
        if fresh:
            connection.execute(insert(schema.event), fresh)
        return placed


def _row(alarm: Alarm) -> dict[str, Any]:
    return {"id": alarm.id, "document": msgspec.to_builtins(replace(alarm, journalled=True))}


def _insist(connection: Connection, fence: int) -> None:
    held = connection.execute(select(schema.writer.c.fence).where(schema.writer.c.name == WRITER).with_for_update()).scalar_one()
    if held != fence:
        raise Fenced(f"the journal's writer has fence {held}, not {fence}")


def _known(connection: Connection, sources: Sequence[str]) -> dict[str, tuple[int, float]]:
    column = schema.event.c
    found: dict[str, tuple[int, float]] = {}
    for some in _chunks(sources):
        rows = connection.execute(select(column.source, column.seq, column.recorded).where(column.source.in_(some)))
        found |= {source: (seq, recorded) for source, seq, recorded in rows}
    return found


def _replace(connection: Connection, table: Table, gone: Iterable[str], rows: Sequence[dict[str, Any]]) -> None:
    """Deletes and adds rows by the table's one key: what stood before does not matter."""
    (key,) = table.primary_key.columns
    removed = [{"removed": id} for id in (*gone, *(row[key.name] for row in rows))]
    if removed:
        connection.execute(delete(table).where(key == bindparam("removed")), removed)
    if rows:
        connection.execute(insert(table), rows)


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    given = list(values)
    return (given[start : start + CHUNK] for start in range(0, len(given), CHUNK))


def _event(row: Row[Any]) -> Event:
    return Event(**row._mapping)
