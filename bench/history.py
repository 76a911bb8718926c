"""What the history costs: writing it, its size on disk, one sensor's day and year.

`python -m bench.history` writes two topics of real Kafka (one reading a message, and fifty) and lets a history process drain each; a bare
loop that only polls the same topic is taken off. Then it makes one day of 10,000 sensors x 1,440 minutes x 3 metrics as a history
process would (a file a minute and partition, merged, rolled up), weighs it and asks for one sensor's day, before it is merged and after.
The year ends with that day, the last of a month of 31 days, when eleven days are not copied by ten days yet: those are of all sensors.
The days before have 200 series of four partitions, which make files of ten days as full as with 10,000 sensors, of which there are fewer.
`--sensors` makes it smaller, and then its size is told as that of 10,000. All is in the page cache: from a disk it takes longer.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas  # noqa: F401  pyarrow loads it when it is first asked; the web has it by then
import pyarrow as pa
import pyarrow.parquet as pq
from kafka import KafkaConsumer, TopicPartition

from bench.ingest import WARM, fill, made
from bench.machine import cpu_seconds, machine, resident
from demo.memory import RedisServer
from model import Label, Metric
from store import ten
from store.archive import Archive, Taken, files
from store.day import begin
from store.history import History
from store.merge import Kept, Merger
from store.minute import MINUTE
from store.sheet import stamps
from store.shelf import Shelf
from store.stretch import Stretch, resume
from tests.integration.line import Line
from tests.kafka.jars import jars
from tests.kafka.server import KafkaServer

ZONE, DAY, PARTITIONS = ZoneInfo("Asia/Shanghai"), date(2026, 10, 31), 4
MINUTES_A_DAY, SERIES = 1440, 200
METRICS = {
    key: Metric(key=key, label=Label(en=key, zh=key), unit=unit, valid=(-1e9, 1e9), decimals=2, normal=(0.0, 1.0), scale=(0.0, 1.0))
    for key, unit in (("dissolved_oxygen", "mg/L"), ("ph", ""), ("water_temperature", "°C"))
}
"""In the units of the demo's bureau, which reads them."""
DECIMALS, STEPS = (1, 2, 2), (0.05, 0.02, 0.1)
"""Of the metrics: the decimals that a sensor sends, and how far a minute goes from the one before."""


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--sensors", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--only", choices=("write", "read"))
    wish = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        if wish.only != "read":
            writing(Path(folder), wish.readings)
        if wish.only != "write":
            reading(Path(folder) / "history", wish.sensors, wish.days)


# --- writing -------------------------------------------------------------------------------------------------------------------------


def writing(folder: Path, count: int) -> None:
    """Processor time per reading beyond polling."""
    server = KafkaServer(jars(), folder)
    server.start()
    try:
        for per_message, readings in ((1, count), (50, 4 * count)):
            home = folder / str(per_message)
            with RedisServer(made(home / "redis")) as redis:
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
    make_year(archive, year)
    ask_year(archive, year)


def write_day(archive: Archive, partition: int, sensors: int) -> None:
    """A partition's share of a day as it lies there a minute before midnight, when it is in as many files as it will ever be."""
    source = np.random.default_rng(partition)
    mine = np.arange(partition, sensors, PARTITIONS)
    names = [(metric, f"sea-buoy-{number:05d}") for metric in METRICS for number in mine]
    level = np.repeat([10.0, 8.0, 25.0], len(mine)) + source.random(len(names)) * 5
    step, decimals = np.repeat(STEPS, len(mine)), np.repeat(DECIMALS, len(mine))
    offset, minute = 0, 0
    for size in (*[360] * 3, *[60] * 5, *[10] * 5, *[1] * 9):
        walk = level + np.cumsum(source.normal(0, step, (size, len(names))), axis=0)
        level = walk[-1]
        value = np.round(walk, 2)
        value[:, decimals == 1] = np.round(walk[:, decimals == 1], 1)
        taken = readings(names, minute, value)
        archive.write("sea", ("city.sea", partition), offset, offset + len(taken.ms), taken)
        offset, minute = offset + len(taken.ms), minute + size


def readings(names: list[tuple[str, str]], minute: int, value: np.ndarray[Any, Any]) -> Taken:
    """One a minute of every series, from that minute of the day on."""
    size = len(value)
    series = np.tile(np.arange(len(names)), size)
    ms = begin(DAY, ZONE) + (minute + np.repeat(np.arange(size), len(names))) * 60_000 + (series * 7) % 60_000
    nothing = np.zeros(len(ms), np.uint8)
    units = {key: metric.unit for key, metric in METRICS.items()}
    return Taken(names=names, units=units, series=series, ms=ms, filed=ms, value=value.ravel(), quality=nothing, origin=nothing)


def timed(archive: Archive, sensors: int, what: str) -> None:
    """How long some sensors' days take: to one who has read nothing of it before, and to one who asked for other sensors."""
    since, kept = begin(DAY, ZONE) / 1000, History(archive.shelf, ZONE)
    names = [f"sea-buoy-{number * 977 % sensors:05d}" for number in range(16)]
    asked(kept, names[0], since)
    for told_as, some in (
        ("the first time", [(History(archive.shelf, ZONE), name) for name in names]),
        ("again", [(kept, name) for name in names]),
    ):
        print(f"one sensor, {what}, {told_as}: {told([asked(history, name, since) for history, name in some])}", flush=True)


def asked(history: History, sensor: str, since: float) -> tuple[float, float]:
    """Milliseconds of the processor and by the wall."""
    began, cpu = time.perf_counter(), time.process_time()
    rows = history.minutes("sea", sensor, METRICS["ph"], since, begin(DAY + timedelta(1), ZONE) / 1000)
    spent = (time.process_time() - cpu) * 1e3, (time.perf_counter() - began) * 1e3
    assert rows.num_rows >= round((begin(DAY + timedelta(1), ZONE) / 1000 - since) / 60) - 11, rows.num_rows  # a day lacks its last minute
    return spent


def make_year(archive: Archive, count: int) -> None:
    """Minutes of the days before: of ten of them those of the day, of the others those of some series, copied by ten days."""
    for number in range(1, 11):
        for partition, source in enumerate(sorted(files(archive.shelf, "minute", "sea")[DAY].values(), key=lambda entry: entry.path)):
            put_minutes(archive, DAY - timedelta(number), partition, earlier(archive.shelf.path(source.path), number))
    for number in range(11, count):
        for partition in range(PARTITIONS):
            day = DAY - timedelta(number)
            put_minutes(archive, day, partition, [minutes(day, partition, number)])
    cpu = time.process_time()
    while ten.tidy(archive.shelf, "sea", DAY + timedelta(1), lambda: True):
        pass
    rows = (count - 11) * SERIES * MINUTES_A_DAY
    print(f"copying by ten days: {(time.process_time() - cpu) / rows * 1e6:.2f} us a minute", flush=True)


def put_minutes(archive: Archive, day: date, partition: int, tables: Iterable[pa.Table]) -> None:
    """A day's file of minutes, as merging leaves it."""
    archive.put("minute", "sea", day, Stretch("city.sea", partition, 0, 1, "whole"), MINUTE, tables)


def earlier(path: str, days: int) -> Iterator[pa.Table]:
    """The rows of a file, so many days earlier."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            rows = pa.Table.from_batches([batch])
            ms = pa.array(stamps(rows["time"]) - days * 86_400_000, MINUTE.field("time").type)
            yield rows.set_column(rows.column_names.index("time"), MINUTE.field("time"), ms)


def ask_year(archive: Archive, count: int) -> None:
    """How long a year of some sensors' minutes takes."""
    since = begin(DAY + timedelta(1), ZONE) / 1000 - count * 86_400
    for told_as, history in (("the first time", None), ("again", History(archive.shelf, ZONE))):
        found = [asked(history or History(archive.shelf, ZONE), f"sea-buoy-{number * 37 % SERIES:05d}", since) for number in range(9)]
        print(f"one sensor, {count} days of minutes, {told_as}: {told(found)}, {max(wall for _, wall in found):.0f} at most", flush=True)


def minutes(day: date, partition: int, seed: int) -> pa.Table:
    """A partition's share of a day's minutes of as many series as one file of ten days holds."""
    mine = range(partition, SERIES, PARTITIONS)
    rows = len(mine) * MINUTES_A_DAY
    ms = begin(day, ZONE) + np.tile(np.arange(MINUTES_A_DAY), len(mine)) * 60_000
    value = 8 + np.cumsum(np.random.default_rng(seed).normal(0, 0.02, (len(mine), MINUTES_A_DAY)), axis=1).ravel()
    nothing, words = np.zeros(rows, np.int32), {"metric": "ph", "origin": "live", "unit": METRICS["ph"].unit}
    columns = {
        "sensor": _named(np.repeat(np.arange(len(mine), dtype=np.int32), MINUTES_A_DAY), [f"sea-buoy-{each:05d}" for each in mine]),
        **{name: _named(nothing, [word]) for name, word in words.items()},
        "time": pa.array(ms, MINUTE.field("time").type),
        "count": pa.array(nothing + 1),
        "mean": pa.array(np.round(value, 2)),
        "share": pa.array(np.ones(rows, np.float32)),
        **{name: pa.nulls(rows, pa.float64()) for name in ("min", "max", "last")},
    }
    return pa.table({name: columns[name] for name in MINUTE.names}, schema=MINUTE)


def _named(place: np.ndarray[Any, Any], words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(place), words)


def told(found: list[tuple[float, float]]) -> str:
    """Medians of (processor time, wall clock) in ms."""
    cpu, wall = (sorted(column)[len(found) // 2] for column in zip(*found, strict=True))
    return f"{cpu:.0f} ms processor, {wall:.0f} ms by the wall"


if __name__ == "__main__":
    main()
