"""What a figure looks at: the good readings of one domain at one moment, merged over its partitions (`model.Readings`).

At the live moment the newest readings are the partitions' own and a span ends now. At a past moment everything comes from the windows, so a
figure can be computed again for any minute of the last two hours or any five minutes of the last day, late readings included.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domains.by_sensor import BySensor
from model import Sensor
from store.view import View
from streams.column import MOVING, Column, Floats, Numbers
from streams.percentile import quantile
from streams.window import FIVE, MINUTE

STALE_INTERVALS = 3
SHORT_SECONDS = 7_200
"""Spans up to this are merged from minutes, longer ones from five minutes."""
HOUR = 3_600


def _moments(start: int, after: NDArray[np.float32]) -> Floats:
    """Event times; seconds since 1970 do not fit into the four bytes that seconds after a window's start do."""
    return start + after.astype(np.float64)


class Index:
    """Which rows of which view belong to each metric of a domain, and which sensor each is. `energetic` names the levels in dB."""

    def __init__(self, views: Sequence[View], energetic: Collection[str] = ()) -> None:
        self._held = [(view, view.names) for view in views]
        self._columns: dict[str, Column] = {}
        for view in views:
            by_metric: dict[str, list[int]] = {}
            for row, (_, metric) in enumerate(view.names):
                by_metric.setdefault(metric, []).append(row)
            for metric, rows in by_metric.items():
                self._columns.setdefault(metric, Column(metric in energetic)).add(view, rows)
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

Asked = tuple[str, str, tuple[float, ...]]
"""What a figure asked for: the kind of answer, the metric, and how it wants it."""

Found = tuple[NDArray[np.bool_], NDArray[Any]]
"""By place of a column: whether there is something, and what."""


def _hours(means: list[float]) -> list[float | None]:
    return [None if mean != mean else mean for mean in means]


TOLD: dict[str, Callable[[Any], Any]] = {
    "latest": float, "means": float, "rates": float, "counts": int, "extremes": tuple, "hourly": _hours,
}  # fmt: skip
"""What a figure sees of a row."""


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
        zone: tzinfo = UTC,
    ) -> None:
        self.now, self._index, self._listed, self._intervals = now, index, sensors, intervals
        self.local = datetime.fromtimestamp(now, zone)
        self._sketches, self._past = sketches, past
        self._found: dict[Asked, Found] = {}
        self._seen: dict[Asked, BySensor[Any]] = {}
        self._newest: dict[str, tuple[Floats, Floats]] = {}
        self._areas: dict[str, Moment] = {}
        self._name: str | None = None
        self.asked: set[str] = set()
        """The metrics that were looked at since this was last emptied."""

    def of(self, area: str) -> Moment:
        """The same moment in one area."""
        if area not in self._areas:
            one = self._areas[area] = copy(self)
            one._name, one._seen, one.asked = area, {}, set()
        return self._areas[area]

    def latest(self, metric: str) -> Mapping[str, float]:
        """Newest value by sensor, only of sensors that are not stale."""
        return self._by_sensor("latest", metric)

    def means(self, metric: str, seconds: float, covered: float = 0.0) -> Mapping[str, float]:
        """Mean by sensor over the last `seconds`, of which at least `covered` are covered."""
        return self._by_sensor("means", metric, seconds, covered)

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) by sensor over the last `seconds`."""
        return self._by_sensor("extremes", metric, seconds)

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        """Number of readings by sensor over the last `seconds`."""
        return self._by_sensor("counts", metric, seconds)

    def hourly(self, metric: str, hours: int, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Means of the last `hours` whole clock hours, the running one left out, oldest first."""
        return self._by_sensor("hourly", metric, hours, covered)

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        """Quantile of all readings of the last `seconds`, of whole minutes."""
        self.asked.add(metric)
        asked = self._sketches(metric, self.now, seconds) if self._sketches else ()
        return quantile((data for area, data in asked if self._name in (None, area)), share)

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        """Change per hour between the first and the last reading of the last `seconds`, by sensor that has two."""
        return self._by_sensor("rates", metric, seconds)

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's list."""
        listed = self._listed.get(sensor)
        return listed.extra.get(name) if listed else None

    def heard(self, metrics: Iterable[str]) -> tuple[float, float]:
        """(event time of the newest reading, usual seconds between a sensor's readings) of the metrics; 0 where there is none.

        Usual is what half of the sensors that have spoken keep to.
        """
        times, intervals = [np.empty(0)], [np.empty(0)]
        for metric in metrics:
            column = self._index.column(metric)
            time = self._newest_of(metric, column)[0]
            places = self._places(column, time > 0)
            times.append(time[places])
            intervals.append(column.intervals(self._intervals)[places])
        time, interval = np.concatenate(times), np.concatenate(intervals)
        return float(time.max(initial=0.0)), float(np.median(interval)) if len(interval) else 0.0

    def time(self, metric: str, sensor: str) -> float:
        """Event time of a sensor's newest reading of a metric, 0 when it has none."""
        column = self._index.column(metric)
        place = column.place.get(sensor)
        return 0.0 if place is None else float(self._newest_of(metric, column)[0][place])

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _by_sensor(self, kind: str, metric: str, *asked: float) -> Mapping[str, Any]:
        """What a figure sees; an area's share is cut from what was found for the city, once for all figures."""
        self.asked.add(metric)
        key = kind, metric, asked
        if key not in self._seen:
            column = self._index.column(metric)
            if key not in self._found:
                self._found[key] = getattr(self, f"_{kind}")(metric, column, *asked)
            held, rows = self._found[key]
            places = self._places(column, held)
            self._seen[key] = BySensor(column.sensors, column.place, places, rows[places], TOLD[kind])
        return self._seen[key]

    def _places(self, column: Column, held: NDArray[np.bool_]) -> Numbers:
        if self._name is None:
            return np.flatnonzero(held)
        area = column.area(self._name, self._listed)
        return area[held[area]]

    def _starts(self, seconds: float, width: int = 0) -> tuple[int, list[int]]:
        # A past moment sees no finer than its width, and minutes are kept for short spans only.
        width = width or (FIVE if seconds > SHORT_SECONDS else self._past or MINUTE)
        last = int((self.now - 1e-6) // width) * width
        count = max(int(np.ceil(seconds / width)), 1)
        return width, [last - i * width for i in range(count)]

    def _fold(self, column: Column, seconds: float, field: str) -> Floats:
        # A past moment is looked at once, so nothing of it is kept.
        return column.fold(*self._starts(seconds), field, None if self._past else seconds)

    def _means(self, metric: str, column: Column, seconds: float, covered: float) -> Found:
        count = self._fold(column, seconds, "n")
        mean, held = column.mean(self._fold(column, seconds, "sum"), count), count > 0
        if covered:
            held &= self._covered(column, self._starts(seconds, FIVE)[1], None if self._past else seconds) >= covered
            fresh, value = self._latest(metric, column)
            own = fresh & ~held & (column.intervals(self._intervals) >= seconds)
            mean, held = np.where(own, value, mean), held | own
        return held, mean

    def _covered(self, column: Column, starts: Sequence[int], keep: Hashable, moving: int = MOVING) -> Floats:
        """Seconds that readings cover of the five minutes beginning at `starts`."""
        return column.fold(FIVE, starts, "spoken", keep, moving) * np.maximum(FIVE, column.intervals(self._intervals))

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

    def _hourly(self, metric: str, column: Column, hours: float, covered: float) -> Found:
        hour = int(self.now // HOUR) * HOUR
        means = np.full((len(column.sensors), int(hours)), np.nan)
        for back in range(int(hours)):
            starts = [hour - (int(hours) - back) * HOUR + i * FIVE for i in range(HOUR // FIVE)]
            keep = None if self._past else ("hour", int(hours) - back)
            count, total = (column.fold(FIVE, starts, field, keep, moving=0) for field in ("n", "sum"))
            means[:, back] = column.mean(total, count)
            if covered:
                means[self._covered(column, starts, keep, moving=0) < covered, back] = np.nan
        return ~np.isnan(means).all(axis=1), means

    def _latest(self, metric: str, column: Column) -> Found:
        time, value = self._newest_of(metric, column)
        # A past moment sees no finer than its windows.
        interval = np.maximum(column.intervals(self._intervals), self._past or 0)
        return (time > 0) & (self.now - time <= STALE_INTERVALS * interval), value

    def _newest_of(self, metric: str, column: Column) -> tuple[Floats, Floats]:
        """(time, value) of the newest reading by place; time 0 where there is none."""
        if metric not in self._newest:
            time, value = self._newest[metric] = np.zeros(len(column.sensors)), np.zeros(len(column.sensors))
            for view, rows, place in column.parts:
                then, what = self._newest_in(view, rows)
                newer = then > time[place]
                time[place[newer]], value[place[newer]] = then[newer], what[newer]
        return self._newest[metric]

    def _newest_in(self, view: View, rows: Numbers) -> tuple[Floats, Floats]:
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
