"""Views of the alarm desk that people have saved: each person's own, and those that everybody is offered."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from sqlalchemy import Engine, delete, func, insert, select

from model.person import SavedView
from store.audit import audited
from store.database import reading
from store.people import Unknown
from store.schema import saved_view as table

MOST = 100
"""How many a person may have."""


class TooMany(Exception):
    """The person has as many as anybody may have."""


class SavedViews:
    """Every call raises DatabaseAway; what changes something stands in the audit log."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    def offered(self, name: str) -> list[SavedView]:
        """The person's own and the shared ones, by label."""
        asked = select(table).where((table.c.owner == name) | table.c.shared).order_by(table.c.label, table.c.id)
        with reading(self._engine) as connection:
            return [SavedView(**row._mapping) for row in connection.execute(asked)]

    def save(self, owner: str, label: str, query: str, *, shared: bool) -> SavedView:
        """A further one. Raises TooMany."""
        made = SavedView(id=uuid.uuid4().hex, owner=owner, label=label, query=query, shared=shared)
        detail = {"label": label, "query": query, "shared": shared}
        with audited(self._engine, self._wall(), owner, "view.save", f"view:{made.id}", detail) as connection:
            if connection.execute(select(func.count()).where(table.c.owner == owner)).scalar_one() >= MOST:
                raise TooMany(owner)
            connection.execute(insert(table).values({column.name: getattr(made, column.name) for column in table.c}))
        return made

    def remove(self, id: str, by: str, *, any_shared: bool) -> None:
        """Removes one of the person's own, or, with `any_shared`, a shared one of anybody's. Raises Unknown."""
        mine = (table.c.owner == by) | table.c.shared if any_shared else table.c.owner == by
        with audited(self._engine, self._wall(), by, "view.remove", f"view:{id}") as connection:
            if connection.execute(delete(table).where(table.c.id == id, mine)).rowcount == 0:
                raise Unknown(id)
