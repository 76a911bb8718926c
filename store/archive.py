"""The history as its writers see it: what a partition took from Kafka goes into files by local day, and from the files it resumes.

`raw/domain=<domain>/date=<day>/` has the readings, `minute/...` what days that are over were rolled up to. `store.stretch` says what a
file's name tells. Two who believe to own a partition write files that overlap: then the same reading stands in both, and whoever reads
or merges takes it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model import ORIGINS, QUALITIES
from store.day import by_day
from store.sheet import RAW, Key, sheet, write
from store.shelf import Entry, Shelf
from store.stretch import Stretch, parse, resume

CLASSES = ("raw", "minute")
MADE = ("figure", "ten")
"""What who reads the first partition of a domain makes of those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Readings of one partition in the order in which they arrived, as parallel columns."""

    names: Sequence[Key]
    """Metric and sensor by series."""
    units: Mapping[str, str]
    """By metric."""
    series: NDArray[np.int64]
    ms: NDArray[np.int64]
    filed: NDArray[np.int64]
    """By which the day is chosen: `ms`, but the time of arrival where a clock is wrong by days."""
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    origin: NDArray[np.uint8]


def folder(kind: str, domain: str, day: date | None = None) -> str:
    """Where files of a class lie."""
    return f"{kind}/domain={domain}" + (f"/date={day}" if day else "")


def day_of(entry: Entry) -> date:
    """The local date of a file."""
    return date.fromisoformat(entry.folder.rpartition("date=")[2])


def files(shelf: Shelf, kind: str, domain: str, place: tuple[str, int] | None = None) -> dict[date, dict[Stretch, Entry]]:
    """By local date the files of a domain, or of one of its partitions."""
    found: dict[date, dict[Stretch, Entry]] = {}
    for entry in shelf.list(folder(kind, domain)):
        stretch = parse(entry.name)
        if stretch is not None and place in (None, stretch[:2]):
            found.setdefault(day_of(entry), {})[stretch] = entry
    return found


def reached(shelf: Shelf, domain: str) -> dict[tuple[str, int], int]:
    """By partition the offset up to which a domain's readings are held. Raises `OSError`."""
    found: dict[tuple[str, int], list[Stretch]] = {}
    for day in [day for kind in CLASSES for day in files(shelf, kind, domain).values()]:
        for one in day:
            found.setdefault(one[:2], []).append(one)
    return {place: offset for place, each in found.items() if (offset := resume(each)) is not None}


class Archive:
    """Writes and resumes the partitions of a city."""

    def __init__(self, shelf: Shelf, zone: ZoneInfo) -> None:
        self.shelf, self.zone = shelf, zone

    def resume(self, domain: str, place: tuple[str, int]) -> int | None:
        """Where to read on; what a killed writer left half written is removed. Raises `OSError`."""
        for kind in CLASSES:
            self.shelf.sweep(folder(kind, domain), f"{place[0]}-{place[1]}-")
        for kind in MADE if place[1] == 0 else ():
            self.shelf.sweep(folder(kind, domain))
        found = [files(self.shelf, kind, domain, place) for kind in CLASSES]
        return resume(stretch for days in found for day in days.values() for stretch in day)

    def write(self, domain: str, place: tuple[str, int], first: int, following: int, taken: Taken) -> None:
        """Writes what came of the offsets from `first` up to `following`. Raises `OSError`; then it may be called again with the same."""
        days = sorted(by_day(taken.filed, self.zone).items())
        for number, (day, chosen) in enumerate(days, 1):
            stretch = Stretch(*place, first, following, "last" if number == len(days) else "part")
            self.put("raw", domain, day, stretch, RAW, [rows_of(taken, chosen)])

    def put(self, kind: str, domain: str, day: date, stretch: Stretch, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
        """Writes one file. Raises `OSError`; then it is not there."""
        said = {
            "citydeck.topic": stretch.topic,
            "citydeck.partition": str(stretch.partition),
            "citydeck.first": str(stretch.first),
            "citydeck.next": str(stretch.next),
            "citydeck.domain": domain,
            "citydeck.date": str(day),
            "citydeck.zone": self.zone.key,
        }
        self.shelf.put(f"{folder(kind, domain, day)}/{stretch.name}", lambda file: write(file, tables, schema, said))


def rows_of(taken: Taken, chosen: NDArray[np.int64]) -> pa.Table:
    """The chosen readings as a sheet of the history."""
    used = np.flatnonzero(np.bincount(taken.series[chosen], minlength=len(taken.names)))
    place = np.zeros(len(taken.names), np.int64)
    place[used] = np.arange(len(used))
    series = place[taken.series[chosen]]
    names = [taken.names[each] for each in used.tolist()]
    units = sorted({taken.units.get(metric, "") for metric, _ in names})
    unit = np.array([units.index(taken.units.get(metric, "")) for metric, _ in names])
    labels = {
        "quality": (taken.quality[chosen], QUALITIES),
        "origin": (taken.origin[chosen], ORIGINS),
        "unit": (unit[series], units),
    }
    return sheet(names, series, taken.ms[chosen], taken.value[chosen], labels)
