"""A city whose readings ingest takes in and the history writes, so that what one holds can be held against what the other tells."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from model import QUALITIES, Domain
from store.archive import Archive, Taken
from store.history import History
from store.reel import Reel
from store.shelf import Shelf
from store.view import View
from streams.partition import Partition
from streams.then import Fives, Then
from streams.window import KEEP
from tests.unit.city import START, batch, message
from tests.unit.keys import Keys

ZONE = ZoneInfo("Asia/Shanghai")
SENSORS, METRICS = ("a", "b", "c", "d"), ("oxygen", "temperature")
GOOD, BAD, MISSING = 0, 2, 3
COMPARED = ("time", "value", "bad_time", "bad_value", "missing_time", "quality", "origin")
"""What pages look at of the newest readings; the rest is ingest's own."""

Row = tuple[str, str, int, float | None, int]
"""(sensor, metric, ms, value, quality)."""


class City:
    """Readings that ingest takes in and the history writes, minute by minute."""

    def __init__(self, folder: Path, seed: int, described: Domain, keys: Any = None) -> None:
        self.chance, self.domain, self.keys, self.offset = random.Random(seed), described, keys or Keys(), 0
        self.partition = Partition(described, self.keys.load(), {})
        self.archive = Archive(Shelf(str(folder)), ZONE)
        self.history = History(self.archive.shelf, ZONE)
        self.sent: list[Row] = []

    def live(self, since: float, until: float, step: float) -> None:
        """Each step some readings arrive, a few of them late, again, corrected, bad or missing."""
        now = since
        while now < until:
            now = min(now + step, until)
            rows = sorted((self._row(now - step, now) for _ in range(self.chance.randrange(0, 12))), key=lambda row: row[2])
            rows += [self._again(now) for _ in range(2) if self.sent and self.chance.random() < 0.3]
            self.take(rows, now)

    def take(self, rows: list[Row], now: float) -> None:
        records = [message(sensor, value, ms / 1000, metric, quality=QUALITIES[quality]) for sensor, metric, ms, value, quality in rows]
        self.partition.take(batch(records, self.offset), now)
        self.keys.commit(self.partition.held, self.offset + len(rows), self.partition.changes("w", now))
        self.partition.committed()
        if rows:
            self.archive.write(self.domain.key, (self.domain.topic, 0), self.offset, self.offset + len(rows), _taken(rows, self.domain))
        self.offset += len(rows)
        self.sent += rows

    def _row(self, since: float, until: float) -> Row:
        ms = round(self.chance.uniform(since, until) * 1000)
        quality = self.chance.choices((GOOD, BAD, MISSING), (12, 1, 1))[0]
        # Of what is not to be trusted ingest notes what came last, which where it comes late is not the newest.
        ms -= 700_000 if quality == GOOD and self.chance.random() < 0.05 else 0
        value = None if quality == MISSING else self.chance.randrange(0, 200) / 4
        return self.chance.choice(SENSORS), self.chance.choice(METRICS), ms, value, quality

    def _again(self, now: float) -> Row:
        """A reading of the last half hour that comes again, sometimes with another value."""
        recent = [row for row in self.sent[-40:] if row[4] == GOOD and row[2] > (now - 1800) * 1000]
        if not recent:
            return self._row(now - 1, now)
        sensor, metric, ms, value, _ = self.chance.choice(recent)
        return sensor, metric, ms, self.chance.choice([value, 1.25]), GOOD

    def then(self) -> Then:
        return Then(Fives(self.domain, Reel(self.history, self.domain)), {})

    def agrees(self, view: View, now: float) -> None:
        """The view holds what the partition holds."""
        held = self.partition
        place = {name: row for row, name in enumerate(view.names)}
        for row, name in enumerate(held.series.names):
            other = place[name]
            for field in COMPARED:
                assert view.latest[field][other] == held.latest.rows[field][row], (name, field)
            for width, windows in held.windows.items():
                for start, table in windows.tables.items():
                    mine = view.windows.get((width, start))
                    if start > now - KEEP[width] and row < len(table.rows):
                        _same(table.rows[row], mine[other] if mine is not None else None, (name, width, start - START))
        kept = {(width, start) for width, windows in held.windows.items() for start in windows.tables}
        assert {key for key in view.windows if view.windows[key]["n"].any()} <= kept
        assert float(view.meta.get("newest", 0.0)) == held.newest


def _same(held: Any, mine: Any, where: object) -> None:
    if mine is None or not held["n"]:
        assert not held["n"] and (mine is None or not mine["n"]), where
        return
    for field in ("n", "min", "max", "first", "last"):
        assert mine[field] == held[field], (where, field)
    for field in ("sum", "first_at", "last_at"):
        assert mine[field] == pytest.approx(held[field], rel=1e-9, abs=1e-3), (where, field)


def _taken(rows: list[Row], described: Domain) -> Taken:
    names = sorted({(metric, sensor) for sensor, metric, *_ in rows})
    ms = np.array([row[2] for row in rows], np.int64)
    return Taken(
        names=names,
        units={metric.key: metric.unit for metric in described.metrics},
        series=np.array([names.index((row[1], row[0])) for row in rows], np.int64),
        ms=ms,
        filed=ms,
        value=np.array([np.nan if row[3] is None else row[3] for row in rows]),
        quality=np.array([row[4] for row in rows], np.uint8),
        origin=np.zeros(len(rows), np.uint8),
    )
