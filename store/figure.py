"""KPIs of days that are over, as files of their own: `figure/domain=<domain>/date=<day>/<made of>.parquet`.

They are computed from the day's minutes and can be made again at any time, so they may be deleted at any time: after a formula has changed,
for instance. The name says of which files of minutes they were made and for which KPIs; where those change, another is made and this one
goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from store.archive import day_of, folder
from store.sheet import stamps
from store.shelf import Shelf
from store.stretch import SUFFIX, Stretch

KIND = "figure"
_WORD = pa.dictionary(pa.int32(), pa.string())
FIGURE = pa.schema(
    [("kpi", _WORD), ("area", _WORD), ("time", pa.timestamp("ms", "UTC")), ("value", pa.float64()), ("sensor", _WORD), ("item", _WORD)]
)
"""A KPI at one moment, of the city where `area` is empty; `sensor` and `item` decided it. No row where it had no value."""


Rows: TypeAlias = pa.Table
Row = tuple[str, str, int, float, str | None, str | None]
"""The columns of `FIGURE`, the time in milliseconds."""


def rows(found: Iterable[Row]) -> Rows:
    """`FIGURE` of these, in their order."""
    columns = list(zip(*found, strict=True)) or [()] * len(FIGURE)
    return pa.table({name: list(column) for name, column in zip(FIGURE.names, columns, strict=True)}, schema=FIGURE)


def between(parts: Iterable[Rows], since: float, until: float) -> Rows:
    """What of the parts lies from `since` up to `until`, by time."""
    joined = pa.concat_tables([FIGURE.empty_table(), *parts]).sort_by("time")
    ms = stamps(joined["time"])
    return joined.take(pa.array(np.flatnonzero((ms >= since * 1000) & (ms < until * 1000))))


def made_of(minute: Iterable[Stretch], figures: Iterable[str] = ()) -> str:
    """A name for what is made of these files, and for these figures."""
    return hashlib.sha256("\n".join((*sorted(one.name for one in minute), *figures)).encode()).hexdigest()[:16]


def held(shelf: Shelf, domain: str) -> dict[date, list[str]]:
    """By day the names of the files there are, without their ending."""
    found: dict[date, list[str]] = {}
    for entry in shelf.list(folder(KIND, domain)):
        found.setdefault(day_of(entry), []).append(entry.name.removesuffix(SUFFIX))
    return found


def stands(shelf: Shelf, domain: str, day: date) -> list[str]:
    """Names, without their ending, of the files there are of a day."""
    return [entry.name.removesuffix(SUFFIX) for entry in shelf.list(folder(KIND, domain, day))]


def put(shelf: Shelf, domain: str, day: date, name: str, rows: Rows) -> None:
    """Writes a day and then deletes what was there of it. Raises `OSError`."""
    shelf.put(f"{folder(KIND, domain, day)}/{name}{SUFFIX}", lambda file: pq.write_table(rows, file, compression="zstd"))
    forget(shelf, domain, day, but=name)


def forget(shelf: Shelf, domain: str, day: date, but: str = "") -> None:
    """Deletes what there is of a day, but for one file."""
    for name in stands(shelf, domain, day):
        if name != but:
            shelf.delete(f"{folder(KIND, domain, day)}/{name}{SUFFIX}")


def read(shelf: Shelf, domain: str, day: date, names: Iterable[str], kpi: str, area: str) -> Rows | None:
    """`FIGURE` of one KPI from the first of these files that is there; None where none is. Raises `OSError`."""
    for name in names:
        try:
            with shelf.open(f"{folder(KIND, domain, day)}/{name}{SUFFIX}") as file:
                found = pq.read_table(file, use_threads=False).cast(FIGURE)
        except FileNotFoundError:
            continue
        return found.filter(pc.and_(*(pc.equal(found[key].cast(pa.string()), word) for key, word in (("kpi", kpi), ("area", area)))))
    return None
