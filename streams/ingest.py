"""`python -m streams ingest`: reads its share of the partitions, and commits what they produced together with their offsets.

One loop, one thread: poll, take, commit. A commit is due 250 ms after the first uncommitted reading, at once when a condition
became true or false, and whenever a partition is taken away. Redis away: nothing more is polled until the commit is through, so
nothing can be lost or doubled. Kafka away: the loop goes on asking; screens show age.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from domains.tuned import city
from model import Batch, Domain, Reject
from store import Away, Client
from store import rejects as rejected
from store.clock import Clock
from store.command import Carrier
from store.inforce import InForce
from store.partition import Fenced
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
VALUES_BYTES = (rejected.VALUE_BYTES, 1_024, 0)
"""What is sent of a refused record, and what instead when Kafka says that it is too long."""
DELIVERED = 1_000
"""Refused records handed to Kafka at a time: a batch may hold a hundred thousand of them."""


@dataclass(slots=True)
class Owned:
    """A partition this process reads: its state, its keys, and when its oldest uncommitted reading arrived."""

    state: Partition
    keys: Keys
    since: float | None = None
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
        self._declared, self._by_topic = domains, {domain.topic: domain for domain in domains.values()}
        self._rules = InForce(client)
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

    # --- partitions come and go ------------------------------------------------------------------------------------------------------

    def _rebalance(self) -> None:
        given, taken = self._source.changes()
        for place in taken:
            # No commit here: the new owner may have begun. What is not committed is read again, by it.
            self._owned.pop(place, None)
        if given:
            self._tune()
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

    def _tune(self) -> None:
        """Takes the numbers that managers have put in force, where they are others than before: no restart is needed."""
        told = self._rules.changed()
        if told is None:
            return
        self._by_topic = {domain.topic: domain for domain in city(self._declared, told).values()}
        for (topic, _), owned in self._owned.items():
            owned.state.tune(self._by_topic[topic])
        log.info("rules", extra={"tuned": sorted(told)})

    # --- committing ------------------------------------------------------------------------------------------------------------------

    def _flush(self, place: tuple[str, int]) -> None:
        """Commits one partition; refused records go to Kafka first, so that none can be lost between the two."""
        owned = self._owned[place]
        state = owned.state
        if owned.since is None or state.offset is None:
            return
        if state.rejects:
            self._send_rejects(state.rejects)
        changes = state.changes(self._pulse.id, self._clock.now())
        rejected.keep(changes, state.rejects)
        changes.meta["arrived"] = owned.arrived
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

    def _send_rejects(self, rejects: list[Reject]) -> None:
        """Sends them with as much of each as this Kafka takes. One of which it takes nothing is left to the store, and told."""
        for most in VALUES_BYTES:
            large: list[Reject] = []
            for start in range(0, len(rejects), DELIVERED):
                some = rejects[start : start + DELIVERED]
                records = [(reject.key and reject.key[: rejected.KEY_BYTES], rejected.encoded(reject, most)) for reject in some]
                large += [some[place] for place in self._patiently(partial(self._sink.deliver, REJECTS_TOPIC, records))]
                self._alive()
            rejects = large
        if rejects:
            self._pulse.failed(ValueError(f"{REJECTS_TOPIC} takes not even the shortest form of {len(rejects)} refused records"))

    def _patiently(self, call: Callable[[], T]) -> T:
        """The call's answer, asked again for as long as the machinery fails."""
        attempt = 0
        while True:
            try:
                return call()
            except (Away, BrokerError) as error:
                self._pulse.failed(error)
                self._alive("waiting")
                log.warning("waiting", extra={"error": repr(error)})
                if self.stopping and attempt >= len(RETRY_SECONDS):
                    raise
                time.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1

    # --- being seen ------------------------------------------------------------------------------------------------------------------

    def _report(self, wall: float) -> None:
        if self._pulse.due():
            self._pulse.lacks(self._source.lack())
            self._carry_out()
            self._tune()
            feeds = self._feeds(wall)
            self._pulse.send("active" if self._owned else "standby", sum(rate for rate, _ in feeds.values()), wall, feeds)
        if not 0 <= wall - self._told < TELL_SECONDS:
            self._told = wall
            self._source.tell({place: owned.state.held for place, owned in self._owned.items() if owned.state.held is not None})

    def _alive(self, state: str = "active") -> None:
        """While something takes long: this process lives and tells what it waits for, and nothing of feeds, which it does not read."""
        self._promise()
        if self._pulse.due():
            self._pulse.send(state, 0.0, self._clock.wall())

    def _carry_out(self) -> None:
        try:
            carry_out(self._carrier, self._sink, frozenset(self._by_topic), self._client)
        except (Away, BrokerError) as error:
            self._pulse.failed(error)

    def _feeds(self, wall: float) -> dict[str, tuple[float, int | None]]:
        """By partition, its readings per second, smoothed over a few seconds, and how many records behind is what it has stored."""
        span, self._measured = max(wall - self._measured, 0.1), wall
        feeds = {}
        for (topic, number), owned in self._owned.items():
            count = owned.state.counters["readings"]
            owned.rate += SMOOTHING * ((count - owned.counted) / span - owned.rate)
            owned.counted = count
            lag, taken = self._source.lag(topic, number), (owned.state.offset or 0) - (owned.state.held or 0)
            feeds[owned.keys.name] = round(owned.rate, 2), None if lag is None else lag + taken
        return feeds
