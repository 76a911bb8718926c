"""The history as figures see it: every sensor of a domain in windows of five minutes, as the live windows are."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from model import QUALITIES, Domain
from store.history import History

FIVE_MS = 300_000
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


def fives(history: History, domain: Domain, metrics: Collection[str], since: float, until: float) -> pa.Table:
    """`sensor`, `metric`, `start` (ms) and the fields of a live window (`store.table.WINDOW`) of the good readings, by start.

    Of a minute that was rolled up the first reading is not kept: its mean stands for it.
    """
    loud = [metric.key for metric in domain.metrics if metric.energetic] or [""]
    return history.query(domain.key, since, until, _FIVES, {**_asked(metrics, since, until), "energetic": loud})


def values(history: History, domain: Domain, metric: str, since: float, until: float) -> pa.Table:
    """`sensor`, `ms` and `value` of the good readings of one metric, by time; of a day that was rolled up its minutes' means."""
    return history.query(domain.key, since, until, _VALUES, _asked([metric], since, until))


def _asked(metrics: Collection[str], since: float, until: float) -> dict[str, object]:
    return {"metrics": list(metrics) or [""], "since": round(since * 1000), "until": round(until * 1000), "trusted": TRUSTED}
