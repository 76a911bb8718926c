"""What figures and verdicts see of a day that is over (`model.Readings`, `model.Day`): its hours, and those of the day before it.

A figure is asked at the end of each hour. The newest value of a sensor is its mean of that hour, and a span shorter than the hour is the
hour: so what is told of an hour is true of the hour, and not of the minute in which it ended.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domains.by_sensor import BySensor
from model import Metric, Sensor
from standards.noise import energy, level_of
from store.hour import FIVE_MS, HOUR_MS, DayHours, Hours
from streams.readings import STALE_INTERVALS

HOUR = HOUR_MS // 1000
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_] | np.bool_
Percentile = Callable[[str, float, float, float], float | None]
"""Quantile of all readings of a metric from one moment up to another: (metric, since, until, share)."""


def _listed(row: list[float]) -> list[float | None]:
    return [None if value != value else value for value in row]


TOLD: dict[str, Callable[[Any], Any]] = {"number": float, "count": int, "pair": tuple, "hours": _listed}


def spacing(part: Hours, rows: Sequence[int]) -> Floats:
    """Seconds between readings, usually: within hours, or from hour to hour where a sensor speaks but once; NaN of a single reading."""
    count, first, last = (getattr(part, name)[rows] for name in ("count", "first_at", "last_at"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a sensor without any pair the median is NaN, which is meant
        inside = np.nanmedian(np.where((count > 1) & (last > first), (last - first) / np.maximum(count - 1, 1), np.nan), axis=1)
        for row in np.flatnonzero(np.isnan(inside)).tolist():
            inside[row] = np.median(np.diff(first[row][~np.isnan(first[row])]))
    found: Floats = inside / 1000
    return found


class Span:
    """A metric's hours of the day before and of the day, in one row per sensor."""

    def __init__(self, metric: Metric, before: Hours | None, of_day: Hours | None, lead: int, hours: int) -> None:
        self.energetic, self.circular = metric.energetic, metric.circular
        self.sensors = sorted({*(before.sensors if before else ()), *(of_day.sensors if of_day else ())})
        self.place = {sensor: row for row, sensor in enumerate(self.sensors)}
        self._parts = [(part, start) for part, start in ((before, 0), (of_day, lead)) if part is not None]
        self._rows = [np.array([self.place[sensor] for sensor in part.sensors], np.int64) for part, _ in self._parts]
        self._columns, self._shape = dict[str, Floats](), (len(self.sensors), lead + hours)
        self.intervals: Floats | None = None
        """Seconds between readings of each, once somebody has found them out."""

    def column(self, name: str) -> Floats:
        """A field of `Hours` over both days; NaN, or 0 for counts, where nothing was said."""
        if name not in self._columns:
            found = np.full(self._shape, 0.0 if name in ("count", "spoken") else np.nan)
            for (part, start), rows in zip(self._parts, self._rows, strict=True):
                values = getattr(part, name)
                found[rows, start : start + values.shape[1]] = values
            self._columns[name] = found
        return self._columns[name]

    def sums(self) -> Floats:
        """What adds up: values, or energies of levels, times how many there were."""
        if "sum" not in self._columns:
            mean = self.column("mean")
            self._columns["sum"] = np.nan_to_num((energy(mean) if self.energetic else mean) * self.column("count"))
        return self._columns["sum"]

    def mean(self, total: Floats, count: Floats) -> Floats:
        """The mean of sums."""
        found = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        return level_of(found) if self.energetic else found


class Past:
    """A domain's day with the day before it: `at` each hour, and whole."""

    def __init__(
        self,
        day: date,
        zone: ZoneInfo,
        found: DayHours,
        before: DayHours | None,
        metrics: Mapping[str, Metric],
        sensors: Mapping[str, Sensor],
        interval: float,
        percentile: Percentile = lambda *_: None,
    ) -> None:
        self.date, self.begin, self.lead = day, found.begin, before.hours if before else 0
        self.hours: Sequence[datetime] = [datetime.fromtimestamp(found.begin / 1000 + HOUR * hour, zone) for hour in range(found.hours)]
        self.found, self._before, self._metrics, self._listed = found, before, metrics, sensors
        self._interval, self._spans = interval, dict[str, Span]()
        self.percentile, self.zone = percentile, zone

    def span(self, metric: str) -> Span:
        """A metric over both days. KeyError of no metric."""
        if metric not in self._spans:
            before = self._before.metrics.get(metric) if self._before else None
            self._spans[metric] = Span(self._metrics[metric], before, self.found.metrics.get(metric), self.lead, self.found.hours)
        return self._spans[metric]

    def intervals(self, span: Span) -> Floats:
        """Seconds between readings of each sensor: as listed; of an unlisted one as observed, and no fewer than its domain says."""
        if span.intervals is None:
            own, listed = self._observed, self._listed
            span.intervals = np.array([listed[name].interval if name in listed else own.get(name, self._interval) for name in span.sensors])
        return span.intervals

    @property
    def shortest(self) -> float:
        """Seconds between readings of the sensor that speaks most often, as listed or observed; as the domain says where nobody knows."""
        return min([*(sensor.interval for sensor in self._listed.values()), *self._observed.values()], default=self._interval)

    @cached_property
    def _observed(self) -> dict[str, float]:
        """What unlisted sensors keep, by the quantity of each that it sends most often."""
        found: dict[str, float] = {}
        for part in self.found.metrics.values():
            unlisted = [row for row, name in enumerate(part.sensors) if name not in self._listed]
            for row, seconds in zip(unlisted, spacing(part, unlisted).tolist(), strict=True):
                if seconds == seconds:
                    name = part.sensors[row]
                    found[name] = max(min(found.get(name, math.inf), seconds), self._interval)
        return found

    def covered(self, span: Span) -> Floats:
        """Seconds that readings cover of each hour: the five minutes each falls in, or its sensor's interval where that is longer."""
        return span.column("spoken") * np.maximum(FIVE_MS / 1000, self.intervals(span))[:, None]

    def view(self, span: Span, held: Flags, rows: NDArray[Any], told: str) -> BySensor[Any]:
        """Of the sensors that are `held`, as figures read them."""
        places = np.flatnonzero(held)
        return BySensor(span.sensors, span.place, places, rows[places], TOLD[told])

    # --- model.Day ---------------------------------------------------------------------------------------------------------------------

    def means(self, metric: str) -> Mapping[str, float]:
        """Mean of the day's readings by sensor."""
        span = self.span(metric)
        count = span.column("count")[:, self.lead :].sum(axis=1)
        mean = span.mean(span.sums()[:, self.lead :].sum(axis=1), count)
        return self.view(span, (count > 0) & ~np.isnan(mean), mean, "number")

    def hourly(self, metric: str, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Mean of each hour by sensor."""
        span = self.span(metric)
        mean = span.column("mean")[:, self.lead :].copy()
        if covered:
            mean[self.covered(span)[:, self.lead :] < covered] = np.nan
        return self.view(span, ~np.isnan(mean).all(axis=1), mean, "hours")

    def extremes(self, metric: str) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) by sensor."""
        span = self.span(metric)
        least, greatest = (span.column(name)[:, self.lead :] for name in ("least", "greatest"))
        held = ~np.isnan(least).all(axis=1)
        pair = np.column_stack([np.fmin.reduce(least, axis=1), np.fmax.reduce(greatest, axis=1)])
        return self.view(span, held, pair, "pair")

    def at(self, hour: int) -> Moment:
        """What a figure sees at the end of an hour."""
        return Moment(self, hour)

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's list."""
        listed = self._listed.get(sensor)
        return listed.extra.get(name) if listed else None


class Moment:
    """`model.Readings` at the end of an hour of a day."""

    def __init__(self, past: Past, hour: int) -> None:
        self._past, self._hour, self._end = past, hour, past.lead + hour + 1
        self.now = past.begin / 1000 + HOUR * (hour + 1) - 1e-3
        self.local = datetime.fromtimestamp(self.now, past.zone)

    def _columns(self, seconds: float) -> slice:
        return slice(max(self._end - max(int(-(-seconds // HOUR)), 1), 0), self._end)

    def latest(self, metric: str) -> Mapping[str, float]:
        """Mean of the hour; of a sensor that speaks more seldom its newest reading, while it is not stale."""
        span = self._past.span(metric)
        value = self._newest(span)
        return self._past.view(span, ~np.isnan(value), value, "number")

    def _newest(self, span: Span) -> Floats:
        now = span.column("last" if span.circular else "mean")[:, self._end - 1].copy()
        intervals = self._past.intervals(span)
        seldom = np.isnan(now) & (intervals >= HOUR)
        for back in range(1, self._end):
            open_ = seldom & np.isnan(now) & (intervals * STALE_INTERVALS > HOUR * back)
            if not open_.any():
                break
            now[open_] = span.column("last")[open_, self._end - 1 - back]
        return now

    def means(self, metric: str, seconds: float, covered: float = 0.0) -> Mapping[str, float]:
        """Mean over the last hours that hold `seconds`."""
        span, columns = self._past.span(metric), self._columns(seconds)
        count = span.column("count")[:, columns].sum(axis=1)
        mean = span.mean(span.sums()[:, columns].sum(axis=1), count)
        held = (count > 0) & ~np.isnan(mean)
        if covered:
            held &= self._past.covered(span)[:, columns].sum(axis=1) >= covered
            newest = self._newest(span)
            own = ~held & ~np.isnan(newest) & (self._past.intervals(span) >= seconds)
            mean, held = np.where(own, newest, mean), held | own
        return self._past.view(span, held, mean, "number")

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) over the last hours that hold `seconds`."""
        span, columns = self._past.span(metric), self._columns(seconds)
        least, greatest = (span.column(name)[:, columns] for name in ("least", "greatest"))
        held = ~np.isnan(least).all(axis=1)
        pair = np.column_stack([np.fmin.reduce(least, axis=1), np.fmax.reduce(greatest, axis=1)])
        return self._past.view(span, held, pair, "pair")

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        """Change per hour between the first minute and the last reading of the last hours that hold `seconds`."""
        span, columns = self._past.span(metric), self._columns(seconds)
        first, last, begun, ended = (span.column(name)[:, columns] for name in ("first", "last", "first_at", "last_at"))
        held = ~np.isnan(first)
        rows, some = np.arange(len(held)), held.any(axis=1)
        early, late = held.argmax(axis=1), held.shape[1] - 1 - held[:, ::-1].argmax(axis=1)
        change, passed = last[rows, late] - first[rows, early], (ended[rows, late] - begun[rows, early]) / HOUR_MS
        some &= np.nan_to_num(passed) > 0
        rate = np.divide(change, passed, out=np.zeros(len(rows)), where=some)
        return self._past.view(span, some, rate, "number")

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        """Number of readings over the last hours that hold `seconds`."""
        span = self._past.span(metric)
        count = span.column("count")[:, self._columns(seconds)].sum(axis=1)
        return self._past.view(span, count > 0, count, "count")

    def hourly(self, metric: str, hours: int, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Means of the last `hours` hours, this one the last; None before the day before."""
        span = self._past.span(metric)
        first = self._end - int(hours)
        mean = span.column("mean")[:, max(first, 0) : self._end].copy()
        if covered:
            mean[self._past.covered(span)[:, max(first, 0) : self._end] < covered] = np.nan
        if first < 0:
            mean = np.column_stack([np.full((len(mean), -first), np.nan), mean])
        return self._past.view(span, ~np.isnan(mean).all(axis=1), mean, "hours")

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        """Quantile of all readings of the last hours that hold `seconds`."""
        if not self._past.span(metric).sensors:
            return None
        end = self._past.begin / 1000 + HOUR * (self._hour + 1)
        return self._past.percentile(metric, end - max(-(-seconds // HOUR), 1) * HOUR, end, share)

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's list."""
        return self._past.attribute(sensor, name)
