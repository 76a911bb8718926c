"""The history as figures see it: every sensor of a domain in windows of five minutes, as the live windows are."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model import QUALITIES, Domain, Metric
from store.history import History
from store.table import WINDOW
from store.view import View

FIVE_MS = 300_000
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


Values = tuple[list[str], NDArray[np.int64], NDArray[np.float32]]
"""(sensor, milliseconds since the epoch, value) of readings."""


def fives(history: History, domain: Domain, metrics: Collection[str], since: float, until: float) -> View:
    """The good readings of some metrics in the live windows of five minutes, as if they were one partition's. Raises `OSError`.

    Of a minute that was rolled up the first reading is not kept: its mean stands for it.
    """
    loud = [metric.key for metric in domain.metrics if metric.energetic] or [""]
    rows = history.query(domain.key, _declared(domain, metrics), since, until, _FIVES, {**_asked(metrics, since, until), "energetic": loud})
    series = list(zip(rows["sensor"].to_pylist(), rows["metric"].to_pylist(), strict=True))
    names = list(dict.fromkeys(series))
    place = {name: number for number, name in enumerate(names)}
    at = np.array([place[name] for name in series], np.int64)
    packed = np.zeros(rows.num_rows, WINDOW)
    for name in FIELDS:
        packed[name] = rows[name].to_numpy()
    start = rows["start"].to_numpy()
    edges = np.flatnonzero(np.diff(start, prepend=-1, append=-1)).tolist()
    windows = {}
    for first, last in pairwise(edges):
        table = windows[FIVE_MS // 1000, int(start[first]) // 1000] = np.zeros(len(names), WINDOW)
        table[at[first:last]] = packed[first:last]
    return View(f"{domain.key}.0", names=names, windows=windows)


def values(history: History, domain: Domain, metric: str, since: float, until: float) -> Values:
    """The good readings of one metric, by time; of a day that was rolled up its minutes' means. Raises `OSError`."""
    rows = history.query(domain.key, _declared(domain, [metric]), since, until, _VALUES, _asked([metric], since, until))
    return rows["sensor"].to_pylist(), rows["ms"].to_numpy(), rows["value"].to_numpy().astype(np.float32)


def _declared(domain: Domain, metrics: Collection[str]) -> list[Metric]:
    return [metric for metric in domain.metrics if metric.key in metrics]


def _asked(metrics: Collection[str], since: float, until: float) -> dict[str, object]:
    return {"metrics": list(metrics) or [""], "since": round(since * 1000), "until": round(until * 1000), "trusted": TRUSTED}
