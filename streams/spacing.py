"""How often sensors speak that no list names, as their windows of the past tell."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from store.view import View

Floats = NDArray[np.float64]


def observed(view: View, listed: Collection[str], least: float) -> Mapping[str, float]:
    """Seconds between readings, usually, of each sensor that is not `listed`: of the quantity it sends most often, `least` at least.

    Of one of which there is a single reading nobody knows, and there is nothing.
    """
    rows = np.array([row for row, (sensor, _) in enumerate(view.names) if sensor not in listed], np.int64)
    found: dict[str, float] = {}
    for row, seconds in zip(rows.tolist(), _usual(view, rows).tolist(), strict=True):
        if seconds == seconds:
            sensor = view.names[row][0]
            found[sensor] = max(min(found.get(sensor, np.inf), seconds), least)
    return found


def _usual(view: View, rows: NDArray[np.int64]) -> Floats:
    """The median of what lies between readings, in each window and from window to window; NaN where that is nothing."""
    gaps = np.full((max(len(view.windows), 1), len(rows)), np.nan, np.float32)
    last = np.full(len(rows), np.nan)
    for number, (width, start) in enumerate(sorted(view.windows)):
        mine = np.flatnonzero(rows < len(view.windows[width, start]))
        table = view.windows[width, start][rows[mine]]
        mine, table = mine[table["n"] > 0], table[table["n"] > 0]
        within, count = table["last_at"] - table["first_at"], table["n"].astype(np.float64) - 1
        gaps[number, mine] = np.where(within > 0, within / np.maximum(count, 1), start + table["first_at"] - last[mine])
        last[mine] = start + table["last_at"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a sensor without any pair the median is NaN, which is meant
        found: Floats = np.nanmedian(gaps, axis=0).astype(np.float64)
    return found
