"""The Parquet files of the history: their columns, how they are packed, and many of them read as one.

Rows are sorted by metric, sensor and time. So values of a kind lie together, which packs best, and one sensor's rows are found by halving.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

RAW = pa.schema(
    [
        ("sensor", pa.dictionary(pa.int32(), pa.string())),
        ("metric", pa.dictionary(pa.int32(), pa.string())),
        ("time", pa.timestamp("ms", "UTC")),
        ("value", pa.float64()),
        ("quality", pa.dictionary(pa.int32(), pa.string())),
        ("origin", pa.dictionary(pa.int32(), pa.string())),
        ("unit", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""A reading: `value` is empty where the sensor measured nothing, else in `unit`."""
ROW_GROUP, BATCH = 32_768, 65_536
"""A row group is what is read to find one sensor; fewer rows in it make a longer footer, which is read too."""
MEASURED = ("value", "mean", "share")
"""Columns of which no extremes are kept: nothing is found by them, and they are never the same in a whole row group."""
DOUBTFUL = 0.1
"""Of sensors that are not in a row group so many may pass its Bloom filter: some six bits a sensor."""
MOST_RANK = 1 << 62
Key = tuple[str, str]
"""Metric and sensor."""


def codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """The dictionary's places of a column of one chunk."""
    places: NDArray[np.int64] = column.chunk(0).indices.to_numpy().astype(np.int64)
    return places


def stamps(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Milliseconds since the epoch."""
    ms: NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return ms


def sheet(
    names: Sequence[Key],
    series: NDArray[np.int64],
    ms: NDArray[np.int64],
    value: NDArray[np.float64],
    labels: Mapping[str, tuple[NDArray[np.integer[Any]], Sequence[str]]],
) -> pa.Table:
    """`RAW` of readings in the order in which they arrived; `names` has each series' metric and sensor.

    `labels` has `quality`, `origin` and `unit`: for each reading the place of its word, and the words.
    """
    metrics, sensors = (pa.array([name[part] for name in names], pa.string()).dictionary_encode() for part in (0, 1))
    place = pa.array(series)
    columns = {
        "sensor": sensors.take(place),
        "metric": metrics.take(place),
        "time": pa.array(ms, RAW.field("time").type),
        "value": pa.array(value, mask=np.isnan(value)),
        **{name: pa.DictionaryArray.from_arrays(pa.array(at, pa.int32()), list(words)) for name, (at, words) in labels.items()},
    }
    return sifted(pa.table(columns, schema=RAW))


def sifted(rows: pa.Table) -> pa.Table:
    """Rows sorted by metric, sensor and time; of several for one time the last."""
    rows = rows.unify_dictionaries().combine_chunks()
    if not rows.num_rows:
        return rows
    key = _ranks(rows)
    if (key[1:] > key[:-1]).all():
        return rows
    order = np.argsort(key)  # not stable, which is dearer: of equal ones the last is chosen below
    key = key[order]
    order = np.maximum.reduceat(order, np.flatnonzero(np.append(True, key[1:] != key[:-1])))
    return rows.take(pa.array(order))


def _ranks(rows: pa.Table) -> NDArray[np.int64]:
    """A number for each row's metric, sensor and time, in their order."""
    metric, sensor = (_rank(rows[name]) for name in ("metric", "sensor"))
    series, ms = metric * (int(sensor.max()) + 1) + sensor, stamps(rows["time"])
    ms = ms - ms.min()
    if int(series.max()) + 1 > MOST_RANK // (int(ms.max()) + 1):  # a clock that is wrong by ages
        ms = np.unique(ms, return_inverse=True)[1]
    ranks: NDArray[np.int64] = series * (int(ms.max()) + 1) + ms
    return ranks


def _rank(column: pa.ChunkedArray) -> NDArray[np.int64]:
    words = column.chunk(0).dictionary.to_pylist()
    rank = np.empty(len(words), np.int64)
    rank[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    return rank[codes(column)]


def write(file: IO[bytes], tables: Iterable[pa.Table], schema: pa.Schema, said: Mapping[str, str]) -> int:
    """Writes sorted tables one after the other, with what is said of them as the file's metadata; how many rows there were."""
    return write_groups(file, (part for table in _filled(tables) for part in _by_metric(table)), schema, said)


def write_groups(file: IO[bytes], tables: Iterable[pa.Table], schema: pa.Schema, said: Mapping[str, str]) -> int:
    """The same, where each table is a row group; one of several times `ROW_GROUP` rows is as many."""
    packed = [field.name for field in schema if field.name not in ("time", "share")]
    options = {"compression": "zstd", "use_dictionary": packed, "column_encoding": {"time": "DELTA_BINARY_PACKED"}}
    told = [field.name for field in schema if field.name not in MEASURED]
    tables, rows = iter(tables), 0
    first = next(tables, schema.empty_table())
    found_by = {"sensor": {"ndv": _sensors(first), "fpp": DOUBTFUL}}
    with pq.ParquetWriter(file, schema, write_statistics=told, bloom_filter_options=found_by, **options) as writer:
        for table in chain([first], tables):
            rows += table.num_rows
            writer.write_table(table, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata(dict(said))
    return rows


def _sensors(rows: pa.Table) -> int:
    """How many there are in a row group, to judge by the first."""
    return len(np.unique(codes(rows["sensor"])[:ROW_GROUP])) if rows.num_rows else 1


def constants(group: Any, names: Collection[str]) -> dict[str, Any]:
    """What all rows of a row group have in some columns, as far as its statistics tell: a word, a whole number, or None for nothing."""
    found: dict[str, Any] = {}
    for column in (group.column(place) for place in range(group.num_columns)):
        name, told = column.path_in_schema, column.statistics
        if name not in names or told is None:
            continue
        if told.null_count == group.num_rows:
            found[name] = None
        elif told.has_min_max and not told.null_count and told.physical_type in ("BYTE_ARRAY", "INT32") and told.min == told.max:
            found[name] = told.min
    return found


def _by_metric(rows: pa.Table) -> Iterator[pa.Table]:
    """The same rows, parted where another metric begins: of a row group with two metrics nobody could tell which sensors it has."""
    rows = rows.combine_chunks()
    metric = codes(rows["metric"])
    for first, last in pairwise([0, *(np.flatnonzero(metric[1:] != metric[:-1]) + 1).tolist(), len(metric)]):
        yield rows.slice(first, last - first)


def _filled(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, in tables of whole row groups but for the last."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held, count = [*held, table], count + table.num_rows
        if count >= ROW_GROUP:
            whole = pa.concat_tables(held).unify_dictionaries()
            full = count // ROW_GROUP * ROW_GROUP
            yield whole.slice(0, full)
            held, count = [whole.slice(full)], count - full
    if count:
        yield pa.concat_tables(held).unify_dictionaries()


def read(file: Any) -> Iterator[pa.Table]:
    """The file's rows, some at a time."""
    with pq.ParquetFile(file) as found:
        for batch in found.iter_batches(BATCH):
            yield pa.Table.from_batches([batch])


class _Run:
    """One sorted file, of which some rows wait."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables, self.waiting, self.ended = tables, pa.table({}), False
        self.fill()

    def fill(self) -> None:
        """Some more rows."""
        more = next(self._tables, None)
        self.ended = more is None
        if more is not None:
            joined = pa.concat_tables([self.waiting, more]) if self.waiting.num_rows else more
            self.waiting = joined.unify_dictionaries().combine_chunks()

    def key(self, place: int) -> Key:
        """Metric and sensor of a row that waits."""
        return self.waiting["metric"][place].as_py(), self.waiting["sensor"][place].as_py()

    def before(self, cut: Key | None) -> pa.Table:
        """Takes the rows that come before the cut; all where there is none."""
        count = self.waiting.num_rows
        place = count if cut is None else bisect_left(range(count), cut, key=self.key)
        taken, self.waiting = self.waiting.slice(0, place), self.waiting.slice(place)
        if not self.waiting.num_rows and not self.ended:
            self.fill()
        return taken


def merged(files: Iterable[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """The rows of sorted files as one sorted whole, of several for one time that of the last file. Holds a few batches of each."""
    runs = [_Run(tables) for tables in files]
    runs = [run for run in runs if run.waiting.num_rows]
    while runs:
        unread = [run for run in runs if not run.ended]
        cut = min((run.key(run.waiting.num_rows - 1) for run in unread), default=None)
        taken = [rows for run in runs if (rows := run.before(cut)).num_rows]
        if taken:
            yield sifted(pa.concat_tables(taken))
        else:
            for run in unread:
                if run.key(run.waiting.num_rows - 1) == cut:
                    run.fill()
        runs = [run for run in runs if run.waiting.num_rows]
