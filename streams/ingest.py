"""`python -m streams ingest`: reads its share of the partitions, and commits what they produced together with their offsets.

One loop, one thread: poll, take, commit. A commit is due 250 ms after the first uncommitted reading, at once when a condition
became true or false, and whenever a partition is taken away. Redis away: nothing more is polled until the commit is through, so
nothing can be lost or doubled. Kafka away: the loop goes on asking; screens show age.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from model import Batch, Domain, Reject
from store import Away, Client
from store import rejects as rejected
from store.clock import Clock
from store.command import Carrier
from store.partition import Changes, Fenced
from store.partition import Partition as Keys
from store.urgent import announce
from streams.partition import Partition
from streams.pulse import Pulse
from streams.resend import carry_out
from streams.source import BrokerError, Sink, Source

log = logging.getLogger(__name__)
T = TypeVar("T")

FLUSH_SECONDS = 0.25
POLL_SECONDS = 0.1
SMOOTHING = 0.3
HUNG_SECONDS = 90.0
TELL_SECONDS = 5.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
REJECTS_TOPIC = "city.rejects"


@dataclass(slots=True)
class Owned:
    """A partition this process reads: its state, its keys, and when its oldest uncommitted reading arrived."""

    state: Partition
    keys: Keys
    since: float | None = None
    lag: int = 0
    arrived: float = 0.0
    rate: float = 0.0
    counted: int = 0


class Ingest:
    """One ingest process."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        client: Client,
        domains: Mapping[str, Domain],
        areas: Mapping[str, Mapping[str, str]],
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        self._source, self._sink, self._client, self._clock, self._pulse = source, sink, client, clock, pulse
        self._by_topic = {domain.topic: domain for domain in domains.values()}
        self._areas = areas
        self._carrier = Carrier(client, pulse.id)
        self._owned: dict[tuple[str, int], Owned] = {}
        self._measured = self._told = 0.0
        self._promised = float("-inf")
        self.stopping = False

    def run(self) -> None:
        """Works until `stopping` is set, then commits and leaves."""
        # The objects of a batch die with it; what the collector would look for, cycles, the hot path does not make. Measured at 12 %.
        gc.freeze()
        gc.disable()
        while not self.stopping:
            self._promise()
            self.turn()
        faulthandler.cancel_dump_traceback_later()
        for place in list(self._owned):
            self._flush(place)
        self._source.close()
        self._sink.close()
        self._pulse.leave()

    def _promise(self) -> None:
        """Promises to come round again soon: one that does not ends with its stacks in the log, and is started again.

        The Kafka client has been seen to wait for ever after its broker was killed.
        """
        if time.monotonic() - self._promised > HUNG_SECONDS / 10:
            self._promised = time.monotonic()
            # Once in a while is enough for what is made of cycles: the client's lost connections, each a socket.
            gc.collect()
            faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True)

    def turn(self) -> None:
        """One round: poll, take, commit what is due."""
        try:
            batches = self._source.poll(POLL_SECONDS)
        except BrokerError as error:
            self._pulse.failed(error)
            time.sleep(RETRY_SECONDS[-2])
            batches = []
        self._rebalance()
        now = self._clock.now()
        for batch in batches:
            owned = self._owned.get((batch.topic, batch.partition))
            if owned is not None:
                self._take(owned, batch, now)
        wall = self._clock.wall()
        for place, owned in list(self._owned.items()):
            if owned.since is not None and (owned.state.watch.urgent or wall - owned.since >= FLUSH_SECONDS):
                self._flush(place)
        self._report(wall)

    def _take(self, owned: Owned, batch: Batch, now: float) -> None:
        owned.state.take(batch, now)
        owned.since = owned.since or batch.arrived
        owned.arrived = batch.arrived
        owned.lag = max((batch.end_offset or 0) - batch.next_offset, 0)

    # --- partitions come and go ------------------------------------------------------------------------------------------------------

    def _rebalance(self) -> None:
        given, taken = self._source.changes()
        for place in taken:
            # No commit here: the new owner may have begun. What is not committed is read again, by it.
            self._owned.pop(place, None)
        for place in given:
            self._load(place)

    def _load(self, place: tuple[str, int]) -> None:
        topic, number = place
        domain = self._by_topic[topic]
        keys = Keys(self._client, domain.key, number)
        stored = self._patiently(keys.load)
        owned = Owned(Partition(domain, stored, self._areas.get(domain.key, {})), keys)
        owned.counted = owned.state.counters["readings"]
        owned.since = self._clock.wall() if owned.state.outdated else None
        self._owned[place] = owned
        self._patiently(lambda: self._source.start(topic, number, owned.state.offset))
        log.info("partition", extra={"topic": topic, "partition": number, "offset": owned.state.offset})

    # --- committing ------------------------------------------------------------------------------------------------------------------

    def _flush(self, place: tuple[str, int]) -> None:
        """Commits one partition; refused records go to Kafka first, so that none can be lost between the two."""
        owned = self._owned[place]
        state = owned.state
        if owned.since is None or state.offset is None:
            return
        if state.rejects:
            self._patiently(lambda: self._send_rejects(state.rejects))
        changes = state.changes(self._pulse.id, self._clock.now())
        rejected.keep(changes, state.rejects)
        self._measure(owned, changes)
        offset = state.offset
        try:
            self._patiently(lambda: owned.keys.commit(state.held, offset, changes))
        except Fenced as error:
            log.warning("fenced", extra={"error": str(error)})
            self._load(place)
            return
        urgent = state.watch.urgent
        state.rejects = []
        state.committed()
        owned.since = None
        if urgent:
            self._patiently(lambda: announce(self._client))

    def _measure(self, owned: Owned, changes: Changes) -> None:
        changes.meta |= {"lag": owned.lag, "arrived": owned.arrived, "rate": round(owned.rate, 2), "owner": self._pulse.id}

    def _send_rejects(self, rejects: list[Reject]) -> None:
        for reject in rejects:
            self._sink.send(REJECTS_TOPIC, json.dumps(rejected.record(reject)).encode(), reject.key, {})
        self._sink.flush()

    def _patiently(self, call: Callable[[], T]) -> T:
        """The call's answer, asked again for as long as the machinery fails."""
        attempt = 0
        while True:
            try:
                return call()
            except (Away, BrokerError) as error:
                self._promise()
                self._pulse.failed(error)
                log.warning("waiting", extra={"error": repr(error)})
                if self.stopping and attempt >= len(RETRY_SECONDS):
                    raise
                time.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1

    # --- being seen ------------------------------------------------------------------------------------------------------------------

    def _report(self, wall: float) -> None:
        if self._pulse.due():
            self._carry_out()
            self._pulse.send("active" if self._owned else "standby", self._rates(wall), wall)
        if not 0 <= wall - self._told < TELL_SECONDS:
            self._told = wall
            self._source.tell({place: owned.state.held for place, owned in self._owned.items() if owned.state.held is not None})

    def _carry_out(self) -> None:
        try:
            carry_out(self._carrier, self._sink, frozenset(self._by_topic))
        except (Away, BrokerError) as error:
            self._pulse.failed(error)

    def _rates(self, wall: float) -> float:
        """Readings per second in all, smoothed over a few seconds; each partition's is noted for its next commit."""
        span, self._measured = max(wall - self._measured, 0.1), wall
        for owned in self._owned.values():
            count = owned.state.counters["readings"]
            owned.rate += SMOOTHING * ((count - owned.counted) / span - owned.rate)
            owned.counted = count
        return sum(owned.rate for owned in self._owned.values())
