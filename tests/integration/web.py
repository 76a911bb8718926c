"""The web process as it is deployed, and a plain client of its streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol

from demo.port import LOOPBACK, free_port
from store import Client
from store.connect import connect
from store.frame import Press
from store.lease import Lease
from store.process import processes
from tests.door import Browser, accounts
from tests.until import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "demo" / "site"
LEASE = "city:{judge}:lease"


@dataclass
class Web:
    """A running web process."""

    port: int
    process: subprocess.Popen[bytes]
    browser: Browser
    """An administrator's, who is signed in."""

    def get(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET", sent: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one request of that browser."""
        return self.browser.ask(method, path, sent, headers)

    def json(self, path: str) -> Any:
        """The body of a request that succeeds."""
        status, _, body = self.get(path)
        assert status == 200, body
        return json.loads(body)


@contextmanager
def web(redis_url: str, folder: Path, workers: int = 2, database: str = "", **settings: str) -> Iterator[Web]:
    """gunicorn with its own configuration over the demo's site, with a user of each role; what it logs goes to `folder`/web.log.

    `settings` are further ones by the names of their variables. SQL is a file of its own where `database` names none.
    """
    port, database = free_port(), database or f"sqlite:///{folder / 'web.db'}"
    accounts(database)
    own = {"CITYDECK_SITE": str(SITE), "CITYDECK_REDIS": redis_url, "CITYDECK_PORT": str(port), "CITYDECK_WORKERS": str(workers)}
    own |= {"CITYDECK_DATABASE": database, **settings}
    kept = {name: text for name, text in os.environ.items() if not name.startswith("CITYDECK_")}
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "gunicorn", "app:server"], cwd=ROOT, env={**kept, **own}, stderr=log)
        try:
            running = Web(port, process, Browser(port))
            until(lambda: process.poll() is not None or (beating(redis_url) == workers and alive(running)), "all workers to serve")
            assert process.poll() is None, (folder / "web.log").read_text()
            running.browser.sign_in()
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def press(client: Client) -> Press:
    """What publishes frames as the elected composer does, with a lease that does not end."""
    client.set(LEASE, "test")
    return Press(Lease(client, "judge", "test"))


def beating(redis_url: str) -> int:
    """How many web workers say that they live."""
    with connect(redis_url) as client:
        return sum(process.kind == "web" for process in processes(client))


def alive(web: Web) -> bool:
    """Whether the web process answers."""
    try:
        return web.get("/healthz")[0] == 200
    except (OSError, HTTPException):
        return False


class Served(Protocol):
    """A running deck."""

    port: int
    browser: Browser


class Stream:
    """One client of `/live/...`, read event by event as it comes; signed in as `browser`, or as the deck's own."""

    def __init__(self, deck: Served, names: str, last_id: str | None = None, gzip: bool = True, browser: Browser | None = None) -> None:
        self._connection = HTTPConnection(LOOPBACK, deck.port, timeout=PATIENCE)
        wishes = (browser or deck.browser).headers() | ({"Accept-Encoding": "gzip"} if gzip else {})
        self._connection.request("GET", f"/live/{names}", headers=wishes | ({"Last-Event-ID": last_id} if last_id else {}))
        self.answer = self._connection.getresponse()
        self._unzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if self.answer.getheader("Content-Encoding") == "gzip" else None
        self._text = b""

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()  # it holds the socket
        self._connection.close()

    def block(self) -> str:
        """The next block of the stream, also one that is no frame. EOFError when the stream has ended."""
        while b"\n\n" not in self._text:
            data = self.answer.read1(65_536)
            if not data:
                raise EOFError
            self._text += self._unzip.decompress(data) if self._unzip else data
        block, _, self._text = self._text.partition(b"\n\n")
        return block.decode()

    def frame(self) -> dict[str, Any]:
        """The next frame, with its event id under `id`."""
        while not (block := self.block()).startswith("id: "):
            pass
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert fields["event"] == "frame"
        return {**json.loads(fields["data"]), "id": fields["id"]}
