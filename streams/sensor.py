"""One sensor's page: what each of its metrics says, its last hour reading by reading and its last day by five minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from model import QUALITIES, Domain, Metric
from store.view import View
from streams.entry import Entry
from streams.moment import Place, Reading, middle
from streams.readings import Index
from streams.recent import MINUTE
from streams.window import FIVE

HOUR = 3600
DAY_SLOTS = 288

Readings = Callable[[Place, float, float], Iterable[Reading]]
"""The readings of a series from one moment up to another, in order. Raises `Away`."""


def sensor_page(
    readings: Readings, views: Sequence[View], index: Index, domain: Domain, id: str, entries: Sequence[Entry], now: float
) -> dict[str, Any]:
    """The `sensor` section. Raises `Away`."""
    metrics = {}
    for metric in domain.metrics:
        places = [(view, row) for view in views if (row := index.row(view, id, metric.key)) is not None]
        if places:
            metrics[metric.key] = _metric(readings, places, domain, metric, entries, now)
    return {"id": id, "domain": domain.key, "metrics": metrics}


def _metric(
    readings: Readings,
    places: Sequence[tuple[View, int]],
    domain: Domain,
    metric: Metric,
    entries: Sequence[Entry],
    now: float,
) -> dict[str, Any]:
    view, row = max(places, key=lambda place: _time(*place))
    latest = view.latest[row] if row < len(view.latest) else None
    rules = {f"{domain.key}/{rule.key}" for rule in domain.rules if rule.on == metric.key}
    worst = min((entry.priority for entry in entries if entry.alarm.rule in rules and entry.colours), default=0)
    shown: dict[str, Any] = {"value": None, "time": None, "quality": QUALITIES.index("missing"), "priority": worst, "bad": None}
    if latest is not None and latest["time"] > 0:
        shown |= {"value": float(latest["value"]), "time": float(latest["time"]), "quality": int(latest["quality"])}
    if latest is not None and latest["bad_time"] > 0:
        shown["bad"] = {"value": float(latest["bad_value"]), "time": float(latest["bad_time"])}
    if latest is not None and latest["missing_time"] > max(latest["time"], latest["bad_time"]):
        shown |= {"quality": QUALITIES.index("missing"), "missing": float(latest["missing_time"])}
    return {**shown, "hour": _hour(readings, view, row, now), "day": _day(places, metric, now)}


def _time(view: View, row: int) -> float:
    return float(view.latest["time"][row]) if row < len(view.latest) else 0.0


def _hour(readings: Readings, view: View, row: int, now: float) -> dict[str, Any]:
    """The last hour's readings that can be trusted with their quality codes, and None where the sensor measured nothing."""
    last = now // MINUTE * MINUTE
    found = list(readings((view, row), last - HOUR, last + MINUTE))
    return {"t": [each.time for each in found], "v": [each.value for each in found], "q": [each.quality for each in found]}


def _day(places: Sequence[tuple[View, int]], metric: Metric, now: float) -> dict[str, Any]:
    end = int(now // FIVE) * FIVE + FIVE
    mean: list[float | None] = []
    least: list[float | None] = []
    most: list[float | None] = []
    for start in range(end - DAY_SLOTS * FIVE, end, FIVE):
        rows = [view.windows[FIVE, start][row] for view, row in places if row < len(view.windows.get((FIVE, start), ()))]
        rows = [window for window in rows if window["n"]]
        mean.append(middle(rows, metric))
        spread = [] if metric.circular else rows
        least.append(min((float(window["min"]) for window in spread), default=None))
        most.append(max((float(window["max"]) for window in spread), default=None))
    return {"end": end, "step": FIVE, "mean": mean, "min": least, "max": most}
