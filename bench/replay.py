"""How soon a moment of the past is shown: `python -m bench.replay [--sensors 500] [--merged]`.

Three days of readings, one a minute of three metrics, as a history process leaves them, a real Redis, and the process of the replays as it
is deployed. A person jumps through them; from the wish until the frame of the overview is on its way to browsers, and its processor time.
A moment of the last day is held ready; of another day the first jump reads it, and further ones do not. How long a browser takes to show
what comes is told by `bench.glass`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import bench.history
from bench.history import METRICS, PARTITIONS, ZONE, write_day
from bench.machine import cpu_seconds, machine, resident
from demo.memory import RedisServer
from demo.tied import tied
from model.replay import Replay
from store import Client
from store.archive import Archive
from store.connect import connect
from store.database import connect as connect_database
from store.database import migrate
from store.day import begin
from store.frame import CHANNEL, Frames
from store.merge import Kept, Merger
from store.replay import Replays, stage
from store.shelf import Shelf

ROOT = Path(__file__).resolve().parents[1]
DAYS = 3
JUMPS = 9
HOUR = 3600.0


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=500)
    parser.add_argument("--merged", action="store_true", help="days over are merged, as a history process does within minutes")
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as redis:
        today = datetime.now(ZONE).date()
        fill(Path(folder) / "history", today, asked.sensors, asked.merged)
        with connect(redis.url) as client:
            child = start(Path(folder), redis.url)
            try:
                measure(client, child.pid, today)
            finally:
                child.terminate()
                child.wait()


def fill(folder: Path, today: date, sensors: int, merged: bool) -> None:
    """The days before today."""
    archive, cpu = Archive(Shelf(str(folder)), ZONE), time.process_time()
    for back in range(DAYS, 0, -1):
        bench.history.DAY = today - timedelta(back)
        for partition in range(PARTITIONS):
            write_day(archive, partition, sensors)
    now = begin(today, ZONE) / 1000 + HOUR
    for partition in range(PARTITIONS) if merged else ():
        Merger(archive, Kept(raw=30, minute=1826)).tidy("sea", ("city.sea", partition), METRICS, now, now)
    rows = sensors * len(METRICS) * 1440
    print(f"{rows / 1e6:.2f}M readings a day, made in {time.process_time() - cpu:.0f} s")


def start(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """The process of the replays over the demo's site."""
    database = f"sqlite:///{folder / 'deck.db'}"
    migrate(connect_database(database))
    told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": url, "DATABASE": database, "HISTORY": str(folder / "history")}
    environment = {**os.environ, **{f"CITYDECK_{name}": text for name, text in told.items()}}
    return subprocess.Popen(tied([sys.executable, "-m", "streams", "replay"]), cwd=ROOT, env=environment, start_new_session=True)


def measure(client: Client, pid: int, today: date) -> None:
    """Jumps of each kind."""
    while Replays(client).span() is None:
        time.sleep(0.1)
    quiet(pid)
    noon = {back: begin(today - timedelta(back), ZONE) / 1000 + 12 * HOUR for back in (1, 2)}
    print(f"memory with the last day ready {resident(pid):.0f} MiB")
    jump(client, pid, noon[1])
    told("within the last days", [jump(client, pid, noon[1] + (-1) ** number * number * 1000.0) for number in range(JUMPS)])
    told("a day that was never looked at", [jump(client, pid, noon[2])])
    told("again in that day", [jump(client, pid, noon[2] + (-1) ** number * number * 1000.0) for number in range(JUMPS)])
    print(f"memory {resident(pid):.0f} MiB")


def quiet(pid: int) -> None:
    """Returns when the process has read what it holds ready."""
    before = -1.0
    while (now := cpu_seconds(pid)) - before > 0.3:
        before = now
        time.sleep(6)


def jump(client: Client, pid: int, moment: float) -> tuple[float, float]:
    """(ms by the wall, ms of processor time) from a wish until the overview of that moment is announced."""
    replays, frames, name = Replays(client), Frames(client), stage("bench", "overview")
    with client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
        heard.subscribe(CHANNEL + name)
        frames.want(name, 3600.0)
        time.sleep(1.5)
        while heard.get_message(timeout=0.2):
            pass
        cpu, began, wall = cpu_seconds(pid), time.perf_counter(), time.time()
        replays.wish(Replay(id="bench", who="bench", name="Bench", event=moment, wall=wall, begun=wall, rate=0.0), new=True)
        while True:
            if heard.get_message(timeout=30) and (frame := frames.last(name)) and f'"now":{moment}'.encode() in frame.text:
                return (time.perf_counter() - began) * 1e3, (cpu_seconds(pid) - cpu) * 1e3


def told(what: str, found: list[tuple[float, float]]) -> None:
    """One line of medians."""
    wall, cpu = (sorted(column) for column in zip(*found, strict=True))
    print(f"{what}: {median(wall):.0f} ms by the wall (most {wall[-1]:.0f}), {median(cpu):.0f} ms processor", flush=True)


if __name__ == "__main__":
    main()
