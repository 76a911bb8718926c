"""A floor with one domain: conditions are put where ingest puts them, wishes are asked as the web asks them, keepers do the rest."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Engine

from demo.tied import tied
from domains.alarm import complete
from model import Condition, Rule
from model.alarm import Alarm, Answer, Command, Event, Wish
from store.board import Board
from store.clock import Clock
from store.database import connect, migrate, writing
from store.edge import append
from store.journal import Journal
from store.partition import PARTITIONS
from store.process import processes
from store.urgent import announce
from streams.alarms import Keeper
from streams.life import shown
from streams.outbox import Outbox
from streams.partition import encode
from streams.pulse import Pulse
from streams.rulebook import Rulebook
from tests.unit.city import domain, rule
from tests.unit.story import high, site
from tests.until import until

ROOT = Path(__file__).parents[2]
RULES: tuple[Rule, ...] = (
    high("high", "medium"),
    high("latching", limit=30.0, latching=True),
    high("quick", "medium", limit=40.0, escalate_after=0.5),
    rule("low_kpi", "oxygen_lowest", "low", 4.0),
)
ACKNOWLEDGE = "FLOOR_ACKNOWLEDGE"
"""Who may acknowledge on the floor, for the keepers of a test."""
JOURNAL_SECONDS = 0.5
"""How long a keeper waits for its journal."""


def book() -> Rulebook:
    """The floor's rules and desks."""
    return Rulebook({"sea": complete(domain(RULES))}, site(acknowledge=os.environ.get(ACKNOWLEDGE, "supervisor")))


class Topic:
    """In place of Kafka: a file with a line for each record that was flushed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def deliver(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> list[int]:
        assert topic == "city.alarms" and all(key for key, _ in records)
        with self.path.open("ab") as file:
            file.write(b"".join(value + b"\n" for _, value in records))
        return []

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_bytes().splitlines()] if self.path.exists() else []


def keeper(
    url: str,
    engine: Engine,
    topic: Path,
    pause: Callable[[str], None] = lambda point: None,
    kind: type[Journal] = Journal,
    outbox: Outbox | None = None,
    wall: Callable[[], float] = time.time,
) -> Keeper:
    """A keeper as `python -m streams alarms` makes it, but for Kafka."""
    client = redis.Redis.from_url(url, socket_timeout=5)
    journal = kind(engine)
    outbox = outbox or Outbox(journal, lambda: Topic(topic), pause)  # type: ignore[arg-type,return-value]
    pulse = Pulse(client, "alarms")
    return Keeper(client, journal, outbox, book(), Clock(client, wall), pulse, lambda: migrate(engine), pause)


class Floor:
    """Redis, a database, and what happens on the floor."""

    def __init__(self, url: str, database: str, folder: Path) -> None:
        self.url, self.database, self.folder = url, database, folder
        self.client = redis.Redis.from_url(url, retry=None)
        self.board = Board(self.client)
        self.engine = connect(database, 5.0)
        self.journal = Journal(self.engine)
        self.topic = Topic(folder / "topic")
        self.running: list[subprocess.Popen[bytes]] = []
        self._number = itertools.count(1)

    # --- processes -------------------------------------------------------------------------------------------------------------------

    @contextmanager
    def keeping(self, *dying: str) -> Iterator[subprocess.Popen[bytes]]:
        """A keeper in a process of its own while the block lasts."""
        child = self.start(*dying)
        try:
            yield child
        finally:
            self.end(child)

    def start(self, *dying: str) -> subprocess.Popen[bytes]:
        """Starts a keeper, which kills itself at `point:n` when told so, and returns when it works or stands by."""
        command = [sys.executable, "-m", "tests.integration.keeper", self.url, self.database, str(self.topic.path), *dying]
        with (self.folder / "log").open("ab") as log:
            child = subprocess.Popen(tied(command), cwd=ROOT, env={**os.environ}, stdout=log, stderr=log, start_new_session=True)
        self.running.append(child)
        until(lambda: self.beats(child.pid) or child.poll() is not None, f"a keeper: {self.log()}")
        return child

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text()[-4000:] if path.exists() else ""

    def beats(self, pid: int) -> bool:
        return any(f"-{pid}-" in process.id for process in processes(self.client))

    def state(self, child: subprocess.Popen[bytes]) -> str:
        """What the process says of itself."""
        return next((process.state for process in processes(self.client) if f"-{child.pid}-" in process.id), "")

    def end(self, child: subprocess.Popen[bytes]) -> None:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.kill()
        child.wait()

    def close(self) -> None:
        for child in self.running:
            self.end(child)
        self.engine.dispose()
        self.client.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else can write the SQLite journal while the block lasts."""
        with writing(self.engine):
            yield

    # --- what happens ----------------------------------------------------------------------------------------------------------------

    def edge(self, key: str, active: bool, subject: str = "sensor:a", time_: float | None = None, ring: bool = True) -> None:
        """A condition becomes true or false."""
        self.edges([(key, active, subject)], time_, ring)

    def edges(self, told: Iterable[tuple[str, bool, str]], time_: float | None = None, ring: bool = True) -> None:
        """Conditions change in one commit of their partition, as ingest makes it."""
        moment = time.time() if time_ is None else time_
        pipe = self.client.pipeline(transaction=True)
        pipe.sadd(PARTITIONS, "sea.0")
        for key, active, subject in told:
            condition = self.condition(key, active, subject, moment)
            name = f"{condition.rule}|{subject}"
            if active:
                pipe.hset("city:{sea.0}:conditions", name, encode(condition))
            else:
                pipe.hdel("city:{sea.0}:conditions", name)
            append(pipe, "sea.0", [encode(condition)])
        if ring:
            announce(pipe)
        pipe.execute()

    def condition(self, key: str, active: bool, subject: str, moment: float) -> Condition:
        declared = next(rule for rule in RULES if rule.key == key)
        return Condition(
            rule=f"sea/{key}", subject=subject, domain="sea", priority=declared.priority, active=active, value=1.0,
            limit=declared.limit, since=moment, observed=moment,
        )  # fmt: skip

    def command(self, wish: Wish, alarms: Iterable[str], who: str = "Wang", occurrence: int | None = None, **more: Any) -> Command:
        held = self.board.load().alarms
        targets = tuple((id, held[id].occurrence if occurrence is None else occurrence) for id in alarms)
        told: dict[str, Any] = {"id": f"w{next(self._number)}", "role": "supervisor"}
        return Command(wish=wish, who=who, targets=targets, **{**told, **more})

    def ask(self, wish: Wish, *alarms: str, **more: Any) -> list[Answer]:
        """Asks once, and waits for the answer."""
        command = self.command(wish, alarms, **more)
        self.board.ask(command)
        answers: list[Answer] = until(lambda: self.board.answer(command.id), f"an answer to {command}: {self.log()}")
        return answers

    # --- what can be seen ------------------------------------------------------------------------------------------------------------

    def shown(self, id: str) -> Alarm | None:
        return self.board.load().alarms.get(id)

    def comes(self, id: str, state: str = "unacknowledged") -> Alarm:
        """The alarm as soon as it is on the board in that state."""
        found: Alarm = until(lambda: (alarm := self.shown(id)) and alarm.state == state and alarm, f"{id} {state}: {self.log()}")
        return found

    def goes(self, id: str) -> None:
        until(lambda: self.shown(id) is None, f"{id} off the board: {self.log()}")

    def events(self) -> list[Event]:
        """The whole journal, oldest first."""
        return sorted(self.journal.search(limit=1_000_000), key=lambda event: event.seq)

    def lives(self) -> dict[str, list[str]]:
        """The kinds of event of each alarm, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for event in self.events():
            found[event.alarm].append(event.kind)
        return dict(found)

    def agree(self) -> None:
        """Journal, board and topic say the same, and the journal says it once."""
        events = self.events()
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert len({event.source for event in events}) == len(events)
        alarms = {alarm.id: alarm for alarm in self.journal.load()[0] if shown(alarm)}
        assert self.board.load().alarms == alarms
        until(lambda: {record["seq"] for record in self.topic.records()} >= {event.seq for event in events}, "everything on the topic")
        first = list(dict.fromkeys(record["seq"] for record in self.topic.records()))
        assert first == sorted(first)
