"""The history as figures see it: every sensor of a domain in windows of five minutes, as the live windows are."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model import QUALITIES, Domain, Metric
from store.history import History
from store.table import WINDOW
from store.view import View, Window

FIVE, FIVE_MS = 300, 300_000
MOST_ROWS = 500_000
"""Windows of all series that are asked for at once: a kilobyte each while they are computed."""
FIELDS = ("n", "sum", "min", "max", "first", "last", "first_at", "last_at")
TRUSTED = list(QUALITIES[: QUALITIES.index("bad")])

_ROWS = """
SELECT sensor::VARCHAR AS sensor, metric::VARCHAR AS metric, epoch_ms(time) + 30000 AS ms, "count" AS n, coalesce(mean, last) AS value,
       coalesce(min, mean, last) AS low, coalesce(max, mean, last) AS high, coalesce(last, mean) AS newest
FROM minute WHERE "count" > 0
UNION ALL
SELECT sensor::VARCHAR, metric::VARCHAR, epoch_ms(time), 1, value, value, value, value
FROM raw WHERE value IS NOT NULL AND quality::VARCHAR IN $trusted
"""
"""A minute stands in its middle: what it does not say is when its readings came."""

_FIVES = f"""
SELECT sensor, metric, ms // {FIVE_MS} * {FIVE_MS} AS start, sum(n)::BIGINT AS n,
       sum(n * CASE WHEN metric IN $energetic THEN pow(10, value / 10) ELSE value END) AS sum,
       min(low) AS min, max(high) AS max, arg_min(value, ms) AS first, arg_max(newest, ms) AS last,
       min(ms) % {FIVE_MS} / 1000 AS first_at, max(ms) % {FIVE_MS} / 1000 AS last_at
FROM ({_ROWS}) WHERE metric IN $metrics AND ms >= $since AND ms < $until
GROUP BY ALL ORDER BY start
"""

_VALUES = f"""
SELECT sensor, ms, value FROM ({_ROWS}) WHERE metric IN $metrics AND ms >= $since AND ms < $until ORDER BY ms
"""


Name = tuple[str, str]
"""(sensor, metric)."""
Values = tuple[list[str], NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]
"""(sensors, and of each reading the place of its sensor, milliseconds since the epoch, value)."""


def fives(history: History, domain: Domain, metrics: Collection[str], since: float, until: float) -> View:
    """The good readings of some metrics in the live windows of five minutes, as if they were one partition's. Raises `OSError`.

    Of a minute that was rolled up the first reading is not kept: its mean stands for it.
    """
    loud = [metric.key for metric in domain.metrics if metric.energetic] or [""]
    number: dict[Name, int] = {}
    windows: dict[Window, NDArray[np.void]] = {}
    first, count = since, 12
    while first < until:  # all at once would be gigabytes of a large city
        last = min((first // FIVE + count) * FIVE, until)
        asked = {**_asked(metrics, first, last), "energetic": loud}
        rows = history.query(domain.key, _declared(domain, metrics), first, last - 0.001, _FIVES, asked)
        windows |= _windows(rows, number)
        first, count = last, min(max(MOST_ROWS // max(len(number), 1), 1), 288)
    return View(f"{domain.key}.0", names=list(number), windows=windows)


def _windows(rows: pa.Table, number: dict[Name, int]) -> dict[Window, NDArray[np.void]]:
    """By start the windows that some rows tell of; names that are new get numbers."""
    at, start = _numbered(rows, number), rows["start"].to_numpy()
    columns = {name: rows[name].to_numpy() for name in FIELDS}
    windows = {}
    for first, last in pairwise(np.flatnonzero(np.diff(start, prepend=-1, append=-1)).tolist()):
        table = windows[FIVE_MS // 1000, int(start[first]) // 1000] = np.zeros(len(number), WINDOW)
        for name, column in columns.items():
            table[name][at[first:last]] = column[first:last]
    return windows


def _numbered(rows: pa.Table, number: dict[Name, int]) -> NDArray[np.int64]:
    """Of each row the number of its sensor and metric. A row is no Python object meanwhile: there are millions."""
    sensor, metric = (rows[name].combine_chunks().dictionary_encode() for name in ("sensor", "metric"))
    count = max(len(metric.dictionary), 1)
    found, place = np.unique(sensor.indices.to_numpy().astype(np.int64) * count + metric.indices.to_numpy(), return_inverse=True)
    words = sensor.dictionary.to_pylist(), metric.dictionary.to_pylist()
    names = [(words[0][one // count], words[1][one % count]) for one in found.tolist()]
    return np.array([number.setdefault(name, len(number)) for name in names], np.int64)[place]


def values(history: History, domain: Domain, metric: str, since: float, until: float) -> Values:
    """The good readings of one metric, by time; of a day that was rolled up its minutes' means. Raises `OSError`."""
    rows = history.query(domain.key, _declared(domain, [metric]), since, until, _VALUES, _asked([metric], since, until))
    sensor = rows["sensor"].combine_chunks().dictionary_encode()
    return sensor.dictionary.to_pylist(), sensor.indices.to_numpy(), rows["ms"].to_numpy(), rows["value"].to_numpy().astype(np.float32)


def _declared(domain: Domain, metrics: Collection[str]) -> list[Metric]:
    return [metric for metric in domain.metrics if metric.key in metrics]


def _asked(metrics: Collection[str], since: float, until: float) -> dict[str, object]:
    return {"metrics": list(metrics) or [""], "since": round(since * 1000), "until": round(until * 1000), "trusted": TRUSTED}
