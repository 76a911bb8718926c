"""`python -m streams ingest|frames|rejects`: the processes that compute. Reads the settings, opens the connections, hands them on."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import log
import settings
from domains import city
from model import SpecError
from store.clock import Clock
from store.connect import connect
from streams.frames import Composer
from streams.ingest import Ingest
from streams.pulse import Pulse
from streams.resend import send_lines, show
from streams.source import OPTIONS, BrokerError, Sink, Source

T = TypeVar("T")
RETRY_SECONDS = 2.0


class Process(Protocol):
    """What can be run and asked to stop."""

    stopping: bool

    def run(self) -> None:
        """Works until stopped."""


def main(arguments: Sequence[str]) -> int:
    """Runs one process until it is told to stop; 2 for an author's mistake."""
    parser = argparse.ArgumentParser(prog="python -m streams", description="The processes that compute.")
    parser.add_argument("process", choices=("ingest", "frames", "rejects"))
    parser.add_argument(
        "--send", action="store_true", help="rejects: send repaired ones, read from standard input in the form they are listed"
    )
    asked = parser.parse_args(arguments)
    log.setup(asked.process)
    try:
        if asked.process == "rejects":
            return _rejects(asked.send)
        process = _make(asked.process)
    except SpecError as error:
        print(f"citydeck: {error}", file=sys.stderr)
        return 2

    def stop(*_: object) -> None:
        process.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    process.run()
    return 0


def _make(name: str) -> Process:
    told = settings.load(os.environ)
    domains, site = city.read(Path(told.site))
    client = connect(told.redis)
    clock, pulse = Clock(client, time.time), Pulse(client, name)
    if name == "frames":
        return Composer(client, domains, site, clock, pulse)
    options = told.kafka_options(OPTIONS)
    areas = {key: {sensor.id: sensor.area for sensor in sensors} for key, sensors in site.sensors.items()}
    topics = [domain.topic for domain in domains.values()]
    source = _patiently(lambda: Source(told.kafka, topics, options))
    sink = _patiently(lambda: Sink(told.kafka, options))
    return Ingest(source, sink, client, domains, areas, clock, pulse)


def _patiently(connect: Callable[[], T]) -> T:
    """Kafka may come up later than this process: what it gives, asked for until it answers."""
    while True:
        try:
            return connect()
        except BrokerError as error:
            logging.getLogger(__name__).warning("waiting for Kafka", extra={"error": repr(error)})
            time.sleep(RETRY_SECONDS)


def _rejects(sending: bool) -> int:
    told = settings.load(os.environ)
    if not sending:
        show(connect(told.redis), sys.stdout)
        return 0
    domains, _ = city.read(Path(told.site))
    sink = Sink(told.kafka, told.kafka_options(OPTIONS))
    failed = send_lines(sink, frozenset(domain.topic for domain in domains.values()), sys.stdin, sys.stderr)
    sink.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
