"""API tokens: what a program shows instead of a person. Hashed, scoped, with an end, and revocable."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Engine, Row, func, select, update

from model.person import Token, User
from store import schema
from store.audit import audited
from store.database import insert_once, reading
from store.people import Taken, Unknown, digest
from store.schema import token as table

_TOKEN = [table.c[name] for name in ("id", "label", "owner", "scopes", "created", "expires", "revoked")]
ID_LETTERS = 12


class Tokens:
    """The tokens of a database. Every call raises DatabaseAway; `by` is who acts, for the audit log; `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def grant(self, secret: str, label: str, owner: str, scopes: Sequence[str], expires: float, by: str) -> Token:
        """Makes `secret` a token of the user `owner` until the wall clock shows `expires`. Raises Unknown, Taken.

        The secret must be long and random; it is shown once, to whom it is for.
        """
        hash, now = digest(secret), self._wall()
        made = Token(id=hash[:ID_LETTERS], label=label, owner=owner, scopes=tuple(scopes), created=now, expires=expires)
        row = {column.name: getattr(made, column.name) for column in _TOKEN}
        detail = {"label": label, "owner": owner, "scopes": list(scopes), "expires": expires}
        with audited(self._engine, now, by, "token.add", f"token:{made.id}", detail) as connection:
            if connection.execute(select(schema.user.c.name).where(schema.user.c.name == owner)).one_or_none() is None:
                raise Unknown(owner)
            if not insert_once(connection, table, **row, hash=hash):
                raise Taken(made.id)
        return made

    def find(self, secret: str) -> Token | None:
        """The token, while it may be used: known, neither over nor revoked, its owner not disabled."""
        asked = select(*_TOKEN).join(schema.user).where(table.c.hash == digest(secret), schema.user.c.disabled.is_(False))
        with reading(self._engine) as connection:
            row = connection.execute(asked).one_or_none()
        found = _token(row) if row else None
        return found if found and found.revoked is None and self._wall() < found.expires else None

    def present(self, digests: Collection[str]) -> dict[str, tuple[Token, User]]:
        """The tokens with these digests that are not revoked and whose owner is not disabled, with that owner, by digest."""
        whose = [schema.user.c[name] for name in ("name", "display", "role", "language")]
        live = schema.user.c.disabled.is_(False) & table.c.revoked.is_(None) & table.c.hash.in_(digests)
        with reading(self._engine) as connection:
            rows = connection.execute(select(table.c.hash, *_TOKEN, *whose).join(schema.user).where(live)).all()
        owners = {row.hash: User(**{column.name: getattr(row, column.name) for column in whose}) for row in rows}
        return {row.hash: (_token(row), owners[row.hash]) for row in rows}

    def tokens(self) -> list[Token]:
        """All, newest first, also those that may not be used any more."""
        with reading(self._engine) as connection:
            return [_token(row) for row in connection.execute(select(*_TOKEN).order_by(table.c.created.desc(), table.c.id))]

    def revoke(self, id: str, by: str) -> None:
        """Ends it now; one revoked before stays as it was. Raises Unknown."""
        now = self._wall()
        with audited(self._engine, now, by, "token.revoke", f"token:{id}") as connection:
            ended = update(table).where(table.c.id == id).values(revoked=func.coalesce(table.c.revoked, now))
            if connection.execute(ended).rowcount == 0:
                raise Unknown(id)


def _token(row: Row[Any]) -> Token:
    return Token(**{column.name: getattr(row, column.name) for column in _TOKEN} | {"scopes": tuple(row.scopes)})
