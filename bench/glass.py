"""From an event to the glass: how long until the browser's page shows that one reading made a condition true, or false again.

    python -m bench.glass [--events 500] [--load 10000] [--sensors 10000] [--page /]

Real Apache Kafka, a Redis, one ingest, one composer, the web process as it is deployed and one headless Chromium, all on this machine,
while another process sends `--load` readings a second in arrays of fifty. One sensor's value goes over its limit and back at random
moments. An event begins when its reading is handed to the Kafka client and ends when a MutationObserver in the page sees the line of
the worst condition change; both by this machine's clock. In between the bell and the frames in Redis are heard, which splits the way in
three: Kafka, ingest and commit; composer; web, network and browser.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from confluent_kafka import Producer
from selenium import webdriver

from bench.machine import busy, cpu_seconds, machine
from bench.screens import cookie, cpu, web
from demo.memory import RedisServer
from demo.port import LOOPBACK
from store.connect import connect
from store.frame import Frame, Frames
from store.urgent import CHANNEL as BELL
from tests.integration.line import Line
from tests.kafka.jars import jars
from tests.kafka.server import KafkaServer
from tests.until import until

PER_MESSAGE = 50
OVER, BACK = 950.0, 100.0
GAP_SECONDS = (0.4, 1.0)
"""Between two events, at random, so that no event keeps step with the composer's tick."""
WARM_SECONDS = 20.0
FLAGS = (
    "--headless=new --no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run --window-size=1920,1080"
).split()
WATCH = """
const line = document.querySelector('[data-line]');
window.glass = [];
let shown = 'priority' in line.dataset;
new MutationObserver(() => {
  const now = 'priority' in line.dataset;
  if (now !== shown) { shown = now; window.glass.push([(performance.timeOrigin + performance.now()) / 1000, now]); }
}).observe(line, {attributes: true, childList: true, subtree: true});
return shown;
"""


@dataclass(slots=True)
class Heard:
    """What passed through Redis, with when it was heard here (seconds since the epoch)."""

    bells: list[float] = field(default_factory=list)
    frames: list[tuple[float, Frame]] = field(default_factory=list)

    def listen(self, client: redis.Redis) -> None:
        """Begins to listen, on threads that end with the process."""
        for follow in (self._follow_bells, self._follow_frames):
            threading.Thread(target=follow, args=(client,), daemon=True).start()

    def _follow_bells(self, client: redis.Redis) -> None:
        bell = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        bell.subscribe(BELL)
        with suppress(redis.RedisError):  # the bench is over
            for _ in bell.listen():
                self.bells.append(time.time())

    def _follow_frames(self, client: redis.Redis) -> None:
        with suppress(redis.RedisError):
            for frame in Frames(client).follow():
                if frame:
                    self.frames.append((time.time(), frame))

    def telling(self, page: str) -> list[float]:
        """When a frame of the page was published that tells of another worst condition."""
        return [at for at, frame in self.frames if frame.page == page and b'"line":' in frame.text]


def reading(sensor: str, value: float, at: float) -> str:
    """One native reading."""
    return f'{{"sensor":"{sensor}","metric":"level","value":{value},"time":{round(at * 1000)},"unit":"m"}}'


def load(bootstrap: str, topic: str, rate: int, sensors: int, ready: Any) -> None:
    """Sends `rate` readings a second, evenly, until it is ended."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0, "acks": 1})
    began, sent = time.time(), 0
    while True:
        due = began + sent / rate
        time.sleep(max(0.0, due - time.time()))
        values = (reading(f"probe-{(sent + i) % sensors:05d}", 100 + (sent + i) * 7919 % 700, due) for i in range(PER_MESSAGE))
        producer.produce(topic, ("[" + ",".join(values) + "]").encode(), partition=0)
        producer.poll(0)
        sent += PER_MESSAGE
        if sent >= sensors:
            ready.set()


@contextmanager
def background(line: Line, rate: int, sensors: int) -> Iterator[None]:
    """The load, once every sensor has spoken."""
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    process = spawn.Process(target=load, args=(line.bootstrap, line.topic, rate, sensors, ready), daemon=True)
    if rate:
        process.start()
        ready.wait(60)
    try:
        yield
    finally:
        if rate:
            process.terminate()
            process.join()


@contextmanager
def browser(base: str, page: str, cookies: str) -> Iterator[webdriver.Chrome]:
    """A headless Chromium with these cookies that shows the page and has its first frame."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
        try:
            held = [dict(zip(("name", "value"), each.split("=", 1), strict=True), url=base) for each in cookies.split("; ")]
            driver.execute_cdp_cmd("Network.setCookies", {"cookies": held})
            driver.get(base + page)
            until(lambda: driver.execute_script("return !!(window.citydeck && citydeck.frame() && citydeck.known)"), "a first frame")
            yield driver
        finally:
            driver.quit()


def events(line: Line, count: int) -> list[tuple[float, bool]]:
    """Produces the events; (when, whether the condition becomes true) of each."""
    producer = Producer({"bootstrap.servers": line.bootstrap, "linger.ms": 0, "acks": 1})
    producer.list_topics(line.topic, timeout=10)  # connected before the first event
    chance, made = random.Random(1), []  # noqa: S311
    for number in range(count):
        time.sleep(chance.uniform(*GAP_SECONDS))
        over = number % 2 == 0
        at = time.time()
        producer.produce(line.topic, reading("glass", OVER if over else BACK, at).encode(), partition=0)
        producer.flush()
        made.append((at, over))
    time.sleep(3)
    return made


def first(times: Sequence[float], since: float, before: float) -> float | None:
    """The first of sorted `times` in [since, before)."""
    return next((at for at in times if since <= at < before), None)


def report(made: list[tuple[float, bool]], glass: list[list[Any]], bells: list[float], telling: list[float]) -> None:
    """Prints the percentiles of the whole way and of its three parts."""
    whole, parts = [], []
    for (at, over), (following, _) in zip(made, [*made[1:], (float("inf"), False)], strict=True):
        shown = first([moment for moment, now in glass if now == over], at, following)
        bell, frame = first(bells, at, following), first(telling, at, following)
        if shown is None or bell is None or frame is None:
            whole.append(float("inf"))
        else:
            whole.append((shown - at) * 1000)
            parts.append(((bell - at) * 1000, (frame - bell) * 1000, (shown - frame) * 1000))
    names = ("Kafka, ingest, commit", "composer", "web, network, browser")
    print(f"{len(made)} events, {whole.count(float('inf'))} not seen before the next, which counts as never")
    for name, found in (("event to glass", whole), *zip(names, zip(*parts, strict=True), strict=True)):
        print(f"  {name:22s} {_percentiles(found)}", flush=True)


def _percentiles(found: Sequence[float]) -> str:
    ranked = sorted(found)
    p50, p95, p99 = (ranked[min(int(share * len(ranked)), len(ranked) - 1)] for share in (0.5, 0.95, 0.99))
    return f"p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  worst {ranked[-1]:6.1f} ms"


def run(options: argparse.Namespace, kafka: KafkaServer, folder: Path) -> None:
    """One bench over a running Kafka."""
    (folder / "redis").mkdir()
    with RedisServer(folder / "redis") as memory:
        line = Line(folder / "site", kafka.bootstrap, memory.url, "bench-glass", 1)
        try:
            with web(folder / "site", memory.url, folder) as (port, pid), background(line, options.load, options.sensors):
                children = {"ingest": line.start().pid, "frames": line.start("frames").pid}
                with browser(f"http://{LOOPBACK}:{port}", options.page, cookie(port)) as driver:
                    time.sleep(WARM_SECONDS)  # the composer computes the figures of the past
                    measure(options, line, driver, children, pid)
        finally:
            line.stop()


def measure(options: argparse.Namespace, line: Line, driver: webdriver.Chrome, children: dict[str, int], web_pid: int) -> None:
    """The events, and what the processes spent meanwhile."""
    shown = driver.execute_script(WATCH)
    if shown:
        raise RuntimeError(f"a condition is true before the first event: {driver.execute_script('return citydeck.held(`line`)')}")
    heard = Heard()
    heard.listen(connect(line.environment["CITYDECK_REDIS"]))
    began, spent = time.monotonic(), {name: cpu_seconds(pid) for name, pid in children.items()}
    web_spent, all_spent = cpu(web_pid), busy()
    made = events(line, options.events)
    took = time.monotonic() - began
    shares = {name: (cpu_seconds(pid) - spent[name]) / took for name, pid in children.items()}
    shares |= {"web": (cpu(web_pid) - web_spent) / took, "whole machine": (busy() - all_spent) / took}
    page = driver.execute_script("return citydeck.frame().page")
    report(made, driver.execute_script("return window.glass"), heard.bells, heard.telling(page))
    print("  cores busy: " + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()))


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--load", type=int, default=10_000, help="readings a second beside the events")
    parser.add_argument("--sensors", type=int, default=10_000, help="sensors that the load speaks for")
    parser.add_argument("--page", default="/", help="path of the page that is watched")
    options = parser.parse_args()
    print(f"{machine()}\nload {options.load} readings/s of {options.sensors} sensors in arrays of {PER_MESSAGE}, page {options.page}")
    with tempfile.TemporaryDirectory() as folder:
        server = KafkaServer(jars(), Path(folder))
        server.start()
        try:
            run(options, server, Path(folder))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
