"""How soon a moment of the past is shown: `python -m bench.replay [--sensors 500] [--merged] [--glass]`.

Three days of readings, one a minute of three metrics, as a history process leaves them, a real Redis, and the process of the replays as it
is deployed. A person jumps through them; from the wish until the frame of the overview is on its way to browsers, and its processor time.
A moment of the last day is held ready; of another day the first jump reads it, and further ones do not. With `--glass` a headless Chromium
shows a screen of the wall, and a jump ends there: when the page has drawn a frame of that moment, and when two more frames have passed, by
which it is on the glass. Its map is drawn by software.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from selenium import webdriver

import bench.history
from bench.glass import browser
from bench.history import METRICS, PARTITIONS, ZONE, write_day
from bench.machine import cpu_seconds, machine, resident
from bench.screens import cookie, web
from demo.memory import RedisServer
from demo.port import LOOPBACK
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
from tests.until import until

ROOT = Path(__file__).resolve().parents[1]
DAYS = 3
JUMPS = 9
HOUR = 3600.0
WATCH = """
window.seen = {};
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const next = (fn) => requestAnimationFrame(fn);
function after(fn) { const {port1, port2} = new MessageChannel(); port1.onmessage = fn; next(() => port2.postMessage(0)); }
citydeck.on('replay', (name, value) => {
  const moment = value && value.moment.toFixed(0);
  if (!moment || moment in window.seen) return;
  window.seen[moment] = null;
  after(() => { const drawn = now(); next(() => next(() => { window.seen[moment] = [drawn, now()]; })); });
});
"""


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, default=500)
    parser.add_argument("--merged", action="store_true", help="days over are merged, as a history process does within minutes")
    parser.add_argument("--glass", action="store_true", help="until a browser that shows the wall has drawn it")
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as redis:
        today = datetime.now(ZONE).date()
        fill(Path(folder) / "history", today, asked.sensors, asked.merged)
        with connect(redis.url) as client:
            child = start(Path(folder), redis.url)
            try:
                if asked.glass:
                    with screen(Path(folder), redis.url) as driver:
                        measure(client, child.pid, today, Glass(client, driver).jump)
                else:
                    measure(client, child.pid, today, partial(jump, client, child.pid))
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


def start(folder: Path, url: str, process: str = "replay") -> subprocess.Popen[bytes]:
    """The process of the replays over the demo's site, or another."""
    database = f"sqlite:///{folder / 'deck.db'}"
    migrate(connect_database(database))
    told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": url, "DATABASE": database, "HISTORY": str(folder / "history")}
    environment = {**os.environ, **{f"CITYDECK_{name}": text for name, text in told.items()}}
    return subprocess.Popen(tied([sys.executable, "-m", "streams", process]), cwd=ROOT, env=environment, start_new_session=True)


Jump = Callable[[float], tuple[float, float]]


def measure(client: Client, pid: int, today: date, jump: Jump) -> None:
    """Jumps of each kind."""
    while Replays(client).span() is None:
        time.sleep(0.1)
    quiet(pid)
    noon = {back: begin(today - timedelta(back), ZONE) / 1000 + 12 * HOUR for back in (1, 2)}
    print(f"memory with the last day ready {resident(pid):.0f} MiB")
    told("from the live city", [jump(noon[1])])
    told("within the last days", [jump(noon[1] + (-1) ** number * number * 1000.0) for number in range(JUMPS)])
    told("a day that was never looked at", [jump(noon[2])])
    told("again in that day", [jump(noon[2] + (-1) ** number * number * 1000.0) for number in range(JUMPS)])
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


@contextmanager
def screen(folder: Path, url: str) -> Iterator[webdriver.Chrome]:
    """A browser that shows the first screen of the wall."""
    live = start(folder, url, "frames")
    try:
        with web(ROOT / "demo" / "site", url, folder) as (port, _):
            with browser(f"http://{LOOPBACK}:{port}", "/wall/wall-1", cookie(port)) as driver:
                yield driver
    finally:
        live.terminate()
        live.wait()


class Glass:
    """Jumps of the whole wall as its screen shows them."""

    def __init__(self, client: Client, driver: webdriver.Chrome) -> None:
        self._replays, self._driver, self._new = Replays(client), driver, True
        driver.execute_script(WATCH)

    def jump(self, moment: float) -> tuple[float, float]:
        """(ms until it is drawn, ms until two more frames have passed) from a wish."""
        time.sleep(2.0)  # what the jump before left to do is done
        wall = time.time()
        self._replays.wish(
            Replay(id="glass", who="bench", name="Bench", event=moment, wall=wall, begun=wall, rate=0.0, whole=True), new=self._new
        )
        self._new = False
        drawn, passed = until(lambda: self._driver.execute_script("return window.seen[arguments[0]]", f"{moment:.0f}"), "that moment")
        return (drawn - wall) * 1e3, (passed - wall) * 1e3


def told(what: str, found: list[tuple[float, float]]) -> None:
    """One line of medians; the second figure is processor time, or of a browser the time until two more frames."""
    wall, second = (sorted(column) for column in zip(*found, strict=True))
    print(
        f"{what}: {median(wall):.0f} ms by the wall (most {wall[-1]:.0f}), second {median(second):.0f} ms (most {second[-1]:.0f})",
        flush=True,
    )


if __name__ == "__main__":
    main()
