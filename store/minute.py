"""Readings to minutes: how the history rolls up what it holds.

`count` is of the readings to be trusted (good or suspect), `share` their share of all that came. `min`, `max` and `last` are left out
where one reading makes up the minute: they are its `mean`. Values are in the unit that is declared when the minute is made. The mean of
levels in dB is their energy mean. A direction has no mean and no extremes: a minute is told by its last.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model import QUALITIES, Metric
from standards.noise import energy, level_of
from store.declared import turned
from store.sheet import codes, stamps

MINUTE_MS = 60_000
BAD = QUALITIES.index("bad")
MINUTE = pa.schema(
    [
        ("sensor", pa.dictionary(pa.int32(), pa.string())),
        ("metric", pa.dictionary(pa.int32(), pa.string())),
        ("time", pa.timestamp("ms", "UTC")),
        ("count", pa.int32()),
        ("mean", pa.float64()),
        ("min", pa.float64()),
        ("max", pa.float64()),
        ("last", pa.float64()),
        ("share", pa.float32()),
        ("origin", pa.dictionary(pa.int32(), pa.string())),
        ("unit", pa.dictionary(pa.int32(), pa.string())),
    ]
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def roll_up(rows: pa.Table, metrics: Mapping[str, Metric]) -> pa.Table:
    """Minutes (`MINUTE`) of readings (`store.sheet.RAW`) that are sorted by metric, sensor and time, each of them once."""
    if not rows.num_rows:
        return MINUTE.empty_table()
    rows = turned(rows, metrics)  # or the minute in which a unit was changed would be of two
    sensor, metric = codes(rows["sensor"]), codes(rows["metric"])
    minute = stamps(rows["time"]) // MINUTE_MS
    edge = np.append(True, (sensor[1:] != sensor[:-1]) | (metric[1:] != metric[:-1]) | (minute[1:] != minute[:-1]))
    at = np.flatnonzero(edge)
    names = rows["metric"].chunk(0).dictionary.to_pylist()
    loud = np.array([name in metrics and metrics[name].energetic for name in names], np.bool_)
    turning = np.array([name in metrics and metrics[name].circular for name in names], np.bool_)
    columns = _columns(rows, at, loud[metric], turning[metric[at]])
    first = rows.take(pa.array(at))
    return pa.table(
        {
            "sensor": first["sensor"],
            "metric": first["metric"],
            "time": pa.array(minute[at] * MINUTE_MS, MINUTE.field("time").type),
            **columns,
            "origin": first["origin"],
            "unit": first["unit"],
        },
        schema=MINUTE,
    )


def _columns(rows: pa.Table, at: NDArray[np.int64], loud: Flags, turning: Flags) -> dict[str, pa.Array]:
    value = rows["value"].to_numpy()
    good = _trusted(rows)
    count = np.add.reduceat(good.astype(np.int32), at)
    size = np.diff(np.append(at, len(good)))
    newest = np.maximum.reduceat(np.where(good, np.arange(len(good)), -1), at)
    last = value[newest]
    alone, none = count == 1, count == 0
    return {
        "count": pa.array(count, pa.int32()),
        "mean": pa.array(_means(value, good, at, count, last, loud), mask=none | turning),
        "min": pa.array(np.minimum.reduceat(np.where(good, value, np.inf), at), mask=none | alone | turning),
        "max": pa.array(np.maximum.reduceat(np.where(good, value, -np.inf), at), mask=none | alone | turning),
        "last": pa.array(last, mask=none | alone & ~turning),
        "share": pa.array((count / size).astype(np.float32)),
    }


def _means(value: Floats, good: Flags, at: NDArray[np.int64], count: NDArray[np.int32], last: Floats, loud: Flags) -> Floats:
    summed = np.where(good, value, 0.0)
    if loud.any():
        summed[good & loud] = energy(value[good & loud])
    mean: Floats = np.add.reduceat(summed, at) / np.maximum(count, 1)
    levels = loud[at] & (count > 0)
    mean[levels] = level_of(mean[levels])
    alone = count == 1  # exactly what was read, not what the arithmetic of levels leaves of it
    mean[alone] = last[alone]
    return mean


def _trusted(rows: pa.Table) -> Flags:
    column = rows["quality"].chunk(0)
    trusted = np.array([name in QUALITIES[:BAD] for name in column.dictionary.to_pylist()], np.bool_)
    held = ~rows["value"].is_null().to_numpy()
    found: Flags = trusted[column.indices.to_numpy()] & held
    return found
