"""Packs with which one shift hands a desk to the next: made once, signed by two, and never changed.

The document is frozen when it is made, as canonical JSON with its SHA-256. That hash and all of each signature stand in the audit log's
chain too. Triggers keep the rows from being changed, and whoever gets past them is found when the pack is read: it is no longer what
the audit log says that people signed. Who rewrites that as well has broken its chain.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select, update

from model.person import User
from model.shift import Handover, How, Part, Signature
from store import schema
from store.audit import Deed, Entry, append, tells, testimony, turn
from store.database import reading, writing
from store.people import Unknown, digest

_ACTIONS: Mapping[Part, str] = {"outgoing": "handover.make", "incoming": "handover.sign"}
"""What the audit log calls a signature."""
_SIGNED = ("part", "person", "display", "how", "time", "sha256")


class Superseded(Exception):
    """A later pack of the desk was made."""


class Signed(Exception):
    """Somebody has signed that part before; `args` are their name, how people read it, and the desk."""


class Same(Exception):
    """Who takes the desk is who leaves it."""


class Altered(Exception):
    """The pack is not what was made."""


def canonical(document: Mapping[str, Any]) -> str:
    """The document as the one text that is hashed: members sorted, no spaces, no NaN, letters that SQL can hold."""
    return schema.clean(json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True))


def sha256(text: str) -> str:
    """In hexadecimal, of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


class Handovers:
    """Every call raises DatabaseAway. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def make(self, id: str, desk: str, document: Mapping[str, Any], author: User) -> Handover:
        """Freezes the document and signs it as outgoing, in one transaction; of one id there is one pack, the first."""
        id, now, text = schema.name(id), self._wall(), canonical(document)
        hash = sha256(text)
        signature = Signature(part="outgoing", person=author.name, display=author.display, how="session", time=now, sha256=hash)
        with writing(self._engine) as connection:
            turn(connection)
            if found := _found(connection, [schema.handover.c.id == id], 1):
                return found[0]
            seq = 1 + connection.execute(select(func.coalesce(func.max(schema.handover.c.seq), 0))).scalar_one()
            row = {"seq": seq, "id": id, "desk": desk, "time": now, "author": author.name, "text": text, "sha256": hash}
            connection.execute(insert(schema.handover).values(row))
            _sign(connection, seq, _deed(id, desk, signature), signature)
            return _found(connection, [schema.handover.c.seq == seq], 1)[0]

    def sign(self, id: str, person: User, how: How, session: str = "") -> tuple[Handover, list[str]]:
        """The incoming one signs, and who signed as outgoing sits there no more; with `session`, the id of theirs, the incoming one does.

        All of it, and the audit log's row, in one transaction. Gives the pack, and the digests of the sessions that left the desk. Raises
        Unknown, Superseded, Signed, Same, Altered.
        """
        id, now = schema.name(id), self._wall()
        with writing(self._engine) as connection:
            turn(connection)
            pack = _insist(next(iter(_found(connection, [schema.handover.c.id == id], 1)), None), id, person)
            signature = Signature(part="incoming", person=person.name, display=person.display, how=how, time=now, sha256=pack.sha256)
            _sign(connection, pack.seq, _deed(id, pack.desk, signature), signature)
            outgoing = pack.by("outgoing")
            left = _leave(connection, outgoing.person, pack.desk) if outgoing else []
            if session:
                mine = schema.session.c.hash == digest(session)
                connection.execute(update(schema.session).where(mine).values(desk=pack.desk))
            return _found(connection, [schema.handover.c.seq == pack.seq], 1)[0], left

    def find(self, id: str) -> Handover | None:
        """The pack of that id."""
        with reading(self._engine) as connection:
            return next(iter(_found(connection, [schema.handover.c.id == schema.name(id)], 1)), None)

    def packs(self, desk: str | None = None, before: int | None = None, limit: int = 50) -> list[Handover]:
        """Newest first, of a desk or of all; the next page begins `before` the last one's place."""
        asked = [schema.handover.c.desk == desk] if desk is not None else []
        asked += [schema.handover.c.seq < before] if before is not None else []
        with reading(self._engine) as connection:
            return _found(connection, asked, limit)

    def last(self, desk: str) -> Handover | None:
        """The newest pack of the desk that both have signed: where the next one begins."""
        both = select(schema.signature.c.handover).where(schema.signature.c.part == "incoming")
        with reading(self._engine) as connection:
            return next(iter(_found(connection, [schema.handover.c.desk == desk, schema.handover.c.seq.in_(both)], 1)), None)

    def altered(self) -> list[str]:
        """The ids of packs that are not what was signed, and of those that were and are no more."""
        with reading(self._engine) as connection:
            made = select(schema.audit.c.subject).where(schema.audit.c.action == _ACTIONS["outgoing"])
            told = {subject.removeprefix("handover:") for subject in connection.scalars(made)}
            packs = {pack.id: pack for pack in _found(connection, [], None)}
        return sorted((told - packs.keys()) | {id for id, pack in packs.items() if not pack.intact})


def _insist(pack: Handover | None, id: str, person: User) -> Handover:
    if pack is None:
        raise Unknown(id)
    if before := pack.by("incoming"):
        raise Signed(before.person, before.display, pack.desk)
    if not pack.newest:
        raise Superseded(id)
    if not pack.intact:
        raise Altered(id)
    if pack.author == person.name:
        raise Same(person.name)
    return pack


def _deed(id: str, desk: str, signature: Signature) -> Deed:
    """What the audit log says of a signature."""
    told = {"desk": desk, **{name: getattr(signature, name) for name in _SIGNED}}
    return Deed(_witness(id, signature.part), signature.person, _ACTIONS[signature.part], f"handover:{id}", told)


def _witness(id: str, part: Part) -> str:
    return f"handover:{id}" if part == "outgoing" else f"handover:{id}:{part}"


def _sign(connection: Connection, pack: int, deed: Deed, signature: Signature) -> None:
    append(connection, signature.time, [deed])
    connection.execute(insert(schema.signature).values({"handover": pack} | {name: getattr(signature, name) for name in _SIGNED}))


def _leave(connection: Connection, person: str, desk: str) -> list[str]:
    """The digests of the person's sessions that sat there."""
    theirs = update(schema.session).where(schema.session.c.user == person, schema.session.c.desk == desk).values(desk=None)
    return list(connection.scalars(theirs.returning(schema.session.c.hash)))


def _found(connection: Connection, asked: Sequence[ColumnElement[bool]], limit: int | None) -> list[Handover]:
    table, later = schema.handover, schema.handover.alias()
    newest = select(func.max(later.c.seq)).where(later.c.desk == table.c.desk).scalar_subquery().label("newest")
    rows = connection.execute(select(table, newest).where(*asked).order_by(table.c.seq.desc()).limit(limit)).all()
    mine = select(table.c.seq).where(*asked).order_by(table.c.seq.desc()).limit(limit).subquery()
    signed = select(schema.signature).join(mine, schema.signature.c.handover == mine.c.seq).order_by(schema.signature.c.part.desc())
    by_pack: dict[int, list[Signature]] = {row.seq: [] for row in rows}
    for each in connection.execute(signed):
        by_pack[each.handover].append(Signature(**{name: getattr(each, name) for name in _SIGNED}))
    said = testimony(connection, [_witness(row.id, part) for row in rows for part in _ACTIONS])
    return [_pack(row, tuple(by_pack[row.seq]), said) for row in rows]


def _pack(row: Row[Any], signatures: tuple[Signature, ...], said: Mapping[str, Entry]) -> Handover:
    told = {name: value for name, value in row._mapping.items() if name != "newest"}
    intact = sha256(row.text) == row.sha256 and _attested(row, signatures, said)
    document = json.loads(row.text) if intact else {}
    return Handover(**told, document=document, signatures=signatures, newest=row.newest == row.seq, intact=intact)


def _attested(row: Row[Any], signatures: Sequence[Signature], said: Mapping[str, Entry]) -> bool:
    """Whether the audit log tells of these signatures, no other and no fewer, and the pack's own columns are as it tells them."""
    mine = {part: entry for part in _ACTIONS if (entry := said.get(schema.name(_witness(row.id, part))))}
    outgoing = [(each.person, each.time, each.sha256) for each in signatures if each.part == "outgoing"]
    return (
        outgoing == [(row.author, row.time, row.sha256)]
        and mine.keys() == {each.part for each in signatures}
        and all(each.sha256 == row.sha256 and tells(mine.get(each.part), _deed(row.id, row.desk, each)) for each in signatures)
    )
