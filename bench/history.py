"""What the history costs: writing it, its size on disk, one sensor's day and year.

`python -m bench.history` writes two topics of real Kafka (one reading a message, and fifty) and lets a history process drain each; a bare
loop that only polls the same topic is taken off. Then it makes one day of 10,000 sensors x 1,440 minutes x 3 metrics as a history
process would (a file a minute and partition, merged, rolled up), weighs it and asks for one sensor's day. A year is that day under 365
names, hard links of one file, so its footers and pages come out of the page cache: a year that has to come from a disk takes longer.
`--sensors` makes it smaller, and then its size is told as that of 10,000.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from kafka import KafkaConsumer, TopicPartition

from bench.ingest import WARM, _made, fill
from bench.machine import cpu_seconds, machine, resident
from demo.memory import RedisServer
from model import Label, Metric
from store.archive import Archive, Taken, files, folder
from store.day import begin
from store.history import History
from store.merge import Kept, Merger
from store.minute import MINUTE
from store.shelf import Shelf
from store.stretch import resume
from tests.integration.line import Line
from tests.kafka.jars import jars
from tests.kafka.server import KafkaServer

ZONE, DAY, PARTITIONS = ZoneInfo("Asia/Shanghai"), date(2026, 11, 20), 4
MINUTES_A_DAY = 1440
METRICS = {
    key: Metric(key=key, label=Label(en=key, zh=key), unit="m", valid=(-1e9, 1e9), decimals=2, normal=(0.0, 1.0), scale=(0.0, 1.0))
    for key in ("dissolved_oxygen", "ph", "water_temperature")
}
DECIMALS, STEPS = (1, 2, 2), (0.05, 0.02, 0.1)
"""Of the metrics: the decimals that a sensor sends, and how far a minute goes from the one before."""


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--only", choices=("write", "read"))
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        if asked.only != "read":
            writing(Path(folder), asked.readings)
        if asked.only != "write":
            reading(Path(folder) / "history", asked.sensors, asked.days)


# --- writing -------------------------------------------------------------------------------------------------------------------------


def writing(folder: Path, count: int) -> None:
    """Processor time per reading beyond polling."""
    server = KafkaServer(jars(), folder)
    server.start()
    try:
        for per_message, readings in ((1, count), (50, 4 * count)):
            home = folder / str(per_message)
            with RedisServer(_made(home / "redis")) as redis:
                line = Line(home / "site", server.bootstrap, redis.url, f"bench-{per_message}", 1)
                line.environment |= {"CITYDECK_HISTORY": str(home / "history"), "CITYDECK_KAFKA_SESSION_TIMEOUT_MS": "10000"}
                line.environment["CITYDECK_FLUSH_SECONDS"] = "0.3"  # many small files: dearer than in service
                messages = fill(server.bootstrap, line.topic, readings, per_message)
                ours, memory = drain(line, home / "history", messages, readings)
                alone = polled(server.bootstrap, line.topic, messages, readings)
                print(
                    f"{per_message:3d} a message: {ours:.2f} us/reading, polling alone {alone:.2f}, beyond it {ours - alone:.2f}; "
                    f"{memory:.0f} MiB",
                    flush=True,
                )
                line.stop()
    finally:
        server.kill()


def drain(line: Line, history: Path, messages: int, readings: int) -> tuple[float, float]:
    """(us CPU per reading, MiB resident) of one history process after its first file."""
    child = line.start("history")
    shelf = Shelf(str(history))
    while (first := written(shelf)) < messages * WARM / 10:
        time.sleep(0.02)
    cpu = cpu_seconds(child.pid)
    while written(shelf) < messages:
        time.sleep(0.1)
    spent, memory = cpu_seconds(child.pid) - cpu, resident(child.pid)
    child.terminate()
    child.wait()
    return spent / ((messages - first) / messages * readings) * 1e6, memory


def written(shelf: Shelf) -> int:
    """Where the files of the one partition end; `Archive.resume` would sweep away what its writer is at."""
    return resume(one for day in files(shelf, "raw", "probe").values() for one in day) or 0


def polled(bootstrap: str, topic: str, messages: int, readings: int) -> float:
    """us CPU per reading of polling alone."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, max_poll_records=20_000, max_partition_fetch_bytes=4 << 20)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    seen, cpu = 0, time.process_time()
    while seen < messages:
        seen += sum(len(records) for records in consumer.poll(timeout_ms=200).values())
    spent = time.process_time() - cpu
    consumer.close()
    return spent / readings * 1e6


# --- reading -------------------------------------------------------------------------------------------------------------------------


def reading(folder: Path, sensors: int, year: int) -> None:
    """One day's size and processor time, and how long one sensor's day and year take."""
    archive = Archive(Shelf(str(folder)), ZONE)
    cpu = time.process_time()
    for partition in range(PARTITIONS):
        write_day(archive, partition, sensors)
    written = time.process_time() - cpu
    timed(archive, sensors, "a day not merged yet")
    cpu = time.process_time()
    now = begin(DAY + timedelta(1), ZONE) / 1000 + 3600
    for partition in range(PARTITIONS):
        Merger(archive, Kept(raw=30, minute=1826)).tidy("sea", ("city.sea", partition), METRICS, now, now)
    rows = sensors * MINUTES_A_DAY * len(METRICS)
    print(f"{rows / 1e6:.1f}M readings: {written / rows * 1e6:.2f} us each to make and write, ", end="")
    print(f"{(time.process_time() - cpu) / rows * 1e6:.2f} us each to merge and roll up")
    for kind in ("raw", "minute"):
        size = sum(entry.size for day in files(archive.shelf, kind, "sea").values() for entry in day.values())
        print(f"{kind}: {size / 1e6:.0f} MB, {size / rows:.2f} B a row; of 10,000 sensors {size / 1e6 * 10_000 / sensors:.0f} MB")
    timed(archive, sensors, "a merged day")
    years(archive, sensors, year)


def write_day(archive: Archive, partition: int, sensors: int) -> None:
    """A partition's share of a day, an hour in each file's place of a minute's to keep the bench short."""
    source = np.random.default_rng(partition)
    mine = np.arange(partition, sensors, PARTITIONS)
    names = [(metric, f"sea-buoy-{number:05d}") for metric in METRICS for number in mine]
    level = np.repeat([10.0, 8.0, 25.0], len(mine)) + source.random(len(names)) * 5
    step, decimals = np.repeat(STEPS, len(mine)), np.repeat(DECIMALS, len(mine))
    offset, start = 0, begin(DAY, ZONE)
    for hour in range(24):
        walk = level + np.cumsum(source.normal(0, step, (60, len(names))), axis=0)
        level = walk[-1]
        value = np.round(walk, 2)
        value[:, decimals == 1] = np.round(walk[:, decimals == 1], 1)
        series = np.tile(np.arange(len(names)), 60)
        ms = start + (hour * 60 + np.repeat(np.arange(60), len(names))) * 60_000 + (series * 7) % 60_000
        nothing = np.zeros(len(ms), np.uint8)
        taken = Taken(
            names=names,
            units=dict.fromkeys(METRICS, "m"),
            series=series,
            ms=ms,
            filed=ms,
            value=value.ravel(),
            quality=nothing,
            origin=nothing,
        )
        archive.write("sea", ("city.sea", partition), offset, offset + len(ms), taken)
        offset += len(ms)


def timed(archive: Archive, sensors: int, what: str) -> None:
    """How long some sensors' days take."""
    history, found = History(archive.shelf, ZONE), []
    since = begin(DAY, ZONE) / 1000
    for number in range(7):
        sensor = f"sea-buoy-{number * 977 % sensors:05d}"
        began, cpu = time.perf_counter(), time.process_time()
        rows = history.minutes("sea", sensor, METRICS["ph"], since, since + 86_400)
        found.append(((time.process_time() - cpu) * 1e3, (time.perf_counter() - began) * 1e3))
        assert rows.num_rows >= MINUTES_A_DAY - 1, rows.num_rows
    print(f"one sensor, {what}: {told(found)}", flush=True)


def years(archive: Archive, sensors: int, count: int) -> None:
    """One sensor's minutes of a year, made of one day under many names."""
    made = list(files(archive.shelf, "minute", "sea")[DAY].values())
    for number in range(1, count):
        for entry in made:
            other = Path(archive.shelf.path(f"{folder('minute', 'sea', DAY - timedelta(number))}/{entry.name}"))
            other.parent.mkdir(parents=True, exist_ok=True)
            os.link(archive.shelf.path(entry.path), other)
    history, found = History(archive.shelf, ZONE), []
    for number in range(3):
        began, cpu = time.perf_counter(), time.process_time()
        chosen = {day: list(each) for day, each in files(archive.shelf, "minute", "sea").items()}
        # Every file says the same day, so the rows are not joined by time here, as `minutes` does in some milliseconds more.
        rows = sum(
            part.num_rows for part in history.parts("minute", "sea", ("ph", f"sea-buoy-{number * 977 % sensors:05d}"), chosen, MINUTE)
        )
        found.append(((time.process_time() - cpu) * 1e3, (time.perf_counter() - began) * 1e3))
    print(f"one sensor, {count} days of minutes, {rows} rows: {told(found)}")


def told(found: list[tuple[float, float]]) -> str:
    """Medians of (processor time, wall clock) in ms."""
    cpu, wall = (sorted(column)[len(found) // 2] for column in zip(*found, strict=True))
    return f"{cpu:.0f} ms processor, {wall:.0f} ms by the wall"


if __name__ == "__main__":
    main()
