"""`python -m streams exercise --from --to --speed`: tells a span of the history again, as if it came in now, to a deck for training.

That deck has topics, a Redis and a database of its own; everything else is the full line. Its clock is set to the beginning of the
span and stands while the hour before is sent, so that pages begin with what was known then; the newest of it comes first, so that nothing
seems to have been silent.
"""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from model import QUALITIES, Domain, ReplayClock
from store import Client
from store import clock as store_clock
from store.reel import Day, Reel
from streams.pulse import Pulse
from streams.source import BrokerError, Sink

log = logging.getLogger(__name__)

BEFORE_SECONDS = 3600.0
NOTICE_SECONDS = 2 * store_clock.FRESH_SECONDS
"""From setting the clock to the first reading: every process looks at the clock once a second."""
BEAT_SECONDS = 0.5
SLICE_SECONDS = 60.0
"""Of event time that is made into messages at once."""
MOST = 200
"""Readings in a message."""
WORK_SECONDS = 600.0
"""For which it beats beside sending very many readings."""


class Exercise:
    """Sends what was read from `begin` to `end`, event times in seconds, `speed` times faster than it came."""

    def __init__(
        self,
        client: Client,
        sink: Sink,
        reels: Mapping[str, Reel],
        domains: Mapping[str, Domain],
        span: tuple[float, float],
        speed: float,
        pulse: Pulse,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._sink, self._reels, self._domains = client, sink, reels, domains
        (self._begin, self._end), self._speed, self._pulse, self._wall = span, speed, pulse, wall
        self.sent = 0
        """Readings that Kafka has."""
        self.stopping = False

    def run(self) -> None:
        """Tells the span, and stays until `stopping`, for its clock goes on."""
        if not any(True for some in _slices(self._begin, self._end) for _ in self._between(*some)):
            log.warning("the history has nothing of that span")
        clock, told, before = self._set(0.0), self._begin, list(_slices(self._begin - BEFORE_SECONDS, self._begin))
        while not self.stopping:
            now = min(self._end, clock.event + clock.rate * max(0.0, self._wall() - clock.wall))
            with self._pulse.beside(self._beat, WORK_SECONDS):
                if self._wall() >= clock.wall and before:
                    before = self._recall(before)
                    clock = clock if before else self._set(self._speed)
                elif self._wall() >= clock.wall and now > told:
                    told = self._tell(told, now)
            if self._pulse.due():
                self._beat("active" if told < self._end else "over")
            time.sleep(BEAT_SECONDS)
        self._pulse.leave()

    def _set(self, rate: float) -> ReplayClock:
        """The clock at the beginning of the span, which it leaves so fast once every process knows of it."""
        clock = ReplayClock(wall=self._wall() + NOTICE_SECONDS, event=self._begin, rate=rate)
        store_clock.publish(self._client, clock)
        return clock

    def _beat(self, state: str = "active") -> None:
        self._pulse.send(state, 0.0, self._wall())

    def _recall(self, before: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Sends parts of the time before, newest first; those that Kafka does not have yet."""
        while before and self._tell(*before[-1]) >= before[-1][1]:
            before = before[:-1]
        return before

    def _tell(self, since: float, until: float) -> float:
        """Sends what was read after `since` up to `until`; up to when Kafka has it. What came twice counts once."""
        for first, last in _slices(since, until):
            try:
                for key, messages in self._between(first, last):
                    records = [(sensor.encode(), f"[{','.join(some)}]".encode()) for sensor, some in messages]
                    self._sink.deliver(self._domains[key].topic, records, "replay")
                    self.sent += sum(len(some) for _, some in messages)
            except (BrokerError, OSError) as error:
                self._pulse.failed(error)
                return first
        return until

    def _between(self, since: float, until: float) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
        """By domain the messages of a span: of one sensor each, oldest first."""
        for key, reel in self._reels.items():
            by_sensor: dict[str, list[tuple[float, str]]] = defaultdict(list)
            for day in reel.days(since, until, anew=False):
                for sensor, moment, text in _readings(reel, day, since, until):
                    by_sensor[sensor].append((moment, text))
            messages = []
            for sensor, found in by_sensor.items():
                texts = [text for _, text in sorted(found)]
                messages += [(sensor, texts[start : start + MOST]) for start in range(0, len(texts), MOST)]
            if messages:
                yield key, messages


def _slices(since: float, until: float) -> Iterator[tuple[float, float]]:
    """A span in parts, oldest first."""
    while since < until:
        last = min(since + SLICE_SECONDS, until)
        yield since, last
        since = last


def _readings(reel: Reel, day: Day, since: float, until: float) -> Iterator[tuple[str, float, str]]:
    """(sensor, time, JSON) of a day's readings after `since` up to `until`."""
    for name in day.rows:
        chosen = day.between(name, since + 0.001, until)
        columns = zip(chosen.series.tolist(), chosen.ms.tolist(), chosen.value.tolist(), chosen.quality.tolist(), strict=True)
        for series, ms, value, quality in columns:
            sensor, metric = reel.names[series]
            moment = round(day.start * 1000) + ms
            told = {"sensor": sensor, "metric": metric, "value": None if value != value else value, "time": moment}
            yield sensor, moment / 1000, json.dumps({**told, "quality": QUALITIES[quality]}, ensure_ascii=False)


def moment(text: str, zone: ZoneInfo) -> float:
    """`2026-11-20 14:05` or `2026-11-20T14:05:00`, in the zone of the site, or with an offset of its own. ValueError for anything else."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
