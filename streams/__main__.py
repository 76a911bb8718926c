"""`python -m streams ingest|frames|alarms|history|replay|exercise|notify|report|tuning|rejects`: the processes that compute.

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
from store import Away, Client
from store import exercise as whose
from store.archive import Archive
from store.clock import Clock
from store.connect import connect
from store.database import DatabaseAway, Engine, migrate
from store.database import connect as connect_database
from store.health import Health
from store.history import History as Past
from store.journal import Journal
from store.letters import Letters
from store.merge import Kept
from store.reel import Reel
from store.shelf import Shelf
from store.tuning import Tunings
from streams import exercise
from streams.alarms import Keeper
from streams.daily import Daily
from streams.exercise import Exercise
from streams.frames import Composer
from streams.history import GROUP, History
from streams.ingest import Ingest
from streams.name import Names
from streams.notify import Notify
from streams.notify import secrets as known_secrets
from streams.outbox import Outbox
from streams.pulse import Pulse
from streams.reach import absence
from streams.replays import Projector
from streams.report.option import options as report_options
from streams.resend import send_lines, sendable, show
from streams.rulebook import Rulebook
from streams.source import OPTIONS, BrokerError, Sink, Source
from streams.tuning import Tuner

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
    names = ("ingest", "frames", "alarms", "history", "replay", "exercise", "notify", "report", "tuning", "rejects")
    parser.add_argument("process", choices=names)
    report_options(parser)
    parser.add_argument(
        "--send", action="store_true", help="rejects: send repaired ones, read from standard input in the form they are listed"
    )
    parser.add_argument("--from", dest="begin", help="exercise: the moment at which it begins, 2026-11-20T14:05 in the city's time")
    parser.add_argument("--to", dest="end", help="exercise: the moment at which it ends")
    parser.add_argument("--speed", type=float, default=1.0, help="exercise: how many times faster than life it runs")
    asked = parser.parse_args(arguments)
    log.setup(asked.process)
    try:
        if asked.process == "rejects":
            return _rejects(asked.send)
        if asked.process == "report" and asked.date:
            return _report(asked)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there is a process that can be asked to stop
        process = _exercise(asked) if asked.process == "exercise" else _make(asked.process)
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
    domains, site = city.read(Path(told.site), told.exercise)
    if told.exercise and name in ("history", "notify", "report"):
        raise SpecError("environment", "CITYDECK_EXERCISE", f"an exercise has no process {name}: it is not kept, and tells nobody outside")
    client = _own(told)
    clock, pulse = Clock(client, time.time), Pulse(client, name)
    if name == "frames":
        return Composer(client, domains, site, clock, pulse)
    if name == "replay":
        history = Past(Shelf(told.history), ZoneInfo(site.zone))
        return Projector(client, history, Journal(connect_database(told.database)), domains, site, clock, pulse, told.flush_seconds)
    if name == "report":
        engine = connect_database(told.database)
        _made(engine)
        from streams.report.__main__ import reporter  # here, because it loads what draws, and the other processes need none of that

        return reporter(told, domains, site, engine, client, pulse)
    if name == "notify":
        return _notify(told, domains, site, pulse)
    if name == "tuning":
        return _tuning(told, client, domains, ZoneInfo(site.zone), clock, pulse)
    options = BRIEFLY | told.kafka_options(OPTIONS)
    if name == "alarms":
        engine = connect_database(told.database, JOURNAL_SECONDS)
        journal = Journal(engine)
        outbox = Outbox(journal, lambda: Sink(told.kafka, options, city.prefix(told.exercise)))
        return Keeper(client, journal, outbox, Rulebook(domains, site), clock, pulse, lambda: migrate(engine))
    areas = {key: {sensor.id: sensor.area for sensor in sensors} for key, sensors in site.sensors.items()}
    topics = [domain.topic for domain in domains.values()]
    if name == "history":
        return _history(told, domains, site, clock, pulse, options)
    try:
        group = f"-{told.exercise}" if told.exercise else ""
        source = _patiently(lambda: Source(told.kafka, topics, options, group), told.kafka, pulse)
        sink = _patiently(lambda: Sink(told.kafka, options, city.prefix(told.exercise)), told.kafka, pulse)
    except SystemExit:
        pulse.leave()
        raise
    pulse.lacks("")
    return Ingest(source, sink, client, domains, areas, clock, pulse)


def _own(told: settings.Settings) -> Client:
    """Redis, which is the city's or this exercise's. Raises SpecError."""
    client = connect(told.redis)
    if told.exercise:
        whose.insist(client, told.database, told.exercise)
    else:
        whose.refuse(client)
    return client


def _exercise(asked: argparse.Namespace) -> Process:
    """What tells an exercise its span of the history."""
    told = settings.load(os.environ)
    domains, site = city.read(Path(told.site), told.exercise)
    if not told.exercise:
        raise SpecError("environment", "CITYDECK_EXERCISE", "must name the exercise: without it this is the live city")
    client, zone = _own(told), ZoneInfo(site.zone)
    try:
        span = exercise.moment(asked.begin or "", zone), exercise.moment(asked.end or "", zone)
    except ValueError as error:
        raise SpecError("arguments", "--from, --to", f"must be moments as 2026-11-20T14:05: {error}") from error
    if not span[0] < span[1] or not asked.speed > 0:
        raise SpecError("arguments", "--to, --speed", "must be after --from, and above 0")
    pulse, options = Pulse(client, "exercise"), BRIEFLY | told.kafka_options(OPTIONS)
    sink = _patiently(lambda: Sink(told.kafka, options), told.kafka, pulse)
    reels = {key: Reel(Past(Shelf(told.history), zone), domain) for key, domain in domains.items()}
    return Exercise(client, sink, reels, domains, span, asked.speed, pulse)


def _history(
    told: settings.Settings, domains: Mapping[str, Domain], site: Site, clock: Clock, pulse: Pulse, options: Mapping[str, Any]
) -> History:
    topics = [domain.topic for domain in domains.values()]
    try:
        source = _patiently(lambda: Source(told.kafka, topics, options, GROUP), told.kafka, pulse)
    except SystemExit:
        pulse.leave()
        raise
    pulse.lacks("")
    kept = Kept(raw=told.raw_days, minute=told.minute_days)
    shelf, zone = Shelf(told.history), ZoneInfo(site.zone)
    daily = Daily(Past(shelf, zone), domains, site)
    return History(source, Archive(shelf, zone), domains, clock, pulse, kept, told.flush_seconds, daily)


def _notify(told: settings.Settings, domains: Mapping[str, Domain], site: Site, pulse: Pulse) -> Notify:
    recipients = outside.read(Path(told.site), [area.key for area in site.areas], domains).recipients
    secrets = known_secrets(recipients, os.environ)
    engine = connect_database(told.database)
    _made(engine)
    return Notify(Letters(engine), recipients, secrets, Names(domains, site), site.zone, pulse)


def _tuning(told: settings.Settings, client: Client, domains: Mapping[str, Domain], zone: ZoneInfo, clock: Clock, pulse: Pulse) -> Tuner:
    engine = connect_database(told.database)
    past = Past(Shelf(told.history), zone)
    return Tuner(client, Tunings(engine), past, Health(engine), Journal(engine), domains, clock, pulse, lambda: migrate(engine))


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
    if told.exercise:
        return _refuse("an exercise makes no reports")
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
    domains, _ = city.read(Path(told.site), told.exercise)
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
