"""A day's minutes to hours: what the daily report counts with, and what weeks and months are made of.

Hours begin at the city's midnight and are counted in real time, so a day has 23, 24 or 25 of them. Rows are read as they lie in the
files, some hundred thousand at a time: a day of 43 million minutes takes about two seconds and no more memory than a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model import Metric
from standards.noise import energy, level_of
from standards.unit import IncompatibleUnit, factor
from store.sheet import constants

HOUR_MS, FIVE_MS, MINUTE_MS = 3_600_000, 300_000, 60_000
COLUMNS = ("sensor", "metric", "time", "count", "mean", "min", "max", "last", "origin", "unit")
EMPTY = ("min", "max", "last")
"""Columns that hold nothing where every minute is of one reading."""
MOST_HOURS = 32
"""More than a day can have."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hours:
    """One metric's hours: a row per sensor, a column per hour. What a sensor did not say in an hour is NaN, and its `count` 0."""

    sensors: Sequence[str]
    count: Floats
    spoken: Floats
    """Five-minute stretches with a reading."""
    mean: Floats
    """A level's energy mean; NaN of a direction."""
    least: Floats
    greatest: Floats
    first: Floats
    """The mean of the first minute."""
    last: Floats
    first_at: Floats
    """Milliseconds since the epoch at which that minute begins."""
    last_at: Floats


@dataclass(frozen=True, slots=True)
class DayHours:
    """A domain's day: hours by metric, which of its minutes brought any reading, and where they came from."""

    begin: int
    """Milliseconds since the epoch."""
    hours: int
    metrics: Mapping[str, Hours]
    heard: NDArray[np.bool_]
    origins: frozenset[str]
    foreign: Mapping[str, str]
    """Metrics of which something lies in a unit that does not turn into the declared one, and is left out: metric -> unit."""


Always = Mapping[str, Any]
NOTHING: Always = MappingProxyType({})
FIELDS = ("count", "spoken", "sum", "least", "greatest", "first", "last", "first_at", "last_at")


class Roller:
    """Takes in minutes (`store.minute.MINUTE`) sorted by metric, sensor and time, and gives the day's hours."""

    def __init__(self, begin: int, end: int, metrics: Mapping[str, Metric]) -> None:
        self._begin, self._end, self._metrics = begin, end, metrics
        self.heard = np.zeros((end - begin) // MINUTE_MS, np.bool_)
        self._names: dict[str, dict[str, int]] = {"sensor": {}, "metric": {}}
        self._pieces: list[tuple[Numbers, Floats]] = []
        self.origins: set[str] = set()
        self.foreign: dict[str, str] = {}

    def add(self, rows: pa.Table, always: Always = NOTHING) -> None:
        """Takes some rows; those of no reading to be trusted, of other days and of unknown metrics are left out.

        `always` has what all rows have in a column that was not read: a word, the count 1, or None for nothing.
        """
        rows = rows.unify_dictionaries().combine_chunks()
        if not rows.num_rows:
            return
        sensor, metric = rows["sensor"].chunk(0).indices.to_numpy(), self._codes(rows, "metric", always)
        ms = rows["time"].chunk(0).cast(pa.int64()).to_numpy() - self._begin
        count = np.ones(rows.num_rows, np.int32) if "count" in always else rows["count"].chunk(0).to_numpy()
        held = self._held(metric, ms, count)
        if held is not None:
            rows = rows.filter(pa.array(held))
            if not rows.num_rows:
                return
            sensor, metric, ms, count = sensor[held], metric[held], ms[held], count[held]
        self._take(rows, sensor, metric, ms, count, always)

    def _held(self, metric: Numbers, ms: Numbers, count: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Which rows are of the day, of a known metric, and of a reading to be trusted; None where all are."""
        known = [name in self._metrics for name in self._names["metric"]]
        if all(known) and count.min() > 0 and ms.min() >= 0 and ms.max() < self._end - self._begin:
            return None
        held: NDArray[np.bool_] = (count > 0) & (ms >= 0) & (ms < self._end - self._begin) & np.array(known)[metric]
        return held

    def _take(
        self, rows: pa.Table, sensor: NDArray[np.int32], metric: Numbers, ms: Numbers, count: NDArray[np.int32], always: Always
    ) -> None:
        minute = (ms // MINUTE_MS).astype(np.int32)
        self.heard[minute] = True
        self.origins.update([always["origin"]] if "origin" in always else _used(rows, "origin"))
        mean, least, greatest, last = self._values(rows, metric, always)
        hour = minute // (HOUR_MS // MINUTE_MS)
        edge = _edges(hour, sensor, *([] if "metric" in always else [metric]))
        at = np.flatnonzero(edge)
        end = np.append(at[1:], len(ms)) - 1
        edge |= _edges(minute // (FIVE_MS // MINUTE_MS))
        piece = np.empty((len(FIELDS), len(at)))
        piece[0] = end + 1 - at if "count" in always else np.add.reduceat(count, at)
        piece[1] = np.add.reduceat(edge, at, dtype=np.int32)
        piece[2] = np.add.reduceat(self._summed(mean, None if "count" in always else count, metric), at)
        piece[3] = np.minimum.reduceat(least, at)
        piece[4] = np.maximum.reduceat(greatest, at)
        piece[5], piece[6] = mean[at], last[end]
        piece[7], piece[8] = ms[at], ms[end]
        code = self._numbers("sensor", rows["sensor"].chunk(0).dictionary, sensor[at])
        self._pieces.append((((metric[at] << 32) + code) * MOST_HOURS + hour[at], piece))

    def _summed(self, mean: Floats, count: NDArray[np.int32] | None, metric: Numbers) -> Floats:
        """What adds up to a mean: values, or energies of levels, times how many there were; None is one each."""
        loud = [name in self._metrics and self._metrics[name].energetic for name in self._names["metric"]]
        if any(loud):
            these, mean = np.array(loud)[metric], mean.copy()
            mean[these] = energy(mean[these])
        return mean if count is None else mean * count

    def _codes(self, rows: pa.Table, name: str, always: Always) -> Numbers:
        """The roller's own number of each row's word."""
        known = self._names[name]
        if name in always:
            return np.full(rows.num_rows, known.setdefault(always[name], len(known)), np.int64)
        column = rows[name].chunk(0)
        return self._numbers(name, column.dictionary, column.indices.to_numpy())

    def _numbers(self, name: str, words: pa.Array, places: NDArray[np.int32]) -> Numbers:
        """The same of places in a dictionary, of which a batch uses a few."""
        known, used = self._names[name], np.flatnonzero(np.bincount(places))
        number = np.zeros(len(words), np.int64)
        number[used] = [known.setdefault(word, len(known)) for word in words.take(pa.array(used)).to_pylist()]
        found: Numbers = number[places]
        return found

    def _values(self, rows: pa.Table, metric: Numbers, always: Always) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, least, greatest and last of each row in the declared unit; NaN where a direction has none."""
        mean = rows["mean"].chunk(0)
        alone = mean.to_numpy(zero_copy_only=False)
        told = [None if name in always else rows[name].chunk(0) for name in ("min", "max", "last")]
        found = [alone, *(alone if one is None else pc.coalesce(one, mean).to_numpy(zero_copy_only=False) for one in told)]
        if "unit" not in always and (scales := self._scales(rows, metric)) is not None:
            found = [each * scales[0] + scales[1] for each in found]
        return found[0], found[1], found[2], found[3]

    def _scales(self, rows: pa.Table, metric: Numbers) -> tuple[Floats, Floats] | None:
        """What turns each row's value into the unit declared today; None where it is in it."""
        column, names = rows["unit"].chunk(0), list(self._names["metric"])
        units = column.dictionary.to_pylist()
        pair = metric * len(units) + column.indices.to_numpy()
        scales = np.tile([[1.0], [0.0]], len(names) * len(units))
        changed = False
        for each in np.flatnonzero(np.bincount(pair)).tolist():
            name, unit = names[each // len(units)], units[each % len(units)]
            if unit != self._metrics[name].unit:
                scales[:, each], changed = self._scale(name, unit), True
        return (scales[0][pair], scales[1][pair]) if changed else None

    def _scale(self, name: str, unit: str) -> tuple[float, float]:
        try:
            return factor(unit, self._metrics[name].unit)
        except IncompatibleUnit:
            self.foreign[name] = unit
            return np.nan, np.nan

    def taken(self) -> dict[str, tuple[list[str], Numbers, Floats]]:
        """By metric: the sensors' names, each piece's sensor and hour as one number, and the pieces."""
        if not self._pieces:
            return {}
        key = np.concatenate([key for key, _ in self._pieces])
        piece = np.concatenate([piece for _, piece in self._pieces], axis=1)
        sensors, metric = list(self._names["sensor"]), key // MOST_HOURS >> 32
        found = {}
        for name, code in self._names["metric"].items():
            mine = np.flatnonzero(metric == code)
            if len(mine) and name not in self.foreign:
                found[name] = sensors, key[mine] - (code << 32) * MOST_HOURS, piece[:, mine]
        return found


def _edges(*columns: Numbers | NDArray[np.int32]) -> NDArray[np.bool_]:
    """Where one of some columns is another than the row before; the first row too."""
    found = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    found[0] = True
    return found


def joined(begin: int, end: int, metrics: Mapping[str, Metric], rollers: Iterable[Roller]) -> DayHours:
    """The day from `begin` up to `end`, in milliseconds, of what several rollers took in."""
    hours = -(-(end - begin) // HOUR_MS)
    heard, origins, foreign = np.zeros((end - begin) // MINUTE_MS, np.bool_), set[str](), dict[str, str]()
    taken: dict[str, list[tuple[list[str], Numbers, Floats]]] = {}
    for roller in rollers:
        heard |= roller.heard
        origins |= roller.origins
        foreign |= roller.foreign
        for name, found in roller.taken().items():
            taken.setdefault(name, []).append(found)
    made = {name: _dense(begin, hours, metrics[name], parts) for name, parts in taken.items()}
    return DayHours(begin, hours, made, heard, frozenset(origins), foreign)


def _dense(begin: int, hours: int, metric: Metric, parts: Sequence[tuple[list[str], Numbers, Floats]]) -> Hours:
    """A metric's pieces as a row per sensor, by name, and a column per hour."""
    used = [np.unique(key // MOST_HOURS) for _, key, _ in parts]
    names = sorted({sensors[code] for (sensors, _, _), codes in zip(parts, used, strict=True) for code in codes.tolist()})
    place = {name: number for number, name in enumerate(names)}
    keys = []
    for (sensors, key, _), codes in zip(parts, used, strict=True):
        row = np.zeros(int(codes[-1]) + 1, np.int64)
        row[codes] = [place[sensors[code]] for code in codes.tolist()]
        keys.append(row[key // MOST_HOURS] * hours + key % MOST_HOURS)
    dense: Floats = np.full((len(FIELDS), len(names) * hours), np.nan)
    dense[:2] = 0.0
    for key, (_, _, piece) in zip(keys, parts, strict=True):
        dense[:, key] = piece
    _mend(dense, keys, [piece for _, _, piece in parts])
    dense = dense.reshape(len(FIELDS), len(names), hours)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = dense[2] / dense[0]
    if metric.energetic:
        mean = level_of(mean)
    least, greatest, first, last = dense[3:7]
    return Hours(names, dense[0], dense[1], mean, least, greatest, first, last, dense[7] + begin, dense[8] + begin)


def _used(rows: pa.Table, name: str) -> list[str]:
    column = rows[name].chunk(0)
    words = column.dictionary.to_pylist()
    return [words[each] for each in np.flatnonzero(np.bincount(column.indices.to_numpy(), minlength=len(words))).tolist()]


def _mend(dense: Floats, keys: Sequence[Numbers], pieces: Sequence[Floats]) -> None:
    """Puts together the few hours of a sensor of which there are several pieces, which batches and partitions cut apart."""
    often = np.bincount(np.concatenate(keys), minlength=dense.shape[1]) > 1
    if often.any():
        cut = [often[key] for key in keys]
        key = np.concatenate([key[some] for key, some in zip(keys, cut, strict=True)])
        piece = np.concatenate([piece[:, some] for piece, some in zip(pieces, cut, strict=True)], axis=1)
        at, whole = _joined(key, piece)
        dense[:, at] = whole


def _joined(key: Numbers, piece: Floats) -> tuple[Numbers, Floats]:
    """Pieces of one sensor's hour as one."""
    order = np.lexsort((piece[7], key))
    key, piece = key[order], piece[:, order]
    at = np.flatnonzero(np.append(True, key[1:] > key[:-1]))
    end = np.append(at[1:], len(key)) - 1
    shared = np.append(False, (key[1:] == key[:-1]) & (piece[8][:-1] // FIVE_MS == piece[7][1:] // FIVE_MS))
    piece[1] -= shared  # five minutes that were cut apart are not two of them
    total = np.add.reduceat(piece, at, axis=1)
    total[3], total[4] = np.minimum.reduceat(piece[3], at), np.maximum.reduceat(piece[4], at)
    total[5], total[7] = piece[5][at], piece[7][at]
    total[6], total[8] = piece[6][end], piece[8][end]
    return key[at], total


def sheets(file: Any, rows: int, metrics: Mapping[str, Metric]) -> Iterator[tuple[pa.Table, Always]]:
    """A file's minutes, some at a time, and what is so of all of them: columns of which the footer tells what is in them are not read.

    Most row groups are of one metric, in the unit declared, of one origin, one reading a minute: then four columns of ten are left.
    """
    with pq.ParquetFile(file) as found:
        told = [_always(found.metadata.row_group(group), metrics) for group in range(found.num_row_groups)]
        for always, groups in groupby(range(len(told)), key=lambda group: told[group]):
            columns = [name for name in COLUMNS if name not in always]
            for batch in found.iter_batches(rows, row_groups=list(groups), columns=columns):
                yield pa.Table.from_batches([batch]), always


def _always(group: Any, metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """What all rows of a row group have in a column, as far as its statistics tell."""
    alone = constants(group, COLUMNS)
    found = {name: alone[name] for name in ("metric", "origin") if alone.get(name) is not None}
    if alone.get("count") == 1:
        found["count"] = 1
    if found.get("metric") in metrics and alone.get("unit") == metrics[found["metric"]].unit:
        found["unit"] = alone["unit"]
    return found | {name: None for name in EMPTY if name in alone}
