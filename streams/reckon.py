"""KPIs of the past from the history: the domain's own formulas over windows of five minutes, as the composer computes the last day.

Figures stand every five minutes. They see no finer than their windows; of a day that was rolled up a percentile is that of its minutes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from model import Domain, Figure, Kpi, Site
from store import figure, five
from store.day import DAY, begin, day_of, days
from store.figure import Rows
from store.history import History
from streams.percentile import sketches
from streams.readings import Ask, Index, Moment
from streams.spacing import observed
from streams.window import FIVE

log = logging.getLogger(__name__)

MOST_DAYS = 7
"""Days that are computed as asked, one after the other; the history's process computes all others soon."""
REACH_SECONDS = 90_000
"""How far back a figure may look (`model.Readings`)."""
Name = tuple[Kpi, str]
"""A KPI, and the area it is of; empty for the city."""
At = Callable[[float], Moment]


def names(domain: Domain, site: Site) -> list[Name]:
    """Every figure of a domain."""
    return [(kpi, area) for kpi in domain.kpis for area in ("", *((each.key for each in site.areas) if kpi.by_area else ()))]


class Reckoner:
    """Computes figures of any time that the history holds."""

    def __init__(self, history: History, site: Site) -> None:
        self._history, self._zone = history, ZoneInfo(site.zone)
        self._listed = {key: {sensor.id: sensor for sensor in sensors} for key, sensors in site.sensors.items()}

    def kpi(self, domain: Domain, kpi: Kpi, area: str, since: float, until: float) -> Rows:
        """`FIGURE` of one KPI at every five minutes from `since` up to `until`: of days that were computed from their files, else computed.

        Of days that nobody computed yet only the newest `MOST_DAYS` are. Raises `OSError`.
        """
        parts = list[Rows]()
        files = figure.held(self._history.shelf, domain.key)
        held = self._history.days(domain.key, since - REACH_SECONDS, until)
        due = [day for day in days(*(day_of(each, self._zone) for each in (since, until))) if {day, day - DAY} & held and day not in files]
        for first, last, day in self._days(since, until):
            rows = figure.read(self._history.shelf, domain.key, day, files.get(day, ()), kpi.key, area)
            if rows is not None:
                parts.append(rows)
            elif day in due[-MOST_DAYS:]:
                parts.append(self.figures(domain, [(kpi, area)], first, last))
        return figure.between(parts, since, until)

    def _days(self, since: float, until: float) -> Iterator[tuple[float, float, date]]:
        for day in days(day_of(since, self._zone), day_of(until, self._zone)):
            first, last = (begin(each, self._zone) / 1000 for each in (day, day + DAY))
            if first < until:
                yield max(first, since), min(last, until), day

    def figures(self, domain: Domain, asked: Sequence[Name], since: float, until: float) -> Rows:
        """`FIGURE` of some KPIs at every five minutes from `since` up to `until`, by figure and time. Raises `OSError`."""
        ends = range(int(-(-since // FIVE) * FIVE), int(np.ceil(until)), FIVE)
        metrics: set[str] = set()
        while True:  # which metrics a figure looks at only it knows, and it may look at more once there is something to see
            at = self._moments(domain, metrics, since, until)
            found, looked = _rows(asked, ends if metrics else ends[:1], at)
            if looked <= metrics or not len(ends):
                return found
            metrics |= looked

    def _moments(self, domain: Domain, metrics: Collection[str], since: float, until: float) -> At:
        """Makes the moment of an event time between `since` and `until`, with these metrics in sight."""
        loud = [metric.key for metric in domain.metrics if metric.energetic]
        views = [five.fives(self._history, domain, metrics, since - REACH_SECONDS, until)] if metrics else []
        index, listed = Index(views, loud), self._listed.get(domain.key, {})
        heard = {sensor for view in views for sensor, _ in view.names}
        intervals = {sensor: listed[sensor].interval if sensor in listed else domain.interval for sensor in heard}
        for view in views:
            intervals |= observed(view, listed, domain.interval)
        ask = self._asker(domain, since, until) if metrics else None
        return lambda now: Moment(index, now, listed, intervals, ask, past=FIVE, zone=self._zone)

    def _asker(self, domain: Domain, since: float, until: float) -> Ask:
        """How a figure asks for sketches of all readings of a metric: made when it asks."""
        listed, held = self._listed.get(domain.key, {}), dict[tuple[str, float], tuple[Any, ...]]()

        def load(metric: str, seconds: float) -> tuple[Any, ...]:
            sensors, place, ms, value = five.values(self._history, domain, metric, since - seconds, until)
            areas = [listed[sensor].area if sensor in listed else "" for sensor in sensors]
            words, group = np.unique(np.array(areas, np.str_), return_inverse=True)
            return ms, value, words.tolist(), group.astype(np.int64)[place]

        def ask(metric: str, now: float, seconds: float) -> Iterable[tuple[str, bytes]]:
            if (metric, seconds) not in held:
                held[metric, seconds] = load(metric, seconds)
            ms, value, words, group = held[metric, seconds]
            part = slice(*np.searchsorted(ms, [(now - seconds) * 1000, now * 1000]))
            return [(words[place], data) for place, data in sketches(group[part], value[part]).items()]

        return ask


def _rows(asked: Sequence[Name], ends: Sequence[int], at: At) -> tuple[Rows, set[str]]:
    """`FIGURE` at these moments, and the metrics that were looked at."""
    found: list[list[figure.Row]] = [[] for _ in asked]
    looked: set[str] = set()
    for end in ends:
        moment = at(float(end))
        for (kpi, area), rows in zip(asked, found, strict=True):
            seen = moment.of(area) if area else moment
            told = _figure(kpi, seen)
            looked |= seen.asked
            if told.value is not None:
                rows.append((kpi.key, area, end * 1000, float(told.value), told.sensor, told.item))
    return figure.rows(row for rows in found for row in rows), looked


def _figure(kpi: Kpi, moment: Moment) -> Figure:
    try:
        return kpi.figure(moment)
    except Exception:  # a domain file's function is the author's; a day of the others must not be lost by it
        log.exception("figure failed", extra={"kpi": kpi.key})
        return Figure(value=None)
