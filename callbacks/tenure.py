"""Whether those who look at live streams still may: a stream ends soon after its session or token does.

All viewers of a worker are asked for together every few seconds, so a screen costs next to nothing. While nobody can say, streams go on.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from model.person import Visitor
from store import Away
from store.database import DatabaseAway

PERIOD_SECONDS = 5.0
Still = Callable[[], bool]

log = logging.getLogger(__name__)


class Tenure:
    """The viewers of one worker. `standing` gives those of them that may still be served."""

    def __init__(self, standing: Callable[[Collection[Visitor]], Collection[Visitor]], period: float = PERIOD_SECONDS) -> None:
        self._standing, self._period = standing, period
        self._held: Counter[Visitor] = Counter()
        self._over: set[Visitor] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def stream(self, visitor: Visitor, body: Callable[[Still], Iterator[bytes]]) -> Iterator[bytes]:
        """The stream that `body` makes of the question whether the visitor still may."""
        with self._hold(visitor):
            yield from body(lambda: visitor not in self._over)

    @contextmanager
    def _hold(self, visitor: Visitor) -> Iterator[None]:
        with self._lock:
            self._held[visitor] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="tenure", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held[visitor] -= 1
                if not self._held[visitor]:
                    del self._held[visitor]
                    self._over.discard(visitor)

    def _watch(self) -> None:
        wait = threading.Event().wait
        while not wait(self._period):
            with self._lock:
                held = set(self._held)
                if not held:
                    self._thread = None
                    return
            try:
                over = held - set(self._standing(held))
            except (DatabaseAway, Away):
                continue
            except Exception:  # noqa: BLE001  a watch that ended would leave the streams of those who are signed out
                log.exception("it could not be seen who may still look")
                continue
            with self._lock:
                self._over |= over & set(self._held)
