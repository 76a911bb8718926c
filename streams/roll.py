"""The roll of a domain: every sensor once, listed or not, with its place, its newest reading and the state its mark shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import Domain, Sensor
from store.view import View
from streams.entry import Entry
from streams.ranking import Ranking
from streams.readings import STALE_INTERVALS

MOVED_SECONDS = 60.0
"""Positions are laid down anew for sensors that moved at most this often: every screen fetches them whole."""

LIVE, BAD_ONLY, STALE, NEVER = 0, 5, 6, 7
UNACKNOWLEDGED, RETURNED, ACKNOWLEDGED, SET_ASIDE = range(4)
"""How a sensor's mark is drawn: filled, half-tone, outline, grey outline. A sensor without alarms is UNACKNOWLEDGED, too: just itself."""


Marks = tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]


class Roll:
    """The sensors of one domain in the order of their positions; `update` after every refresh of the views."""

    def __init__(self, domain: Domain, listed: Sequence[Sensor]) -> None:
        self.domain, self.listed = domain, {sensor.id: sensor for sensor in listed}
        self.ids = [sensor.id for sensor in listed]
        self._row = {id: row for row, id in enumerate(self.ids)}
        self._places: dict[str, tuple[float, float]] = {}
        self._placed = float("-inf")
        self._rows: dict[str, tuple[list[tuple[str, str]], NDArray[np.int64], NDArray[np.bool_]]] = {}
        self.time = np.zeros(0)
        self.value, self.shown = np.zeros(0), np.zeros(0)
        """Of what the map shows, and its event time; of a sensor that does not measure it, its newest reading's time."""
        self.state = np.zeros(0, np.uint8)
        self.style = np.zeros(0, np.uint8)
        self._heard = np.zeros(0)
        self._marks: tuple[tuple[int, int], Marks] | None = None
        self._listed_intervals = np.array([sensor.interval for sensor in listed], np.float64)
        self.interval = self._listed_intervals
        self.intervals: Mapping[str, float] = {sensor.id: sensor.interval for sensor in listed}
        """Seconds between readings by sensor; replaced when one changes."""
        self.rank = np.zeros(0, np.int64)
        """The place of each sensor when they are sorted by id."""
        self.positions = b""
        self.version = ""
        self._describe()

    def update(self, views: Sequence[View], now: float, ranking: Ranking) -> None:
        """Takes in the newest readings and the alarms."""
        self._enrol(views, now)
        n = len(self.ids)
        self.time, self.value, self.shown, bad = np.zeros(n), np.full(n, np.nan), np.zeros(n), np.zeros(n)
        heard = np.zeros(n)
        for view in views:
            latest = view.latest
            rows, shown = (column[: len(latest)] for column in self._rows[view.name][1:])
            np.maximum.at(self.time, rows, latest["time"])
            np.maximum.at(bad, rows, np.minimum(latest["bad_time"], now))
            np.maximum.at(heard, rows, latest["heard"])
            shown = shown & (latest["time"] > self.shown[rows])
            self.value[rows[shown]], self.shown[rows[shown]] = latest["value"][shown], latest["time"][shown]
        self.shown = np.where(self.shown > 0, self.shown, self.time)
        self._heard = heard
        self._intervals(heard)
        self._states(now, bad, ranking)

    def _enrol(self, views: Sequence[View], now: float) -> None:
        """Rows for sensors that spoke up without being listed, and once in a while the places of those that move."""
        grown, due = False, not 0 <= now - self._placed < MOVED_SECONDS
        self._placed = now if due else self._placed
        for view in views:
            held = self._rows.get(view.name)
            known = view.places.items() <= self._places.items() if due else view.places.keys() <= self._places.keys()
            if held is not None and held[0] is view.names and known:
                continue
            for sensor, _ in view.names:
                if sensor not in self._row:
                    self._row[sensor] = len(self.ids)
                    self.ids.append(sensor)
            rows = np.array([self._row[sensor] for sensor, _ in view.names], np.int64)
            on_map = np.array([metric == self.domain.layer.metric for _, metric in view.names], np.bool_)
            self._rows[view.name] = view.names, rows, on_map
            self._places.update(view.places)
            grown = True
        if grown:
            self._describe()

    def _intervals(self, heard: NDArray[np.float64]) -> None:
        """An unlisted sensor speaks as often as it does, and no oftener than its domain says."""
        own = np.maximum(self.domain.interval, heard[len(self._listed_intervals) :])
        interval = np.concatenate([self._listed_intervals, own])
        if not np.array_equal(interval, self.interval):
            self.interval, self.intervals = interval, dict(zip(self.ids, interval.tolist(), strict=True))

    def _states(self, now: float, bad: NDArray[np.float64], ranking: Ranking) -> None:
        stale = now - self.time > STALE_INTERVALS * self.interval
        self.state = np.where(stale, STALE, LIVE).astype(np.uint8)
        self.state[stale & (now - bad <= STALE_INTERVALS * self.interval)] = BAD_ONLY
        self.state[(self.time == 0) & (bad == 0)] = NEVER
        alarmed, priority, style = self._alarmed(ranking)
        self.style = np.zeros(len(self.ids), np.uint8)
        self.style[alarmed] = style
        self.state[alarmed] = np.where(style == SET_ASIDE, self.state[alarmed], priority)

    def _alarmed(self, ranking: Ranking) -> Marks:
        """(rows, priorities, styles) of the sensors with an alarm, made anew when alarms or sensors have changed."""
        if self._marks is None or self._marks[0] != (ranking.version, len(self.ids)):
            told = ranking.sensors(self.domain.key)
            found = [(self._row[id], entry.priority, _style(entry)) for id, entry in told.items() if id in self._row]
            rows, priority, style = np.array(found, np.int64).reshape(-1, 3).T
            self._marks = (ranking.version, len(self.ids)), (rows, priority.astype(np.uint8), style.astype(np.uint8))
        return self._marks[1]

    def fresh(self, now: float) -> int:
        """How many sensors are not stale."""
        return int((now - self.time <= STALE_INTERVALS * self.interval).sum())

    def pace(self) -> float:
        """Seconds after which the feed as a whole is expected to speak again: what its silence is measured by.

        That is the shortest interval of the listed sensors that have spoken, or what unlisted ones mostly keep, whichever is shorter;
        infinite while of these none has spoken twice.
        """
        n = len(self._listed_intervals)
        listed, observed = self._listed_intervals[self.time[:n] > 0], self.interval[n:][self._heard[n:] > 0]
        return min(float(listed.min(initial=np.inf)), float(np.median(observed)) if len(observed) else np.inf)

    def area(self, id: str) -> str:
        """The sensor's area, empty for one not listed."""
        listed = self.listed.get(id)
        return listed.area if listed else ""

    def row(self, id: str) -> int | None:
        """The sensor's row."""
        return self._row.get(id)

    def _describe(self) -> None:
        self.rank = np.argsort(np.array(sorted(range(len(self.ids)), key=self.ids.__getitem__), np.int64))
        body = self._positions()
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        self.version = hashlib.sha256(text).hexdigest()[:12]
        self.positions = json.dumps({"version": self.version, **body}, ensure_ascii=False, separators=(",", ":")).encode()

    def _positions(self) -> Mapping[str, Any]:
        known = [self.listed.get(id) for id in self.ids]
        body: dict[str, Any] = {
            "ids": self.ids,
            "en": [sensor.label.en if sensor else id for id, sensor in zip(self.ids, known, strict=True)],
            "zh": [sensor.label.zh if sensor else id for id, sensor in zip(self.ids, known, strict=True)],
            "lon": [sensor.lon if sensor else self._places.get(id, (None, None))[0] for id, sensor in zip(self.ids, known, strict=True)],
            "lat": [sensor.lat if sensor else self._places.get(id, (None, None))[1] for id, sensor in zip(self.ids, known, strict=True)],
            "area": [sensor.area if sensor else "" for sensor in known],
            "owner": [sensor.owner.en if sensor and sensor.owner else "" for sensor in known],
            "owner_zh": [sensor.owner.zh if sensor and sensor.owner else "" for sensor in known],
            "interval": [sensor.interval if sensor else self.domain.interval for sensor in known],
            "unlisted": [0 if sensor else 1 for sensor in known],
        }
        if self.domain.layer.kind == "links":
            body["path"] = [[list(point) for point in sensor.path] if sensor and sensor.path else None for sensor in known]
        return body


def _style(entry: Entry) -> int:
    if entry.laid:
        return SET_ASIDE
    return {"acknowledged": ACKNOWLEDGED, "returned": RETURNED}.get(entry.alarm.state, UNACKNOWLEDGED)
