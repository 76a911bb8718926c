"""Chains of CAP messages: which alarm a message is about, and whether a newer one has spoken already.

An Update names the messages that it replaces. The alarm keeps the name of the first message of the chain, so a message's root is that
of what it replaces; messages may come in any order, and twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Engine, delete, func, select, update

from store.database import insert_once, writing
from store.schema import name, warning

KEPT_SECONDS = 400 * 86_400.0
"""How long a message is remembered after it came."""


class Link(NamedTuple):
    """Where a message stands: the chain's root, the roots of other chains that it ends, and whether a newer one has come before it."""

    root: str
    others: tuple[str, ...]
    superseded: bool


class Chains:
    """Every call raises DatabaseAway, and may then be made again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def follow(self, message: str, sent: float, references: Mapping[str, float], now: float) -> Link:
        """Remembers a message and what it replaces. `references` are earlier messages with the times they were sent."""
        message, replaced = name(message), {name(one): time for one, time in references.items() if one != message}
        with writing(self._engine) as connection:
            connection.execute(delete(warning).where(warning.c.seen < now - KEPT_SECONDS))
            known = {row.message: row for row in connection.execute(select(warning).where(warning.c.message.in_([message, *replaced])))}
            root, others = _roots(message, replaced, {one: row.root for one, row in known.items()})
            newest = connection.scalar(select(func.max(warning.c.sent)).where(warning.c.root == root))
            for one, time in {**replaced, message: sent}.items():
                insert_once(connection, warning, message=one, root=root, sent=time, superseded=one != message, seen=now)
            connection.execute(update(warning).where(warning.c.message.in_(list(replaced))).values(superseded=True))
            connection.execute(update(warning).where(warning.c.message == message, warning.c.sent < sent).values(sent=sent))
        late = newest is not None and newest > sent
        return Link(root, others, late or message in known and known[message].superseded)


def _roots(message: str, replaced: Mapping[str, float], roots: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The root of the chain, that of the oldest message replaced; and those of the other chains that are known."""
    ordered = sorted(replaced, key=lambda one: (replaced[one], one))
    mine = roots.get(message) or next((roots.get(one, one) for one in ordered), message)
    return mine, tuple(dict.fromkeys(roots[one] for one in ordered if roots.get(one, mine) != mine))
