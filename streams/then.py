"""What the partitions held at a moment of the past: a view made of the history, as ingest would have left it in Redis then.

One view stands for all partitions of a domain. It goes on with the clock of a replay: only windows that the time between two looks
touched are made again. Readings stand where they belong by their own time, those that came late among them, so what is seen may be more
than was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from model import Domain
from standards.noise import energy
from store.reel import Day, Reel
from store.row import SHIFT, SPAN, Rows
from store.table import LATEST, WINDOW
from store.view import View
from streams.moment import Reading
from streams.partition import ORIGIN_SECONDS
from streams.percentile import sketches
from streams.window import FIVE, KEEP, MINUTE, merged

BACK_SECONDS = max(KEEP.values())
SLOTS = 12
"""Bits that tell a window of a day."""
MOST_SKETCHES = 2_000

Index = NDArray[np.int64]
Floats = NDArray[np.float64]
Records = tuple[Index, NDArray[np.void]]
"""(series, record of each) of one window, by series."""


class Fives:
    """The five minutes of whole days, each made once: all who look at the past of a domain share them."""

    def __init__(self, domain: Domain, reel: Reel) -> None:
        self.reel, reel.digest = reel, self.of
        self._loud = {metric.key for metric in domain.metrics if metric.energetic}
        self._energetic = np.empty(0, np.bool_)

    def of(self, day: Day) -> Mapping[int, Records]:
        """By start the five minutes of a day."""
        if day.fives is None or day.fives[0] != day.version:
            day.fives = day.version, dict(self.records(day, day.rows["good"], FIVE))
        return day.fives[1]

    def prepare(self, day: Day) -> None:
        """Makes now what the first look at a day would have to make."""
        self.of(day)
        day.between("good", day.start, day.start)

    def records(self, day: Day, rows: Rows, width: int) -> Iterator[tuple[int, Records]]:
        """(start, records) of the windows that the rows fall in."""
        if not len(rows.key):
            return
        index, at, group = self._grouped(rows, width, int(day.start) % width)
        order = np.argsort(at, kind="stable")
        starts, edges = np.unique(at[order], return_index=True)
        index, group = index[order], group[order]  # one piece of memory for all windows, which is given back as one
        for one, first, last in zip(starts.tolist(), edges.tolist(), [*edges[1:].tolist(), len(order)], strict=True):
            yield int(day.start) + one, (index[first:last], group[first:last])

    def _grouped(self, rows: Rows, width: int, offset: int) -> tuple[Index, Index, NDArray[np.void]]:
        """(series, start, record) of each window of each series; a day begins `offset` seconds after a window does, nearly always 0."""
        ms = rows.ms
        slot = (ms + offset * 1000) // (width * 1000)
        place = slot + (rows.series << SLOTS)
        at = np.append(0, 1 + np.flatnonzero(place[1:] != place[:-1]))
        last = np.append(at[1:], len(ms)) - 1
        start, group = slot[at] * width - offset, np.zeros(len(at), WINDOW)
        if rows.minutes is None:
            least = most = rows.value
            group["n"], group["sum"] = last - at + 1, np.add.reduceat(self._summed(rows.series, rows.value), at)
        else:
            n, mean, least, most = (rows.minutes[name] for name in ("n", "mean", "min", "max"))
            group["n"], group["sum"] = np.add.reduceat(n, at), np.add.reduceat(self._summed(rows.series, mean) * n, at)
        group["min"], group["max"] = np.minimum.reduceat(least, at), np.maximum.reduceat(most, at)
        group["first"], group["last"] = rows.value[at], rows.value[last]
        group["first_at"], group["last_at"] = ms[at] / 1000 - start, ms[last] / 1000 - start
        return rows.key[at] >> SHIFT, start, group

    def _summed(self, series: Index, value: Floats) -> Floats:
        if not self._loud:
            return value
        if len(self._energetic) < len(self.reel.names):
            self._energetic = np.array([metric in self._loud for _, metric in self.reel.names], np.bool_)
        loud = self._energetic[series]
        if not loud.any():
            return value
        found = value.copy()
        found[loud] = energy(value[loud])
        return found


class Then:
    """One domain as it stood at the moments that one replay looks at. `places` are those of sensors that no list names."""

    def __init__(self, fives: Fives, places: Mapping[str, tuple[float, float]]) -> None:
        self._fives, self._reel = fives, fives.reel
        self.view = View(f"{fives.reel.domain}.0", places=dict(places))
        self._days: list[Day] = []
        self._known: dict[float, tuple[Day, int]] = {}
        self._whole: dict[int, tuple[int, int]] = {}
        """By width: from which start to which the windows stand whole."""
        self.moment = -inf
        self._sketched: dict[tuple[str, int, float], list[tuple[str, bytes]]] = {}

    def look(self, moment: float, anew: bool = True) -> View:
        """The view at an event time; with `anew` files that came since are looked for. Raises `OSError`."""
        self._days = self._reel.days(moment - BACK_SECONDS, moment, anew, self)
        self.view.names, self.view.changed = self._reel.names, set()
        self._doubt()
        for width in (MINUTE, FIVE):
            self._windows(width, moment)
        self.moment = moment
        self._newest()
        return self.view

    def _doubt(self) -> None:
        """Windows from the earliest reading on that came since are to be made again."""
        came = inf
        for day in self._days:
            before, version = self._known.get(day.start, (day, day.version))
            came = min([came, *(day.earliest[version:] if before is day else [day.start])])  # else it was let go of and read again
            self._known[day.start] = day, day.version
        if came < inf:
            self._whole = {width: (first, min(last, int(came // width) * width)) for width, (first, last) in self._whole.items()}
            self._sketched = {}

    # --- windows ---------------------------------------------------------------------------------------------------------------------

    def _windows(self, width: int, moment: float) -> None:
        """Those of a width that are kept at the moment: the whole ones that stand already stay, the rest is made."""
        first, last = int((moment - KEEP[width]) // width + 1) * width, int(moment // width) * width
        begin, end = self._whole.get(width, (last, last))
        begin, end = (last, last) if end <= first or begin >= last else (max(begin, first), min(end, last))
        windows = self.view.windows
        for gone in [key for key in windows if key[0] == width and not begin <= key[1] < end]:
            del windows[gone]
        made: dict[int, list[Records]] = {}
        for start, records in self._made(width, ((first, begin), (end, last)), last, moment):
            made.setdefault(start, []).append(records)
        for start, parts in made.items():
            windows[width, start] = _table(parts, len(self.view.names))
            self.view.changed.add((width, start))
        self._whole[width] = first, last

    def _made(self, width: int, spans: Sequence[tuple[int, int]], last: int, moment: float) -> Iterator[tuple[int, Records]]:
        """The windows that begin in some spans, and the one in which the moment is as far as it had come."""
        for day in self._days:
            for since, until in spans:
                if since < until:
                    yield from ((start, records) for start, records in self._of(day, width, since, until) if since <= start < until)
            yield from self._fives.records(day, day.between("good", last, moment), width)

    def _of(self, day: Day, width: int, first: int, last: int) -> Iterable[tuple[int, Records]]:
        """Whole windows of a day, from `first` up to `last`."""
        if width == FIVE:
            return self._fives.of(day).items()
        return self._fives.records(day, day.between("good", first, last - 0.001), width)

    # --- the newest of each series ---------------------------------------------------------------------------------------------------

    def _newest(self) -> None:
        count = len(self.view.names)
        latest = np.zeros(count, LATEST)
        before = np.zeros(count)
        for day in self._days:
            for name, rows in day.rows.items():
                place = rows.last(count, round((self.moment - day.start) * 1000))
                held = np.flatnonzero(place >= 0)
                if len(held):
                    _put(latest, before, held, place[held], rows, day.start, name)
        spoken = (latest["time"] > 0) & (before > 0)
        latest["heard"][spoken] = (latest["time"] - before)[spoken]
        newest = float(latest["time"].max(initial=0.0))
        recent = latest["time"] > newest - ORIGIN_SECONDS
        self.view.latest = latest
        self.view.meta = {"origin": str(int(latest["origin"][recent].max(initial=0))), "series": str(count)}
        if newest:
            self.view.meta["newest"] = repr(newest)

    # --- what a page of one sensor, and percentiles, ask for -------------------------------------------------------------------------

    def readings(self, row: int, since: float, until: float) -> list[Reading]:
        """The readings of one series in [since, until), by time, that can be trusted, and None where it measured nothing."""
        found: list[Reading] = []
        for day in self._days:
            for name in ("good", "missing"):
                rows = _of(day, name, row, since, min(until - 0.001, self.moment))
                value = [None if name == "missing" else float(f"{each:.6g}") for each in rows.value.tolist()]
                found += map(Reading, (day.start + rows.after).tolist(), value, rows.quality.tolist())
        return sorted(found, key=lambda reading: reading.time)

    def sketches(self, metric: str, areas: Mapping[str, str], now: float, seconds: float) -> list[tuple[str, bytes]]:
        """(area, sketch) of a metric over the whole minutes within the `seconds` before `now`; `areas` by sensor."""
        last = int(now // MINUTE) * MINUTE
        asked = metric, last, seconds
        if len(self._sketched) > MOST_SKETCHES:
            self._sketched = {}
        if asked not in self._sketched:
            self._sketched[asked] = self._sketch(metric, areas, last, seconds)
        return self._sketched[asked]

    def _sketch(self, metric: str, areas: Mapping[str, str], last: int, seconds: float) -> list[tuple[str, bytes]]:
        names = sorted({areas.get(sensor, "") for sensor, key in self.view.names if key == metric})
        group = np.array([names.index(areas.get(sensor, "")) if key == metric else -1 for sensor, key in self.view.names], np.int64)
        found = []
        for day in self._days:
            rows = day.between("good", last - max(int(seconds // MINUTE), 1) * MINUTE, last - 0.001)
            of = group[rows.series]
            mine = np.flatnonzero(of >= 0)
            made = sketches(of[mine], rows.value[mine].astype(np.float32)) if len(mine) else {}
            found += [(names[place], data) for place, data in made.items()]
        return found


def _of(day: Day, name: str, series: int, since: float, until: float) -> Rows:
    """The rows of one series of a day in [since, until]."""
    rows, edges = day.rows[name], [round((edge - day.start) * 1000) for edge in (since, until)]
    return rows.where(slice(rows.of(series, max(edges[0], 0)), rows.of(series, max(edges[1] + 1, 0))))


def _table(parts: Sequence[Records], count: int) -> NDArray[np.void]:
    table = np.zeros(count, WINDOW)
    for series, records in parts:
        table[series] = merged(table[series], records) if len(parts) > 1 else records
    return table


def _put(latest: NDArray[np.void], before: Floats, held: Index, place: Index, rows: Rows, begin: float, name: str) -> None:
    """Takes the newest rows of a day over what older days had."""
    time = begin + (rows.key[place] & SPAN - 1) / 1000
    if name == "missing":
        latest["missing_time"][held] = time
    elif name == "bad":
        latest["bad_time"][held], latest["bad_value"][held] = time, rows.value[place]
    else:
        earlier = place - 1
        key = rows.key[np.maximum(earlier, 0)]
        same = (earlier >= 0) & (key >> SHIFT == rows.key[place] >> SHIFT)
        before[held] = np.where(same, begin + (key & SPAN - 1) / 1000, latest["time"][held])
        latest["time"][held] = time
        for field in ("value", "quality", "origin"):
            latest[field][held] = getattr(rows, field)[place]
