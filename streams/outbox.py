"""Tells Kafka what the journal holds: every alarm event on `city.alarms`, keyed by its alarm, in the journal's order.

A thread of its own, because the Kafka client may wait for a minute, and alarms must not. An event is marked as told after Kafka has
it, so whoever reads the topic may see one twice after a crash, with the same `seq`, and misses none.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import msgspec

from model.alarm import Event
from store.database import DatabaseAway
from store.journal import Journal
from streams.source import BrokerError, Sink

log = logging.getLogger(__name__)

TOPIC = "city.alarms"
MOST = 1_000
LOOK_SECONDS = 1.0


class Outbox:
    """Sends while `active`. While it is `doubted` that the journal takes writes, `reached` tells when it last did (monotonic clock)."""

    def __init__(self, journal: Journal, connect: Callable[[], Sink], pause: Callable[[str], None] = lambda point: None) -> None:
        self._journal, self._connect, self._pause = journal, connect, pause
        self._sink: Sink | None = None
        self._bell, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self.active = self.doubted = False
        self.reached = float("-inf")
        self.error: Exception | None = None

    def start(self) -> None:
        """Begins to look for events."""
        self._thread.start()

    def ring(self) -> None:
        """There is something to send."""
        self._bell.set()

    def stop(self) -> None:
        """Sends no more; what is not sent is sent by the next."""
        self._stopping = True
        self._bell.set()
        self._thread.join(timeout=LOOK_SECONDS)

    def _run(self) -> None:
        while not self._stopping:
            self._bell.wait(LOOK_SECONDS)
            self._bell.clear()
            if self.active and not self._stopping:
                self._turn()

    def _turn(self) -> None:
        try:
            if self.doubted:
                self._journal.published(0)
                self.reached = time.monotonic()
            while self._send():
                pass
            self.error = None
        except (DatabaseAway, BrokerError) as error:
            self.error = error
            log.warning("events wait", extra={"error": repr(error)})

    def _send(self) -> bool:
        """Sends the oldest events that Kafka has not got; whether there may be more."""
        events = self._journal.unpublished(MOST)
        if not events or not self.active:
            return False
        self._sink = self._sink or self._connect()
        self._sink.deliver(TOPIC, [(key(event), msgspec.json.encode(event)) for event in events])
        self._pause("topic")
        self._journal.published(events[-1].seq)
        self._pause("offset")
        return len(events) == MOST


def key(event: Event) -> bytes:
    """What keeps the events of one alarm in one partition, and so in order."""
    return (event.alarm or f"desk:{event.desk}").encode()
