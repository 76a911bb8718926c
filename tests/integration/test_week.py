"""A week of simulated time through the history's writer: over midnights, days of 23 and 25 hours, merging, copies, clocks that are wrong.

What lies in the files afterwards is read by pandas alone and held against what was produced.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from domains.figure import mean
from model import Batch, Domain, Kpi, Layer, Site
from store import figure, ten
from store.archive import Archive, files
from store.day import DAY, begin, day_of, days
from store.history import History as Past
from store.merge import Kept
from store.shelf import Shelf
from streams.daily import Daily
from streams.history import History
from tests.integration.plain import MINUTES, SERIES, minutes_of, rolled, rows_of, ten_of
from tests.unit.city import message
from tests.unit.past import LOOK, METRICS, NAME
from tests.until import until

STEP, FLUSH = 900, 600
TOPIC, PARTITIONS = "city.sea", 2
SHOWN = {name: value for name, value in LOOK.items() if name not in ("valid", "label")}
DOMAIN = Domain(
    key="sea", label=NAME, icon="", metrics=tuple(METRICS.values()), topic=TOPIC, rules=(), sample={}, trends=("mean",),
    kpis=(Kpi(key="mean", label=NAME, figure=mean("level", 600), **SHOWN),),  # type: ignore[arg-type]
    layer=Layer(kind="points", metric="level"), headline=("mean", "mean"), table="level",
)  # fmt: skip


class Simulated:
    """The clock: event time as the week has it, and a wall that runs with it from now on, as files carry the machine's own time."""

    def __init__(self, start: float) -> None:
        self._event, self._wall, self.passed = start, time.time(), 0.0

    def now(self) -> float:
        return self._event + self.passed

    def wall(self) -> float:
        return self._wall + self.passed


class Kafka:
    """Records by partition, and how far a reader has come."""

    def __init__(self, clock: Simulated) -> None:
        self.records: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
        self.begun: dict[int, int] = {}
        self._clock, self._given = clock, True

    def anew(self) -> None:
        """Another reader comes."""
        self.begun, self._given = {}, True

    def changes(self) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        given, self._given = self._given, False
        return ({(TOPIC, number) for number in range(PARTITIONS)} if given else set()), set()

    def start(self, topic: str, partition: int, offset: int | None) -> None:
        self.begun[partition] = offset or 0

    def end(self, topic: str, partition: int) -> int:
        return len(self.records[partition])

    def poll(self, seconds: float) -> list[Batch]:
        found = []
        for partition, first in self.begun.items():
            values = tuple(self.records[partition][first:])
            if values:
                offsets, self.begun[partition] = tuple(range(first, first + len(values))), first + len(values)
                told = {"topic": TOPIC, "partition": partition, "offsets": offsets, "values": values, "keys": (None,) * len(values)}
                found.append(Batch(**told, next_offset=offsets[-1] + 1, arrived=self._clock.wall(), origins=None))  # type: ignore[arg-type]
        return found

    def lack(self) -> str:
        return ""

    def rest(self, resting: bool) -> None: ...

    def tell(self, offsets: object) -> None: ...

    def close(self) -> None: ...


class Heart:
    """A pulse of which only what went wrong is looked at."""

    def __init__(self) -> None:
        self.wrong: list[Exception] = []

    def failed(self, error: Exception) -> None:
        self.wrong.append(error)

    def due(self) -> bool:
        return False

    def leave(self) -> None: ...


class Week:
    """The city, its writer, and what must be found in the end: (value, quality) by sensor, metric and time."""

    def __init__(self, folder: Path, zone: str, first: date, seed: int) -> None:
        self.zone, self.first, self.random = ZoneInfo(zone), first, random.Random(seed)
        self.shelf, self.start = Shelf(str(folder)), begin(first, self.zone) / 1000
        self.clock, self.heart = Simulated(self.start), Heart()
        self.kafka, self.found = Kafka(self.clock), dict[tuple[str, str, int], tuple[float, str]]()
        self.writer = self._writer()

    def _writer(self) -> History:
        site = Site(
            folder="", label=NAME, zone=self.zone.key, areas=(), screens=(), extent=(0, 0, 1, 1), review_number="", sensors={"sea": ()}
        )
        self.daily = Daily(Past(self.shelf, self.zone), {"sea": DOMAIN}, site)
        archive, kept = Archive(self.shelf, self.zone), Kept(raw=400, minute=400)
        return History(self.kafka, archive, {"sea": DOMAIN}, self.clock, self.heart, kept, FLUSH, self.daily)  # type: ignore[arg-type]

    def crash(self) -> None:
        """The writer is gone with all that waits in it, and another begins."""
        self.writer._pool.shutdown()
        self.kafka.anew()
        self.writer = self._writer()

    def live(self, until_day: date) -> None:
        """Time passes to the beginning of a day, a quarter of an hour a round."""
        while self.clock.now() < begin(until_day, self.zone) / 1000:
            for second in range(0, STEP, 60):
                for number in range(4):
                    self._say(f"s-{number}", self.clock.now() + second)
            self.clock.passed += STEP
            if self.random.random() < 0.02:
                self.crash()
            self.writer.turn()

    def _say(self, sensor: str, moment: float) -> None:
        """A reading; of some sensors the clock is wrong, some messages come twice, late, corrected, or say that nothing was measured."""
        chance, level = self.random.random(), float(self.random.randrange(1000)) / 8
        # s-2 is an hour ahead, s-3 an hour behind; now and then somebody believes in a year to come.
        told = moment + {"s-2": 3600.0, "s-3": -3600.0}.get(sensor, 0.0) + (366 * 86_400 if chance < 0.0005 else 0.0)
        told -= self.random.choice([7200, 90_000]) if 0.01 < chance < 0.02 and moment - 90_000 > self.start else 0.0
        self.send(sensor, "level", level, told, missing=0.02 < chance < 0.03)
        if chance > 0.97:
            self.send(sensor, "level", level + (chance > 0.98), told)

    def send(self, sensor: str, metric: str, value: float, moment: float, missing: bool = False) -> None:
        told = None if missing else value
        self.kafka.records[int(sensor[-1]) % PARTITIONS].append(json.dumps(message(sensor, told, moment, metric, unit="m")).encode())
        # The writer takes it at the end of the round: what is then more than a minute ahead is a wrong clock's.
        came = self.clock.now() + STEP
        quality = "missing" if missing else "bad" if moment > came + 60 else "good"
        self.found[sensor, metric, round(moment * 1000)] = (np.nan if missing else value, quality)

    def settle(self) -> None:
        """Two quiet days pass, until all that is over was merged, rolled up, computed and copied."""
        self.clock.passed += 2 * 86_400 + 1000
        until(self._settled, f"all is merged; {self.heart.wrong}")

    def _settled(self) -> bool:
        self.writer.turn()
        raw, minute = (files(self.shelf, kind, "sea") for kind in ("raw", "minute"))
        rolled = all(set(found) == set(minute.get(day, {})) and {one.kind for one in found} == {"whole"} for day, found in raw.items())
        if not rolled:
            return False
        copied = all(
            ten.name_of(sources) in ten._held(self.shelf, "sea").get(first, ())
            for first, sources in ten.by_span(minute).items()
            if ten.after(first) + DAY <= day_of(self.clock.now(), self.zone)
        )
        return copied and minute.keys() == figure.held(self.shelf, "sea").keys() and self.daily._due("sea", self.clock.now()) is None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks after files in every round in which the last look is over."""
    monkeypatch.setattr("streams.history.MERGE_SECONDS", 0.0)
    yield


@pytest.mark.parametrize(
    ("zone", "first", "count", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 17), 7, {24}),
        ("Europe/Berlin", date(2026, 10, 24), 3, {24, 25}),
        ("Europe/Berlin", date(2026, 3, 28), 3, {23, 24}),
    ],
)
def test_what_lies_in_the_files_is_what_was_produced(
    tmp_path: Path, quick: None, zone: str, first: date, count: int, hours: set[int]
) -> None:
    week = Week(tmp_path, zone, first, seed=count)
    last = first + timedelta(count)
    assert {(begin(day + DAY, week.zone) - begin(day, week.zone)) // 3_600_000 for day in days(first, last - DAY)} == hours
    week.live(last)
    week.settle()
    rows = rows_of(tmp_path, "sea")
    assert not rows.duplicated(["sensor", "metric", "time"]).any(), "a merged day has each reading once, for everybody"
    held = {
        (row.sensor, row.metric, int(row.time.timestamp() * 1000 + 0.5)): (row.value, row.quality) for row in rows.itertuples(index=False)
    }
    assert held.keys() == week.found.keys()
    assert {key: (held[key], week.found[key]) for key in held if str(held[key]) != str(week.found[key])} == {}
    wrong = rows["time"] > pd.Timestamp(week.clock.now() + 90_000, unit="s", tz="UTC")
    assert wrong.any() and (rows["date"] == rows["time"].dt.tz_convert(zone).dt.date.astype(str))[~wrong].all()
    minutes = minutes_of(tmp_path, "sea")
    pd.testing.assert_frame_equal(minutes, rolled(rows[~wrong], zone), check_dtype=False, rtol=1e-12)
    copies = ten_of(tmp_path, "sea").sort_values(SERIES, ignore_index=True)
    spans = {ten.first_of(date.fromisoformat(day)) for day in minutes["date"]}
    over = {each for each in spans if ten.after(each) + DAY <= day_of(week.clock.now(), week.zone)}
    kept = minutes[[ten.first_of(date.fromisoformat(day)) in over for day in minutes["date"]]]
    assert over or count < 7
    pd.testing.assert_frame_equal(copies, kept[MINUTES].reset_index(drop=True), check_dtype=False)
    assert not week.heart.wrong
