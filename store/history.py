"""The history as its readers see it: one sensor over any period, each reading once, whatever is merged by then and whatever is not.

Everything here reads files and takes milliseconds to a second: callers on the event loop that feeds the screens use a thread.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import duckdb
import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fsspec.implementations.arrow import ArrowFSWrapper

from model import Metric
from store.archive import files, folder
from store.day import day_of, days
from store.minute import MINUTE, roll_up
from store.sheet import RAW, sifted
from store.shelf import Shelf
from store.stretch import Stretch, parse, standing

T = TypeVar("T")
TRIES = 3
SCHEME = "citydeck"


class History:
    """Reads the shelf of a city whose days are those of `zone`."""

    def __init__(self, shelf: Shelf, zone: ZoneInfo) -> None:
        self.shelf, self.zone = shelf, zone

    # --- one sensor ------------------------------------------------------------------------------------------------------------------

    def series(self, domain: str, sensor: str, metric: str, since: float, until: float) -> pa.Table:
        """`time`, `value`, `quality` (and `origin`, `unit`) of the readings from `since` up to `until`, by time; bad ones among them."""
        return self._again(lambda: self._series(domain, (metric, sensor), since, until, "raw", RAW))

    def minutes(self, domain: str, sensor: str, metric: Metric, since: float, until: float) -> pa.Table:
        """`store.minute.MINUTE` of the minutes that begin from `since` up to `until`, by time; no row where nothing came.

        Of days not rolled up yet they are made of the readings.
        """
        return self._again(lambda: self._minutes(domain, (metric.key, sensor), metric, since, until))

    def _minutes(self, domain: str, key: tuple[str, str], metric: Metric, since: float, until: float) -> pa.Table:
        held = self._listed("minute", domain, since, until)
        raw = self._listed("raw", domain, since, until)
        chosen = {day: _sources(raw.get(day, []), held.get(day, [])) for day in raw.keys() | held.keys()}
        readings = self._read("raw", domain, key, since // 60 * 60, until, RAW, {day: both[0] for day, both in chosen.items()})
        made = roll_up(readings, {metric.key: metric})
        held = {day: both[1] for day, both in chosen.items()}
        return _cut(sifted(pa.concat_tables([made, self._read("minute", domain, key, since, until, MINUTE, held)])), since, until)

    def _series(self, domain: str, key: tuple[str, str], since: float, until: float, kind: str, schema: pa.Schema) -> pa.Table:
        return self._read(kind, domain, key, since, until, schema, self._listed(kind, domain, since, until))

    def _read(
        self,
        kind: str,
        domain: str,
        key: tuple[str, str],
        since: float,
        until: float,
        schema: pa.Schema,
        chosen: Mapping[date, list[Stretch]],
    ) -> pa.Table:
        return _cut(sifted(pa.concat_tables([schema.empty_table(), *self.parts(kind, domain, key, chosen, schema)])), since, until)

    def parts(
        self, kind: str, domain: str, key: tuple[str, str], chosen: Mapping[date, list[Stretch]], schema: pa.Schema
    ) -> list[pa.Table]:
        """The rows of a metric and sensor in each of some files, by day."""
        paths = [f"{folder(kind, domain, day)}/{one.name}" for day in sorted(chosen) for one in chosen[day]]
        return [self._part(path, key, schema) for path in paths]

    def _part(self, path: str, key: tuple[str, str], schema: pa.Schema) -> pa.Table:
        with self.shelf.open(path) as file, pq.ParquetFile(file) as found:
            parts = [_rows(found, group, key) for group in _groups(found.metadata, key)]
            return pa.concat_tables([schema.empty_table(), *(part.cast(schema) for part in parts if part is not None)])

    # --- everything ------------------------------------------------------------------------------------------------------------------

    def connect(self, domain: str, first: date, last: date) -> duckdb.DuckDBPyConnection:
        """A database with the views `raw` and `minute` of local days: each reading once, and the minutes of days that were rolled up."""
        found = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
        if not self.shelf.local:
            found.register_filesystem(_named(self.shelf))
        for kind, schema in (("raw", RAW), ("minute", MINUTE)):
            alone, shared = self._sorted_out(kind, domain, first, last)
            if alone or shared:
                found.execute(f"CREATE TEMP VIEW {kind} AS {_view(alone, shared)}")
            else:
                found.register(kind, schema.empty_table())
        return found

    def _sorted_out(self, kind: str, domain: str, first: date, last: date) -> tuple[list[str], list[str]]:
        """(files that share no reading with another, files that may) of some days, as DuckDB names them."""
        alone: list[str] = []
        shared: list[str] = []
        for day in days(first, last):
            there = self._names(kind, domain, day)
            for one in there:
                path = f"{folder(kind, domain, day)}/{one.name}"
                told = self.shelf.path(path) if self.shelf.local else f"{SCHEME}://{self.shelf.path(path)}"
                (alone if sum(other[:2] == one[:2] for other in there) == 1 else shared).append(told)
        return alone, shared

    # --- which files -----------------------------------------------------------------------------------------------------------------

    def _listed(self, kind: str, domain: str, since: float, until: float) -> dict[date, list[Stretch]]:
        first, last = day_of(since, self.zone), day_of(until, self.zone)
        if (last - first).days > 3:
            found = files(self.shelf, kind, domain)
            return {day: standing(each) for day, each in found.items() if first <= day <= last}
        return {day: names for day in days(first, last) if (names := self._names(kind, domain, day))}

    def _names(self, kind: str, domain: str, day: date) -> list[Stretch]:
        names = [parse(entry.name) for entry in self.shelf.list(folder(kind, domain, day))]
        return standing(one for one in names if one is not None)

    def _again(self, read: Callable[[], T]) -> T:
        """What `read` finds; files that were merged away under its hands are looked for anew."""
        for _ in range(TRIES - 1):
            try:
                return read()
            except FileNotFoundError:
                continue
        return read()


def _sources(raw: Iterable[Stretch], minute: Iterable[Stretch]) -> tuple[list[Stretch], list[Stretch]]:
    """Of a day, the files of readings to be rolled up, and the files of minutes that count and go before those.

    Minutes that hold all readings there are stand for them. Where more came since, the readings count, unless most of them are no more.
    """
    raw, minute = list(raw), list(minute)
    late = {one[:2] for one in raw if not any(other.holds(one) for other in minute)}
    rolled = {one[:2]: one.first for one in sorted(minute, key=lambda one: -one.first)}
    again = {one[:2] for one in raw if one[:2] in late and one.first <= rolled.get(one[:2], one.first)}
    return [one for one in raw if one[:2] in late], [one for one in minute if one[:2] not in again]


def _groups(metadata: Any, key: tuple[str, str]) -> list[int]:
    """The row groups that may hold a metric's and sensor's rows."""

    def edge(number: int, name: str) -> tuple[str, str]:
        columns = metadata.row_group(number)
        told = [columns.column(place).statistics for place in (1, 0)]
        return tuple(getattr(one, name) for one in told)

    count = metadata.num_row_groups
    # Greatest of a group: its last row's metric, with a sensor that is at least its last row's.
    first = bisect_left(range(count), key[0], key=lambda number: edge(number, "max")[0])
    last = bisect_right(range(count), key[0], key=lambda number: edge(number, "min")[0])
    return [number for number in range(first, last) if edge(number, "min")[1] <= key[1] <= edge(number, "max")[1]]


def _rows(file: pq.ParquetFile, group: int, key: tuple[str, str]) -> pa.Table | None:
    """A metric's and sensor's rows of a row group, which lie together; None where it has none."""
    names = file.read_row_group(group, columns=["metric", "sensor"], use_threads=False).unify_dictionaries()
    mine = np.ones(names.num_rows, np.bool_)
    for name, word in zip(("metric", "sensor"), key, strict=True):
        column = names[name].combine_chunks()
        place = column.dictionary.index(word).as_py()
        if place < 0:
            return None
        mine &= column.indices.to_numpy() == place
    at = np.flatnonzero(mine)
    return file.read_row_group(group, use_threads=False).slice(at[0], len(at)) if len(at) else None


def _cut(rows: pa.Table, since: float, until: float) -> pa.Table:
    first, last = (pa.scalar(round(each * 1000), RAW.field("time").type) for each in (since, until))
    return rows.filter(pc.and_(pc.greater_equal(rows["time"], first), pc.less(rows["time"], last)))


def _view(alone: list[str], shared: list[str]) -> str:
    """SQL of rows that count; of those that stand in several files the one that was written last."""
    parts = []
    if alone:
        parts.append(f"SELECT * FROM read_parquet({alone!r}, hive_partitioning = true)")
    if shared:
        newest = "QUALIFY row_number() OVER (PARTITION BY sensor, metric, time ORDER BY filename DESC) = 1"
        parts.append(f"SELECT * EXCLUDE filename FROM read_parquet({shared!r}, hive_partitioning = true, filename = true) {newest}")
    return " UNION ALL BY NAME ".join(parts)


def _named(shelf: Shelf) -> fsspec.AbstractFileSystem:
    """The object store under a name that DuckDB has no reader of its own for, which it would have to fetch."""

    class Named(ArrowFSWrapper):  # type: ignore[misc]
        protocol = SCHEME

        @classmethod
        def _strip_protocol(cls, path: Any) -> Any:
            """The path with its bucket, which for a name that fsspec does not know would pass for a host."""
            return [cls._strip_protocol(each) for each in path] if isinstance(path, list) else path.removeprefix(f"{SCHEME}://")

    return Named(shelf.files)
