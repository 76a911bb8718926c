"""A small past for tests: readings written as a history process writes them, and what must be found of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from model import Label, Metric
from store.archive import Archive, Taken
from store.shelf import Shelf

ZONE = ZoneInfo("Asia/Shanghai")
PLACE = ("city.sea", 0)
BEGIN = 1_795_104_000_000  # 2026-11-20 00:00 in Shanghai
NAME = Label(en="x", zh="x")
LOOK = {"label": NAME, "unit": "m", "valid": (-1e9, 1e9), "decimals": 1, "normal": (0.0, 1.0), "scale": (0.0, 1.0)}
METRICS = {
    "level": Metric(key="level", **LOOK),  # type: ignore[arg-type]
    "noise": Metric(key="noise", energetic=True, **{**LOOK, "unit": "dB"}),  # type: ignore[arg-type]
    "wind": Metric(key="wind", circular=True, **{**LOOK, "unit": "deg"}),  # type: ignore[arg-type]
}
UNITS = {metric.key: metric.unit for metric in METRICS.values()}
Found = dict[tuple[str, str, int], float]


def taken(rows: list[tuple[str, str, int, float]], quality: int = 0, units: Mapping[str, str] = UNITS) -> Taken:
    """Rows of (sensor, metric, ms, value) as one batch, written when metrics had these units."""
    names = sorted({(metric, sensor) for sensor, metric, _, _ in rows})
    ms = np.array([row[2] for row in rows], np.int64)
    return Taken(
        names=names,
        units=units,
        series=np.array([names.index((row[1], row[0])) for row in rows], np.int64),
        ms=ms,
        filed=ms,
        value=np.array([row[3] for row in rows]),
        quality=np.full(len(rows), quality, np.uint8),
        origin=np.zeros(len(rows), np.uint8),
    )


class Past:
    """Writes batches of random readings of `days` days from `BEGIN`, some of them again and some corrected."""

    def __init__(self, folder: Path | str, seed: int = 1) -> None:
        self.shelf = Shelf(str(folder))
        self.archive = Archive(self.shelf, ZONE)
        self.random = random.Random(seed)
        self.offset = 0
        self.found: Found = {}

    def send(self, batches: int, days: int = 2, partition: int = 0) -> None:
        for _ in range(batches):
            rows = [self._row(days, partition) for _ in range(self.random.randrange(1, 60))]
            self.write(rows, partition)

    def write(self, rows: list[tuple[str, str, int, float]], partition: int = 0, units: Mapping[str, str] = UNITS) -> None:
        self.archive.write("sea", (PLACE[0], partition), self.offset, self.offset + len(rows), taken(rows, units=units))
        self.offset += len(rows)
        self.found |= {row[:3]: row[3] for row in rows}

    def _row(self, days: int, partition: int) -> tuple[str, str, int, float]:
        sensor, metric = f"s-{partition}-{self.random.randrange(5)}", self.random.choice(["level", "noise"])
        ms = BEGIN + self.random.randrange(days * 24 * 60) * 60_000 + self.random.randrange(4) * 15_000
        return sensor, metric, ms, float(self.random.randrange(40, 60))
