"""`python -m streams history`: writes what its share of the partitions brings to the history, and merges what it wrote.

One loop: poll, take, write. What came of a partition is written a minute after the first of it, or when it is much, and only then it is
passed: a start reads on from the files, never from what Kafka or Redis say. A partition that is taken away is dropped with what waits;
its new owner reads that again. Merging and forgetting go on in a thread of their own, one partition after the other.

A full disk: nothing more is read, an alarm of its own says so, and writing is tried again until there is room; what waits is kept.

What goes wrong in merging a partition is told, and stops neither the others nor the writing.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import product
from typing import Any, TypeVar

import numpy as np

from domains.system import DAMAGED, STOPPED
from model import Batch, Domain
from store import damage, ten
from store.archive import Archive, Taken
from store.clock import Clock
from store.day import day_of
from store.merge import Kept, Merger, Stopped
from streams.daily import Daily
from streams.decode import FORMATS
from streams.ingest import HUNG_SECONDS, POLL_SECONDS, RETRY_SECONDS, TELL_SECONDS
from streams.normalise import Readings, normalise
from streams.partition import by_origin
from streams.pulse import Pulse
from streams.series import Series
from streams.source import BrokerError, Source

log = logging.getLogger(__name__)
T = TypeVar("T")
Place = tuple[str, int]
"""Topic and partition."""

GROUP = "-history"
MOST_ROWS, MOST_WAITING = 1_000_000, 4_000_000
"""Readings of one partition, and of all, that are written without waiting for their minute: 33 bytes each while they wait."""
MERGE_SECONDS = 60.0
"""From one look at what is to be merged to the next."""
AGAIN_SECONDS = 2.0
"""From one try to write on a full disk to the next."""
AHEAD_MS = 86_400_000
"""A time further ahead than this is that of a wrong clock; it is filed under the day on which it came."""
MOST_SERIES = 900_000
"""Names of sensors that a partition holds before it begins to collect them anew."""


@dataclass(slots=True)
class Owned:
    """A partition this process reads: what waits to be written, of the offsets from `first` up to `offset`, and since when."""

    domain: Domain
    series: Series
    first: int | None
    offset: int | None = None
    waiting: list[tuple[Readings, int, float]] = field(default_factory=list)
    """(readings, origin, event time of arrival) of batches."""
    rows: int = 0
    since: float | None = None
    counted: int = 0


class History:
    """One history process."""

    def __init__(
        self,
        source: Source,
        archive: Archive,
        domains: Mapping[str, Domain],
        clock: Clock,
        pulse: Pulse,
        kept: Kept,
        flush_seconds: float,
        daily: Daily,
    ) -> None:
        self._source, self._archive, self._clock, self._pulse = source, archive, clock, pulse
        self._by_topic = {domain.topic: domain for domain in domains.values()}
        self._flush_seconds, self._minute_days = flush_seconds, kept.minute
        self._owned: dict[Place, Owned] = {}
        self._daily = daily
        self._merger = Merger(archive, kept, lambda: not self.stopping)
        self._pool = ThreadPoolExecutor(1, "merge")
        self._merging: Future[Any] | None = None
        self._merged = self._told = self._tried = self._measured = self._promised = float("-inf")
        self._full = ""
        self._anew: dict[Place, str] = {}
        """Partitions that are not read, and why."""
        self._damaged: dict[Place, list[str]] = {}
        """By partition the files that were put aside."""
        self.stopping = False

    def run(self) -> None:
        """Works until `stopping` is set, then writes what waits and leaves."""
        gc.freeze()
        gc.disable()  # as ingest does: the hot path makes no cycles
        while not self.stopping:
            self._promise()
            self.turn()
        faulthandler.cancel_dump_traceback_later()
        self._pool.shutdown()
        for place in list(self._owned):
            self._flush(place)
        self._source.close()
        self._pulse.leave()

    def _promise(self) -> None:
        """Promises to come round again soon, as ingest does."""
        if time.monotonic() - self._promised > HUNG_SECONDS / 10:
            self._promised = time.monotonic()
            gc.collect()
            faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)

    def turn(self) -> None:
        """One round: poll, take, write what is due."""
        try:
            batches = self._source.poll(POLL_SECONDS)
        except BrokerError as error:
            self._pulse.failed(error)
            time.sleep(RETRY_SECONDS[-2])
            batches = []
        self._rebalance()
        now, wall = self._clock.now(), self._clock.wall()
        for batch in batches:
            owned = self._owned.get((batch.topic, batch.partition))
            if owned is not None:
                self._take(owned, batch, now)
        if not self._full or time.monotonic() - self._tried >= AGAIN_SECONDS:
            self._tried = time.monotonic()
            if self._write_due(wall) and self._full:
                self._recover()
        self._merge(now, wall)
        self._report(wall)

    # --- taking in -------------------------------------------------------------------------------------------------------------------

    def _take(self, owned: Owned, batch: Batch, now: float) -> None:
        """Takes in a batch at event time `now`. What cannot be understood is told by ingest, not here."""
        if batch.lost:
            log.error("gap", extra={"topic": batch.topic, "partition": batch.partition, "lost": batch.lost})
            self._pulse.failed(ValueError(f"a gap: Kafka held {batch.lost} records of {batch.topic} {batch.partition} no more"))
        owned.first = batch.offsets[0] if owned.first is None else owned.first
        for origin, part in by_origin(batch):
            columns, _ = FORMATS[owned.domain.format](part.values)
            readings, _, _ = normalise(columns, owned.series, now)
            if len(readings.series):
                owned.waiting.append((readings, origin, now))
                owned.rows += len(readings.series)
                owned.counted += len(readings.series)
                owned.since = owned.since or batch.arrived
        owned.offset = batch.next_offset

    # --- partitions come and go ------------------------------------------------------------------------------------------------------

    def _rebalance(self) -> None:
        given, taken = self._source.changes()
        for place in taken:
            self._anew.pop(place, None)
            # Nothing is written here: the new owner may have begun. What waits is read again, by it.
            self._owned.pop(place, None)
        for place in given:
            self._load(place)

    def _load(self, place: Place) -> None:
        domain = self._by_topic[place[0]]
        offset = self._patiently(lambda: self._archive.resume(domain.key, place))
        end = self._patiently(lambda: self._source.end(*place))
        self._anew.pop(place, None)
        if offset is not None and end < offset:
            # Its offsets count anew: files of the new ones would pass for what the old files hold.
            self._anew[place] = f"{place[0]} {place[1]} ends at {end} in Kafka and at {offset} in the history: move its files away"
            log.error("topic began anew", extra={"error": self._anew[place]})
            return
        self._owned[place] = Owned(domain, Series(domain, {}), offset)
        self._merged = float("-inf")  # who is killed every minute must not leave all merging to others
        self._patiently(lambda: self._source.start(*place, offset))
        if self._full:
            self._source.rest(True)
        log.info("partition", extra={"topic": place[0], "partition": place[1], "offset": offset})

    def _patiently(self, call: Callable[[], T]) -> T:
        attempt = 0
        while True:
            try:
                return call()
            except (BrokerError, OSError) as error:
                self._pulse.failed(error)
                self._promise()
                self._beat(self._clock.wall(), STOPPED if isinstance(error, OSError) else "waiting")
                if self.stopping and attempt >= len(RETRY_SECONDS):
                    raise
                time.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def _write_due(self, wall: float) -> bool:
        """Whether all that was due could be written."""
        waiting = sum(owned.rows for owned in self._owned.values())
        for place, owned in sorted(self._owned.items(), key=lambda each: -each[1].rows):
            old = owned.since is not None and not 0 <= wall - owned.since < self._flush_seconds
            if old or owned.rows >= MOST_ROWS or waiting > MOST_WAITING:
                waiting -= owned.rows
                if not self._flush(place):
                    return False
        return True

    def _flush(self, place: Place) -> bool:
        """Writes what waits of a partition; when that fails nothing more is read until it does not."""
        owned = self._owned[place]
        if owned.since is None or owned.first is None or owned.offset is None:
            return True
        try:
            taken = self._taken(owned)
            if len(taken.series):
                self._archive.write(owned.domain.key, place, owned.first, owned.offset, taken)
        except OSError as error:
            self._fail(error)
            return False
        if len(owned.series.names) > MOST_SERIES:
            owned.series = Series(owned.domain, {})
        owned.first, owned.waiting, owned.rows, owned.since = owned.offset, [], 0, None
        return True

    def _fail(self, error: OSError) -> None:
        self._pulse.failed(error)
        self._full = str(error)
        self._source.rest(True)

    def _recover(self) -> None:
        log.warning("the history is written again")
        self._full = ""
        self._source.rest(False)

    def _taken(self, owned: Owned) -> Taken:
        parts = [readings for readings, _, _ in owned.waiting]
        series, ms, value, quality = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("series", "ms", "value", "quality")
        )
        counts = [len(part.series) for part in parts]
        origin = np.repeat(np.array([code for _, code, _ in owned.waiting], np.uint8), counts)
        came = np.repeat(np.array([int(now * 1000) for _, _, now in owned.waiting], np.int64), counts)
        kept = np.flatnonzero(ms >= came - self._minute_days * 86_400_000)  # what is older is not kept in any form
        return Taken(
            names=[(metric, sensor) for sensor, metric in owned.series.names],
            units={metric.key: metric.unit for metric in owned.domain.metrics},
            series=series[kept],
            ms=ms[kept],
            filed=np.where(ms > came + AHEAD_MS, came, ms)[kept],
            value=value[kept],
            quality=quality[kept],
            origin=origin[kept],
        )

    def _merge(self, now: float, wall: float) -> None:
        """Looks after the files of the partitions read, in a thread, when the last look is over and a minute old.

        On a full disk too: what is too old makes room.
        """
        if self._merging is not None and self._merging.done():
            for error in self._merging.result():
                self._pulse.failed(error)  # of a full disk the next look makes as much as there is room for
            self._merging = None
        if self._merging is None and self._owned and time.monotonic() - self._merged >= MERGE_SECONDS:
            self._merged = time.monotonic()
            places = [(place, owned.domain) for place, owned in self._owned.items()]
            self._merging = self._pool.submit(self._tidy, places, now, wall, bool(self._full))

    def _tidy(self, places: Iterable[tuple[Place, Domain]], now: float, wall: float, full: bool) -> list[Exception]:
        """What went wrong, each partition apart from the others; all are merged before anything is made of them."""
        works: list[Callable[[Place, Domain], None]] = [lambda place, domain: self._compact(place, domain, now, wall, full), self._count]
        if not full:
            works.append(lambda place, domain: self._reckon(place, domain, now))
        errors = list[Exception]()
        for work, (place, domain) in product(works, places):
            try:
                damage.without(self._archive.shelf, partial(work, place, domain))
            except Stopped:
                break
            except Exception as error:  # whatever it is, readings go on being written
                errors.append(error)
                if not isinstance(error, OSError):
                    log.exception("merging failed", extra={"topic": place[0], "partition": place[1]})
        return errors

    def _compact(self, place: Place, domain: Domain, now: float, wall: float, full: bool) -> None:
        if full:  # what may be deleted is what makes room
            self._merger.free(domain.key, place, now)
        else:
            self._merger.tidy(domain.key, place, {metric.key: metric for metric in domain.metrics}, now, wall)

    def _count(self, place: Place, domain: Domain) -> None:
        self._damaged[place] = damage.held(self._archive.shelf, domain.key, place)

    def _reckon(self, place: Place, domain: Domain, now: float) -> None:
        if place[1] == 0:
            today = day_of(now, self._archive.zone)
            self._make("figures of a day", domain, lambda: self._daily.tidy(domain.key, now))
            self._make("minutes of ten days", domain, lambda: ten.tidy(self._archive.shelf, domain.key, today, lambda: not self.stopping))

    def _make(self, what: str, domain: Domain, make: Callable[[], date | None]) -> None:
        """One after the other, until the partitions are to be looked at again."""
        while not self.stopping and make():
            log.info(what, extra={"domain": domain.key})
            if time.monotonic() - self._merged >= MERGE_SECONDS:
                return

    # --- being seen ------------------------------------------------------------------------------------------------------------------

    def _report(self, wall: float) -> None:
        if self._pulse.due():
            stopped = "; ".join([self._full and f"The history cannot be written: {self._full}", *self._anew.values()]).strip("; ")
            aside = [path for place in self._owned for path in self._damaged.get(place, ())]
            damaged = f"{len(aside)} damaged and put aside: {aside[0]}" if aside else ""
            self._pulse.lacks(stopped or self._source.lack() or damaged)
            self._beat(wall, STOPPED if stopped else DAMAGED if damaged else "active" if self._owned else "standby")
        if not 0 <= wall - self._told < TELL_SECONDS:
            self._told = wall
            self._source.tell({place: owned.first for place, owned in self._owned.items() if owned.first is not None})

    def _beat(self, wall: float, state: str) -> None:
        if self._pulse.due():
            count = sum(owned.counted for owned in self._owned.values())
            rate, self._measured = count / max(wall - self._measured, 0.1), wall
            for owned in self._owned.values():
                owned.counted = 0
            self._pulse.send(state, rate, wall)
