"""One series out of a file of the history: as little of it is read as tells where the series is, or that it is not there.

Rows are sorted by metric, sensor and time, so row groups are found by halving; of those that may hold a sensor most that do not are known
by their Bloom filters, for nobody knows which partition a sensor's readings came in, and three files of four have none of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from store import bloom
from store.lately import Lately
from store.sheet import Key, constants
from store.shelf import Shelf

MOST_GROUPS = 6_000
"""Row groups of which footers are remembered: some 60 MB."""
NAMED = ("sensor", "metric")
SENSOR, METRIC = range(2)
"""The first columns of every file."""


@dataclass(slots=True)
class Footer:
    """What is remembered of a file, which never changes under its name."""

    metadata: Any
    edges: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    """By row group and column the least and the greatest."""
    filters: dict[int, bytes] = field(default_factory=dict)

    def groups(self, key: Key) -> list[int]:
        """The row groups that may hold a series, as far as is known."""
        return [one for one in self._between(key) if one not in self.filters or bloom.may_hold(self.filters[one], key[1])]

    def learn(self, file: Any, key: Key) -> None:
        """Reads the filters of the row groups that may hold a series; files that were written without have none."""
        for group in self._between(key):
            column = self.metadata.row_group(group).column(SENSOR)
            if group not in self.filters and column.bloom_filter_length:
                self.filters[group] = bloom.bits(file.read_at(column.bloom_filter_length, column.bloom_filter_offset))

    def _between(self, key: Key) -> list[int]:
        """The row groups of a metric, and of these all but the first and the last of it alone, that have sensors before and after."""
        count = self.metadata.num_row_groups
        # Greatest of a group: its last row's metric, with a sensor that is at least its last row's.
        first = bisect_left(range(count), key[0], key=lambda number: self._edge(number, METRIC)[1])
        last = bisect_right(range(count), key[0], key=lambda number: self._edge(number, METRIC)[0]) - 1
        within = range(first + 1, last)
        low = bisect_left(within, key[1], key=lambda number: self._edge(number, SENSOR)[1])
        high = bisect_right(within, key[1], key=lambda number: self._edge(number, SENSOR)[0])
        ends = sorted({first, last} if first <= last else set())
        return sorted([*within[low:high], *(one for one in ends if self._edge(one, SENSOR)[0] <= key[1] <= self._edge(one, SENSOR)[1])])

    def _edge(self, number: int, column: int) -> tuple[str, str]:
        found = self.edges.get((number, column))
        if found is None:
            told = self.metadata.row_group(number).column(column).statistics
            found = self.edges[number, column] = told.min, told.max
        return found


class Finder:
    """Finds series in the files of a shelf. Several threads may do so at once."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._footers = Lately[Footer](MOST_GROUPS)
        """By path."""

    def parts(self, path: str, key: Key, schema: pa.Schema) -> list[pa.Table]:
        """A metric's and sensor's rows in a file, by row group. Raises `FileNotFoundError` where it was merged away."""
        footer = self._footers.get(path)
        if footer is not None and not footer.groups(key):
            return []
        with self._shelf.open(path) as file, pq.ParquetFile(file, metadata=footer and footer.metadata) as found:
            if footer is None:
                footer = Footer(found.metadata)
                self._footers.keep(path, footer, footer.metadata.num_row_groups)
            footer.learn(file, key)
            return [part for group in footer.groups(key) if (part := _rows(found, group, key, schema)) is not None]


def _rows(file: pq.ParquetFile, group: int, key: Key, schema: pa.Schema) -> pa.Table | None:
    """A metric's and sensor's rows of a row group, which lie together; None where it has none. What is the same in all is not read."""
    always = constants(file.metadata.row_group(group), [name for name in schema.names if name not in ("sensor", "time")])
    read = file.read_row_group(group, columns=[name for name in schema.names if name not in always], use_threads=False)
    named = read.select([name for name in NAMED if name not in always])
    first, last = _within(named.unify_dictionaries().combine_chunks(), key)
    if first == last:
        return None
    read = read.slice(first, last - first)
    always |= {"sensor": key[1], "metric": key[0]}
    columns = [_same(always[one.name], one.type, last - first) if one.name in always else read[one.name].cast(one.type) for one in schema]
    return pa.table(columns, schema=schema)


def _same(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    if value is None:
        return pa.nulls(count, kind)
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value], kind.value_type))
    return pa.repeat(pa.scalar(value, kind), count)


def _within(names: pa.Table, key: Key) -> tuple[int, int]:
    """The places from which on and before which a series' rows lie."""
    mine = np.ones(names.num_rows, np.bool_)
    for name, word in (("metric", key[0]), ("sensor", key[1])):
        if name in names.column_names:
            column = names[name].chunk(0)
            mine &= column.indices.to_numpy() == column.dictionary.index(word).as_py()  # -1 where it has none
    found = np.flatnonzero(mine)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)
