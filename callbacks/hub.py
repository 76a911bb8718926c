"""One web worker's fan-out of frames: one subscription to the store, and for each client no more than the ids it was sent last.

Nothing is queued for a client. What is due to it is worked out when it can be written to, from the newest frame alone: the change, where it
builds on what the client was sent last; nothing, where the client is up to date; else the newest full frame. So a slow client skips
frames and a stuck one costs the buffer of its socket.

A newcomer is registered before the full frame is read, and the sequence rule drops what it then hears twice: no gap, no repeat. In
a worker of gevent the threads and events of this file are greenlets; nothing here relies on it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from store import Away
from store.frame import Frame, Frames, deflated
from store.replay import MARK

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
HELLO, BEAT = b"retry: 1000\n\n", b": beat\n\n"
HELLO_BLOCK, BEAT_BLOCK = deflated(HELLO), deflated(BEAT)
BEAT_SECONDS = 5.0
"""How often streams of silent pages are given a comment, for a closed tab is noticed only by writing to it, and wishes are renewed."""
FRESH_SECONDS = 5.0
"""A frame heard longer ago is not what a newcomer should get: the store is asked again."""
ABSENT_SECONDS = 1.0
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 2.0
ON_DEMAND = ("sensor-", MARK)
"""Pages of these kinds are composed only while somebody looks."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Totals:
    """What this worker has done so far."""

    clients: int = 0
    frames: int = 0
    bytes: int = 0


@dataclass(slots=True, eq=False)
class Client:
    """One stream. `sent` is by page the id of the last frame written to it."""

    wake: threading.Event = field(default_factory=threading.Event)
    sent: dict[str, str | None] = field(default_factory=dict)


class Watched:
    """A page that somebody here looks at."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.clients: set[Client] = set()
        self.newest: Frame | None = None
        self.full: Frame | None = None
        self.heard = self.asked = float("-inf")
        self.lock = threading.Lock()


def reached(id: str, goal: str) -> bool:
    """Whether a client that was sent `id` needs nothing of the frame `goal`: the same epoch, and at least as far in it."""
    epoch, _, seq = id.rpartition("-")
    goal_epoch, _, goal_seq = goal.rpartition("-")
    return epoch == goal_epoch and int(seq) >= int(goal_seq)


class Hub:
    """The worker's clients, and the thread that follows the store for them; it starts with the first client."""

    def __init__(self, frames: Frames, clock: Callable[[], float] = time.monotonic) -> None:
        self.totals = Totals()
        self._frames, self._clock = frames, clock
        self._watched: dict[str, Watched] = {}
        self._lock = threading.Lock()
        self._follower: threading.Thread | None = None
        self._stopping = threading.Event()
        self._tended = float("-inf")

    def stream(self, pages: Sequence[str], last_id: str | None, gzip: bool, still: Callable[[], bool] = lambda: True) -> Iterator[bytes]:
        """The body of one client's stream of `pages`. `last_id` is the last event it holds, if any.

        Never raises; ends with the worker, or soon after its client is not to be served any more (`still`).
        """
        client = Client(sent=dict.fromkeys(pages))
        watched = self._join(client)
        try:
            hello, beat = (GZIP_HEADER + HELLO_BLOCK, BEAT_BLOCK) if gzip else (HELLO, BEAT)
            yield hello
            if last_id and len(watched) == 1:  # an id says nothing of which page it was
                self._resume(watched[0], client, last_id)
            while still() and not self._stopping.is_set():
                client.wake.clear()
                yield self.due(client, watched, gzip) or beat
                client.wake.wait()
        finally:
            self._leave(client, watched)

    def due(self, client: Client, watched: Sequence[Watched], gzip: bool) -> bytes:
        """What is to be written to `client` now; empty when it is up to date. Counts as sent."""
        found = [frame for page in watched if (frame := self._next(client, page))]
        if not found:
            return b""
        body = b"".join([frame.block if gzip else frame.text for frame in found])
        self.totals.frames += len(found)
        self.totals.bytes += len(body)
        return body

    def full(self, page: Watched) -> Frame | None:
        """The newest full frame; the store is asked once for all clients that need it. None when it has none or does not answer."""
        with page.lock:
            fresh = self._clock() - page.heard < FRESH_SECONDS
            known = fresh and page.full and page.newest and reached(page.full.id, page.newest.id)
            if not known and not self._is_absent(page):
                page.full, page.asked = self._last(page.page), self._clock()
            return page.full

    def _is_absent(self, page: Watched) -> bool:
        """Whether the store had nothing a moment ago, and nothing came since: all who look at what nobody composes would ask."""
        return page.full is None and page.heard < page.asked and self._clock() - page.asked < ABSENT_SECONDS

    def hear(self, frame: Frame) -> None:
        """Takes `frame` as the newest of its page and wakes those who look at it."""
        if page := self._watched.get(frame.page):
            page.newest, page.heard = frame, self._clock()
            if not frame.prev:
                page.full = frame
            self._wake(page)

    def stop(self) -> None:
        """Ends every stream, so that the worker can stop; browsers come back to another one."""
        self._stopping.set()
        for page in tuple(self._watched.values()):
            self._wake(page)

    def _next(self, client: Client, page: Watched) -> Frame | None:
        sent, frame = client.sent[page.page], page.newest
        if sent is None:
            frame = self.full(page)
        elif frame is not None and frame.prev != sent:
            frame = None if reached(sent, frame.id) else self._newer(page, sent)
        if frame is not None:
            client.sent[page.page] = frame.id
        return frame

    def _newer(self, page: Watched, sent: str) -> Frame | None:
        full = self.full(page)
        return None if full is None or reached(sent, full.id) else full

    def _resume(self, page: Watched, client: Client, last_id: str) -> None:
        full = self.full(page)
        if full is not None and full.id == last_id:
            client.sent[page.page] = last_id

    def _last(self, page: str) -> Frame | None:
        try:
            return self._frames.last(page)
        except Away:
            return None

    def _join(self, client: Client) -> list[Watched]:
        with self._lock:
            watched = [self._watched.setdefault(name, Watched(name)) for name in client.sent]
            for page in watched:
                page.clients.add(client)
            self.totals.clients += 1
            if self._follower is None:
                self._follower = threading.Thread(target=self._follow, name="frames", daemon=True)
                self._follower.start()
        self._want(client.sent)
        return watched

    def _leave(self, client: Client, watched: Iterable[Watched]) -> None:
        with self._lock:
            self.totals.clients -= 1
            for page in watched:
                page.clients.discard(client)
                if not page.clients:
                    del self._watched[page.page]

    def _follow(self) -> None:
        wait = SHORTEST_WAIT
        while not self._stopping.is_set():
            try:
                for frame in self._frames.follow():
                    wait = SHORTEST_WAIT
                    if frame:
                        self.hear(frame)
                    self._tend()
            except Exception as error:  # noqa: BLE001  whatever it was: a worker that no longer follows leaves all its screens dark
                log.warning("frames are not heard", extra={"reason": str(error)})
                self._forget()
                self._tend()
                self._stopping.wait(wait * random.uniform(0.5, 1))  # noqa: S311  not all workers at once
                wait = min(2 * wait, LONGEST_WAIT)

    def _forget(self) -> None:
        for page in tuple(self._watched.values()):
            page.newest = None

    def _tend(self) -> None:
        """From time to time: wishes are renewed, silent streams woken. A timer for each client would cost more than its frames."""
        now = self._clock()
        if now - self._tended < BEAT_SECONDS:
            return
        self._tended = now
        for page in tuple(self._watched.values()):
            if now - page.heard >= BEAT_SECONDS:
                self._wake(page)
        self._want(tuple(self._watched))

    def _wake(self, page: Watched) -> None:
        for client in tuple(page.clients):
            client.wake.set()

    def _want(self, names: Iterable[str]) -> None:
        for name in names:
            if name.startswith(ON_DEMAND):
                with suppress(Away):  # asked again in a few seconds
                    self._frames.want(name)
