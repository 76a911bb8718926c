"""Letters: what recipients outside are told of alarms, kept until they have it.

The journal is sorted into letters, once for each recipient: how far it is sorted moves in the transaction that adds the letters, so no
event is lost or put into two. A recipient's letters are sent one after the other. Whoever takes the first one sets the time of the next
try before sending: another process finds nothing to do, and when the sender dies it is tried again. So a letter comes at least once, and
its id tells a repetition. What cannot be told is kept as dead until a person sends it again or forgets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, select, update

from model.alarm import Alarm, Event
from store import schema
from store.audit import audited
from store.database import insert_once, reading, writing

TAKEN_SECONDS = 120.0
"""After which a letter is tried again whose sender said nothing of it: longer than any sending lasts."""
GIVEN_UP_SECONDS = 86_400.0
"""A letter that could not be told for so long is dead."""
BURIED_SECONDS = 90 * 86_400.0
"""A dead letter is forgotten after so long."""
_box, _letter, _event = schema.recipient, schema.letter, schema.event
_EVENT = [_event.c[each.name] for each in fields(Event)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the journal is sorted for a recipient, and what is remembered for the next time."""

    place: int
    fold: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a recipient is told at once. `id` is the same at every try; `first` is the place of its oldest event."""

    id: str
    recipient: str
    first: int
    created: float
    body: Mapping[str, Any]
    attempts: int = 0
    error: str = ""
    dead: bool = False
    """It is not tried again by itself."""


class Letters:
    """Every call raises DatabaseAway, and may then be made again. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    # --- sorting the journal -----------------------------------------------------------------------------------------------------------

    def progress(self, recipient: str) -> Progress:
        """How far the journal is sorted; for a recipient who is new, from now on."""
        asked = select(_box.c.place, _box.c.fold).where(_box.c.name == recipient)
        with reading(self._engine) as connection:
            row = connection.execute(asked).first()
        if row is None:
            with writing(self._engine) as connection:
                newest = connection.scalar(select(func.coalesce(func.max(_event.c.seq), 0)))
                insert_once(connection, _box, name=recipient, place=newest, fold={}, attempts=0, due=0.0)
                row = connection.execute(asked).one()
        return Progress(place=row.place, fold=row.fold)

    def after(self, place: int, limit: int) -> list[Event]:
        """The journal's events behind a place, in order."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(*_EVENT).where(_event.c.seq > place).order_by(_event.c.seq).limit(limit))
            return [Event(**row._mapping) for row in rows]

    def alarms(self, ids: Collection[str]) -> dict[str, Alarm]:
        """The alarms that stand of those ids, for what they are called."""
        asked = select(schema.alarm.c.document).where(schema.alarm.c.id.in_(list(ids)))
        with reading(self._engine) as connection:
            found = [msgspec.convert(document, Alarm) for document in connection.scalars(asked)] if ids else []
        return {alarm.id: alarm for alarm in found}

    def sort(self, recipient: str, was: Progress, now: Progress, letters: Sequence[Letter]) -> bool:
        """Adds the letters; False when another process has sorted meanwhile: nothing is added."""
        box = (_box.c.name == recipient) & (_box.c.place == was.place) & (_box.c.fold == was.fold)
        with writing(self._engine) as connection:
            moved = connection.execute(update(_box).where(box).values(place=now.place, fold=now.fold)).rowcount == 1
            for letter in letters if moved else ():
                insert_once(connection, _letter, **_row(letter))
        return moved

    # --- sending ---------------------------------------------------------------------------------------------------------------------

    def take(self, recipient: str) -> Letter | None:
        """The recipient's first letter, when it is time to try it; nobody else gets it for two minutes."""
        now = self._wall()
        first = select(_letter, _box.c.due.label("due")).join(_box, _box.c.name == _letter.c.recipient)
        with reading(self._engine) as connection:
            row = connection.execute(first.where(*_line(recipient)).order_by(_letter.c.first, _letter.c.id).limit(1)).first()
        if row is None or row.due > now:
            return None
        untaken = (_box.c.name == recipient) & (_box.c.due == row.due)
        with writing(self._engine) as connection:
            taken = connection.execute(update(_box).where(untaken).values(due=now + TAKEN_SECONDS)).rowcount == 1
            waits = connection.scalar(select(_letter.c.id).where(_letter.c.id == row.id, _letter.c.dead.is_(False)))
        return _read(row) if taken and waits else None

    def told(self, letter: Letter) -> None:
        """The recipient has it."""
        with writing(self._engine) as connection:
            connection.execute(delete(_letter).where(_letter.c.id == letter.id))
            _next(connection, letter.recipient, 0, 0.0)

    def failed(self, letter: Letter, error: str, rest: Callable[[int], float]) -> None:
        """It could not be told: the recipient is tried again after `rest(attempts in a row)` seconds. What has waited too long is dead."""
        now = self._wall()
        with writing(self._engine) as connection:
            attempts = connection.scalar(select(_box.c.attempts).where(_box.c.name == letter.recipient)) or 0
            tried = _letter.c.id == letter.id
            connection.execute(update(_letter).where(tried).values(attempts=_letter.c.attempts + 1, error=error))
            old = (*_line(letter.recipient), _letter.c.created < now - GIVEN_UP_SECONDS)
            connection.execute(update(_letter).where(*old).values(dead=True, error=error))
            connection.execute(delete(_letter).where(_letter.c.dead.is_(True), _letter.c.created < now - BURIED_SECONDS))
            _next(connection, letter.recipient, attempts + 1, now + rest(attempts + 1))

    def refused(self, letter: Letter, error: str) -> None:
        """The recipient will never take it: it is dead, and the next one is tried."""
        with writing(self._engine) as connection:
            changed = {"dead": True, "attempts": _letter.c.attempts + 1, "error": error}
            connection.execute(update(_letter).where(_letter.c.id == letter.id).values(changed))
            _next(connection, letter.recipient, 0, 0.0)

    # --- for people to see -------------------------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, int]:
        """How many letters wait for each recipient."""
        counted = select(_letter.c.recipient, func.count().label("letters")).where(_letter.c.dead.is_(False)).group_by(_letter.c.recipient)
        with reading(self._engine) as connection:
            return {row.recipient: row.letters for row in connection.execute(counted)}

    def undelivered(self, limit: int = 100) -> list[Letter]:
        """Letters that were tried in vain: the dead ones first, then the newest first."""
        asked = select(_letter).where(_letter.c.dead.is_(True) | (_letter.c.attempts > 0))
        with reading(self._engine) as connection:
            ordered = asked.order_by(_letter.c.dead.desc(), _letter.c.first.desc(), _letter.c.id)
            return [_read(row) for row in connection.execute(ordered.limit(limit))]

    def revive(self, id: str, by: str, detail: Mapping[str, str] | None = None) -> bool:
        """Sends a dead letter again, as the audit log tells; False when there is none of that id."""
        mine = (_letter.c.id == id) & _letter.c.dead.is_(True)
        anew = update(_letter).where(mine).values(dead=False, attempts=0, created=self._wall())
        return self._carried_out(anew, by, "letter.resend", id, detail)

    def forget(self, id: str, by: str, detail: Mapping[str, str] | None = None) -> bool:
        """Throws a dead letter away, as the audit log tells; False when there is none of that id."""
        mine = (_letter.c.id == id) & _letter.c.dead.is_(True)
        return self._carried_out(delete(_letter).where(mine), by, "letter.forget", id, detail)

    def _carried_out(self, change: Any, by: str, action: str, id: str, detail: Mapping[str, str] | None) -> bool:
        try:
            with audited(self._engine, self._wall(), by, action, f"letter:{id}", detail) as connection:
                if connection.execute(change).rowcount != 1:
                    raise NoSuchLetter(id)
        except NoSuchLetter:
            return False
        return True


class NoSuchLetter(Exception):
    """Takes back what was begun for a letter that there is not."""


def _line(recipient: str) -> tuple[Any, Any]:
    return _letter.c.recipient == recipient, _letter.c.dead.is_(False)


def _next(connection: Connection, recipient: str, attempts: int, due: float) -> None:
    connection.execute(update(_box).where(_box.c.name == recipient).values(attempts=attempts, due=due))


def _row(letter: Letter) -> dict[str, Any]:
    return {each.name: getattr(letter, each.name) for each in fields(Letter)}


def _read(row: Row[Any]) -> Letter:
    return Letter(**{each.name: getattr(row, each.name) for each in fields(Letter)})
