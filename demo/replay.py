"""Recorded files as if they came in now: `python -m demo.replay FOLDER [--speed N]`.

All files run on one clock (`demo.readers.tape` says how). What was recorded before the replay begins is sent at once; from then on a
reading leaves when the clock reaches it. The clock is published in the store, and every process takes its time from there.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from kafka.errors import KafkaError

from demo.command import run
from demo.produce import Feed, connect
from demo.readers.folder import nothing_known, recordings
from demo.readers.tape import Tape, tape
from model import ReplayClock
from settings import Settings
from store import clock as store_clock
from store.connect import connect as connect_store
from streams.source import OPTIONS

NOTICE = 2 * store_clock.FRESH_SECONDS
"""Seconds of wall time from publishing the clock to the first reading."""
BEAT = 0.1
"""Seconds of wall time between two looks at the clock."""

log = logging.getLogger("demo.replay")


class Player:
    """Plays a tape on a feed; `place` is the next reading to send."""

    def __init__(self, played: Tape, feed: Feed) -> None:
        self._tape, self._feed, self.place = played, feed, 0

    @property
    def over(self) -> bool:
        """Whether everything has been sent."""
        return self.place == len(self._tape.time)

    def backlog(self) -> None:
        """Send everything older than the clock's start, many readings to a message."""
        until = int(np.searchsorted(self._tape.time, self._tape.begin))
        for domain, sensor, readings in self._moments(until):
            self._feed.gather(domain, sensor, readings)
        self._feed.flush()

    def play(self, event: float) -> None:
        """Send everything up to and including `event`, one message per sensor and moment."""
        until = int(np.searchsorted(self._tape.time, event, side="right"))
        for domain, sensor, readings in self._moments(until):
            self._feed.send(domain, sensor, readings)

    def _moments(self, until: int) -> Iterator[tuple[str, str, list[str]]]:
        """(domain, sensor, texts) of what is next, up to place `until`; `place` moves on with what is taken."""
        span = slice(self.place, until)
        columns = zip(self._tape.domain[span], self._tape.sensor[span], self._tape.time[span], self._tape.text[span], strict=True)
        for (domain, sensor, _), group in groupby(columns, key=lambda row: row[:3]):
            readings = [row[3] for row in group]
            self.place += len(readings)
            yield domain, sensor, readings


def follow(player: Player, clock: ReplayClock, now: Callable[[], float], stop: threading.Event) -> None:
    """Play by the clock until `stop`; at the end of the data say so and stay, because the clock goes on."""
    told = False
    while not stop.wait(BEAT):
        try:
            player.play(clock.event + clock.rate * (now() - clock.wall))
        except KafkaError as error:
            log.warning("kafka is away, readings are lost", extra={"reason": str(error)})
        if player.over and not told:
            told = True
            log.info("the recorded data has ended; nothing more will come")


def play(options: argparse.Namespace, chosen: Settings, stop: threading.Event) -> None:
    """Read the folder, publish the clock, and play."""
    if not options.speed > 0:
        raise ValueError(f"--speed {options.speed:g} is not above 0")
    if reason := nothing_known(options.folder):
        raise ValueError(reason)
    found = list(recordings(options.folder))
    played = tape(found)
    for recording in found:
        log.info("recorded file", extra={"file": recording.name, "domain": recording.domain, "readings": len(recording.readings)})
    producer = connect(chosen.kafka, **chosen.kafka_options(OPTIONS))
    player = Player(played, Feed(producer, "replay"))
    client = connect_store(chosen.redis)
    # Every process looks at the clock once a second: whoever took the past in by the old clock would find it a day too late.
    clock = ReplayClock(wall=time.time() + NOTICE, event=played.begin, rate=options.speed)
    store_clock.publish(client, clock)
    try:
        stop.wait(NOTICE)
        player.backlog()
        follow(player, clock, time.time, stop)
    finally:
        store_clock.publish(client, None)
        producer.close(10)


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    made = argparse.ArgumentParser(prog="python -m demo.replay", description=__doc__)
    made.add_argument("folder", type=Path, help="recorded files anywhere below")
    made.add_argument("--speed", type=float, default=60.0, help="how many times faster than life")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 1 with a sentence when there is nothing to play or a setting is wrong."""
    return run("replay", partial(play, parser().parse_args(arguments)), ValueError)


if __name__ == "__main__":
    sys.exit(main())
