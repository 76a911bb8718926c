"""What one look at all sensors through the API costs a web worker, and how long it keeps the live streams waiting.

    python -m bench.api [--sensors 10000] [--rounds 10]

A partition and the composer fill a Redis of its own as in service; one worker of gunicorn with gevent answers, as it is deployed. Beside
the requests a greenlet of that worker comes round every millisecond: the longest that it is kept from it is the stall that a frame
would meet. It is told in processor time of the worker's thread, which other work on the machine disturbs less, and by the wall. Between
two rounds the answer is let grow old.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from flask import Flask

from bench.frame import Feed, domain, site
from bench.machine import cpu_seconds, machine
from callbacks import api, compress
from callbacks.declared import Declared
from demo.memory import RedisServer
from demo.port import LOOPBACK, free_port, is_free
from store.clock import Clock
from store.connect import connect
from store.frame import CHANNEL
from store.inforce import InForce
from store.lease import Lease
from store.live import Live
from store.partition import Partition as Keys
from streams.frames import Composer
from streams.pulse import Pulse

ROOT = Path(__file__).resolve().parents[1]
START, INTERVAL = 1_795_203_000.0, 60.0
OLD_SECONDS = 1.1
"""After which no answer is given again."""
ASKED = {"all sensors": "sensors", "those that are silent": "sensors?stale=true", "one sensor": "sensors/probe-00500"}


class Watch:
    """Comes round every millisecond and keeps the longest gap, (processor, wall) in milliseconds, since it was last told."""

    def __init__(self) -> None:
        self._most = (0.0, 0.0)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            cpu, wall = time.thread_time(), time.perf_counter()
            time.sleep(0.001)
            gap = (time.thread_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000
            self._most = max(self._most[0], gap[0]), max(self._most[1], gap[1])

    def lap(self) -> list[float]:
        """The longest gap."""
        found, self._most = self._most, (0.0, 0.0)
        return list(found)


def create(redis_url: str) -> Flask:
    """The API of one bureau, compressed as in service, and `/lap`."""
    server, watch = Flask("bench"), Watch()
    client = connect(redis_url)
    api.register(server, Declared({"probe": domain(INTERVAL)}, InForce(client)), Live(client))
    compress.register(server)
    server.get("/lap")(watch.lap)
    return server


def fill(url: str, sensors: int) -> None:
    """Every sensor has spoken twice, and the composer has looked."""
    client, now = connect(url), START
    bureau = domain(INTERVAL)
    feed = Feed(Keys(client, "probe", 0), bureau, sensors)
    while now < START + 2 * INTERVAL:
        now += 10
        feed.speak(now, 10)
    pulse = Pulse(client, "frames")
    Lease(client, "judge", pulse.id).hold()
    Composer(client, {"probe": bureau}, site(sensors, INTERVAL), Clock(client, lambda: now), pulse).tick()
    client.persist(f"{CHANNEL}domain-probe")


@contextmanager
def web(redis_url: str) -> Iterator[tuple[int, int]]:
    """(port, process id) of the one worker."""
    port = free_port()
    own = ("--config", "python:bench", "--worker-class", "gevent", "--bind", f"{LOOPBACK}:{port}", "--log-level", "warning")
    command = [sys.executable, "-m", "gunicorn", "bench.api:server", *own, "--no-control-socket"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "BENCH_REDIS": redis_url})
    try:
        while is_free(port, LOOPBACK):
            time.sleep(0.1)
        ask(port, "/lap", gzip=False)
        yield port, int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    finally:
        process.terminate()
        process.wait(20)


def ask(port: int, path: str, gzip: bool) -> bytes:
    """The body of one answer."""
    with urlopen(Request(f"http://{LOOPBACK}:{port}{path}", headers={"Accept-Encoding": "gzip"} if gzip else {}), timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body


def run(port: int, pid: int, path: str, rounds: int, gzip: bool) -> str:
    """The first answer and the median of the others, in one line."""
    laps: list[list[float]] = []
    for _ in range(rounds):
        time.sleep(OLD_SECONDS)
        ask(port, "/lap", gzip=False)
        cpu, wall = cpu_seconds(pid), time.perf_counter()
        size = len(ask(port, path, gzip))
        spent = (time.perf_counter() - wall) * 1000, (cpu_seconds(pid) - cpu) * 1000
        stall: list[float] = json.loads(ask(port, "/lap", gzip=False))
        laps.append([*spent, *stall])
    names = ("ms until answered", "ms processor", "ms longest stall, processor", "by the wall")
    columns = [(column[0], statistics.median(column[1:]), max(column[1:])) for column in zip(*laps, strict=True)]
    told = (f"{first:.0f}/{middle:.0f}/{most:.0f} {name}" for name, (first, middle, most) in zip(names, columns, strict=True))
    return f"{', '.join(told)}; {size:,} B"


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    print(f"{machine()}\n{options.sensors} sensors; first/median/most")
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as memory:
        fill(memory.url, options.sensors)
        for kind in (False, True):
            with web(memory.url) as (port, pid):
                for name, path in ASKED.items():
                    print(f"  {name}{', gzip' * kind}: {run(port, pid, f'{api.ROOT}/{path}', options.rounds, kind)}")


def __getattr__(name: str) -> Any:
    """`server`, made when the process manager asks for it."""
    if name != "server":
        raise AttributeError(name)
    globals()["server"] = create(os.environ["BENCH_REDIS"])
    return globals()["server"]


if __name__ == "__main__":
    main()
