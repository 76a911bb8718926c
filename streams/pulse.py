"""A process's own heartbeat: who it is, how it fares, and the last thing that went wrong."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from store import Away, Client
from store.process import beat, leave

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
ERROR_SECONDS = 60.0
"""How long an error is told after it last happened."""


class Pulse:
    """The heartbeat of this run of a process of `kind`."""

    def __init__(self, client: Client, kind: str) -> None:
        self.id = f"{kind}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._client, self._kind = client, kind
        self._error, self._lack, self._failed, self._beaten = "", "", float("-inf"), float("-inf")

    def failed(self, error: Exception) -> None:
        """Notes what went wrong, for people to see."""
        text = f"{type(error).__name__}: {error}"[:300]
        if text != self._error:
            log.warning("failed", extra={"error": text})
        self._error, self._failed = text, time.monotonic()

    def lacks(self, what: str) -> None:
        """Notes in a sentence what the process cannot do without and waits for; empty when it has it again."""
        if what != self._lack:
            log.warning("waiting" if what else "no longer waiting", extra={"error": what or self._lack})
        self._lack = what

    def due(self) -> bool:
        """Whether it is time for the next beat."""
        return time.monotonic() - self._beaten >= BEAT_SECONDS

    def send(self, state: str, rate: float, wall: float, feeds: Mapping[str, tuple[float, int | None]] | None = None) -> None:
        """Beats; when Redis is away nobody could hear it, so that is noted and no more."""
        self._beaten = time.monotonic()
        if self._beaten - self._failed > ERROR_SECONDS:
            self._error = ""
        try:
            beat(self._client, self.id, self._kind, state, self._lack or self._error or None, round(rate, 1), wall, feeds)
        except Away as error:
            self.failed(error)

    @contextmanager
    def beside(self, beat: Callable[[], None], longest: float) -> Iterator[None]:
        """Beats beside the work of the block, for `longest` seconds at most: who works long is not dead."""
        done, until = threading.Event(), time.monotonic() + longest

        def go() -> None:
            while not done.wait(BEAT_SECONDS) and time.monotonic() < until:
                beat()

        thread = threading.Thread(target=go, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def leave(self) -> None:
        """Says goodbye, so that nobody takes a planned stop for a death."""
        try:
            leave(self._client, self.id)
        except Away as error:
            self.failed(error)
