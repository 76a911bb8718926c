"""Composes the sections of every page from what the partitions hold and the judge found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from model import PRIORITIES, Condition, Domain, Figure, Site
from model.alarm import ALARM_STATES
from store.process import Process, reader
from store.view import View
from streams.entry import LAID, Entry
from streams.figures import Figures
from streams.judge import DEAD_SECONDS
from streams.ranking import Ranking
from streams.readings import STALE_INTERVALS, Ask, Index, Moment
from streams.roll import ACKNOWLEDGED, Roll
from streams.window import FIVE, MINUTE

ROWS = 50
STATIONS = 40
SPARK_STEP = 2
"""Every second minute of the last hour makes a station's 30 points."""

SILENT_SECONDS = 20.0
"""After which people are told that nobody keeps the alarms: what is told at a tick must be seen and heard within 30 s."""

Sections = dict[str, Any]


class Bureau:
    """Everything the composer holds of one domain."""

    def __init__(self, domain: Domain, site: Site) -> None:
        self.domain = domain
        self.roll = Roll(domain, site.sensors.get(domain.key, ()))
        self.figures = Figures(domain, [area.key for area in site.areas])
        self.views: list[View] = []
        self.index = Index([])
        self.moment: Moment | None = None
        self._zone = ZoneInfo(site.zone)
        self._silences = {f"{domain.key}/{rule.key}" for rule in domain.rules if rule.comparison == "no_data"}
        self._energetic = [metric.key for metric in domain.metrics if metric.energetic]

    def look(self, views: list[View], now: float, sketches: Ask) -> None:
        """Takes the domain's partitions in as they are at event time `now`, and computes every figure. Raises `Away`."""
        self.views = views
        if not self.index.fits(views):
            self.index = Index(views, self._energetic)
        for width, start in (window for view in views for window in view.changed):
            self.figures.touched(width, start, now)
        self.figures.expected(now)
        self.moment = Moment(self.index, now, self.roll.listed, self.roll.intervals, sketches, zone=self._zone)
        self.figures.compute(self.moment)

    def at(self, sketches: Ask) -> Callable[[int, int], Moment]:
        """Makes the moment at the end of a slot of the past."""
        listed, intervals = self.roll.listed, self.roll.intervals
        return lambda width, end: Moment(self.index, float(end), listed, intervals, sketches, past=width, zone=self._zone)

    def time(self, sensor: str, metrics: Iterable[str]) -> float:
        """Event time of the sensor's newest reading of these metrics, 0 when there is none."""
        return max((self.moment.time(metric, sensor) for metric in metrics), default=0.0) if self.moment else 0.0

    def last(self, condition: Condition) -> float | None:
        """Event time of a condition's value, if the sensor has been silent since for longer than is usual for it."""
        row = self.roll.row(condition.subject.removeprefix("sensor:"))
        if row is None or self.moment is None or condition.rule in self._silences:
            return None
        return round(condition.observed, 1) if self.moment.now - condition.observed > STALE_INTERVALS * self.roll.interval[row] else None

    def newest(self) -> float:
        """Event time of the newest trusted reading, 0 when there is none."""
        return max((float(view.meta.get("newest", 0)) for view in self.views), default=0.0)

    def origin(self) -> int:
        """The most artificial origin among the partitions."""
        return max((int(view.meta.get("origin", 0)) for view in self.views), default=0)


About = Callable[[Entry], tuple[str, float | None]]
"""(area, event time of the value where its sensor is silent) of an entry."""


def common(ranking: Ranking, about: About) -> Sections:
    """The sections of every page."""
    first = next((entry for entry in ranking.first(1) if entry.rank != LAID), None)
    return {"counts": ranking.counts(), "line": _row(first, *about(first)) if first else None}


def condition_list(ranking: Ranking, about: About, domain: str | None = None) -> dict[str, Any]:
    """The `conditions` section, of the city or of a domain."""
    return {"rows": [_row(entry, *about(entry)) for entry in ranking.first(ROWS, domain)], "total": ranking.total(domain)}


def _row(entry: Entry, area: str, last: float | None) -> dict[str, Any]:
    alarm, laid = entry.alarm, entry.laid
    seen = alarm.acknowledgement if alarm.state == "acknowledged" else None
    ends = {1: alarm.shelf and alarm.shelf.until, 3: alarm.absence and alarm.absence.review}
    told = {
        "id": alarm.id,
        "occurrence": alarm.occurrence,
        "rule": alarm.rule,
        "domain": alarm.domain,
        "subject": alarm.subject,
        "priority": entry.priority,
        "state": ALARM_STATES.index(alarm.state),
        "laid": laid,
        "until": ends.get(laid),
        "count": alarm.count,
        "by": seen.who if seen else None,
        "journalled": int(alarm.journalled),
        "value": _number(entry.condition.value if entry.condition else alarm.value),
        "limit": alarm.limit,
        "since": round(alarm.raised, 3),
        "area": area or alarm.area,
        "last": last,
    }
    return told if alarm.label is None else {**told, "label": {"en": alarm.label.en, "zh": alarm.label.zh}}


def head(bureau: Bureau, now: float, down: bool) -> dict[str, Any]:
    """The `head.<domain>` section."""
    newest = bureau.newest()
    state = "quiet" if not newest else "down" if down else "live"
    roll = bureau.roll
    return {"live": roll.fresh(now), "total": len(roll.ids), "time": newest or None, "state": state, "positions": roll.version}


def figure(bureau: Bureau, key: str, priority: int) -> dict[str, Any]:
    """One `kpi.` section."""
    found: Figure = bureau.figures.now[key]
    kpi = next(kpi for kpi in bureau.domain.kpis if kpi.key == key)
    value = None if found.value is None else round(found.value, kpi.decimals)
    heard = bureau.figures.heard[key, ""]
    told = {"value": _number(value), "time": heard.time, "interval": _number(heard.interval)}
    return {**told, "priority": priority, "sensor": found.sensor, "item": found.item}


def spark(bureau: Bureau, key: str, now: float) -> list[float | None]:
    """One `spark.` section."""
    return [_short(value) for value in bureau.figures.series(key, MINUTE, now)[1]]


def trend(bureau: Bureau, key: str, now: float) -> dict[str, Any]:
    """One `trend.` section."""
    end, values = bureau.figures.series(key, FIVE, now)
    return {"end": end, "step": FIVE, "values": [_short(value) for value in values]}


def map_columns(bureau: Bureau) -> dict[str, Any]:
    """The `map.<domain>` section."""
    roll = bureau.roll
    metric = next(metric for metric in bureau.domain.metrics if metric.key == bureau.domain.layer.metric)
    return {"c": {"v": roll.value.round(metric.decimals), "s": roll.state, "t": roll.shown.astype(np.int64), "a": roll.style}}


def stations(bureau: Bureau, ranking: Ranking, now: float) -> dict[str, Any]:
    """The `stations.<domain>` section: those in trouble first, then by name; last those that do not measure what is listed."""
    roll, table = bureau.roll, bureau.domain.table
    by_metric = any(metric.key == table for metric in bureau.domain.metrics)
    found = Figure(value=None) if by_metric else bureau.figures.now[table]
    latest = bureau.moment.latest(table) if by_metric and bureau.moment else found.by_sensor
    rows = _troubled(roll)
    shown = (row for row in rows if roll.ids[row] in latest or roll.state[row])
    others = (row for row in rows if not (roll.ids[row] in latest or roll.state[row]))
    metrics = {table} if by_metric else bureau.figures.heard[table, ""].metrics
    order = list(islice(chain(shown, others), STATIONS))
    ids = [roll.ids[row] for row in order]
    priorities = _coloured(bureau.domain, ranking, ids)
    sparks: Sequence[Sequence[float | None]] = (_metric_sparks if by_metric else _figure_sparks)(bureau, ids, now)
    # One that does not measure what is shown is as old as the newest it says.
    times = [bureau.time(id, metrics) or float(roll.time[row]) for row, id in zip(order, ids, strict=True)]
    told = [
        {
            "id": id,
            "value": _short(latest.get(id)),
            "item": found.items.get(id),
            "time": round(time, 1) or None,
            "old": int(0 < time < now - STALE_INTERVALS * roll.interval[row]),
            "s": int(roll.state[row]),
            "a": int(roll.style[row]),
            "p": priorities.get(id, 0),
            "spark": [_short(value) for value in spark],
        }
        for row, id, time, spark in zip(order, ids, times, sparks, strict=True)
    ]
    return {"rows": told, "more": len(roll.ids) - len(told)}


def _coloured(domain: Domain, ranking: Ranking, ids: Iterable[str]) -> dict[str, int]:
    """By sensor the worst priority of the alarms on what the station list shows, and on nothing else."""
    kpi = next((kpi for kpi in domain.kpis if kpi.key == domain.table), None)
    metric = kpi.metric if kpi else domain.table
    rules = {f"{domain.key}/{rule.key}" for rule in domain.rules if rule.on == metric}
    own = {id: [entry for entry in ranking.of(f"sensor:{id}") if entry.alarm.rule in rules and entry.colours] for id in ids}
    return {id: min(entry.priority for entry in found) for id, found in own.items() if found}


def _troubled(roll: Roll) -> list[int]:
    """Rows: unacknowledged alarms by priority, then acknowledged ones, then live stations by name, then the silent."""
    state = roll.state.astype(np.int64)
    alarmed = (state >= 1) & (state <= len(PRIORITIES))
    trouble = np.where(alarmed, state + len(PRIORITIES) * (roll.style == ACKNOWLEDGED), 10 + state)
    order: list[int] = np.argsort(trouble * len(state) + roll.rank).tolist()
    return order


def _spark_ends(now: float) -> range:
    last = int(now // MINUTE) * MINUTE
    return range(last - 58 * MINUTE, last + 1, SPARK_STEP * MINUTE)


def _figure_sparks(bureau: Bureau, ids: Sequence[str], now: float) -> list[list[float | None]]:
    held = bureau.figures.past[bureau.domain.table].by_sensor
    minutes = [held.get(end, {}) for end in _spark_ends(now)]
    return [[minute.get(id) for minute in minutes] for id in ids]


def _metric_sparks(bureau: Bureau, ids: Sequence[str], now: float) -> list[list[float]]:
    """Means of the minutes, NaN where a minute has no reading."""
    ends = _spark_ends(now)
    total, count = np.zeros((len(ids), len(ends))), np.zeros((len(ids), len(ends)))
    for view in bureau.views:
        found = [(place, row) for place, id in enumerate(ids) if (row := bureau.index.row(view, id, bureau.domain.table)) is not None]
        places, rows = np.array(found, np.int64).reshape(-1, 2).T
        for minute, end in enumerate(ends):
            table = view.windows.get((MINUTE, end - MINUTE))
            if table is not None:
                held = rows < len(table)
                total[places[held], minute] += table["sum"][rows[held]]
                count[places[held], minute] += table["n"][rows[held]]
    means: list[list[float]] = bureau.index.column(bureau.domain.table).mean(total, count).tolist()
    return means


def feeds(bureaus: Iterable[Bureau], found: Sequence[Process], now: float, wall: float) -> list[dict[str, Any]]:
    """The `feeds` section. Rate and lag are what the partition's reader says, None when nobody who reads it was heard."""
    names = ("rejects", "bad", "duplicates", "corrections", "late", "gap")
    rows = []
    for bureau in bureaus:
        for view in bureau.views:
            newest = float(view.meta.get("newest", 0))
            owner = reader(found, view.name, wall, DEAD_SECONDS)
            rate, lag = owner.feeds[view.name] if owner else (None, None)
            row = {"rate": _number(rate), "lag": lag, **{name: _number(float(view.meta.get(name, 0))) for name in names}}
            age = round(now - newest, 1) if newest else None
            rows.append({"domain": bureau.domain.key, "partition": view.number, **row, "age": age, "error": view.meta.get("error") or None})
    return rows


def keeping(heard: float, wall: float) -> dict[str, Any]:
    """The `alarms` section: whether whoever keeps the alarms lives, and else for how many seconds it has been silent."""
    alive = wall - heard <= SILENT_SECONDS
    return {"alive": alive, "heard": None if alive else round(wall - heard)}


def processes(found: Iterable[Process], wall: float) -> list[dict[str, Any]]:
    """The `processes` section. What a process did when it was heard last says nothing once it is silent."""
    return [
        {
            "id": process.id,
            "kind": process.kind,
            "state": process.state,
            "age": round(wall - process.wall, 1),
            "started": process.started,
            "error": process.error,
            "rate": process.rate if wall - process.wall <= DEAD_SECONDS else None,
        }
        for process in found
    ]


def _number(value: float | None) -> float | int | None:
    """As JSON has it: no NaN, and no fraction where there is none."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def _short(value: float | None) -> float | None:
    """Four significant digits: all that a small chart shows."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
