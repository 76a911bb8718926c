"""The history holds each reading once: kills and rebalances on real Kafka, a full disk, a crash at any point of merging."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.memory import RedisServer
from domains.system import STOPPED
from store.archive import files
from store.history import History
from store.process import processes
from store.shelf import Shelf
from store.stretch import Stretch, resume
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
    with history.connect("probe", days[0], days[-1]) as database:
        rows = database.execute("SELECT sensor, epoch_ms(time), value FROM raw").fetchall()
    assert len(rows) == len({row[:2] for row in rows})
    return {(sensor, ms): value for sensor, ms, value in rows}


def check(line: Line, load: Load) -> None:
    until(lambda: written(line, load), f"all written; log:\n{line.log.read_text()[-3000:]}")
    assert held(line) == load.found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments_with_another_taking_over(line: Line, seed: int) -> None:
    load = Load(line, seed)
    first, second = line.start("history"), line.start("history")
    load.send(20)
    until(lambda: stretches(line), "a first file")
    for _ in range(7):
        load.send(load.random.randrange(5, 40))
        time.sleep(load.random.random() * 0.6)  # where in its work the kill finds it is what is being varied
        first.kill()
        first.wait()
        load.send(20)
        first, second = second, line.start("history")
    check(line, load)


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
        line.start("history")
        load.send(20)
        until(lambda: stretches(line), "a first file")
        rest = disk / "ballast"
        with contextlib.suppress(OSError), rest.open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
        load.send(60)
        until(lambda: [each.state for each in processes(line.client)] == [STOPPED], "it says so")
        load.send(60)
        rest.unlink()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        check(line, load)
        until(lambda: [each.state for each in processes(line.client)] == ["active"], "it says that too")
    finally:
        line.stop()
        subprocess.run(["umount", disk], check=True)
