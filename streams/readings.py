"""What a figure looks at: the good readings of one domain at one moment, merged over its partitions (`model.Readings`).

At the live moment the newest readings are the partitions' own and a span ends now. At a past moment everything comes from the windows, so a
figure can be computed again for any minute of the last two hours or any five minutes of the last day, late readings included.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from copy import copy
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import Sensor
from store.table import Rows
from store.view import View
from streams.percentile import quantile
from streams.window import FIVE, MINUTE

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
STALE_INTERVALS = 3
SHORT_SECONDS = 7_200
"""Spans up to this are merged from minutes, longer ones from five minutes."""
HOUR = 3_600
MOVING = 2
"""The newest windows of a span, which still change; those before it are merged once and kept until one of them changes."""

FOLDS: dict[str, tuple[np.ufunc, float]] = {
    "n": (np.add, 0.0),
    "sum": (np.add, 0.0),
    "min": (np.minimum, np.inf),
    "max": (np.maximum, -np.inf),
}
"""How a field of several windows becomes one number, and what no window at all gives."""


class Column:
    """The series of one metric over all views: its sensors, each once, as numpy sees them."""

    def __init__(self) -> None:
        self.sensors: list[str] = []
        self._place: dict[str, int] = {}
        self.parts: list[tuple[View, Numbers, Numbers]] = []
        """(view, rows in it, ascending, and the place of each row's sensor); a sensor is in two views when their number grew."""
        self._older: dict[Hashable, tuple[list[Rows | None], Floats]] = {}
        self._interval: tuple[Mapping[str, float], Floats] | None = None
        self._area: tuple[Mapping[str, Sensor], dict[str, tuple[list[str], Numbers]]] | None = None

    def add(self, view: View, rows: Sequence[int]) -> None:
        """Takes the rows of a view in."""
        for row in rows:
            sensor = view.names[row][0]
            if sensor not in self._place:
                self._place[sensor] = len(self.sensors)
                self.sensors.append(sensor)
        place = [self._place[view.names[row][0]] for row in rows]
        self.parts.append((view, np.array(rows, np.int64), np.array(place, np.int64)))

    def intervals(self, of: Mapping[str, float]) -> Floats:
        """Seconds between readings by place; `of` is never changed, only replaced."""
        if self._interval is None or self._interval[0] is not of:
            self._interval = of, np.array([of.get(sensor, 0.0) for sensor in self.sensors])
        return self._interval[1]

    def area(self, name: str, listed: Mapping[str, Sensor]) -> tuple[list[str], Numbers]:
        """The sensors of one area and their places."""
        if self._area is None or self._area[0] is not listed:
            places: dict[str, list[int]] = {}
            for place, sensor in enumerate(self.sensors):
                places.setdefault(listed[sensor].area if sensor in listed else "", []).append(place)
            made = {area: ([self.sensors[place] for place in found], np.array(found, np.int64)) for area, found in places.items()}
            self._area = listed, made
        return self._area[1].get(name, ([], np.empty(0, np.int64)))

    def fold(self, width: int, starts: Sequence[int], field: str, keep: Hashable | None = None, moving: int = MOVING) -> Floats:
        """`field` of the windows beginning at `starts`, newest first, as one number by place.

        With `keep`, a name for this use, all but the `moving` newest windows are merged once for as long as they stay as they are.
        """
        join, nothing = FOLDS[field]
        total = np.full(len(self.sensors), nothing)
        for number, (view, rows, place) in enumerate(self.parts):
            tables = [view.windows.get((width, start)) for start in starts]
            if keep is None:
                found = _fold(tables, rows, field)
            else:
                older = self._settled((keep, number, field), tables[moving:], rows, field)
                found = join(_fold(tables[:moving], rows, field), older)
            total[place] = join(total[place], found)
        return total

    def _settled(self, key: Hashable, tables: list[Rows | None], rows: Numbers, field: str) -> Floats:
        held = self._older.get(key)
        if held is None or len(held[0]) != len(tables) or any(one is not two for one, two in zip(held[0], tables, strict=True)):
            held = self._older[key] = tables, _fold(tables, rows, field)
        return held[1]


def _fold(tables: Iterable[Rows | None], rows: Numbers, field: str) -> Floats:
    join, nothing = FOLDS[field]
    total = np.full(len(rows), nothing)
    for table in tables:
        if table is not None:
            here = rows[: np.searchsorted(rows, len(table))]
            values = table[field][here]
            if nothing:  # an empty row's 0 adds nothing to a sum, but is no least and no greatest value
                values = np.where(table["n"][here] > 0, values, nothing)
            join(total[: len(here)], values, out=total[: len(here)])
    return total


def _moments(start: int, after: NDArray[np.float32]) -> Floats:
    """Event times; seconds since 1970 do not fit into the four bytes that seconds after a window's start do."""
    return start + after.astype(np.float64)


class Index:
    """Which rows of which view belong to each metric of a domain, and which sensor each is."""

    def __init__(self, views: Sequence[View]) -> None:
        self._held = [(view, view.names) for view in views]
        self._columns: dict[str, Column] = {}
        for view in views:
            by_metric: dict[str, list[int]] = {}
            for row, (_, metric) in enumerate(view.names):
                by_metric.setdefault(metric, []).append(row)
            for metric, rows in by_metric.items():
                self._columns.setdefault(metric, Column()).add(view, rows)
        self._row = {view.name: {name: row for row, name in enumerate(view.names)} for view in views}

    def column(self, metric: str) -> Column:
        """The series of a metric; empty where no sensor has sent it."""
        return self._columns.get(metric) or Column()

    def row(self, view: View, sensor: str, metric: str) -> int | None:
        """The row of a series in a view."""
        return self._row[view.name].get((sensor, metric))

    def fits(self, views: Sequence[View]) -> bool:
        """Whether these are still the same views with the same series."""
        return len(views) == len(self._held) and all(
            view is held and view.names is names for view, (held, names) in zip(views, self._held, strict=True)
        )


Ask = Callable[[str, float, float], Iterable[tuple[str, bytes]]]
"""(area, sketch) of a metric over the seconds before a moment."""

Found = tuple[NDArray[np.bool_], NDArray[Any]]
"""By place of a column: whether there is something, and what."""


class Moment:
    """All sensors of a domain at event time `now`; `past` widths take everything from windows of that width."""

    def __init__(
        self,
        index: Index,
        now: float,
        sensors: Mapping[str, Sensor],
        intervals: Mapping[str, float],
        sketches: Ask | None = None,
        past: int | None = None,
    ) -> None:
        self.now, self._index, self._listed, self._intervals = now, index, sensors, intervals
        self._sketches, self._past = sketches, past
        self._found: dict[tuple[str, str, float], Found] = {}
        self._named: dict[tuple[str, str, float], dict[str, Any]] = {}
        self._areas: dict[str, Moment] = {}
        self._name: str | None = None

    def of(self, area: str) -> Moment:
        """The same moment in one area."""
        if area not in self._areas:
            one = self._areas[area] = copy(self)
            one._name, one._named = area, {}
        return self._areas[area]

    def latest(self, metric: str) -> Mapping[str, float]:
        """Newest value by sensor, only of sensors that are not stale."""
        return self._by_sensor("latest", metric, 0)

    def means(self, metric: str, seconds: float) -> Mapping[str, float]:
        """Mean by sensor over the last `seconds`."""
        return self._by_sensor("means", metric, seconds)

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) by sensor over the last `seconds`."""
        return self._by_sensor("extremes", metric, seconds)

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        """Number of readings by sensor over the last `seconds`."""
        return self._by_sensor("counts", metric, seconds)

    def hourly(self, metric: str, hours: int) -> Mapping[str, Sequence[float | None]]:
        """Means of the last `hours` whole clock hours and the running one's place left out, oldest first."""
        return self._by_sensor("hourly", metric, hours)

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        """Quantile of all readings of the last `seconds`, of whole minutes."""
        asked = self._sketches(metric, self.now, seconds) if self._sketches else ()
        return quantile((data for area, data in asked if self._name in (None, area)), share)

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        """Change per hour between the first and the last reading of the last `seconds`, by sensor that has two."""
        return self._by_sensor("rates", metric, seconds)

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's list."""
        listed = self._listed.get(sensor)
        return listed.extra.get(name) if listed else None

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _by_sensor(self, kind: str, metric: str, seconds: float) -> Mapping[str, Any]:
        """What a figure sees; an area's share is cut from what was found for the city, once for all figures."""
        key = kind, metric, seconds
        if key not in self._named:
            column = self._index.column(metric)
            if key not in self._found:
                self._found[key] = getattr(self, f"_{kind}")(metric, column, seconds)
            self._named[key] = self._name_them(kind, column, *self._found[key])
        return self._named[key]

    def _name_them(self, kind: str, column: Column, held: NDArray[np.bool_], values: NDArray[Any]) -> dict[str, Any]:
        sensors: Iterable[str] = column.sensors
        if self._name is not None:
            sensors, places = column.area(self._name, self._listed)
            held, values = held[places], values[places]
        if not held.all():
            sensors, values = compress(sensors, held.tolist()), values[held]
        found: Iterable[Any] = values.tolist()
        if kind == "extremes":
            found = map(tuple, found)
        elif kind == "hourly":
            found = [[None if mean != mean else mean for mean in means] for means in found]
        return dict(zip(sensors, found, strict=True))

    def _starts(self, seconds: float) -> tuple[int, list[int]]:
        width = self._past or (MINUTE if seconds <= SHORT_SECONDS else FIVE)
        last = int((self.now - 1e-6) // width) * width
        count = max(int(np.ceil(seconds / width)), 1)
        return width, [last - i * width for i in range(count)]

    def _fold(self, column: Column, seconds: float, field: str) -> Floats:
        # A past moment is looked at once, so nothing of it is kept.
        return column.fold(*self._starts(seconds), field, None if self._past else seconds)

    def _means(self, metric: str, column: Column, seconds: float) -> Found:
        count = self._fold(column, seconds, "n")
        return count > 0, self._fold(column, seconds, "sum") / np.maximum(count, 1)

    def _counts(self, metric: str, column: Column, seconds: float) -> Found:
        count = self._fold(column, seconds, "n").astype(np.int64)
        return count > 0, count

    def _extremes(self, metric: str, column: Column, seconds: float) -> Found:
        least, most = self._fold(column, seconds, "min"), self._fold(column, seconds, "max")
        return least <= most, np.column_stack([least, most])

    def _rates(self, metric: str, column: Column, seconds: float) -> Found:
        width, starts = self._starts(seconds)
        n = len(column.sensors)
        begin, end = np.full(n, np.inf), np.full(n, -np.inf)
        first, last = np.zeros(n), np.zeros(n)
        for view, rows, place in column.parts:
            for start in starts:
                table = view.windows.get((width, start))
                if table is None:
                    continue
                here = rows[: np.searchsorted(rows, len(table))]
                window, at = table[here], place[: len(here)]
                held = window["n"] > 0
                window, at = window[held], at[held]
                one, other = _moments(start, window["first_at"]), _moments(start, window["last_at"])
                early, late = one < begin[at], other > end[at]
                begin[at[early]], first[at[early]] = one[early], window["first"][early]
                end[at[late]], last[at[late]] = other[late], window["last"][late]
        span = end - begin
        held = span > 0
        rate = np.zeros(n)
        rate[held] = (last[held] - first[held]) * HOUR / span[held]
        return held, rate

    def _hourly(self, metric: str, column: Column, hours: float) -> Found:
        hour = int(self.now // HOUR) * HOUR
        means = np.full((len(column.sensors), int(hours)), np.nan)
        for back in range(int(hours)):
            starts = [hour - (int(hours) - back) * HOUR + i * FIVE for i in range(HOUR // FIVE)]
            keep = None if self._past else ("hour", int(hours) - back)
            count, total = (column.fold(FIVE, starts, field, keep, moving=0) for field in ("n", "sum"))
            np.divide(total, count, out=means[:, back], where=count > 0)
        return ~np.isnan(means).all(axis=1), means

    def _latest(self, metric: str, column: Column, _: float) -> Found:
        time, value = np.zeros(len(column.sensors)), np.zeros(len(column.sensors))
        for view, rows, place in column.parts:
            then, what = self._newest(view, rows)
            newer = then > time[place]
            time[place[newer]], value[place[newer]] = then[newer], what[newer]
        # A past moment sees no finer than its windows.
        interval = np.maximum(column.intervals(self._intervals), self._past or 0)
        return (time > 0) & (self.now - time <= STALE_INTERVALS * interval), value

    def _newest(self, view: View, rows: Numbers) -> tuple[Floats, Floats]:
        time, value = np.zeros(len(rows)), np.zeros(len(rows))
        if self._past is None:
            held = rows[: np.searchsorted(rows, len(view.latest))]
            time[: len(held)], value[: len(held)] = view.latest["time"][held], view.latest["value"][held]
            return time, value
        for start in reversed(self._starts(STALE_INTERVALS * self._past)[1]):
            table = view.windows.get((self._past, start))
            if table is not None and len(table):
                here = np.flatnonzero(rows < len(table))
                here = here[table["n"][rows[here]] > 0]
                time[here] = _moments(start, table["last_at"][rows[here]])
                value[here] = table["last"][rows[here]]
        return time, value
