"""What one series said in a span of the last day: its readings one by one as far as they are kept, else its five minutes.

Readings are kept whole for an hour, and for the lateness of the domain where there was one a minute (`streams/recent.py`); five minutes
are kept for 25 hours. So the hour around an alarm that came in the morning can be drawn in the evening.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from model import QUALITIES, Metric
from standards.noise import level_of
from store import Client
from store.table import WINDOW
from store.view import View
from streams.recent import CHUNK_SERIES, MINUTE, Run, of_chunk, of_segment
from streams.window import FIVE

BAD = QUALITIES.index("bad")

Place = tuple[View, int]
"""A partition and the series' row in it."""


class Reading(NamedTuple):
    """One that can be trusted; `value` None where the sensor answered that it measured nothing. `quality` as in QUALITIES."""

    time: float
    value: float | None
    quality: int


def moment(client: Client, places: Sequence[Place], metric: Metric, since: float, until: float) -> dict[str, Any]:
    """What is kept of [since, until): `t`, `v` and `q` of readings, and `five`: `t`, `mean`, `min`, `max` of the five minutes without any.

    Times are seconds since 1970, that of five minutes their middle; values are in the metric's unit. Raises `Away`.
    """
    readings = sorted(each for place in places for each in between(client, place, since, until))
    held = {int(each.time) // FIVE for each in readings if each.value is not None}
    starts = [start for start in range(int(since) // FIVE * FIVE, int(np.ceil(until)), FIVE) if start // FIVE not in held]
    found = [(start, rows) for start, rows in zip(starts, _windows(client, places, starts), strict=True) if rows]
    five: dict[str, list[float | None]] = {
        "t": [start + FIVE / 2 for start, _ in found],
        "mean": [middle(rows, metric) for _, rows in found],
    }
    for name, most in (("min", min), ("max", max)):
        five[name] = [None if metric.circular else most(float(row[name]) for row in rows) for _, rows in found]
    columns = {"t": "time", "v": "value", "q": "quality"}
    return {**{short: [getattr(each, name) for each in readings] for short, name in columns.items()}, "five": five}


def between(client: Client, place: Place, since: float, until: float) -> Iterator[Reading]:
    """The kept readings of [since, until) in order. Raises `Away`."""
    view, row = place
    minutes = range(int(since // MINUTE), int(np.ceil(until / MINUTE)))
    pipe = client.pipeline(transaction=False)
    for minute in minutes:
        pipe.hget(view.of(f"chunk:{minute}"), str(row // CHUNK_SERIES))
        pipe.lrange(view.of(f"raw:{minute}"), 0, -1)
    found = pipe.execute()
    for minute, chunk, segments in zip(minutes, found[::2], found[1::2], strict=True):
        runs = ([of_chunk(row // CHUNK_SERIES, chunk)] if chunk else []) + [of_segment(data) for data in segments]
        yield from (each for each in _minute(minute, runs, row) if since <= each.time < until)


def _minute(minute: int, runs: Iterable[Run], row: int) -> Iterator[Reading]:
    held: dict[int, tuple[float, int]] = {}
    for run in runs:
        low, high = np.searchsorted(run.key, [row << 16, (row + 1) << 16])
        part = slice(low, high)
        ms = (run.key[part] & 0xFFFF).tolist()
        held.update(zip(ms, zip(run.value[part].tolist(), run.quality[part].tolist(), strict=True), strict=True))
    for ms in sorted(held):
        value, quality = held[ms]
        if quality != BAD:
            yield Reading(minute * MINUTE + ms / 1000, None if value != value else float(f"{value:.6g}"), quality)


def _windows(client: Client, places: Sequence[Place], starts: Sequence[int]) -> list[list[Any]]:
    """Of each five minutes the rows that hold anything: the one row of each table, not the table."""
    pipe, size = client.pipeline(transaction=False), WINDOW.itemsize
    for start in starts:
        for view, row in places:
            pipe.getrange(view.of(f"w{FIVE}:{start}"), row * size, (row + 1) * size - 1)
    found = iter(pipe.execute())
    pieces = [[next(found) for _ in places] for _ in starts]
    rows = [[np.frombuffer(piece, WINDOW)[0] for piece in some if len(piece) == size] for some in pieces]
    return [[row for row in some if row["n"]] for some in rows]


def middle(windows: Sequence[Any], metric: Metric) -> float | None:
    """The mean of windows that hold something, of a direction what it was last: 350 and 10 degrees are north, and their mean is south."""
    if not windows:
        return None
    if metric.circular:
        newest = max(windows, key=lambda window: float(window["last_at"]))
        return float(f"{newest['last']:.6g}")
    mean = np.array(sum(float(window["sum"]) for window in windows) / sum(int(window["n"]) for window in windows))
    return float(f"{level_of(mean) if metric.energetic else mean:.6g}")
