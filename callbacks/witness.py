"""What people and programs do at the doors goes into the audit log, with the address they do it from."""

from __future__ import annotations

import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable

from flask import request

from callbacks.aside import aside
from store.audit import Audit
from store.database import DatabaseAway

MINUTE = 60.0
MOST_OF_ONE = 20
"""Rows a minute of one kind that one address can cause without being known."""
MOST_SOURCES = 10_000

log = logging.getLogger(__name__)


class Witness:
    """Writes for one web process."""

    def __init__(self, audit: Audit, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit, self._clock = audit, clock
        self._told: OrderedDict[Hashable, tuple[float, set[Hashable]]] = OrderedDict()

    def tell(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """One row of the audit log. Raises DatabaseAway."""
        told = {"address": request.remote_addr or "", **detail}
        aside(lambda: self._audit.write(uuid.uuid4().hex, actor, action, subject, told))

    def mention(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """The same for what a stranger could do without end: each thing once a minute, and of one address only so many."""
        if self._is_worth((request.remote_addr or "", action), (actor, subject, *detail.values())):
            self.note(actor, action, subject, **detail)

    def note(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """The same where nothing waits for it: to the process's own log while the database is away."""
        try:
            self.tell(actor, action, subject, **detail)
        except DatabaseAway:
            log.warning("not in the audit log", extra={"actor": actor, "action": action, "subject": subject, **detail})

    def _is_worth(self, source: Hashable, what: Hashable) -> bool:
        now = self._clock()
        begun, told = self._told.pop(source, (now, set()))
        if now - begun >= MINUTE:
            begun, told = now, set()
        self._told[source] = begun, told
        if len(self._told) > MOST_SOURCES:
            self._told.popitem(last=False)
        if what in told or len(told) >= MOST_OF_ONE:
            return False
        told.add(what)
        return True
