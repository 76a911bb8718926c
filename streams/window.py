"""Event-time windows per series: count, sum, least, greatest, first and last, wherever late readings land.

Tumbling windows of one minute (two hours of them) and five minutes (25 hours). A sliding window is a merge of tumbling ones,
and so is everything longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.table import WINDOW, Table

MINUTE, FIVE = 60, 300
KEEP = {MINUTE: 7_500.0, FIVE: 90_600.0}
"""Seconds that windows of each width are kept: the sliding span they serve, and a little for alignment."""
ROUNDING = 5e-4
"""Half a millisecond: a window keeps times less exactly than a reading, which has milliseconds."""

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


class Windows:
    """The windows of one width, by start. `summed` gives what of the readings of some series adds up to a sum: energies of levels in dB."""

    def __init__(self, width: int, summed: Callable[[Index, Floats], Floats]) -> None:
        self.width, self._summed = width, summed
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
            self._add(*_groups(series, start, time, value, self._summed(series, value)), rows)

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
            _merge(table, *_groups(index, np.full(len(time), start), time, value, self._summed(index, value))[::2])
        table.touch(np.array([series]))

    def before(self, series: Index, at: Floats, reach: float) -> tuple[Floats, Floats]:
        """(time, value) of the newest reading at or before each `at` and at most `reach` older; NaN where none is known.

        Known are the first and the last reading of each window: all there are of a sensor that speaks at most twice in one.
        """
        time, value = np.full((2, len(series)), np.nan)
        start = np.floor_divide(at, self.width).astype(np.int64) * self.width
        left = np.arange(len(series))
        for _ in range(int(reach // self.width) + 2):
            if not len(left):
                break
            for one in np.unique(start[left]):
                table = self.tables.get(int(one))
                if table is not None:
                    these = left[(start[left] == one) & (series[left] < len(table.rows))]
                    _newest(table.rows[series[these]], int(one), these, at, time, value)
            left = left[np.isnan(time[left])]
            start[left] -= self.width
        time[time < at - reach] = np.nan
        return time, value

    def expire(self, now: float) -> list[int]:
        """Starts of the windows that are too old, now forgotten."""
        old = [start for start in self.tables if start <= now - KEEP[self.width]]
        for start in old:
            del self.tables[start]
        return old


def newest(windows: Mapping[int, Windows], series: Index, at: Floats, reach: float) -> tuple[Floats, Floats]:
    """(time, value) of the newest reading at or before each time: from the minutes where it is recent, else from the five minutes."""
    time, value = windows[MINUTE].before(series, at, min(reach, FIVE))
    far = np.flatnonzero(np.isnan(time))
    if len(far):
        time[far], value[far] = windows[FIVE].before(series[far], at[far], reach)
    return time, value


def _newest(rows: NDArray[np.void], start: int, these: Index, at: Floats, time: Floats, value: Floats) -> None:
    """Notes of each window its last reading, or its first, that is not after `at`."""
    for edge in ("first", "last"):
        when = start + rows[f"{edge}_at"].astype(np.float64)
        seen = (rows["n"] > 0) & (when <= at[these] + ROUNDING)
        time[these[seen]], value[these[seen]] = when[seen], rows[edge][seen]


def _groups(series: Index, start: Index, time: Floats, value: Floats, summed: Floats) -> tuple[Index, Index, NDArray[np.void]]:
    """One record per (series, window) of readings sorted by series, then time."""
    edge = np.append(True, (series[1:] != series[:-1]) | (start[1:] != start[:-1]))
    at = np.flatnonzero(edge)
    end = np.append(at[1:], len(series))
    group = np.zeros(len(at), WINDOW)
    group["n"] = end - at
    group["sum"] = np.add.reduceat(summed, at)
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
    both = (one["n"] > 0) & (two["n"] > 0)
    if both.all():
        return _joined(one.copy(), two)
    out = np.where(one["n"] > 0, one, two)
    out[both] = _joined(one[both], two[both])
    return out


def _joined(one: NDArray[np.void], two: NDArray[np.void]) -> NDArray[np.void]:
    """The same where neither is empty; written over the first."""
    one["n"] += two["n"]
    one["sum"] += two["sum"]
    np.minimum(one["min"], two["min"], out=one["min"])
    np.maximum(one["max"], two["max"], out=one["max"])
    _choose(one, two, two["first_at"] < one["first_at"], "first_at", "first")
    _choose(one, two, two["last_at"] > one["last_at"], "last_at", "last")
    return one


def _choose(out: NDArray[np.void], other: NDArray[np.void], where: NDArray[np.bool_], *fields: Any) -> None:
    for name in fields:
        out[name] = np.where(where, other[name], out[name])
