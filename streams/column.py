"""One metric of a domain as columns: every series of it over all partitions, and their windows merged into one number by sensor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from operator import is_

import numpy as np
from numpy.typing import NDArray

from model import Sensor
from standards.noise import level_of
from store.table import Rows
from store.view import View

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

MOVING = 2
"""The newest windows of a span, which still change; those before it are merged once and kept until one of them changes."""

FOLDS: dict[str, tuple[np.ufunc, float]] = {
    "n": (np.add, 0.0),
    "spoken": (np.add, 0.0),  # windows with a reading
    "sum": (np.add, 0.0),
    "min": (np.minimum, np.inf),
    "max": (np.maximum, -np.inf),
}
"""How a field of several windows becomes one number, and what no window at all gives."""


class Column:
    """The series of one metric over all views: its sensors, each once, as numpy sees them."""

    def __init__(self, energetic: bool = False) -> None:
        self.energetic = energetic
        """Whether sums are of energies and a mean is a level in dB."""
        self.sensors: list[str] = []
        self.place: dict[str, int] = {}
        self.parts: list[tuple[View, Numbers, Numbers]] = []
        """(view, rows in it, ascending, and the place of each row's sensor); a sensor is in two views when their number grew."""
        self._folded: dict[Hashable, tuple[list[Rows | None], Floats]] = {}
        self._interval: tuple[Mapping[str, float], Floats] | None = None
        self._area: tuple[Mapping[str, Sensor], dict[str, Numbers]] | None = None

    def add(self, view: View, rows: Sequence[int]) -> None:
        """Takes the rows of a view in."""
        for row in rows:
            sensor = view.names[row][0]
            if sensor not in self.place:
                self.place[sensor] = len(self.sensors)
                self.sensors.append(sensor)
        place = [self.place[view.names[row][0]] for row in rows]
        self.parts.append((view, np.array(rows, np.int64), np.array(place, np.int64)))

    def intervals(self, of: Mapping[str, float]) -> Floats:
        """Seconds between readings by place; `of` is never changed, only replaced."""
        if self._interval is None or self._interval[0] is not of:
            self._interval = of, np.array([of.get(sensor, 0.0) for sensor in self.sensors])
        return self._interval[1]

    def area(self, name: str, listed: Mapping[str, Sensor]) -> Numbers:
        """The places of an area's sensors, ascending; `listed` is never changed, only replaced."""
        if self._area is None or self._area[0] is not listed:
            of = np.array([listed[sensor].area if sensor in listed else "" for sensor in self.sensors], np.str_)
            self._area = listed, {area: np.flatnonzero(of == area) for area in np.unique(of).tolist()}
        return self._area[1].get(name, np.empty(0, np.int64))

    def fold(self, width: int, starts: Sequence[int], field: str, keep: Hashable | None = None, moving: int = MOVING) -> Floats:
        """`field` of the windows beginning at `starts`, newest first, as one number by place.

        With `keep`, a name for this use, the `moving` newest windows and all others are each merged once for as long as they stay as they
        are, the newest for all uses together.
        """
        join, nothing = FOLDS[field]
        total = np.full(len(self.sensors), nothing)
        for number, (view, rows, place) in enumerate(self.parts):
            tables = [view.windows.get((width, start)) for start in starts]
            if keep is None:
                found = _fold(tables, rows, field)
            else:
                newest = self._kept((width, number, field, len(tables[:moving])), tables[:moving], rows, field)
                found = join(newest, self._kept((keep, width, number, field), tables[moving:], rows, field))
            if len(self.parts) == 1:  # its rows are the places
                return found
            total[place] = join(total[place], found)
        return total

    def mean(self, total: Floats, count: Floats) -> Floats:
        """What sums of `count` readings make a mean; NaN where there is none."""
        found = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        return level_of(found) if self.energetic else found

    def _kept(self, key: Hashable, tables: list[Rows | None], rows: Numbers, field: str) -> Floats:
        held = self._folded.get(key)
        if held is None or len(held[0]) != len(tables) or not all(map(is_, held[0], tables)):
            held = self._folded[key] = tables, _fold(tables, rows, field)
        return held[1]


def _fold(tables: Iterable[Rows | None], rows: Numbers, field: str) -> Floats:
    join, nothing = FOLDS[field]
    total = np.full(len(rows), nothing)
    for table in tables:
        if table is not None:
            here = rows[: np.searchsorted(rows, len(table))]
            values = table["n"][here] > 0 if field == "spoken" else table[field][here]
            if nothing:  # an empty row's 0 adds nothing to a sum, but is no least and no greatest value
                values = np.where(table["n"][here] > 0, values, nothing)
            join(total[: len(here)], values, out=total[: len(here)])
    return total
