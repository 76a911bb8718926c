"""Sifts readings into new ones, duplicates and corrections (promise 2), against what `streams.recent` holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.normalise import Readings
from streams.recent import MINUTE, WHOLE_SECONDS, Keys, Minute, Run, merge

MINUTE_MS = MINUTE * 1000


class Sifted(NamedTuple):
    """New readings sorted by series, then time, and those that replaced another."""

    new: Readings
    corrected: Readings
    counts: Counter[str]


class Sieve:
    """The minutes of one partition. `whole(series, minute)` tells whether nothing of that series was thinned away around that minute."""

    def __init__(self, minutes: dict[int, Minute], whole: Callable[[int, int], bool]) -> None:
        self.minutes, self._whole = minutes, whole

    def sift(self, readings: Readings, seen: NDArray[np.int64], now: float) -> Sifted:
        """Takes the readings in; `seen` is the newest time (ms) of each series so far."""
        counts: Counter[str] = Counter()
        order = np.lexsort((readings.ms, readings.series))
        sorted_ = readings.where(order)
        late = self._troubled(sorted_, seen)
        corrected = readings.where(np.empty(0, np.int64))
        if late.any():
            # In arrival order, so that of two values for one time the last one wins.
            suspects = readings.where(order[late][np.argsort(order[late], kind="stable")])
            fresh, corrected = self._one_by_one(suspects, now, counts)
            clear = sorted_.where(~late)
            joined = Readings(*(np.concatenate(pair) for pair in zip(_columns(clear), _columns(fresh), strict=True)))
            sorted_ = joined.where(np.lexsort((joined.ms, joined.series)))
        self._keep(corrected, now)
        self._keep(sorted_, now)
        return Sifted(sorted_, corrected, counts)

    def _troubled(self, readings: Readings, seen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Rows not provably new: a time already passed, or twice in this batch."""
        series, ms = readings.series, readings.ms
        if not len(series):
            return np.zeros(0, np.bool_)
        twice = (series[1:] == series[:-1]) & (ms[1:] == ms[:-1])
        late: NDArray[np.bool_] = ms <= seen[series]
        late[1:] |= twice
        late[:-1] |= twice
        return late

    def _one_by_one(self, suspects: Readings, now: float, counts: Counter[str]) -> tuple[Readings, Readings]:
        minute = suspects.ms // MINUTE_MS
        key = (suspects.series << 16) | (suspects.ms % MINUTE_MS)
        held, old = self._find(minute, key)
        values = suspects.value.astype(np.float32)
        now_held = {(int(m), int(k)): float(v) for m, k, v, h in zip(minute, key, old, held, strict=True) if h}
        new: dict[tuple[int, int], int] = {}
        corrected: dict[tuple[int, int], int] = {}
        for i, name in enumerate(zip(minute.tolist(), key.tolist(), strict=True)):
            value = float(values[i])
            if name in now_held:
                if _same(now_held[name], value):
                    counts["duplicates"] += 1
                    continue
                counts["corrections"] += 1
                (new if name in new else corrected)[name] = i
            elif self._provable(int(suspects.series[i]), name[0], now):
                new[name] = i
            else:
                counts["late"] += 1
                continue
            now_held[name] = value
        return tuple(suspects.where(np.fromiter(rows.values(), np.int64, len(rows))) for rows in (new, corrected))  # type: ignore[return-value]

    def _provable(self, series: int, minute: int, now: float) -> bool:
        return (minute + 1) * MINUTE > now - WHOLE_SECONDS or self._whole(series, minute)

    def _find(self, minute: NDArray[np.int64], key: Keys) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        held, value = np.zeros(len(key), np.bool_), np.zeros(len(key), np.float32)
        for one in np.unique(minute):
            kept = self.minutes.get(int(one))
            if kept is not None:
                these = minute == one
                held[these], value[these] = kept.find(key[these])
        return held, value

    def _keep(self, readings: Readings, now: float) -> None:
        minute = readings.ms // MINUTE_MS
        numbers = np.unique(minute)
        for number in numbers:
            these = readings if len(numbers) == 1 else readings.where(minute == number)
            kept = self.minutes.get(int(number))
            if kept is None:
                kept = self.minutes[int(number)] = Minute([])
            kept.add(_run(these), now)


def _run(readings: Readings) -> Run:
    key = (readings.series << 16) | (readings.ms % MINUTE_MS)
    run = Run(key, readings.value.astype(np.float32), readings.quality)
    return run if len(key) < 2 or (key[1:] > key[:-1]).all() else merge([run])


def _columns(readings: Readings) -> tuple[NDArray[np.generic], ...]:
    return readings.series, readings.ms, readings.value, readings.quality


def _same(one: float, two: float) -> bool:
    """Equal, or both "measured nothing"."""
    return one == two or (one != one and two != two)
