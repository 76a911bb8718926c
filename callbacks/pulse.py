"""A web worker's own beat: it says that it lives, gives its figures to Prometheus, and ends its streams when the worker stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from callbacks.hub import Hub
from streams.pulse import Pulse

STEP_SECONDS = 0.5


class Figures:
    """What this worker serves, in the files that all workers of one server share, or in memory where there is only one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._clients = Gauge("citydeck_live_clients", "Open live streams.", registry=self.registry, multiprocess_mode="livesum")
        self._frames = Counter("citydeck_live_frames", "Frames sent.", registry=self.registry)
        self._bytes = Counter("citydeck_live_bytes", "Bytes of frames sent.", registry=self.registry)
        self._sent = (0, 0)

    def take(self, hub: Hub) -> int:
        """Brings the figures up to what `hub` has done; returns how many frames it sent since the last time."""
        frames, sent = hub.totals.frames, hub.totals.bytes
        more = frames - self._sent[0]
        self._clients.set(hub.totals.clients)
        self._frames.inc(more)
        self._bytes.inc(sent - self._sent[1])
        self._sent = (frames, sent)
        return more


class Beat:
    """Runs beside the requests of one worker from `start` until `alive` says no or `stop` is called."""

    def __init__(self, hub: Hub, pulse: Pulse, figures: Figures) -> None:
        self._hub, self._pulse, self._figures = hub, pulse, figures
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, alive: Callable[[], bool] = lambda: True) -> None:
        """Begins to beat, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, args=(alive,), name="beat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the streams and says goodbye."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def _run(self, alive: Callable[[], bool]) -> None:
        since = time.monotonic()
        while alive() and not self._stopped.wait(STEP_SECONDS):
            if self._pulse.due():
                now = time.monotonic()
                self._pulse.send("active", self._figures.take(self._hub) / (now - since), time.time())
                since = now
        self._hub.stop()
        self._pulse.leave()
