"""Who may sign in, and who is: users with the hash of their password, and the browsers in which they are signed in.

A session's id and an API token are secrets as good as passwords: only their SHA-256 is stored, which is enough because they are
long and random. Hashes of passwords are made and compared elsewhere. Whatever changes a person stands in the audit log, in the
same transaction.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, Row, delete, select, update

from model.person import Session, User
from store import schema
from store.audit import audited
from store.database import insert_once, reading, writing

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_USER = [schema.user.c[name] for name in ("name", "display", "role", "language", "disabled", "identity")]


class Taken(Exception):
    """There is one of that name or identity already."""


class Unknown(Exception):
    """There is none of that name."""


def digest(secret: str) -> str:
    """How a session's id or an API token is stored: SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class People:
    """Users and sessions. Every call raises DatabaseAway; `by` is who acts, for the audit log; `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def add(self, user: User, hash: str, by: str) -> None:
        """A new user; an empty `hash` is of one without a password. ValueError for a name that cannot be one, Taken."""
        if not NAME.fullmatch(user.name):
            raise ValueError("a name is 1 to 64 of a-z, 0-9 and . _ @ + -, beginning with a letter or digit")
        with audited(self._engine, self._wall(), by, "user.add", f"user:{user.name}", asdict(user)) as connection:
            if not insert_once(connection, schema.user, **asdict(user), hash=hash):
                raise Taken(user.name)

    def users(self) -> list[User]:
        """Everybody, by name."""
        with reading(self._engine) as connection:
            return [_user(row) for row in connection.execute(select(*_USER).order_by(schema.user.c.name))]

    def user(self, name: str) -> User | None:
        """The user of that name."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_USER).where(schema.user.c.name == name)).one_or_none()
        return _user(row) if row else None

    def by_identity(self, identity: str) -> User | None:
        """The user whom the OIDC provider calls so."""
        with reading(self._engine) as connection:
            row = connection.execute(select(*_USER).where(schema.user.c.identity == identity)).one_or_none()
        return _user(row) if row else None

    def password(self, name: str) -> str | None:
        """The hash of the password; None for nobody, for one without a password, and for one who is disabled."""
        asked = select(schema.user.c.hash).where(schema.user.c.name == name, schema.user.c.disabled.is_(False))
        with reading(self._engine) as connection:
            return connection.execute(asked).scalar_one_or_none() or None

    def set_password(self, name: str, hash: str, by: str) -> None:
        """Another password; every browser in which they are signed in is signed out. Raises Unknown."""
        self._change(name, {"hash": hash}, by, "user.password", {}, ends=True)

    def rehash(self, name: str, old: str, new: str) -> None:
        """The same password hashed anew, because hashing was made dearer; nothing happens when the hash is not `old` any more."""
        mine = (schema.user.c.name == name) & (schema.user.c.hash == old)
        with writing(self._engine) as connection:
            connection.execute(update(schema.user).where(mine).values(hash=new))

    def change(self, user: User, by: str) -> None:
        """Everything but the name and the password; one who is disabled is signed out everywhere. Raises Unknown, Taken."""
        values = asdict(user)
        del values["name"]
        self._change(user.name, values, by, "user.change", values, ends=user.disabled)

    def disable(self, name: str, disabled: bool, by: str) -> None:
        """Whether they may not sign in; one who may not is signed out everywhere. Raises Unknown."""
        self._change(name, {"disabled": disabled}, by, "user.disable" if disabled else "user.enable", {}, ends=disabled)

    def open(self, id: str, name: str) -> None:
        """Somebody has signed in, in the browser that holds the session `id`. Raises Unknown, also for one who is disabled."""
        now = self._wall()
        mine = select(schema.user.c.name).where(schema.user.c.name == name, schema.user.c.disabled.is_(False))
        with writing(self._engine) as connection:
            if connection.execute(mine.with_for_update()).one_or_none() is None:
                raise Unknown(name)
            insert_once(connection, schema.session, hash=digest(id), user=name, created=now, seen=now)

    def sit(self, id: str, desk: str | None, by: str, detail: Mapping[str, Any]) -> None:
        """Whoever is signed in with the session `id` takes a desk in place of the one before, or leaves it. Raises Unknown."""
        mine = update(schema.session).where(schema.session.c.hash == digest(id)).values(desk=desk)
        action = "desk.take" if desk else "desk.leave"
        with audited(self._engine, self._wall(), by, action, f"desk:{desk or detail.get('from', '')}", detail) as connection:
            if connection.execute(mine).rowcount == 0:
                raise Unknown(by)

    def sitting(self, created: float, seen: float) -> list[tuple[str, str, User]]:
        """(desk, the session's digest, who sits there) of the sessions begun since `created` and used since `seen`."""
        column = schema.session.c
        asked = (
            select(column.desk, column.hash, *_USER).join(schema.user).where(column.desk.is_not(None), schema.user.c.disabled.is_(False))
        )
        fresh = asked.where(column.created >= created, column.seen >= seen).order_by(column.desk, schema.user.c.name)
        with reading(self._engine) as connection:
            return [
                (row.desk, row.hash, User(**{each.name: getattr(row, each.name) for each in _USER})) for row in connection.execute(fresh)
            ]

    def session(self, id: str) -> Session | None:
        """The session of that id. Whether it is too old is the caller's."""
        column = schema.session.c
        asked = select(column.user, column.created, column.seen, column.desk).where(column.hash == digest(id))
        with reading(self._engine) as connection:
            row = connection.execute(asked).one_or_none()
        return Session(**row._mapping) if row else None

    def present(self, digests: Collection[str]) -> dict[str, tuple[Session, User]]:
        """The sessions with these digests and whose they are, by digest; none of a user who is disabled."""
        column = schema.session.c
        asked = select(column.hash, column.created, column.seen, column.desk, *_USER).join(schema.user)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.where(column.hash.in_(digests), schema.user.c.disabled.is_(False))).all()
        users = {row.hash: User(**{each.name: getattr(row, each.name) for each in _USER}) for row in rows}
        return {row.hash: (Session(user=row.name, created=row.created, seen=row.seen, desk=row.desk), users[row.hash]) for row in rows}

    def seen(self, id: str) -> None:
        """The browser was used."""
        with writing(self._engine) as connection:
            connection.execute(update(schema.session).where(schema.session.c.hash == digest(id)).values(seen=self._wall()))

    def close(self, id: str) -> None:
        """Signed out in this browser."""
        with writing(self._engine) as connection:
            connection.execute(delete(schema.session).where(schema.session.c.hash == digest(id)))

    def forget(self, created: float, seen: float) -> int:
        """Drops sessions made before `created` or not used since `seen`; how many."""
        old = (schema.session.c.created < created) | (schema.session.c.seen < seen)
        with writing(self._engine) as connection:
            return connection.execute(delete(schema.session).where(old)).rowcount

    def _change(self, name: str, values: Mapping[str, Any], by: str, action: str, detail: Mapping[str, Any], *, ends: bool) -> None:
        with audited(self._engine, self._wall(), by, action, f"user:{name}", detail) as connection:
            identity = values.get("identity")
            other = select(schema.user.c.name).where(schema.user.c.identity == identity, schema.user.c.name != name)
            if identity is not None and connection.execute(other).one_or_none() is not None:
                raise Taken(identity)
            if connection.execute(update(schema.user).where(schema.user.c.name == name).values(values)).rowcount == 0:
                raise Unknown(name)
            if ends:
                connection.execute(delete(schema.session).where(schema.session.c.user == name))


def _user(row: Row[Any]) -> User:
    return User(**row._mapping)
