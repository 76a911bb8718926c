"""The journal with a million events in 30 days: writing, the figures of alarm health, and searching, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import get_args

from bench.machine import machine
from model import PRIORITIES, Priority
from model.alarm import Alarm, Event, EventKind
from store.audit import Audit
from store.database import connect, migrate, writing
from store.health import Health
from store.journal import Journal
from tests.postgres.server import NoPostgres, PostgresServer

DAY = 86_400.0
ALARMS, AREAS = 5_000, 10
BATCH = 1_000
LIFE: tuple[EventKind, ...] = ("raised", "acknowledged", "returned")
assert set(LIFE) <= set(get_args(EventKind))


def main() -> None:
    """Prints the figures of both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(machine(), "load", *(f"{each:.1f}" for each in os.getloadavg()))
    for url in databases():
        measure(url, asked.events)


def databases() -> Iterator[str]:
    """The address of one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'deck.db'}"
    try:
        server = PostgresServer()
    except NoPostgres as reason:
        print(f"no PostgreSQL: {reason}")
        return
    with server, server.database() as url:
        yield url


def measure(url: str, events: int) -> None:
    """Fills the database and asks it."""
    engine = connect(url, patience=60.0)
    migrate(engine)
    print(engine.dialect.name)
    journal, health = Journal(engine), Health(engine)
    fence = journal.take_over("bench")
    with told(f"write {events:,} events, {BATCH:,} a transaction"):
        coming = life(events)
        while batch := list(islice(coming, BATCH)):
            journal.record(fence, events=batch)
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            connection.exec_driver_sql("ANALYZE")
    now = 30 * DAY
    month, day, ten = (0.0, now), (now - DAY, now), (now - 600.0, now)
    some = [f"area-{number}" for number in range(3)]
    asked: dict[str, Callable[[], object]] = {
        "rates, 30 days": lambda: health.rates(*month),
        "rates, 24 h": lambda: health.rates(*day),
        "rates, 10 minutes": lambda: health.rates(*ten),
        "rates, 30 days, three areas": lambda: health.rates(*month, some),
        "top ten, 30 days": lambda: health.top(*month),
        "top ten, 30 days, three areas": lambda: health.top(*month, some),
        "chattering, 30 days": lambda: health.chattering(*month),
        "chattering, 24 h": lambda: health.chattering(*day),
        "fleeting, 30 days": lambda: health.fleeting(*month),
        "fleeting, 24 h": lambda: health.fleeting(*day),
        "flood, 30 days": lambda: health.flooded(*month, "desk"),
        "how often one alarm came, 30 days": lambda: journal.count("rule-1|sensor:s-00001", 0.0),
        "history of one alarm, 200": lambda: journal.history("rule-1|sensor:s-00001"),
        "search, newest 100": lambda: journal.search(),
        "search, one area, page in the middle": lambda: journal.search(areas=["area-4"], before=events // 2),
        "search, three areas, page in the middle": lambda: journal.search(areas=some, before=events // 2),
        "search, one person of one day": lambda: journal.search(who="li", since=10 * DAY, until=11 * DAY),
        "search, what never happened": lambda: journal.search(kinds=["out_of_service"]),
        "unpublished, 1,000": lambda: journal.unpublished(1000),
    }
    for name, ask in asked.items():
        print(f"  {name:45} {1000 * median(ask):8.1f} ms")
    storm(journal, fence)
    audited(Audit(engine))
    engine.dispose()


def storm(journal: Journal, fence: int) -> None:
    """10,000 alarms raised at once, read back, and acknowledged one by one."""
    alarms = [alarm(number) for number in range(10_000)]
    raised = [replace(template(), alarm=one.id, source=f"storm:{one.id}", annunciated=True) for one in alarms]
    with told("10,000 alarms raised in one transaction"):
        journal.record(fence, alarms, events=raised)
    with told("10,000 alarms loaded"):
        journal.load()

    def acknowledge(number: int) -> None:
        one = replace(alarms[number], state="acknowledged")
        journal.record(fence, [one], events=[replace(template(), kind="acknowledged", alarm=one.id, source=f"command:{number}")])

    numbers = iter(range(10_000))
    print(f"  {'one acknowledgement, a transaction of its own':45} {1000 * median(lambda: acknowledge(next(numbers)), 200):8.1f} ms")


def audited(audit: Audit) -> None:
    """What an entry of the audit log costs, and following 2,000."""
    numbers = iter(range(10_000))
    cost = median(lambda: audit.write(str(next(numbers)), "li", "alarm.acknowledge", "alarm:x", {"note": "n"}), 2000)
    print(f"  {'one row of the audit log':45} {1000 * cost:8.1f} ms")
    with told("audit log of 2,000 rows verified"):
        assert audit.verify().broken is None


def life(events: int) -> Iterator[Event]:
    """Alarms coming, acknowledged and going, in the order of time: few of them often, most seldom; a third are annunciated."""
    draw = random.Random(4)
    comings = events // len(LIFE)
    often = draw.choices(range(ALARMS), [1 / (number + 1) for number in range(ALARMS)], k=comings)
    for place, number in enumerate(often):
        one = alarm(number)
        time = 30 * DAY * place / comings
        for kind, after in zip(LIFE, (0.0, 30.0, draw.choice((5.0, 300.0))), strict=True):
            yield Event(
                kind=kind,
                alarm=one.id,
                occurrence=place,
                time=time + after,
                source=f"edge:city:{{sea.0}}:edges:{place}-{kind}",
                rule=one.rule,
                subject=one.subject,
                domain="sea",
                area=one.area,
                priority=one.priority,
                state="unacknowledged",
                value=1.9,
                limit=2.0,
                actor="li" if kind == "acknowledged" else "",
                annunciated=kind == "raised",
            )


def alarm(number: int) -> Alarm:
    """One of many."""
    priority: Priority = PRIORITIES[-1 - number % 4 if number % 5 == 0 else -1]
    return Alarm(
        id=f"rule-{number % 20}|sensor:s-{number:05}",
        occurrence=1,
        rule=f"rule-{number % 20}",
        subject=f"sensor:s-{number:05}",
        domain="sea",
        area=f"area-{number % AREAS}",
        priority=priority,
        state="unacknowledged",
        value=1.9,
        limit=2.0,
        raised=1.0,
        changed=1.0,
    )


def template() -> Event:
    """An event of which only the alarm matters."""
    return Event(kind="raised", alarm="", occurrence=1, time=30 * DAY, source="", area="area-1", priority="low")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Prints how long the block took."""
    start = time.perf_counter()
    yield
    print(f"  {what:45} {time.perf_counter() - start:8.2f} s")


def median(ask: Callable[[], object], times: int = 5) -> float:
    """Seconds by the wall of one call, after one that warms up."""
    ask()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


if __name__ == "__main__":
    main()
