"""How late a frame's last byte reaches each of many screens, and what a screen costs the web workers per tick.

    python -m bench.screens [--screens 2000] [--windows 10] [--seconds 6] [--sensors 3000] [--changes] [--plain 8]

Starts a Redis, the web process as it is deployed (gunicorn, gevent, two workers) and a process with the screens: plain sockets that take
gzip, as browsers do. A frame of the overview's shape is published once a second, whole to everybody, or with `--changes` as what changed (a
twelfth of the sensors). Late is counted from the tick, before anything is encoded or compressed, to the last byte at the screen; a
screen that did not get exactly the bytes of a tick spoils its window, and one screen's stream is decoded and compared.

Afterwards `--plain` screens look at the same content as a plain Dash page with a `dcc.Interval` (`bench.plain`, two workers too), and what
one of its screens costs per tick is held against ours.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.request import Request, urlopen

from bench.machine import cpu_seconds, machine
from demo.memory import RedisServer
from demo.port import LOOPBACK, free_port, is_free
from store.connect import connect
from store.frame import Press
from store.process import processes
from tests.door import Browser, accounts
from tests.integration.web import press

ROOT = Path(__file__).resolve().parents[1]
REQUEST = "GET /live/overview HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nCookie: {}\r\n\r\n"
SMALLEST_PAGE = 10_000
"""Bytes; an answer without the maps is smaller."""
SETTLE_SECONDS = 0.9
"""After a tick, when the screens are asked what they got: a frame later than that counts as lost."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What the screens got of one tick: last byte by screen (monotonic seconds), and the bytes since the tick before."""

    last: list[float]
    got: list[int]


class Composer:
    """Makes frames of the overview's shape for `sensors` sensors; numbers wander as readings do."""

    def __init__(self, sensors: int, changes: bool) -> None:
        self._random, self._changes, self._seq = random.Random(1), changes, 0  # noqa: S311
        domains = ("sea", "land", "air", "traffic")
        self._maps = {f"map.{name}": self._columns(sensors // len(domains)) for name in domains}
        self._sparks = {f"spark.{name}/{i}": self._columns(60)["v"] for name in domains for i in range(2)}

    def _columns(self, rows: int) -> dict[str, list[float]]:
        return {"v": [round(self._random.uniform(0, 99), 1) for _ in range(rows)], "s": [0] * rows, "t": [1_795_203_127] * rows}

    def next(self) -> tuple[str, bytes, bytes | None]:
        """(id, full frame, what changed or None)."""
        self._seq += 1
        changed = {name: self._move(columns) for name, columns in self._maps.items()}
        head = {"v": 1, "page": "overview", "epoch": "b", "seq": self._seq, "now": 1_795_203_127.0 + self._seq, "origin": 1, "rate": 1.0}
        full = {**head, "full": 1, "s": {**{name: {"c": columns} for name, columns in self._maps.items()}, **self._sparks}}
        delta = {**head, "full": 0, "prev": self._seq - 1, "s": changed}
        return f"b-{self._seq}", _json(full), _json(delta) if self._changes and self._seq > 1 else None

    def _move(self, columns: dict[str, list[float]]) -> dict[str, object]:
        rows = sorted(self._random.sample(range(len(columns["v"])), len(columns["v"]) // 12))
        for row in rows:
            columns["v"][row] = round(columns["v"][row] + self._random.uniform(-1, 1), 1)
            columns["t"][row] += 12
        return {"i": rows, "c": {name: [columns[name][row] for row in rows] for name in ("v", "t")}}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def screens(port: int, count: int, cookie: str, orders: Connection) -> None:
    """The process of the screens, all of them signed in: opens them, and at every order answers with a Tick; None ends it."""
    sockets = [socket.create_connection((LOOPBACK, port)) for _ in range(count)]
    poll, place = select.epoll(), {each.fileno(): index for index, each in enumerate(sockets)}
    last, got, sample = [0.0] * count, [0] * count, bytearray()
    for each in sockets:
        each.sendall(REQUEST.format(cookie).encode())
        each.setblocking(False)
        poll.register(each, select.EPOLLIN)
    poll.register(orders.fileno(), select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == orders.fileno():
                if orders.recv() is None:
                    return orders.send(bytes(sample))
                orders.send(Tick(last[:], got[:]))
                got[:] = [0] * count
            else:
                index = place[number]
                data = sockets[index].recv(1 << 20)
                last[index] = time.monotonic()
                got[index] += len(data)
                if index == 0:
                    sample += data


@contextmanager
def web(site: Path, redis_url: str, folder: Path, workers: int = 2) -> Iterator[tuple[int, int]]:
    """(port, process id) of the web process as it is deployed, once it answers; a viewer may sign in there."""
    port, database = free_port(), f"sqlite:///{folder / 'deck.db'}"
    accounts(database, ("viewer",))
    own = {"CITYDECK_SITE": str(site), "CITYDECK_REDIS": redis_url, "CITYDECK_PORT": str(port), "CITYDECK_WORKERS": str(workers)}
    own["CITYDECK_DATABASE"] = database
    command = [sys.executable, "-m", "gunicorn", "app:server", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, start_new_session=True)
    try:
        client = connect(redis_url)
        while process.poll() is None and len(processes(client)) < workers:  # all of them, or the first gets all screens
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def cookie(port: int) -> str:
    """What a browser sends in which the viewer has signed in."""
    browser = Browser(port)
    browser.sign_in("viewer")
    return browser.headers()["Cookie"]


def cpu(parent: int) -> float:
    """Seconds of processor time, user and system, that the children of `parent` have used."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(cpu_seconds(int(child)) for child in children)


class Bench:
    """One run: frames go out at whole seconds, the screens say what they got."""

    def __init__(self, press: Press, composer: Composer, orders: Connection) -> None:
        self._press, self._composer, self._orders = press, composer, orders

    def tick(self) -> tuple[float, Tick]:
        """Publishes one frame and waits until the screens must have it; (when, what they got)."""
        at = time.monotonic()
        self._press.publish("overview", *self._composer.next())
        time.sleep(max(0.0, at + SETTLE_SECONDS - time.monotonic()))
        self._orders.send(True)
        heard: Tick = self._orders.recv()
        time.sleep(max(0.0, at + 1 - time.monotonic()))
        return at, heard

    def settle(self) -> None:
        """Ticks until every screen has a frame and all get the same."""
        while True:
            _, heard = self.tick()
            if min(heard.got) > 0 and len(set(heard.got)) == 1:
                return

    def window(self, seconds: int) -> tuple[list[float], int]:
        """Lateness in milliseconds of every screen at every tick, and how many got other bytes than most."""
        late: list[float] = []
        wrong = 0
        for _ in range(seconds):
            at, heard = self.tick()
            late += [(last - at) * 1000 for last in heard.last]
            usual = statistics.mode(heard.got)
            wrong += sum(got != usual for got in heard.got)
        return late, wrong


def body(stream: bytes) -> bytes:
    """What one screen was sent, without the chunks of HTTP and the compression."""
    _, _, rest = stream.partition(b"\r\n\r\n")
    joined = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        joined, rest = joined + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(joined)


def run(options: argparse.Namespace, folder: Path) -> None:
    """One bench, printed as it goes."""
    with RedisServer(folder) as memory, web(Path(options.site), memory.url, folder) as (port, pid):
        orders, theirs = multiprocessing.Pipe()
        told = (port, options.screens, cookie(port), theirs)
        process = multiprocessing.get_context("spawn").Process(target=screens, args=told, daemon=True)
        process.start()
        bench = Bench(press(connect(memory.url)), Composer(options.sensors, options.changes), orders)
        bench.settle()
        ours = report(bench, options, pid)
        orders.send(None)
        events = body(orders.recv()).split(b"\n\n")
        frames = sum(b"event: frame" in event for event in events)
        print(f"  one screen's stream, decoded: {frames} frames, the last of {len(events[-2]):,} B")
        process.join()
    if options.plain:
        with RedisServer(folder) as memory:
            press(connect(memory.url)).publish("overview", *Composer(options.sensors, False).next())
            theirs_ms = plain(memory.url, options.plain, options.seconds)
        print(f"  a plain Dash page, {options.plain} screens: {theirs_ms:.1f} ms per screen and tick, {theirs_ms / ours:,.0f} times ours")


def plain(redis_url: str, count: int, seconds: int) -> float:
    """Milliseconds of processor time that the workers of a plain Dash page spend per screen and tick."""
    port = free_port()
    own = ("--config", "python:bench", "--bind", f"{LOOPBACK}:{port}", "--workers", "2", "--log-level", "warning")
    command = [sys.executable, "-m", "gunicorn", "bench.plain:server", *own]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "BENCH_REDIS": redis_url}, start_new_session=True)
    try:
        while is_free(port, LOOPBACK):
            time.sleep(0.1)
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda _: ask(port), range(2 * count)))  # both workers have drawn before it counts
            begun = cpu(process.pid)
            for _ in range(seconds):
                at = time.monotonic()
                list(pool.map(lambda _: ask(port), range(count)))
                time.sleep(max(0.0, at + 1 - time.monotonic()))
        return (cpu(process.pid) - begun) * 1000 / (count * seconds)
    finally:
        process.terminate()
        process.wait(20)


def ask(port: int) -> None:
    """What a browser's interval asks for at every tick."""
    tick = {"id": "tick", "property": "n_intervals", "value": 1}
    page = {"id": "page", "property": "children"}
    body = {"output": "page.children", "outputs": page, "inputs": [tick], "changedPropIds": ["tick.n_intervals"]}
    asked = Request(f"http://{LOOPBACK}:{port}/_dash-update-component", _json(body), {"Content-Type": "application/json"})
    with urlopen(asked, timeout=60) as answer:  # noqa: S310
        if len(answer.read()) < SMALLEST_PAGE:
            raise RuntimeError("the plain page is empty")


def report(bench: Bench, options: argparse.Namespace, pid: int) -> float:
    """Runs the windows and prints each figure; the workers' milliseconds per screen and tick."""
    late95: list[float] = []
    begun, wrong = cpu(pid), 0
    for _ in range(options.windows):
        late, odd = bench.window(options.seconds)
        late95.append(statistics.quantiles(late, n=20)[-1])
        wrong += odd
    spent: float = (cpu(pid) - begun) * 1000 / (options.screens * options.windows * options.seconds)
    kind = "changes" if options.changes else "full frames"
    print(f"{machine()}\n{options.screens} screens, {kind}, {options.windows} windows of {options.seconds} ticks")
    print(f"  p95 tick to last byte: median {statistics.median(late95):.0f} ms, all {' '.join(f'{value:.0f}' for value in late95)}")
    print(f"  web workers' CPU: {spent:.4f} ms per screen and tick; screens with other bytes than most: {wrong}")
    return spent


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screens", type=int, default=2000)
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--sensors", type=int, default=3000)
    parser.add_argument("--plain", type=int, default=8, help="screens of the plain Dash page; 0 leaves it out")
    parser.add_argument("--changes", action="store_true", help="publish what changed instead of whole frames")
    parser.add_argument("--site", default=str(ROOT / "demo" / "site"))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        run(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    main()
