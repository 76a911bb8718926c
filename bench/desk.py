"""What the alarm desk costs and how soon it answers with ten thousand active alarms.

    python -m bench.desk [--alarms 10000] [--seconds 10]

A real Redis, a SQLite journal, the process that keeps the alarms and one web worker as it is deployed. Alarms are raised evenly over
`--seconds`, as ingest would; meanwhile a supervisor acknowledges one after another, three desks ask every second for what changed, and
every second somebody opens the page anew. Then, with all of them active: what a page costs the web worker, alone and while the board
changes ten times a second; what it would cost to make the rows again for each; and how long acknowledging all of them takes.
Times are by the wall; costs are processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from bench.machine import cpu_seconds, machine, resident
from bench.screens import cpu
from demo.memory import RedisServer
from demo.port import free_port
from model.alarm import Alarm
from store.board import Board
from tests.door import Browser, accounts
from tests.integration.floor import Floor

ROOT = Path(__file__).resolve().parents[1]
BATCH_SECONDS, DESKS, ASK_SECONDS, REST_SECONDS = 0.1, 3, 1.0, 0.05
PAGES, MOST = 100, 5000
"""Pages of which the cost is taken; alarms in one request of a desk that acknowledges all."""


@contextmanager
def web(floor: Floor) -> Iterator[tuple[int, int]]:
    """(port, process id) of gunicorn with one worker, once it answers."""
    port = free_port()
    own = {"SITE": str(ROOT / "demo" / "site"), "REDIS": floor.url, "PORT": str(port), "WORKERS": "1", "DATABASE": floor.database}
    command = [sys.executable, "-m", "gunicorn", "app:server", "--log-level", "warning"]
    environment = {**os.environ, **{f"CITYDECK_{name}": text for name, text in own.items()}}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        while not answers(port) and process.poll() is None:
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def answers(port: int) -> bool:
    """Whether somebody is there."""
    try:
        return Browser(port).ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


class Desk:
    """A browser at the desk; `took` has seconds by what was asked."""

    def __init__(self, port: int, role: str) -> None:
        self.browser, self.rev = Browser(port), -1
        self.browser.sign_in(role)
        self.took: dict[str, list[float]] = {}
        self.wrong: list[str] = []

    def timed(self, what: str, method: str, path: str, sent: Any = None) -> bytes:
        """The body of one answer."""
        start = time.perf_counter()
        body = None if sent is None else json.dumps(sent)
        status, _, answer = self.browser.ask(method, path, body, {"Accept-Encoding": "gzip", "Content-Type": "application/json"})
        self.took.setdefault(what, []).append(time.perf_counter() - start)
        if status != 200:
            self.wrong.append(f"{what}: {status} {answer[:200]!r}")
        return answer

    def look(self, since: int | None = None) -> int:
        """Asks for what changed, as the page does, or for all; the bytes that came."""
        since = self.rev if since is None else since
        packed = self.timed("all rows" if since < 0 else "what changed", "GET", f"/desk/alarms?since={since}")
        head = zlib.decompressobj(31).decompress(packed, 64)
        self.rev = int(re.findall(rb'"rev":(\d+)', head)[0])
        return len(packed)

    def acknowledge(self, id: str) -> None:
        """One."""
        self.timed("acknowledge one", "POST", f"/api/v1/alarms/{quote(id, safe='')}/ack", {"occurrence": 1})


def every(seconds: float, work: Callable[[], object], stop: threading.Event) -> threading.Thread:
    """Does it again and again until told to stop."""

    def run() -> None:
        while not stop.wait(seconds):
            work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def storm(floor: Floor, port: int, alarms: int, seconds: float) -> list[Desk]:
    """Raises them while people work; who worked, with their times. Returns when all are on the board."""
    one, newcomer, desks = Desk(port, "supervisor"), Desk(port, "supervisor"), [Desk(port, "viewer") for _ in range(DESKS)]
    stop, ids = threading.Event(), (f"sea/high|sensor:s{number:05}" for number in itertools.count())
    threads = [every(ASK_SECONDS, desk.look, stop) for desk in desks] + [every(ASK_SECONDS, lambda: newcomer.look(-1), stop)]
    began, batch = time.monotonic(), max(1, round(alarms * BATCH_SECONDS / seconds))
    raised = 0

    def next_one() -> None:
        if raised:
            one.acknowledge(next(ids))

    threads.append(every(REST_SECONDS, next_one, stop))
    for first in range(0, alarms, batch):
        floor.edges([("high", True, f"sensor:s{number:05}") for number in range(first, min(alarms, first + batch))])
        time.sleep(max(0.0, began + (first / batch + 1) * BATCH_SECONDS - time.monotonic()))
        raised = max(0, first - 5 * batch)  # what has been on the board for half a second
    print(f"  {alarms:,} alarms raised in {time.monotonic() - began:.1f} s", end="")
    while int(floor.client.hlen("city:{alarms}:board")) < alarms:
        time.sleep(0.05)
    print(f", all on the board after {time.monotonic() - began:.1f} s")
    stop.set()
    for thread in threads:
        thread.join()
    return [one, newcomer, *desks]


def told(desks: Sequence[Desk], what: str) -> None:
    """Prints how long answers took."""
    took = sorted(1000 * each for desk in desks for each in desk.took.get(what, ()))
    if took:
        middle, late = statistics.median(took), took[int(0.95 * len(took))]
        print(f"  {what:32} {len(took):5} times, ms median {middle:6.1f}, p95 {late:6.1f}, most {took[-1]:6.1f}")


def cost(parent: int, work: Callable[[], object], times: int) -> float:
    """Milliseconds of the web worker's processor time for each."""
    before = cpu(parent)
    for _ in range(times):
        work()
    return 1000 * (cpu(parent) - before) / times


def rebuilt(board: Board) -> float:
    """Milliseconds of processor time for the same answer made from the board for each request: read, made into JSON, compressed."""
    start = time.process_time()
    rows = [msgspec.to_builtins(alarm) for alarm in board.load().alarms.values()]
    gzip.compress(json.dumps(rows).encode(), 1)
    return 1000 * (time.process_time() - start)


def pages(floor: Floor, port: int, parent: int) -> None:
    """What a page costs, with all alarms active."""
    desk, stop = Desk(port, "supervisor"), threading.Event()
    size = desk.look(-1)
    nothing = cost(parent, lambda: desk.browser.ask("GET", "/healthz"), PAGES)
    quiet = cost(parent, lambda: desk.look(-1), PAGES)
    print(f"  a page of all, board at rest: {quiet:.2f} ms of the web worker ({size:,} B packed; an answer of /healthz {nothing:.2f} ms)")
    print(f"  what changed, board at rest: {cost(parent, desk.look, PAGES):.2f} ms")
    naive = statistics.median(rebuilt(floor.board) for _ in range(5))
    print(f"  made anew for each request instead: {naive:.0f} ms, {naive / quiet:.0f} times as much")
    numbers = itertools.count()
    changing = every(0.1, lambda: floor.edge("quick", next(numbers) % 2 == 0, "sensor:other"), stop)

    def page() -> None:
        desk.look(-1)
        time.sleep(0.05)

    print(f"  a page of all, board changing ten times a second: {cost(parent, page, PAGES):.2f} ms, the changes themselves included")
    stop.set()
    changing.join()


def acknowledge_all(floor: Floor, port: int) -> None:
    """As the desk does: in requests of some thousands, one after the other."""
    desk = Desk(port, "supervisor")
    waiting = [alarm for alarm in floor.board.load().alarms.values() if alarm.state in ("unacknowledged", "returned")]
    start, outcomes = time.perf_counter(), list[str]()
    for some in chunks(waiting):
        answer = desk.timed("many", "POST", "/api/v1/alarms/ack", {"targets": [target(alarm) for alarm in some]})
        outcomes += [each["outcome"] for each in json.loads(unpacked(answer)).get("answers", ())]
    took, wrong = time.perf_counter() - start, desk.wrong or "no error"
    print(f"  acknowledging {len(waiting):,}: {took:.2f} s, {outcomes.count('done'):,} done; {wrong}")


def target(alarm: Alarm) -> Mapping[str, Any]:
    """An alarm as a wish names it."""
    return {"alarm": alarm.id, "occurrence": alarm.occurrence}


def chunks(alarms: Sequence[Alarm]) -> Iterator[Sequence[Alarm]]:
    """The alarms of each request."""
    return (alarms[start : start + MOST] for start in range(0, len(alarms), MOST))


def unpacked(body: bytes) -> bytes:
    """A body, compressed or not."""
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    print(machine(), "load", *(f"{each:.1f}" for each in os.getloadavg()))
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name)) as memory:
        floor = Floor(memory.url, f"sqlite:///{Path(name) / 'deck.db'}", Path(name))
        accounts(floor.database, ("viewer", "supervisor"))
        with floor.keeping() as keeper, web(floor) as (port, parent):
            desks = storm(floor, port, options.alarms, options.seconds)
            for what in ("acknowledge one", "all rows", "what changed"):
                told(desks, what)
            print(f"  not answered with 200: {[each for desk in desks for each in desk.wrong][:3] or 'none'}")
            pages(floor, port, parent)
            acknowledge_all(floor, port)
            worker = int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])
            spent = cpu_seconds(keeper.pid)
            print(
                f"  memory: web worker {resident(worker):.0f} MiB, keeper {resident(keeper.pid):.0f} MiB; keeper {spent:.1f} s of processor"
            )
        floor.close()


if __name__ == "__main__":
    main()
