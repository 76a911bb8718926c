"""Readings in memory as columns, sorted by series and time: what a day of the reel is made of, and what moments of it are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SHIFT = 27
"""Bits of a key that tell milliseconds after the beginning of the day: 37 hours."""
SPAN = 1 << SHIFT

MINUTE = np.dtype([("n", "u4"), ("mean", "f8"), ("min", "f8"), ("max", "f8")])
"""What a row says that stands for a minute's readings."""

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """Readings sorted by `key`: its series, and the milliseconds after the beginning of their day."""

    key: Numbers
    value: Floats
    quality: NDArray[np.uint8]
    origin: NDArray[np.uint8]
    minutes: NDArray[np.void] | None = None
    """`MINUTE` of each row, where only minutes are left."""

    def where(self, chosen: Any) -> Rows:
        """Some of them."""
        minutes = None if self.minutes is None else self.minutes[chosen]
        return Rows(self.key[chosen], self.value[chosen], self.quality[chosen], self.origin[chosen], minutes)

    def as_minutes(self) -> Rows:
        """The same, where a reading stands for itself told as a minute's only one."""
        if self.minutes is not None:
            return self
        minutes = np.ones(len(self.key), MINUTE)
        for name in ("mean", "min", "max"):
            minutes[name] = self.value
        return self._replace(minutes=minutes)

    @property
    def series(self) -> Numbers:
        """Of each row."""
        return self.key >> SHIFT

    @property
    def ms(self) -> Numbers:
        """Milliseconds after the beginning of the day."""
        return self.key & (SPAN - 1)

    @property
    def after(self) -> Floats:
        """Seconds after the beginning of the day."""
        return self.ms / 1000

    def of(self, series: int, ms: int) -> int:
        """The place of the first row of a series at or after `ms`."""
        return int(np.searchsorted(self.key, (series << SHIFT) + min(ms, SPAN)))

    def last(self, count: int, until: int) -> Numbers:
        """By series the place of its newest row not after `until` (milliseconds after the beginning of the day); -1 where it has none."""
        series = np.arange(count, dtype=np.int64)
        place = np.searchsorted(self.key, (series << SHIFT) + min(until, SPAN - 1), side="right") - 1
        found = (place >= 0) & (until >= 0)
        found[found] = self.key[place[found]] >> SHIFT == series[found]
        return np.where(found, place, -1)


NONE = Rows(np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8), np.empty(0, np.uint8))


def behind(found: Iterable[Rows]) -> Rows:
    """One after the other; where some are minutes, all are told as such."""
    some = [rows for rows in found if len(rows.key)]
    if len(some) < 2:
        return some[0] if some else NONE
    if any(rows.minutes is not None for rows in some):
        some = [rows.as_minutes() for rows in some]
    key, value, quality, origin = (np.concatenate([rows[place] for rows in some]) for place in range(4))
    minutes = [rows.minutes for rows in some if rows.minutes is not None]
    return Rows(key, value, quality, origin, np.concatenate(minutes) if minutes else None)


def joined(held: Rows, new: Rows) -> Rows:
    """Both sorted, of equal keys the last."""
    both = behind([held, new])
    if (both.key[1:] > both.key[:-1]).all():
        return both
    order = np.argsort(both.key, kind="stable")
    key = both.key[order]
    return both.where(order[np.append(key[1:] != key[:-1], True)])
