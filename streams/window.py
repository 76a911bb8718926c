"""Event-time windows per series: count, sum, least, greatest, first and last, wherever late readings land.

Tumbling windows of one minute (two hours of them) and five minutes (25 hours). A sliding window is a merge of tumbling ones,
and so is everything longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.table import WINDOW, Table

MINUTE, FIVE = 60, 300
KEEP = {MINUTE: 7_500.0, FIVE: 90_600.0}
"""Seconds that windows of each width are kept: the sliding span they serve, and a little for alignment."""

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


class Windows:
    """The windows of one width, by start."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.tables: dict[int, Table] = {}

    def table(self, start: int, rows: int) -> Table:
        """The window beginning at `start`, made when first needed, with room for `rows` series."""
        table = self.tables.get(start)
        if table is None:
            table = self.tables[start] = Table(WINDOW, rows=rows)
        table.grow(rows)
        return table

    def add(self, series: Index, time: Floats, value: Floats, rows: int, now: float) -> None:
        """Adds readings sorted by series, then time; those older than the windows kept fall out."""
        start = np.floor_divide(time, self.width).astype(np.int64) * self.width
        kept = start > now - KEEP[self.width]
        if not kept.all():
            series, time, value, start = series[kept], time[kept], value[kept], start[kept]
        if len(series):
            self._add(*_groups(series, start, time, value), rows)

    def _add(self, series: Index, start: Index, group: NDArray[np.void], rows: int) -> None:
        if start[0] == start[-1] and not (start != start[0]).any():
            _merge(self.table(int(start[0]), rows), series, group)
            return
        for one in np.unique(start):
            these = start == one
            _merge(self.table(int(one), rows), series[these], group[these])

    def replace(self, series: int, start: int, time: Floats, value: Floats, rows: int) -> None:
        """Sets one series' window from all its readings (time sorted): what a correction needs."""
        table = self.table(start, rows)
        table.rows[series] = np.zeros(1, WINDOW)[0]
        index = np.full(len(time), series)
        if len(time):
            _merge(table, *_groups(index, np.full(len(time), start), time, value)[::2])
        table.touch(np.array([series]))

    def expire(self, now: float) -> list[int]:
        """Starts of the windows that are too old, now forgotten."""
        old = [start for start in self.tables if start <= now - KEEP[self.width]]
        for start in old:
            del self.tables[start]
        return old


def _groups(series: Index, start: Index, time: Floats, value: Floats) -> tuple[Index, Index, NDArray[np.void]]:
    """One record per (series, window) of readings sorted by series, then time."""
    edge = np.append(True, (series[1:] != series[:-1]) | (start[1:] != start[:-1]))
    at = np.flatnonzero(edge)
    end = np.append(at[1:], len(series))
    group = np.zeros(len(at), WINDOW)
    group["n"] = end - at
    group["sum"] = np.add.reduceat(value, at)
    group["min"] = np.minimum.reduceat(value, at)
    group["max"] = np.maximum.reduceat(value, at)
    group["first"], group["last"] = value[at], value[end - 1]
    group["first_at"], group["last_at"] = time[at] - start[at], time[end - 1] - start[at]
    return series[at], start[at], group


def _merge(table: Table, series: Index, group: NDArray[np.void]) -> None:
    """Merges records of distinct series into their rows."""
    table.rows[series] = merged(table.rows[series], group)
    table.touch(series)


def merged(one: NDArray[np.void], two: NDArray[np.void]) -> NDArray[np.void]:
    """Two sets of window records as one, row by row; `first_at` and `last_at` count from the same start."""
    out = one.copy()
    empty = one["n"] == 0
    both = ~empty & (two["n"] > 0)
    out[empty] = two[empty]
    a, b = one[both], two[both]
    joined = a.copy()
    joined["n"] += b["n"]
    joined["sum"] += b["sum"]
    joined["min"], joined["max"] = np.minimum(a["min"], b["min"]), np.maximum(a["max"], b["max"])
    _choose(joined, b, b["first_at"] < a["first_at"], "first_at", "first")
    _choose(joined, b, b["last_at"] > a["last_at"], "last_at", "last")
    out[both] = joined
    return out


def _choose(out: NDArray[np.void], other: NDArray[np.void], where: NDArray[np.bool_], *fields: Any) -> None:
    for name in fields:
        out[name] = np.where(where, other[name], out[name])
