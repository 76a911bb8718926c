"""The history holds each reading once: kills and rebalances on real Kafka, a full disk, a crash at any point of merging."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from demo.memory import RedisServer
from domains.system import STOPPED
from model import ReplayClock
from store import clock, ten
from store.archive import files
from store.day import begin
from store.history import History
from store.process import processes
from store.shelf import Shelf
from store.stretch import Stretch, resume
from tests.integration import plain
from tests.integration.line import Line, record
from tests.kafka.server import KafkaServer
from tests.until import until

PARTITIONS = 2
ZONE = ZoneInfo("Asia/Shanghai")
Reading = tuple[str, int, float]


class Load:
    """Readings of 40 sensors, with duplicates, corrections and such as are of yesterday; what of them must be found in the history."""

    def __init__(self, line: Line, seed: int) -> None:
        self.line, self.random = line, random.Random(seed)
        self.producer = line.producer()
        self.found: dict[tuple[str, int], float] = {}
        self.offsets = dict.fromkeys(range(PARTITIONS), 0)
        self.start, self.tick = int(time.time()) - 3600, 0

    def send(self, ticks: int) -> None:
        for _ in range(ticks):
            self.tick += 1
            for number in range(40):
                self._send(number, self.start * 1000 + self.tick * 250)
        self.producer.flush()

    def _send(self, number: int, ms: int) -> None:
        chance = self.random.random()
        ms -= 86_400_000 if chance < 0.02 else 0
        values = [float(self.random.randrange(800))]
        values += values if 0.02 < chance < 0.05 else [values[0] + 1.0] if chance > 0.97 else []
        for value in values:
            self.producer.send(self.line.topic, value=record(f"p-{number}", ms / 1000, value), partition=number % PARTITIONS)
            self.offsets[number % PARTITIONS] += 1
        self.found[f"p-{number}", ms] = values[-1]


class Months(Load):
    """The same over a month: the city's clock goes on when the test says so."""

    STEP = 1.25 * 86_400

    def __init__(self, line: Line, seed: int) -> None:
        super().__init__(line, seed)
        self.event = begin(date(2026, 10, 5), ZONE) / 1000
        self.go_on()

    def go_on(self, step: float = STEP) -> None:
        """Time passes."""
        self.event += step
        clock.publish(self.line.client, ReplayClock(wall=0.0, event=self.event, rate=0.0))

    def send(self, ticks: int) -> None:
        """Readings of a while ago, as a process may know the clock of two steps before: none is ahead of it."""
        for _ in range(ticks):
            ms = round((self.event - (2 + self.random.random()) * self.STEP) * 1000)
            for number in range(40):
                self._send(number, ms - number * 20_000)
        self.producer.flush()

    def age(self, folder: Path) -> None:
        """Two weeks pass, and what lies there has lain there for hours."""
        self.go_on(14 * 86_400)
        for file in folder.rglob("*.parquet"):
            os.utime(file, (time.time() - 7200, time.time() - 7200))


TARGETS = ((), ("raw",), (), ("minute",), ("figure",), (), ("ten", "figure"))


def _half_written(folder: Path, kinds: tuple[str, ...]) -> str:
    """Waits a little until a file of one of these kinds is being written; the kind, or that there was none."""
    deadline = time.monotonic() + 6.0
    while time.monotonic() < deadline:
        for kind in kinds:
            if next(folder.glob(f"{kind}/*/*/.*.half"), None):
                return kind
    return "none"


def told(rows: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Value by sensor and millisecond."""
    ms = rows["time"].dt.as_unit("ms").astype("int64")
    return {(sensor, at): value for sensor, at, value in zip(rows["sensor"], ms.tolist(), rows["value"], strict=True)}


def settled(folder: Path) -> bool:
    """Whether all days lie as days that are over do, as far as their files' names say."""
    there = {kind: list(folder.glob(f"{kind}/*/*/*.parquet")) for kind in ("raw", "minute", "figure")}
    days = {file.parent.name.partition("=")[2] for file in there["raw"]}
    names = {kind: {(file.parent.name, file.name) for file in found} for kind, found in there.items()}
    copied = {file.parent.name.partition("=")[2] for file in folder.glob("ten/*/*/*-index.json")}
    return (
        all(file.name.endswith("-whole.parquet") for file in there["raw"])
        and len(there["raw"]) == len({(file.parent, file.name.rsplit("-", 4)[1]) for file in there["raw"]})
        and names["raw"] == names["minute"]
        and len(there["figure"]) == len(days)
        and copied == {str(ten.first_of(date.fromisoformat(day))) for day in days}
        and not list(folder.rglob(".*.half"))
    )


def check_plainly(folder: Path, load: Load) -> None:
    """Readings, minutes and copies, counted with pandas and DuckDB over the files alone."""
    rows = plain.rows_of(folder, "probe")
    assert not rows.duplicated(plain.SERIES).any() and told(rows) == load.found
    with duckdb.connect() as database:
        counted = database.execute(f"SELECT count(*), sum(value) FROM read_parquet('{folder}/raw/*/*/*.parquet')").fetchall()
    assert counted == [(len(load.found), sum(load.found.values()))]
    minutes = plain.minutes_of(folder, "probe")
    pd.testing.assert_frame_equal(minutes, plain.rolled(rows, ZONE.key), check_dtype=False, rtol=1e-12)
    copies = plain.ten_of(folder, "probe").sort_values(plain.SERIES, ignore_index=True)
    pd.testing.assert_frame_equal(copies, minutes[plain.MINUTES], check_dtype=False)
    assert plain.ranges_of(folder, "probe") == {(load.line.topic, number): (0, end) for number, end in load.offsets.items()}
    assert not list(folder.rglob(".*"))


@pytest.fixture
def line(tmp_path: Path, kafka: KafkaServer, redis_server: RedisServer, request: pytest.FixtureRequest) -> Iterator[Line]:
    line = Line(tmp_path / "site", kafka.bootstrap, redis_server.url, f"past-{abs(hash(request.node.nodeid))}", PARTITIONS)
    line.environment |= {"CITYDECK_HISTORY": str(tmp_path / "history"), "CITYDECK_FLUSH_SECONDS": "0.3"}
    yield line
    line.stop()


def stretches(line: Line) -> set[Stretch]:
    return {one for day in files(Shelf(line.environment["CITYDECK_HISTORY"]), "raw", "probe").values() for one in day}


def written(line: Line, load: Load) -> bool:
    found = stretches(line)
    return all(resume(one for one in found if one.partition == number) == count for number, count in load.offsets.items())


def held(line: Line) -> dict[tuple[str, int], float]:
    history = History(Shelf(line.environment["CITYDECK_HISTORY"]), ZONE)
    days = sorted(files(history.shelf, "raw", "probe"))

    def read() -> list[Any]:
        with history.connect("probe", days[0], days[-1]) as database:
            return database.execute("SELECT sensor, epoch_ms(time), value FROM raw").fetchall()

    rows = history.again(read)
    assert len(rows) == len({row[:2] for row in rows})
    return {(sensor, ms): value for sensor, ms, value in rows}


def check(line: Line, load: Load) -> None:
    until(lambda: written(line, load), f"all written; log:\n{line.log.read_text()[-3000:]}")
    assert held(line) == load.found


@pytest.mark.slow
def test_killed_twenty_times_with_another_taking_over(line: Line, tmp_path: Path) -> None:
    """Days pass in seconds, so that kills find the writers merging, rolling up, computing figures and copying ten days as well."""
    seed = 20
    print(f"seed {seed}")
    line.environment |= {"CITYDECK_RAW_DAYS": "1000", "CITYDECK_MINUTE_DAYS": "2000"}
    load, folder = Months(line, seed), tmp_path / "history"
    running = [line.start("history"), line.start("history")]
    load.send(20)
    until(lambda: stretches(line), "a first file")
    caught: Counter[str] = Counter()
    for number in range(20):
        load.go_on()
        load.send(load.random.randrange(5, 30))
        kinds = TARGETS[number % len(TARGETS)]
        if kinds:
            caught[_half_written(folder, kinds)] += 1
        else:
            time.sleep(load.random.random())  # where in its work the kill finds it is what is being varied
        for child in running if kinds else running[:1]:  # nobody knows whose the half-written file is
            child.kill()
            child.wait()
        load.send(5)
        running = [child if child.poll() is None else line.start("history") for child in reversed(running)]
    print(f"killed while writing: {dict(caught)}")
    until(lambda: written(line, load), f"all written; log:\n{line.log.read_text()[-3000:]}")
    for child in running:
        child.kill()
        child.wait()
    assert told(plain.once(plain.rows_of(folder, "probe"))) == load.found
    load.age(folder)
    line.start("history")
    until(lambda: settled(folder), "every day is merged, rolled up, computed and copied")
    check_plainly(folder, load)


def test_redis_emptied_and_the_group_forgotten_is_no_matter(line: Line) -> None:
    load = Load(line, 4)
    first = line.start("history")
    load.send(40)
    check(line, load)
    first.kill()
    first.wait()
    before = stretches(line)
    line.client.flushall()
    line.environment["CITYDECK_KAFKA_GROUP_ID"] = f"{line.topic}-other"
    line.start("history")
    load.send(10)
    check(line, load)
    ends = {number: resume(one for one in before if one.partition == number) for number in range(PARTITIONS)}
    fresh = [one for one in stretches(line) - before if one.kind != "whole"]  # what was merged begins where the first of it did
    assert all(one.first >= (ends[one.partition] or 0) for one in fresh), "it read again what was held"


@pytest.mark.slow
def test_one_paused_past_its_time_doubles_nothing(line: Line) -> None:
    load = Load(line, 6)
    slow = line.start("history")
    load.send(10)
    until(lambda: stretches(line), "a first file")
    load.send(10)
    slow.send_signal(signal.SIGSTOP)
    line.start("history")
    load.send(40)
    check(line, load)
    slow.send_signal(signal.SIGCONT)
    load.send(40)
    check(line, load)


def test_a_full_disk_stops_and_goes_on(line: Line, tmp_path: Path) -> None:
    disk = tmp_path / "history"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("may not mount a disk of its own")
    try:
        load = Load(line, 5)
        writer = line.start("history")
        load.send(20)
        until(lambda: stretches(line), "a first file")
        gone = [each.id for each in processes(line.client)]
        rest = disk / "ballast"
        with contextlib.suppress(OSError), rest.open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
        load.send(60)
        until(lambda: [each.state for each in processes(line.client)] == [STOPPED], "it says so")
        seen = plain.once(plain.rows_of(disk, "probe"))  # whatever is half written meanwhile, nobody meets it
        assert told(seen).items() <= load.found.items()
        writer.kill()
        writer.wait()
        load.send(60)
        line.start("history")
        until(lambda: STOPPED in [each.state for each in processes(line.client) if each.id not in gone], "the next says so too")
        rest.unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        check(line, load)
        assert told(plain.once(plain.rows_of(disk, "probe"))) == load.found
        until(lambda: ["active"] == [each.state for each in processes(line.client) if each.id not in gone], "it says that too")
    finally:
        line.stop()
        subprocess.run(["umount", disk], check=True)
