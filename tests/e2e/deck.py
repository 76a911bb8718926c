"""The whole deck as real processes over given servers, and readings sent to it as a bureau's gateway would send them."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kafka import KafkaProducer

from demo.port import LOOPBACK, free_port
from demo.tied import tied
from model.alarm import Event
from model.person import User
from store.audit import Audit, Entry
from store.connect import connect
from store.database import connect as connect_database
from store.journal import Journal
from store.letters import Letters
from store.people import People
from store.token import Tokens
from tests.door import PASSWORD, Browser, accounts, cheap
from tests.project import ROOT
from tests.until import until

COMMANDS = {
    "ingest": ("-m", "streams", "ingest"),
    "frames": ("-m", "streams", "frames"),
    "alarms": ("-m", "streams", "alarms"),
    "history": ("-m", "streams", "history"),
    "replay": ("-m", "streams", "replay"),
    "tuning": ("-m", "streams", "tuning"),
    "web": ("-m", "gunicorn", "app:server"),
}
SHORT_SESSION = {"session_timeout_ms": "3000", "heartbeat_interval_ms": "500"}


class Deck:
    """Ingest, frames and web over the site in `site`; `options` are the Kafka client's own, as text."""

    def __init__(self, folder: Path, site: Path, bootstrap: str, redis_url: str, options: Mapping[str, str]) -> None:
        self.port, self._folder = free_port(), folder
        self.base = f"http://{LOOPBACK}:{self.port}"
        self.browser = Browser(self.port)
        """An administrator's, signed in once the deck is ready: what `get` asks with."""
        self.cookies = list[dict[str, Any]]()
        """What the real browser holds once somebody has signed in there through the form."""
        database = f"sqlite:///{folder / 'deck.db'}"
        accounts(database)
        self._database = database
        kafka = {f"CITYDECK_KAFKA_{name.upper()}": text for name, text in {**SHORT_SESSION, **options}.items()}
        own = {"CITYDECK_SITE": str(site), "CITYDECK_KAFKA": bootstrap, "CITYDECK_REDIS": redis_url, "CITYDECK_PORT": str(self.port)}
        self.history = folder / "history"
        own |= {"CITYDECK_DATABASE": database, "CITYDECK_SECRET_KEY": "for tests"}  # who is signed in stays so when the web starts again
        own |= {"CITYDECK_HISTORY": str(self.history), "CITYDECK_FLUSH_SECONDS": "0.3"}
        kept = {name: text for name, text in os.environ.items() if not name.startswith("CITYDECK_")}
        self._environment = {**kept, **kafka, **own, "TMPDIR": str(folder)}
        self._running: list[subprocess.Popen[bytes]] = []
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        version = tuple(map(int, options["api_version"].split("."))) if "api_version" in options else None
        self.client = connect(redis_url)
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", **({"api_version": version} if version else {}))

    def pair(self, screen: str) -> str:
        """A token that pairs a screen of the wall."""
        secret, engine = secrets.token_urlsafe(), connect_database(self._database)
        Tokens(engine).grant(secret, screen, "admin", [f"screen:{screen}"], time.time() + 3600, by="test")
        engine.dispose()
        return secret

    def welcome(self, user: User) -> None:
        """One more person, with the password of all."""
        engine = connect_database(self._database)
        People(engine).add(user, cheap(PASSWORD), "test")
        engine.dispose()

    def audited(self) -> list[Entry]:
        """What stands in the audit log, newest first."""
        engine = connect_database(self._database)
        found = Audit(engine).entries()
        engine.dispose()
        return found

    @contextmanager
    def letters(self) -> Iterator[Letters]:
        """What others are to be told."""
        engine = connect_database(self._database)
        yield Letters(engine)
        engine.dispose()

    def happened(self, events: Sequence[Event]) -> None:
        """These stand in the journal as if the writer of alarms had put them there."""
        engine = connect_database(self._database)
        journal = Journal(engine)
        journal.record(journal.take_over("test"), events=events)
        engine.dispose()

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """One more process of that name, in a session of its own: `kill` then ends its children too."""
        with (self._folder / f"{name}.log").open("ab") as log:
            command = tied([sys.executable, *COMMANDS[name]])
            child = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True)
        self._running.append(child)
        self.children[name] = child
        return child

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """Ends it as an administrator would: it says goodbye."""
        child.terminate()
        child.wait()
        self._running.remove(child)

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """Ends it as a power cut would."""
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self._running.remove(child)

    def ready(self) -> None:
        """Returns when the web process serves fresh frames and every partition has its reader."""
        until(lambda: self._answers("/readyz"), f"readiness; logs: {self.last_words()}")
        self.browser.sign_in()

    def _answers(self, path: str) -> bool:
        assert all(child.poll() is None for child in self._running), self.last_words()
        try:
            return self.get(path)[0] == 200
        except (OSError, HTTPException):
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body) of one request."""
        status, _, body = self.browser.ask("GET", path)
        return status, body

    def json(self, path: str) -> Any:
        """The body of a request that succeeds."""
        status, body = self.get(path)
        assert status == 200, body
        return json.loads(body)

    def figure(self, name: str) -> float:
        """A figure of `/metrics` that has no labels."""
        lines = self.get("/metrics")[1].decode().splitlines()
        return next((float(line.split()[1]) for line in lines if line.split()[0] == name), 0.0)

    def send(self, domain: str, sensor: str, metric: str, value: float, age: float = 0.0, **members: Any) -> None:
        """One reading that is `age` seconds old."""
        told = {"sensor": sensor, "metric": metric, "value": value, "time": round((time.time() - age) * 1000), **members}
        self.record(domain, json.dumps(told, ensure_ascii=False).encode(), sensor)

    def record(self, domain: str, value: bytes, key: str) -> None:
        """One record as it is; returns when Kafka has it."""
        self._producer.send(f"city.{domain}", value=value, key=key.encode())
        self._producer.flush()

    def arrived(self, sensor: str, metric: str, value: float) -> None:
        """Returns when the API tells this value as the sensor's newest."""

        def told() -> bool:
            status, body = self.get(f"/api/v1/sensors/{quote(sensor, safe='')}")
            return status == 200 and bool(json.loads(body)["metrics"].get(metric, {}).get("value") == value)

        until(told, f"{metric} {value} of {sensor}; logs: {self.last_words()}")

    def last_words(self) -> dict[str, str]:
        """The end of every log."""
        return {file.stem: file.read_text(errors="replace")[-1500:] for file in self._folder.glob("*.log")}

    def stop(self) -> None:
        """Ends everything it started, politely at first."""
        for child in self._running:
            child.terminate()
        for child in self._running:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._producer.close()
        self.client.close()
