"""The audit log: what people and programs did, append-only, each row sealed with a hash over itself and the row before.

An edited, missing, added or moved row breaks the chain from there on. Two things a chain cannot show: that its newest rows were cut
off, and that somebody with the run of the database wrote it all anew. Both show against an anchor: the number of rows and the last
hash, as `verify` gives them, kept where the database's owner cannot reach.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, insert, select

from store import schema
from store.database import reading, writing
from store.schema import audit

QUEUE = "audit"
"""The row of `writer` that appending locks, so that two processes cannot both follow the same row."""
GENESIS = "0" * 64
"""What stands before the first row."""
PAGE = 1000
CHUNK = 500
"""Ids asked for at once: databases limit how many a statement may hold."""
BEFORE_ALL = -(2**62)
"""A place before every row, also before those that should not be there."""


class Entry(NamedTuple):
    """A row. `id` is made by whoever acts, `detail` is JSON, `time` the wall clock."""

    seq: int
    id: str
    time: float
    actor: str
    action: str
    subject: str
    detail: str
    previous: str
    hash: str


class Deed(NamedTuple):
    """What somebody did, before it has its place in the log. `id` is made by whoever acts: of one id there is one row."""

    id: str
    actor: str
    action: str
    subject: str = ""
    detail: Mapping[str, Any] = {}


class Verdict(NamedTuple):
    """What `verify` found: intact rows, the hash of the last of them, and the first place that is not right, or None."""

    rows: int
    last: str
    broken: int | None


class Audit:
    """The log of a database. Every call raises DatabaseAway. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def write(self, id: str, actor: str, action: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> int:
        """The place of the row; called again with the same id it writes nothing and gives the same place."""
        with writing(self._engine) as connection:
            append(connection, self._wall(), [Deed(id, actor, action, subject, detail or {})])
            return int(connection.execute(select(audit.c.seq).where(audit.c.id == id)).scalar_one())

    def entries(self, before: int | None = None, limit: int = 100) -> list[Entry]:
        """Newest first; the next page begins `before` the last one's place."""
        asked = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [Entry(*row) for row in connection.execute(asked.where(audit.c.seq < before) if before is not None else asked)]

    def verify(self, anchor: tuple[int, str] | None = None) -> Verdict:
        """Follows the chain from its beginning. With an `anchor` (rows, last hash) of before, that row must stand unchanged."""
        found, after = Verdict(0, GENESIS, None), BEFORE_ALL
        while page := self._page(after):
            for entry in page:
                if entry != _sealed(found, entry) or anchor is not None and entry.seq == anchor[0] and entry.hash != anchor[1]:
                    return found._replace(broken=found.rows + 1)
                found = Verdict(entry.seq, entry.hash, None)
            after = found.rows
        cut = anchor is not None and found.rows < anchor[0]
        return found._replace(broken=found.rows + 1) if cut else found

    def _page(self, after: int) -> list[Entry]:
        asked = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(PAGE)
        with reading(self._engine) as connection:
            return [Entry(*row) for row in connection.execute(asked)]


@contextmanager
def audited(
    engine: Engine, now: float, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> Iterator[Connection]:
    """A transaction that stands in the log: its row and its work are there both, or, when the block raises, neither. Raises DatabaseAway.

    The log is locked first, so such transactions never run beside each other.
    """
    with writing(engine) as connection:
        append(connection, now, [Deed(uuid.uuid4().hex, actor, action, subject, detail or {})])
        yield connection


def append(connection: Connection, now: float, deeds: Sequence[Deed]) -> None:
    """Adds a row for each deed whose id has none yet, in a transaction that goes on; whoever else appends waits for its end."""
    if not deeds:
        return
    turn(connection)
    known = _known(connection, [schema.name(deed.id) for deed in deeds])
    last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    stands = Verdict(last.seq, last.hash, None) if last else Verdict(0, GENESIS, None)
    fresh = []
    for id, deed in {schema.name(deed.id): deed for deed in deeds}.items():
        if id not in known:
            fresh.append(_sealed(stands, Entry(0, id, now, *_words(deed), "", "")))
            stands = Verdict(fresh[-1].seq, fresh[-1].hash, None)
    if fresh:
        connection.execute(insert(audit), [entry._asdict() for entry in fresh])


def turn(connection: Connection) -> None:
    """Waits until nobody else appends; from then on nobody does before this transaction's end."""
    connection.execute(select(schema.writer.c.fence).where(schema.writer.c.name == QUEUE).with_for_update()).one()


def testimony(connection: Connection, ids: Sequence[str]) -> dict[str, Entry]:
    """By id the rows of those ids that still have their own seal; that none was moved or taken out is for `verify` to say."""
    found: dict[str, Entry] = {}
    for start in range(0, len(ids), CHUNK):
        asked = select(audit).where(audit.c.id.in_([schema.name(id) for id in ids[start : start + CHUNK]]))
        rows = (Entry(*row) for row in connection.execute(asked))
        found |= {row.id: row for row in rows if row == _sealed(Verdict(row.seq - 1, row.previous, None), row)}
    return found


def tells(entry: Entry | None, deed: Deed) -> bool:
    """Whether the row says that the deed was done, to its last word."""
    return entry is not None and (entry.actor, entry.action, entry.subject, entry.detail) == _words(deed)


def _words(deed: Deed) -> tuple[str, str, str, str]:
    who, what, whom, more = (schema.clean(text) for text in (deed.actor, deed.action, deed.subject, _json(deed.detail)))
    return who, what, whom, more


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        found |= set(connection.scalars(select(audit.c.id).where(audit.c.id.in_(ids[start : start + CHUNK]))))
    return found


def _json(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, sort_keys=True, ensure_ascii=False)


def _sealed(before: Verdict, entry: Entry) -> Entry:
    """`entry` as it must be after the rows `before`: SHA-256 over the JSON of everything else in the row, the hash before included."""
    placed = entry._replace(seq=before.rows + 1, previous=before.last)
    text = json.dumps(placed[:-1], separators=(",", ":"))
    return placed._replace(hash=hashlib.sha256(text.encode()).hexdigest())
