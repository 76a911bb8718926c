"""The simulated city, live: `python -m demo.simulate`, whose `--help` names the options.

What is measured is a function of seed, begin, site and time (`demo.simulation`); this file owns the clock and the line to Kafka. It
sends the past first, then goes on from the same moment, without a gap or a jump.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

from kafka.errors import KafkaError

from demo.command import run
from demo.produce import Feed, connect
from demo.simulation.city import Sample, readings
from demo.simulation.fault import rubbish
from demo.simulation.message import Heads, Message, messages
from demo.simulation.moment import Town
from demo.simulation.roster import KINDS, town_of
from domains import city
from settings import Settings
from streams.source import OPTIONS

BEAT = 0.25
"""Seconds between two looks at the clock; readings leave this late at most."""
STRIDE, ROOM = 900.0, 200_000.0
"""Seconds of the city that are made at once when there is much to send, and readings beyond which it is fewer."""
STEP = 300.0
"""Seconds between the readings of the past."""
RECENT = 900.0
"""Seconds of the past that come at the sensors' own intervals, so that rates and delays are right from the first minute."""

log = logging.getLogger("demo.simulate")


def natural_rate(town: Town) -> float:
    """Readings per second of the whole town at its own intervals."""
    return sum(len(KINDS[g.domain][g.kind].channels) * float((1000.0 / g.interval).sum()) for g in town.groups.values())


def windows(start: float, end: float, rate: float) -> Iterator[tuple[float, float]]:
    """[start, end) in parts that are large enough to be made fast and small enough to be held; `rate` is readings per second."""
    stride = max(0.25, min(STRIDE, ROOM / max(rate, 1.0)))
    while start < end:
        yield start, min(start + stride, end)
        start += stride


class Simulator:
    """Sends a town's readings as time passes. `rate` is how many times as often the sensors read."""

    def __init__(self, town: Town, feed: Feed, *, rate: float = 1.0, single: bool = False) -> None:
        self._town, self._feed, self._rate, self._single = town, feed, rate, single
        self._heads, self._per_second = Heads(), rate * natural_rate(town)

    def past(self, start: float, end: float) -> None:
        """Everything in [start, end), as fast as it goes: coarse, then the last quarter of an hour as it was."""
        fine = max(start, end - RECENT)
        self.gathered(start, fine, step=STEP)
        self._feed.flush()
        self.present(fine, end)

    def gathered(self, start: float, end: float, step: float | None = None) -> None:
        """Everything in [start, end), many readings to a message; `step` as in `city.readings`."""
        for begin, until in windows(start, end, self._per_second):
            for message in self._arriving(readings(self._town, begin, until, step=step, rate=self._rate if step is None else 1.0)):
                self._feed.gather(*message)

    def present(self, start: float, end: float) -> None:
        """Everything that arrives in [start, end), one message per sensor and moment."""
        for begin, until in windows(start, end, self._per_second):
            for message in self._arriving(readings(self._town, begin, until, rate=self._rate)):
                self._feed.send(*message, single=self._single)
            for domain, record in rubbish(self._town, begin, until):
                self._feed.send_raw(domain, record)

    def _arriving(self, samples: Iterable[Sample]) -> list[Message]:
        """The messages of all samples in the order in which they arrive."""
        found = [pair for s in samples for pair in zip(s.arrival.tolist(), messages(s, self._heads), strict=True)]
        return [message for _, message in sorted(found, key=itemgetter(0))]

    def run(self, start: float, now: Callable[[], float], stop: threading.Event) -> None:
        """From `start` on, until `stop`. What Kafka cannot take is lost, as with real instruments: said, and gone on."""
        while not stop.wait(BEAT):
            until = now()
            try:
                self.present(start, until)
            except KafkaError as error:
                log.warning("kafka is away, readings are lost", extra={"reason": str(error), "seconds": until - start})
            start = max(start, until)


def flat_out(send: Callable[[float, float], None], feed: Feed, start: float, end: float) -> None:
    """Send [start, end) at the sensors' own intervals without pacing, and say how fast that was."""
    began, cpu = time.perf_counter(), time.process_time()
    send(start, end)
    feed.flush()
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    count = max(feed.sent, 1)
    print(f"{count} readings in {seconds:.2f} s: {count / seconds:,.0f} readings/s, {used / count * 1e6:.2f} us CPU each")


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    made = argparse.ArgumentParser(prog="python -m demo.simulate", description=__doc__)
    made.add_argument("--seed", type=int, default=1, help="two runs with one seed agree")
    made.add_argument("--scale", type=int, default=1, help="sensors in place of each of the site's")
    made.add_argument("--rate", type=float, help="readings/s of the whole city; 0 sends the history flat out and ends")
    made.add_argument("--history", type=float, default=24.0, help="hours of the past to send first")
    made.add_argument("--incidents", action=argparse.BooleanOptionalAction, default=True, help="scripted incidents")
    made.add_argument("--begin", type=float, default=time.time(), help="seconds since 1970; before, incidents are rare; now when not given")
    made.add_argument("--single", action="store_true", help="one reading per message")
    return made


def simulate(options: argparse.Namespace, chosen: Settings, stop: threading.Event) -> None:
    """Make the town and simulate it."""
    _, site = city.read(Path(chosen.site))
    town = town_of(site, seed=options.seed, scale=options.scale, incidents=options.incidents, begin=options.begin)
    producer = connect(chosen.kafka, **chosen.kafka_options(OPTIONS))
    send(options, Feed(producer, "simulated"), town, stop)
    producer.close(10)


def send(options: argparse.Namespace, feed: Feed, town: Town, stop: threading.Event) -> None:
    """The past, then the present until `stop`."""
    now, natural = time.time(), natural_rate(town)
    simulator = Simulator(town, feed, rate=options.rate / natural if options.rate else 1.0, single=options.single)
    if options.rate == 0:
        flat_out(simulator.present if options.single else simulator.gathered, feed, now - options.history * 3600.0, now)
        return
    simulator.past(now - options.history * 3600.0, now)
    log.info("live", extra={"history": feed.sent, "per_second": round(options.rate or natural, 1)})
    simulator.run(now, time.time, stop)
    feed.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 1 with a sentence when the site or the settings are wrong."""
    return run("simulate", partial(simulate, parser().parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
