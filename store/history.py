"""The history as its readers see it: one sensor over any period, each reading once, whatever is merged by then and whatever is not.

Everything here reads files and takes milliseconds to a second: callers on the event loop that feeds the screens use a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import duckdb
import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fsspec.implementations.arrow import ArrowFSWrapper
from numpy.typing import NDArray

from model import QUALITIES, Metric
from store import ten
from store.archive import files, folder
from store.damage import without
from store.day import DAY, day_of, days
from store.declared import VALUES, held, sql
from store.minute import MINUTE, roll_up
from store.series import Finder
from store.sheet import RAW, sifted, stamps
from store.shelf import Shelf, Unreadable
from store.stretch import Stretch, parse, standing

T = TypeVar("T")
Chosen = Mapping[date, tuple[list[Stretch], list[Stretch]]]
TRIES = 3
LONG_SECONDS = 5 * 86_400.0
"""From which on the copies by ten days are looked into."""
SCHEME = "citydeck"


class Day(NamedTuple):
    """Readings of some sensors, by sensor and time: parallel columns, `place` telling whose each is."""

    sensors: Sequence[str]
    place: NDArray[np.int64]
    time: NDArray[np.float64]
    """Seconds since the epoch."""
    value: NDArray[np.float64]


class History:
    """Reads the shelf of a city whose days are those of `zone`."""

    def __init__(self, shelf: Shelf, zone: ZoneInfo) -> None:
        self.shelf, self.zone = shelf, zone
        self._finder = Finder(shelf)

    # --- one sensor ------------------------------------------------------------------------------------------------------------------

    def series(self, domain: str, sensor: str, metric: Metric, since: float, until: float) -> pa.Table:
        """`time`, `value`, `quality` (and `origin`, `unit`) of the readings from `since` up to `until`, by time; bad ones among them."""
        return held(self.again(lambda: self._series(domain, (metric.key, sensor), since, until, "raw", RAW)), {metric.key: metric})

    def minutes(self, domain: str, sensor: str, metric: Metric, since: float, until: float) -> pa.Table:
        """`store.minute.MINUTE` of the minutes that begin from `since` up to `until`, by time; no row where nothing came.

        Of days not rolled up yet they are made of the readings.
        """
        return self.again(lambda: self._minutes(domain, (metric.key, sensor), metric, since, until))

    def _minutes(self, domain: str, key: tuple[str, str], metric: Metric, since: float, until: float) -> pa.Table:
        chosen, copied = self._chosen(domain, since, until), list[pa.Table]()
        if until - since > LONG_SECONDS:
            chosen, copied = self._shortened(domain, key, chosen)
        readings = self._read("raw", domain, key, since // 60 * 60, until, RAW, {day: both[0] for day, both in chosen.items()})
        made = roll_up(readings, {metric.key: metric})
        kept = {day: both[1] for day, both in chosen.items()}
        parts = [*copied, made, self._read("minute", domain, key, since, until, MINUTE, kept)]
        return held(_cut(sifted(pa.concat_tables(parts)), since, until), {metric.key: metric})

    def _shortened(self, domain: str, key: tuple[str, str], chosen: Chosen) -> tuple[Chosen, list[pa.Table]]:
        """The days that are still to be read, and minutes of the others from their copies by ten days (`store.ten`)."""
        rest, copied, spans = dict(chosen), list[pa.Table](), dict[date, list[date]]()
        for day in chosen:
            spans.setdefault(ten.first_of(day), []).append(day)
        for first, sources in ten.by_span({day: both[1] for day, both in chosen.items()}).items():
            days = spans[first]
            if any(chosen[day][0] for day in days):
                continue  # more came since they were made
            path = ten.find(self.shelf, domain, first, ten.name_of(sources), key)
            if path is not None:
                copied += self._finder.parts(path, key, MINUTE) if path else []
                for day in days:
                    del rest[day]
        return rest, copied

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
        return [part for path in paths for part in self._finder.parts(path, key, schema)]

    # --- a day ------------------------------------------------------------------------------------------------------------------------

    def day(self, domain: str, metric: Metric, day: date, since: float, until: float, sensors: Sequence[str] = ()) -> Day:
        """A metric's good and suspect readings of a local day within [since, until), in the declared unit; of some sensors only."""
        asked = "SELECT sensor, time, value FROM raw WHERE metric = ? AND value IS NOT NULL AND quality IN ('good', 'suspect')"
        some, told = (" AND sensor IN (SELECT unnest(?))", [list(sensors)]) if sensors else ("", [])

        def read() -> pa.Table:
            with self._connected(domain, {day: self._names("raw", domain, day)}, {}, [metric]) as found:
                rows = found.sql(f"{asked}{some} ORDER BY sensor, time", params=[metric.key, *told]).to_arrow_table()
            return _cut(rows.set_column(1, "time", rows["time"].cast(RAW.field("time").type)), since, until)

        rows = self.again(read)
        names = rows["sensor"].combine_chunks().dictionary_encode()
        place = names.indices.to_numpy().astype(np.int64)
        return Day(names.dictionary.to_pylist(), place, stamps(rows["time"]) / 1000, rows["value"].to_numpy())

    def readings(self, domain: str, sensor: str, metric: Metric, since: float, until: float) -> dict[str, list[Any]]:
        """`t` (seconds), `v`, `q` (QUALITIES) of the readings in [since, until) that can be trusted, None where it measured nothing."""
        rows = self.series(domain, sensor, metric, since, until)
        rows = rows.filter(pc.not_equal(rows["quality"].cast(pa.string()), "bad"))
        codes = [QUALITIES.index(name) for name in rows["quality"].cast(pa.string()).to_pylist()]
        return {"t": [ms / 1000 for ms in rows["time"].cast(pa.int64()).to_pylist()], "v": rows["value"].to_pylist(), "q": codes}

    # --- everything ------------------------------------------------------------------------------------------------------------------

    def connect(self, domain: str, first: date, last: date) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A database with the views `raw` and `minute` of local days: each reading once, and the minutes of days that were rolled up.

        What is asked of it raises `OSError`, and `Unreadable` where a file is damaged or was merged away meanwhile.
        """
        raw, minute = ({day: self._names(kind, domain, day) for day in days(first, last)} for kind in ("raw", "minute"))
        return self._connected(domain, raw, minute)

    def query(self, domain: str, metrics: Sequence[Metric], since: float, until: float, sql: str, values: Mapping[str, object]) -> pa.Table:
        """What `sql` finds in `minute`, and in `raw` of the partitions that were not rolled up: both are of whole days, and share nothing.

        Of these metrics they are in the declared units. What came late for a day is seen once it was rolled up, within an hour or so.
        Raises `OSError`.
        """

        def ask() -> pa.Table:
            chosen = self._rolled(domain, since, until)
            raw, minute = ({day: both[part] for day, both in chosen.items()} for part in (0, 1))
            with self._connected(domain, raw, minute, metrics) as database:
                database.execute("SET threads = 1")  # sums in the order of the rows: the same to the last bit each time
                return database.sql(sql, params=values).to_arrow_table()

        return self.again(ask)

    def _rolled(self, domain: str, since: float, until: float) -> Chosen:
        """By day the files of readings of partitions without minutes, and the files of minutes."""
        held, raw = (self._listed(kind, domain, since, until) for kind in ("minute", "raw"))
        rolled = {day: {one[:2] for one in found} for day, found in held.items()}
        return {
            day: ([one for one in raw.get(day, []) if one[:2] not in rolled.get(day, ())], held.get(day, []))
            for day in raw.keys() | held.keys()
        }

    @contextmanager
    def _connected(
        self,
        domain: str,
        raw: Mapping[date, list[Stretch]],
        minute: Mapping[date, list[Stretch]],
        metrics: Sequence[Metric] = (),
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        with self._of_files(domain, raw, minute), duckdb.connect(config=config) as found:
            if not self.shelf.local:
                found.register_filesystem(_named(self.shelf))
            for kind, schema, chosen in (("raw", RAW, raw), ("minute", MINUTE, minute)):
                alone, shared = self._sorted_out(kind, domain, chosen)
                if alone or shared:
                    declared = {metric.key: metric for metric in metrics}
                    columns = [name for name in VALUES if name in schema.names]
                    rows = sql(_view(alone, shared), columns, _units(found, [*alone, *shared], declared), declared)
                    found.execute(f"CREATE TEMP VIEW {kind} AS {rows}")
                else:
                    found.register(kind, schema.empty_table())
            yield found

    @contextmanager
    def _of_files(self, domain: str, raw: Mapping[date, list[Stretch]], minute: Mapping[date, list[Stretch]]) -> Iterator[None]:
        """What DuckDB says of files in the words of everybody else who opens them."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise OSError(str(error)) from error
        except duckdb.Error as error:
            kinds = (("raw", raw), ("minute", minute))
            paths = [f"{folder(kind, domain, day)}/{one.name}" for kind, chosen in kinds for day in chosen for one in chosen[day]]
            raise Unreadable([path for path in paths if path in str(error)] or paths, error) from error

    def _sorted_out(self, kind: str, domain: str, chosen: Mapping[date, list[Stretch]]) -> tuple[list[str], list[str]]:
        """(files that share no reading with another, files that may) of some days, as DuckDB names them."""
        alone: list[str] = []
        shared: list[str] = []
        for day, there in chosen.items():
            for one in there:
                path = f"{folder(kind, domain, day)}/{one.name}"
                told = self.shelf.path(path) if self.shelf.local else f"{SCHEME}://{self.shelf.path(path)}"
                (alone if sum(other[:2] == one[:2] for other in there) == 1 else shared).append(told)
        return alone, shared

    def days(self, domain: str, since: float, until: float) -> set[date]:
        """The local days of which anything is held, among those of a span and a few around it."""
        return {day for kind in ("raw", "minute") for day, found in self._listed(kind, domain, since, until).items() if found}

    # --- which files -----------------------------------------------------------------------------------------------------------------

    def _chosen(self, domain: str, since: float, until: float) -> Chosen:
        """By day the files of readings to be rolled up, and the files of minutes that count; of a long span whole ten days."""
        held, raw = (self._listed(kind, domain, since, until) for kind in ("minute", "raw"))
        return {day: counted(raw.get(day, []), held.get(day, [])) for day in sorted(raw.keys() | held.keys())}

    def _listed(self, kind: str, domain: str, since: float, until: float) -> dict[date, list[Stretch]]:
        first, last = day_of(since, self.zone), day_of(until, self.zone)
        if (last - first).days > 3:
            first, last = ten.first_of(first), ten.after(ten.first_of(last)) - DAY
            found = files(self.shelf, kind, domain)
            return {day: standing(each) for day, each in found.items() if first <= day <= last}
        return {day: names for day in days(first, last) if (names := self._names(kind, domain, day))}

    def _names(self, kind: str, domain: str, day: date) -> list[Stretch]:
        names = [parse(entry.name) for entry in self.shelf.list(folder(kind, domain, day))]
        return standing(one for one in names if one is not None)

    def again(self, read: Callable[[], T]) -> T:
        """What `read` finds; files that were merged away under its hands are looked for anew, and damaged ones put aside."""
        for _ in range(TRIES - 1):
            try:
                return without(self.shelf, read)
            except FileNotFoundError:
                continue
        return without(self.shelf, read)


def counted(raw: Iterable[Stretch], minute: Iterable[Stretch]) -> tuple[list[Stretch], list[Stretch]]:
    """Of a day, the files of readings to be rolled up, and the files of minutes that count and go before those.

    Minutes that hold all readings there are stand for them. Where more came since, the readings count, unless most of them are no more.
    """
    raw, minute = list(raw), list(minute)
    late = {one[:2] for one in raw if not any(other.holds(one) for other in minute)}
    rolled = {one[:2]: one.first for one in sorted(minute, key=lambda one: -one.first)}
    again = {one[:2] for one in raw if one[:2] in late and one.first <= rolled.get(one[:2], one.first)}
    return [one for one in raw if one[:2] in late], [one for one in minute if one[:2] not in again]


def without_readings(raw: Iterable[Stretch], minute: Iterable[Stretch]) -> list[Stretch]:
    """Of a day the files of minutes of partitions whose readings are no more, all of them or most."""
    begins = {one[:2]: one.first for one in sorted(raw, key=lambda one: -one.first)}
    return [one for one in minute if begins.get(one[:2], one.next) > one.first]


def _cut(rows: pa.Table, since: float, until: float) -> pa.Table:
    first, last = (pa.scalar(round(each * 1000), RAW.field("time").type) for each in (since, until))
    return rows.filter(pc.and_(pc.greater_equal(rows["time"], first), pc.less(rows["time"], last)))


def _units(database: duckdb.DuckDBPyConnection, paths: list[str], metrics: Mapping[str, Metric]) -> list[tuple[str, str]]:
    """The metrics, of these, and the units that lie in some files."""
    if not metrics:
        return []
    asked = f"SELECT DISTINCT metric::VARCHAR, unit::VARCHAR FROM read_parquet({paths!r}) WHERE metric::VARCHAR IN (SELECT unnest(?))"
    return [(metric, unit) for metric, unit in database.execute(asked, [list(metrics)]).fetchall()]


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
