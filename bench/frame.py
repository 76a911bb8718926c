"""What a tick of the composer costs, part by part, and how large frames are: 10,000 sensors, 12 figures, 3 trends, 50 alarms.

    python -m bench.frame [--sensors 10000] [--interval 60] [--ticks 60] [--alarms 50]

The composer itself, in this process, over a Redis of its own. Every sensor has been heard for `--hours` hours and speaks once per
`--interval` seconds, spread evenly; between two ticks of one second its partition takes in who spoke and commits, which is not counted.
A tick composes the overview, the domain's page and the system page; it is counted in processor time, which other work on the machine
disturbs less, and by the wall. One screen is the tick without the JSON and the compression of the overview and the system page, and
composing it is that without Redis and the judge. A change is what goes to every screen; sizes are compressed, as they travel.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import machine
from demo.memory import RedisServer
from domains.figure import energy_mean, highest, lowest, mean, movement
from model import Area, Batch, Domain, Kpi, Label, Layer, Metric, Rule, Sensor, Site
from model.alarm import Acknowledgement, Alarm
from store import Client
from store.board import Board, Term, lease
from store.clock import Clock
from store.connect import connect
from store.frame import Frame, Frames, Press
from store.lease import Lease
from store.partition import Partition as Keys
from streams import frame, frames
from streams.frames import Composer
from streams.pages import Pages
from streams.partition import Partition
from streams.pulse import Pulse
from streams.roll import Roll

START = 1_795_203_000.0
FIGURES = {
    "lowest": lowest("level"),
    "highest": highest("level"),
    "mean": mean("level"),
    "energy": energy_mean("level"),
    "mean_5min": mean("level", 300),
    "highest_5min": highest("level", 300),
    "mean_10min": mean("level", 600),
    "highest_10min": highest("level", 600),
    "mean_hour": mean("level", 3600),
    "highest_hour": highest("level", 3600),
    "lowest_hour": lowest("level", 3600),
    "movement": movement("level", 3600),
}
BY_AREA = ("mean_hour", "highest")
WARM_TICKS = 5
LIMIT = 900.0
SCREEN = "domain-probe"
WHOLE, OTHERS = "whole tick", "other pages"


def text(words: str) -> Label:
    """The same in both languages."""
    return Label(en=words, zh=words)


def domain(interval: float) -> Domain:
    """A bureau of one metric and twelve figures."""
    look: dict[str, Any] = {"unit": "m", "decimals": 1, "normal": (0.0, 500.0), "scale": (0.0, 1000.0)}
    kpis = tuple(
        Kpi(key=key, label=text(key), figure=figure, metric="level", by_area=key in BY_AREA, **look) for key, figure in FIGURES.items()
    )
    return Domain(
        key="probe",
        topic="probe",
        label=text("Probe"),
        icon="",
        metrics=(Metric(key="level", label=text("Level"), valid=(0.0, 1000.0), **look),),
        kpis=kpis,
        rules=(
            Rule(key="high", label=text("High"), on="level", comparison="high", limit=LIMIT, priority="high", deadband=10.0),
            Rule(key="silent", label=text("Silent"), on="level", comparison="no_data", limit=3 * interval, priority="low"),
            Rule(key="rising", label=text("Rising"), on="mean_hour", comparison="high", limit=LIMIT, priority="low"),
        ),
        layer=Layer(kind="points", metric="level"),
        headline=("lowest", "mean_hour"),
        table="level",
        trends=("mean", "mean_hour", "highest"),
        interval=interval,
        sample={},
    )


def site(sensors: int, interval: float) -> Site:
    """A city of ten areas that lists every sensor."""
    areas = tuple(Area(key=f"area-{i}", label=text(f"Area {i}")) for i in range(10))
    listed = tuple(
        Sensor(
            id=f"probe-{i:05d}", domain="probe", label=text(f"Probe {i}"), lon=114 + i / 1e5, lat=22.5, area=f"area-{i % 10}",
            interval=interval, owner=None,
        )
        for i in range(sensors)
    )  # fmt: skip
    return Site(
        folder="", label=text("Bench"), zone="Asia/Shanghai", areas=areas, screens=(), extent=(114.0, 22.0, 115.0, 23.0),
        review_number="", sensors={"probe": listed},
    )  # fmt: skip


class Feed:
    """The sensors, speaking in turn into one partition."""

    def __init__(self, keys: Keys, domain: Domain, sensors: int, alarms: int = 50) -> None:
        self._keys, self._partition = keys, Partition(domain, keys.load(), {})
        self._sensors, self._interval, self._offset = sensors, domain.interval, 0
        self._random = np.random.default_rng(1)
        self._level = self._random.uniform(100, 800, sensors)
        self._level[:: sensors // alarms][:alarms] = LIMIT + 50

    def speak(self, now: float, seconds: float) -> None:
        """Everybody whose turn it was in the `seconds` before `now` sends a reading, and the partition commits."""
        turn = np.arange(self._sensors) * self._interval / self._sensors
        who = np.flatnonzero((now - seconds - turn) // self._interval < (now - turn) // self._interval)
        calm = who[self._level[who] < LIMIT]
        self._level[calm] = np.clip(self._level[calm] + self._random.normal(0, 3, len(calm)), 0, 800)
        parts = (
            f'{{"sensor":"probe-{i:05d}","metric":"level","value":{self._level[i]:.2f},"time":{round((now - 0.2) * 1000)}}}' for i in who
        )
        self._partition.take(_batch(("[" + ",".join(parts) + "]").encode(), self._offset), now)
        self._offset += 1
        self._keys.commit(self._partition.held, self._offset, self._partition.changes("bench", now))
        self._partition.committed()


def keep(client: Client, bureau: Domain, sensors: int, alarms: int) -> None:
    """The board as whoever keeps the alarms would have it: those that stand, every second one acknowledged."""
    holder = lease(client, "bench")
    holder.hold()
    stood = [f"probe-{i:05d}" for i in range(0, sensors, sensors // alarms)][:alarms]
    rule, seen = f"{bureau.key}/high", Acknowledgement(who="li", time=START)
    told: dict[str, Any] = {"domain": bureau.key, "area": "", "priority": "high", "value": LIMIT + 50, "limit": LIMIT}
    made = (
        Alarm(
            id=f"{rule}|sensor:{id}", occurrence=1, rule=rule, subject=f"sensor:{id}", raised=START - at, changed=START - at,
            state="acknowledged" if at % 2 else "unacknowledged", acknowledgement=seen if at % 2 else None, **told,
        )
        for at, id in enumerate(stood)
    )  # fmt: skip
    Board(client).save(Term(holder, 1), made)


def _batch(value: bytes, offset: int) -> Batch:
    offsets, following = (offset,), offset + 1
    return Batch(topic="probe", partition=0, offsets=offsets, values=(value,), keys=(None,), next_offset=following, arrived=START)


class Stopwatch:
    """Time spent in chosen functions, (processor, wall) in milliseconds by part."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def time(self, owner: Any, name: str, part: str, page: Callable[..., str]) -> None:
        """Counts every call of `owner.name` from now on."""
        setattr(owner, name, self.timed(getattr(owner, name), part, page))

    def timed(self, call: Callable[..., Any], part: str, page: Callable[..., str]) -> Callable[..., Any]:
        """The same function, counted; also as `OTHERS` where `page` of its arguments is not the screen's."""

        @functools.wraps(call)
        def counted(*arguments: Any, **named: Any) -> Any:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                took = (time.thread_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000
                for key in (part,) if page(*arguments) == SCREEN else (part, OTHERS):
                    self.spent[key] = [before + more for before, more in zip(self.spent[key], took, strict=True)]

        return counted

    def lap(self) -> dict[str, tuple[float, float]]:
        """What was counted since the last lap."""
        found = {part: (cpu, wall) for part, (cpu, wall) in self.spent.items()}
        self.spent.clear()
        return found


def _any(*_: Any) -> str:
    return SCREEN


def _headed(head: Mapping[str, Any], *_: Any) -> str:
    return str(head["page"])


def _named(_: Press, page: str, *__: Any) -> str:
    return page


PARTS = (
    (frames, "refresh", "read from Redis", _any),
    (Composer, "_see", "figures", _any),
    (Composer, "_find", "judge", _any),
    (Composer, "_told", "order of alarms", _any),
    (Roll, "update", "states of sensors", _any),
    (Pages, "all", "sections", _any),
    (frame, "delta", "what changed, as JSON", _headed),
    (frame, "full", "full frames, as JSON", _headed),
    (Press, "publish", "compress, publish", _named),
)
AROUND = ("read from Redis", "judge")


def sizes(follow: Iterator[Frame | None], into: dict[tuple[str, str], list[int]]) -> None:
    """Hears what one tick published: compressed sizes by page and kind."""
    while (found := next(follow)) is not None:
        into[found.page, "change" if found.prev else "full"].append(len(found.block))


def run(options: argparse.Namespace, url: str) -> None:
    """Fills the past, lets the composer see it, then measures."""
    client, now = connect(url), START - options.hours * 3600
    bureau = domain(options.interval)
    feed = Feed(Keys(client, "probe", 0), bureau, options.sensors, options.alarms)
    step = min(max(options.interval, 10.0), 60.0)  # the past is not counted and need not be as dense
    while now < START:
        now += step
        feed.speak(now, step)
    clock = Clock(client, lambda: now)
    pulse = Pulse(client, "frames")
    composer = Composer(client, {"probe": bureau}, site(options.sensors, options.interval), clock, pulse)
    keep(client, bureau, options.sensors, options.alarms)
    elected, follow = Lease(client, "judge", pulse.id), Frames(client).follow(patience=0.1)
    next(follow)
    watch = Stopwatch()
    laps: list[dict[str, tuple[float, float]]] = []
    heard: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in PARTS:
        watch.time(*each)
    tick = watch.timed(composer.tick, WHOLE, _any)
    for number in range(-WARM_TICKS, options.ticks):
        elected.hold()
        now += 1
        feed.speak(now, 1.0)
        tick()
        if number < 0:
            while composer.catch_up(1.0):
                elected.hold()
        sizes(follow, heard)
        if number >= 0:
            laps.append(watch.lap())
        else:
            watch.lap()
            heard.clear()
    report(options, laps, heard)


def report(options: argparse.Namespace, laps: list[dict[str, tuple[float, float]]], heard: Mapping[tuple[str, str], list[int]]) -> None:
    """Prints medians over the ticks."""
    print(machine())
    print(f"{options.sensors} sensors speaking every {options.interval:g} s, {len(FIGURES)} figures, {options.alarms} alarms")
    for lap in laps:
        others = np.array(lap[OTHERS])
        lap["one screen"] = tuple(np.array(lap[WHOLE]) - others)
        lap["composing it"] = tuple(np.sum([lap[part] for _, _, part, _ in PARTS if part not in AROUND], axis=0) - others)
    for part in (WHOLE, "one screen", "composing it", *(part for _, _, part, _ in PARTS)):
        found = [lap.get(part, (0.0, 0.0)) for lap in laps]
        cpu, wall = (statistics.median(column) for column in zip(*found, strict=True))
        most = max(spent for spent, _ in found)
        print(f"  {part:24s} {cpu:6.2f} ms processor ({most:.2f} at most), {wall:6.2f} ms by the wall")
    for (page, kind), size in sorted(heard.items()):
        print(f"  {page:14s} {kind:6s} median {statistics.median(size):8,.0f} B, at most {max(size):,} B, {len(size)} of them")


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--interval", type=float, default=60.0, help="seconds between readings of one sensor")
    parser.add_argument("--hours", type=float, default=1.1, help="of readings before the first tick")
    parser.add_argument("--ticks", type=int, default=60)
    parser.add_argument("--alarms", type=int, default=50, help="that stand")
    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as memory:
        run(parser.parse_args(), memory.url)


if __name__ == "__main__":
    main()
