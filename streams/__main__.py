"""`python -m streams ingest|frames|alarms|history|notify|report|rejects`: the processes that compute.

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
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import log
import settings
from domains import city, outside
from model import Domain, Site, SpecError
from store import Away
from store.archive import Archive
from store.clock import Clock
from store.connect import connect
from store.database import DatabaseAway, Engine, migrate
from store.database import connect as connect_database
from store.journal import Journal
from store.letters import Letters
from store.merge import Kept
from store.shelf import Shelf
from streams.alarms import Keeper
from streams.frames import Composer
from streams.history import GROUP, History
from streams.ingest import Ingest
from streams.name import Names
from streams.notify import Notify
from streams.notify import secrets as known_secrets
from streams.outbox import Outbox
from streams.pulse import Pulse
from streams.reach import absence
from streams.report.option import options as report_options
from streams.resend import send_lines, sendable, show
from streams.rulebook import Rulebook
from streams.source import OPTIONS, BrokerError, Sink, Source

T = TypeVar("T")
RETRY_SECONDS = 1.0
BRIEFLY = {"bootstrap_timeout_ms": 3000}
"""How long the Kafka client may try before a heartbeat is due again."""
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
    parser.add_argument("process", choices=("ingest", "frames", "alarms", "history", "notify", "report", "rejects"))
    report_options(parser)
    parser.add_argument(
        "--send", action="store_true", help="rejects: send repaired ones, read from standard input in the form they are listed"
    )
    asked = parser.parse_args(arguments)
    log.setup(asked.process)
    try:
        if asked.process == "rejects":
            return _rejects(asked.send)
        if asked.process == "report" and asked.date:
            return _report(asked)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there is a process that can be asked to stop
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
    if name == "report":
        engine = connect_database(told.database)
        _made(engine)
        from streams.report.__main__ import reporter  # here, because it loads what draws, and the other processes need none of that

        return reporter(told, domains, site, engine, client, pulse)
    if name == "notify":
        return _notify(told, domains, site, pulse)
    options = BRIEFLY | told.kafka_options(OPTIONS)
    if name == "alarms":
        engine = connect_database(told.database, JOURNAL_SECONDS)
        journal = Journal(engine)
        outbox = Outbox(journal, lambda: Sink(told.kafka, options))
        return Keeper(client, journal, outbox, Rulebook(domains, site), clock, pulse, lambda: migrate(engine))
    areas = {key: {sensor.id: sensor.area for sensor in sensors} for key, sensors in site.sensors.items()}
    topics = [domain.topic for domain in domains.values()]
    if name == "history":
        return _history(told, domains, ZoneInfo(site.zone), clock, pulse, options)
    try:
        source = _patiently(lambda: Source(told.kafka, topics, options), told.kafka, pulse)
        sink = _patiently(lambda: Sink(told.kafka, options), told.kafka, pulse)
    except SystemExit:
        pulse.leave()
        raise
    pulse.lacks("")
    return Ingest(source, sink, client, domains, areas, clock, pulse)


def _history(
    told: settings.Settings, domains: Mapping[str, Domain], zone: ZoneInfo, clock: Clock, pulse: Pulse, options: Mapping[str, Any]
) -> History:
    topics = [domain.topic for domain in domains.values()]
    try:
        source = _patiently(lambda: Source(told.kafka, topics, options, GROUP), told.kafka, pulse)
    except SystemExit:
        pulse.leave()
        raise
    pulse.lacks("")
    kept = Kept(raw=told.raw_days, minute=told.minute_days)
    return History(source, Archive(Shelf(told.history), zone), domains, clock, pulse, kept, told.flush_seconds)


def _notify(told: settings.Settings, domains: Mapping[str, Domain], site: Site, pulse: Pulse) -> Notify:
    recipients = outside.read(Path(told.site), [area.key for area in site.areas], domains).recipients
    secrets = known_secrets(recipients, os.environ)
    engine = connect_database(told.database)
    _made(engine)
    return Notify(Letters(engine), recipients, secrets, Names(domains, site), site.zone, pulse)


def _made(engine: Engine) -> None:
    """The database may come up later than this process: its tables, made when it answers."""
    while True:
        try:
            migrate(engine)
            return
        except DatabaseAway as error:
            logging.getLogger(__name__).warning("waiting", extra={"error": repr(error)})
            time.sleep(RETRY_SECONDS)


def _patiently(connect: Callable[[], T], servers: str, pulse: Pulse) -> T:
    """Kafka may come up later than this process: what it gives, asked for until it answers. Meanwhile the heartbeat says so."""
    while True:
        lack = absence(servers)
        try:
            if not lack:
                return connect()
        except BrokerError as error:
            lack = f"Kafka at {servers} answers, but cannot be used: {error}"
        pulse.lacks(lack)
        pulse.send("waiting", 0.0, time.time())
        time.sleep(RETRY_SECONDS)


def _report(asked: argparse.Namespace) -> int:
    """One report by hand; 1 with a sentence when it cannot be made."""
    from streams.report.__main__ import by_hand  # as above

    told = settings.load(os.environ)
    domains, site = city.read(Path(told.site))
    engine = connect_database(told.database)
    try:
        migrate(engine)
        return by_hand(asked, told, domains, site, engine, connect(told.redis))
    except (DatabaseAway, OSError) as error:
        return _refuse(str(error))


def _rejects(sending: bool) -> int:
    """Lists or sends refused records; 1 with a sentence when a server does not answer."""
    logging.disable(logging.ERROR)  # a person reads here, and the Kafka client says the same thing fifty times
    told = settings.load(os.environ)
    domains, _ = city.read(Path(told.site))
    try:
        if sending:
            return _send(told, frozenset(domain.topic for domain in domains.values()))
        show(connect(told.redis), sys.stdout)
    except Away as error:
        return _refuse(f"Redis at {told.redis}: {error}")
    except BrokerError as error:
        return _refuse(f"Kafka at {told.kafka} answers, but cannot be used: {error}")
    return 0


def _send(told: settings.Settings, topics: frozenset[str]) -> int:
    """What cannot be sent is told before Kafka is asked for anything."""
    found, failed = sendable(topics, sys.stdin, sys.stderr)
    if found and (lack := absence(told.kafka)):
        return _refuse(lack)
    if found:
        sink = Sink(told.kafka, BRIEFLY | told.kafka_options(OPTIONS))
        failed += send_lines(sink, found, sys.stderr)
        sink.close()
    return 1 if failed else 0


def _refuse(reason: str) -> int:
    print(f"citydeck: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
