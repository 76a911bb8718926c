"""What a trial of other numbers costs: thirty days of noisy readings of one metric through the condition code, twice."""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

import domains
from bench.machine import machine
from model import Metric
from store.archive import Archive, Taken
from store.day import day_of, days
from store.history import Day, History
from store.shelf import Shelf
from streams.trial import outcome, run

ZONE, NOW, DAY = ZoneInfo("Asia/Shanghai"), 1_795_200_000.0, 86_400.0


def main() -> None:
    """Prints what was found and what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sensors", type=int, default=42)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    print(machine(), "load", *(f"{each:.1f}" for each in os.getloadavg()))
    sea = domains.load()["sea"]
    rule = next(rule for rule in sea.rules if rule.key == "oxygen_low")
    metric = next(metric for metric in sea.metrics if metric.key == rule.on)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(folder)
        remember(Archive(shelf, ZONE), metric, asked.sensors, asked.days)
        wall, cpu = time.perf_counter(), time.process_time()
        others = [rule, replace(rule, on_delay=300.0, deadband=0.5)]
        (before, after), readings, _ = run(sea, others, told(History(shelf, ZONE), metric, asked.days), NOW)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    found = outcome(before, after)
    print(f"{readings} readings, {found['before']} alarms would have been {found['after']}")
    print(f"{cpu:.1f} s processor, {wall:.1f} s by the wall, {cpu / readings * 1e6:.1f} us a reading for two rules")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most, making the readings included")


def told(history: History, metric: Metric, count: int) -> Iterator[Day]:
    """The days up to NOW."""
    since = NOW - count * DAY
    for one in days(day_of(since, ZONE), day_of(NOW, ZONE)):
        yield history.day("sea", metric, one, since, NOW)


def remember(archive: Archive, metric: Metric, sensors: int, count: int) -> None:
    """A reading a minute of each sensor, wandering about its limit through the day with noise."""
    chance, per_day = np.random.default_rng(1), 1440 * sensors
    for number in range(count):
        minutes = NOW - (count - number) * DAY + np.arange(1440) * 60
        series = np.tile(np.arange(sensors), 1440)
        ms = np.repeat((minutes * 1000).astype(np.int64), sensors)
        value = 5.2 + np.sin(ms / DAY / 1000 * 2 * np.pi + series) - 0.8 * (series % 10 == 3) + chance.normal(0, 0.25, per_day)
        none = np.zeros(per_day, np.uint8)
        names, units = [(metric.key, f"buoy-{place}") for place in range(sensors)], {metric.key: metric.unit}
        taken = Taken(names=names, units=units, series=series, ms=ms, filed=ms, value=np.round(value, 2), quality=none, origin=none)
        archive.write("sea", ("city.sea", 0), number * per_day, (number + 1) * per_day, taken)


if __name__ == "__main__":
    main()
