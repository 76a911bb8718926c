"""A city with a past, for tests of reports: readings as the demo's simulator makes them, kept as a history process keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from demo.simulation.city import readings
from demo.simulation.roster import town_of
from domains import city
from model import Domain, Site
from model.alarm import Event
from store.archive import Archive, Taken, folder
from store.database import connect, migrate
from store.day import begin
from store.feed_hour import FeedHours
from store.health import Health
from store.journal import Journal
from store.merge import Kept, Merger
from store.report import Reports
from store.shelf import Shelf
from store.whole_day import Days
from streams.report.compose import Sources
from tests.project import ROOT

SITE = ROOT / "demo" / "site"
DAY = date(2026, 11, 19)
STEP = 600.0
Row = tuple[str, str, int, float, int]
"""Sensor, metric, milliseconds, value, quality (0 good, 2 bad, 3 missing)."""


@cache
def described() -> tuple[Mapping[str, Domain], Site]:
    """The demo's city."""
    return city.read(SITE)


@dataclass
class City:
    """A history folder and a journal, with what was written to them."""

    folder: Path
    clocks: str = ""
    """Its time zone, where that is not the demo's."""
    produced: dict[str, list[Row]] = field(default_factory=dict)
    """By domain, in the order in which it was written."""

    def __post_init__(self) -> None:
        self.domains, self.site = described()
        self.site = replace(self.site, zone=self.clocks or self.site.zone)
        self.zone = ZoneInfo(self.site.zone)
        self.shelf = Shelf(str(self.folder / "history"))
        self.archive = Archive(self.shelf, self.zone)
        self.database = f"sqlite:///{self.folder / 'deck.db'}"
        self.engine = connect(self.database)
        migrate(self.engine)
        self._offsets = dict.fromkeys(self.domains, 0)
        self._events = 0

    def sources(self) -> Sources:
        """What reports are made of."""
        return Sources(
            domains=self.domains,
            site=self.site,
            history=Days(self.shelf, self.zone),
            reports=Reports(self.shelf),
            health=Health(self.engine),
            feeds=FeedHours(self.engine, self.zone),
        )

    def add(self, domain: str) -> None:
        """A bureau that was put into `domains`."""
        self._offsets[domain] = 0

    def simulate(self, day: date, step: float = STEP) -> None:
        """A day of the whole city."""
        start, end = (begin(each, self.zone) / 1000 for each in (day, day + timedelta(1)))
        for sample in readings(town_of(self.site), start, end, step=step):
            domain = sample.group.domain
            valid = {metric.key: metric.valid for metric in self.domains[domain].metrics}
            rows: list[Row] = []
            for column, channel in enumerate(sample.channels):
                low, high = valid[channel.key]
                for place, value, ms in zip(sample.row, sample.values[:, column].tolist(), sample.time.tolist(), strict=True):
                    quality = 3 if value != value else 0 if low <= value <= high else 2
                    rows.append((sample.group.ids[place], channel.key, int(ms), value, quality))
            self.write(domain, rows)

    def write(self, domain: str, rows: list[Row], units: Mapping[str, str] | None = None) -> None:
        """Some readings as one batch of the domain's first partition; `units` are those declared then, where they were others."""
        names = sorted({(row[1], row[0]) for row in rows})
        place = {name: number for number, name in enumerate(names)}
        ms = np.array([row[2] for row in rows], np.int64)
        taken = Taken(
            names=names,
            units={metric.key: metric.unit for metric in self.domains[domain].metrics} | dict(units or {}),
            series=np.array([place[row[1], row[0]] for row in rows], np.int64),
            ms=ms,
            filed=ms,
            value=np.array([row[3] for row in rows]),
            quality=np.array([row[4] for row in rows], np.uint8),
            origin=np.ones(len(rows), np.uint8),
        )
        first = self._offsets[domain]
        self._offsets[domain] += len(rows)
        self.archive.write(domain, (self.domains[domain].topic, 0), first, first + len(rows), taken)
        self.produced.setdefault(domain, []).extend(rows)

    def tidy(self, after: date) -> None:
        """Merges and rolls up, as it is done when the day is over."""
        now = begin(after + timedelta(1), self.zone) / 1000 + 600
        for key, domain in self.domains.items():
            metrics = {metric.key: metric for metric in domain.metrics}
            Merger(self.archive, Kept(raw=30, minute=1826)).tidy(key, (domain.topic, 0), metrics, now, now)

    def forget(self, day: date) -> None:
        """The history keeps no more of a day."""
        for kind in ("raw", "minute"):
            for domain in self.domains:
                for entry in self.shelf.list(folder(kind, domain, day)):
                    self.shelf.delete(entry.path)

    def happened(self, events: list[Event]) -> None:
        """Writes to the journal."""
        journal = Journal(self.engine)
        journal.record(journal.take_over("test"), events=events)

    def event(self, kind: str, time: float, alarm: str, **more: object) -> Event:
        """One event of an alarm, `<domain>/<rule>|<subject>`."""
        self._events += 1
        rule, _, subject = alarm.partition("|")
        usual: dict[str, object] = {"occurrence": 1, "rule": rule, "subject": subject, "domain": rule.partition("/")[0], "priority": "low"}
        return Event(kind=kind, alarm=alarm, time=time, source=f"test:{self._events}", **{**usual, **more})  # type: ignore[arg-type]
