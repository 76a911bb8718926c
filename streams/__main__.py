"""`python -m streams ingest|frames|alarms|notify|rejects`: the processes that compute.

Reads the settings, opens the connections, hands them on.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import log
import settings
from domains import city, outside
from model import Domain, Site, SpecError
from store.clock import Clock
from store.connect import connect
from store.database import DatabaseAway, migrate
from store.database import connect as connect_database
from store.journal import Journal
from store.letters import Letters
from streams.alarms import Keeper
from streams.frames import Composer
from streams.ingest import Ingest
from streams.name import Names
from streams.notify import Notify
from streams.notify import secrets as known_secrets
from streams.outbox import Outbox
from streams.pulse import Pulse
from streams.resend import send_lines, show
from streams.rulebook import Rulebook
from streams.source import OPTIONS, BrokerError, Sink, Source

T = TypeVar("T")
RETRY_SECONDS = 2.0
JOURNAL_SECONDS = 1.0
"""The writer of alarms waits no longer for its journal: it has a wall to show alarms on, and a lease of two seconds."""


class Process(Protocol):
    """What can be run and asked to stop."""

    stopping: bool

    def run(self) -> None:
        """Works until stopped."""


def main(arguments: Sequence[str]) -> int:
    """Runs one process until it is told to stop; 2 for an author's mistake."""
    parser = argparse.ArgumentParser(prog="python -m streams", description="The processes that compute.")
    parser.add_argument("process", choices=("ingest", "frames", "alarms", "notify", "rejects"))
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
    if name == "notify":
        return _notify(told, domains, site, pulse)
    options = told.kafka_options(OPTIONS)
    if name == "alarms":
        engine = connect_database(told.database, JOURNAL_SECONDS)
        journal = Journal(engine)
        outbox = Outbox(journal, lambda: Sink(told.kafka, options))
        return Keeper(client, journal, outbox, Rulebook(domains, site), clock, pulse, lambda: migrate(engine))
    areas = {key: {sensor.id: sensor.area for sensor in sensors} for key, sensors in site.sensors.items()}
    topics = [domain.topic for domain in domains.values()]
    source = _patiently(lambda: Source(told.kafka, topics, options))
    sink = _patiently(lambda: Sink(told.kafka, options))
    return Ingest(source, sink, client, domains, areas, clock, pulse)


def _notify(told: settings.Settings, domains: Mapping[str, Domain], site: Site, pulse: Pulse) -> Notify:
    recipients = outside.read(Path(told.site), [area.key for area in site.areas], domains).recipients
    secrets = known_secrets(recipients, os.environ)
    engine = connect_database(told.database)
    _patiently(lambda: migrate(engine))
    return Notify(Letters(engine), recipients, secrets, Names(domains, site), site.zone, pulse)


def _patiently(connect: Callable[[], T]) -> T:
    """Kafka or the database may come up later than this process: what it gives, asked for until it answers."""
    while True:
        try:
            return connect()
        except (BrokerError, DatabaseAway) as error:
            logging.getLogger(__name__).warning("waiting", extra={"error": repr(error)})
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
