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

SELDOM_SECONDS = 60.0
MOST = 10_000
"""Things remembered as told."""

log = logging.getLogger(__name__)


class Witness:
    """Writes for one web process."""

    def __init__(self, audit: Audit, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit, self._clock = audit, clock
        self._told: OrderedDict[Hashable, float] = OrderedDict()

    def tell(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """One row of the audit log. Raises DatabaseAway."""
        told = {"address": request.remote_addr or "", **detail}
        aside(lambda: self._audit.write(uuid.uuid4().hex, actor, action, subject, told))

    def mention(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """The same at most once a minute, for what a stranger could do without end."""
        if self._is_new((actor, action, subject, request.remote_addr)):
            self.note(actor, action, subject, **detail)

    def note(self, actor: str, action: str, subject: str = "", **detail: str) -> None:
        """The same where nothing waits for it: to the process's own log while the database is away."""
        try:
            self.tell(actor, action, subject, **detail)
        except DatabaseAway:
            log.warning("not in the audit log", extra={"actor": actor, "action": action, "subject": subject, **detail})

    def _is_new(self, what: Hashable) -> bool:
        now = self._clock()
        if now - self._told.get(what, float("-inf")) < SELDOM_SECONDS:
            return False
        self._told[what] = now
        self._told.move_to_end(what)
        if len(self._told) > MOST:
            self._told.popitem(last=False)
        return True
