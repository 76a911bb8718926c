"""One sensor's page: what each of its metrics says, its last hour reading by reading and its last day by five minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model import QUALITIES, Domain, Metric
from standards.noise import level_of
from store import Client
from store.view import View
from streams.entry import Entry
from streams.readings import Index
from streams.recent import CHUNK_SERIES, MINUTE, Run, of_chunk, of_segment
from streams.window import FIVE

HOUR_MINUTES = 60
DAY_SLOTS = 288


def sensor_page(
    client: Client, views: Sequence[View], index: Index, domain: Domain, id: str, entries: Sequence[Entry], now: float
) -> dict[str, Any]:
    """The `sensor` section. Raises `Away`."""
    metrics = {}
    for metric in domain.metrics:
        places = [(view, row) for view in views if (row := index.row(view, id, metric.key)) is not None]
        if places:
            metrics[metric.key] = _metric(client, places, domain, metric, entries, now)
    return {"id": id, "domain": domain.key, "metrics": metrics}


def _metric(
    client: Client,
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
    return {**shown, "hour": _hour(client, view, row, now), "day": _day(places, metric, now)}


def _time(view: View, row: int) -> float:
    return float(view.latest["time"][row]) if row < len(view.latest) else 0.0


def _hour(client: Client, view: View, row: int, now: float) -> dict[str, Any]:
    """The last hour's readings that can be trusted with their quality codes, and None where the sensor measured nothing."""
    last = int(now // MINUTE)
    minutes = range(last - HOUR_MINUTES, last + 1)
    pipe = client.pipeline(transaction=False)
    for minute in minutes:
        pipe.hget(view.of(f"chunk:{minute}"), str(row // CHUNK_SERIES))
        pipe.lrange(view.of(f"raw:{minute}"), 0, -1)
    found = pipe.execute()
    times: list[float] = []
    values: list[float | None] = []
    qualities: list[int] = []
    for minute, chunk, segments in zip(minutes, found[::2], found[1::2], strict=True):
        held: dict[int, tuple[float, int]] = {}
        for run in ([of_chunk(row // CHUNK_SERIES, chunk)] if chunk else []) + [of_segment(data) for data in segments]:
            held.update(_part(run, row))
        for ms in sorted(held):
            value, quality = held[ms]
            if quality != QUALITIES.index("bad"):
                times.append(minute * MINUTE + ms / 1000)
                values.append(None if value != value else float(f"{value:.6g}"))
                qualities.append(quality)
    return {"t": times, "v": values, "q": qualities}


def _part(run: Run, row: int) -> dict[int, tuple[float, int]]:
    low, high = np.searchsorted(run.key, [row << 16, (row + 1) << 16])
    part = slice(low, high)
    ms = (run.key[part] & 0xFFFF).tolist()
    return dict(zip(ms, zip(run.value[part].tolist(), run.quality[part].tolist(), strict=True), strict=True))


def _day(places: Sequence[tuple[View, int]], metric: Metric, now: float) -> dict[str, Any]:
    end = int(now // FIVE) * FIVE + FIVE
    mean: list[float | None] = []
    least: list[float | None] = []
    most: list[float | None] = []
    for start in range(end - DAY_SLOTS * FIVE, end, FIVE):
        rows = [view.windows[FIVE, start][row] for view, row in places if row < len(view.windows.get((FIVE, start), ()))]
        rows = [window for window in rows if window["n"]]
        mean.append(_last(rows) if metric.circular else _mean(rows, metric))
        spread = [] if metric.circular else rows
        least.append(min((float(window["min"]) for window in spread), default=None))
        most.append(max((float(window["max"]) for window in spread), default=None))
    return {"end": end, "step": FIVE, "mean": mean, "min": least, "max": most}


def _last(windows: Sequence[Any]) -> float | None:
    """A direction as it was last: 350 and 10 degrees are north, and their arithmetic mean is south."""
    newest = max(windows, key=lambda window: float(window["last_at"]), default=None)
    return None if newest is None else float(f"{newest['last']:.6g}")


def _mean(windows: Sequence[Any], metric: Metric) -> float | None:
    count = sum(int(window["n"]) for window in windows)
    if not count:
        return None
    mean = np.array(sum(float(window["sum"]) for window in windows) / count)
    return float(f"{level_of(mean) if metric.energetic else mean:.6g}")
