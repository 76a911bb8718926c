"""The roll of a domain: every sensor once, listed or not, with its place, its newest reading and the state its mark shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import PRIORITIES, Condition, Domain, Sensor
from store.view import View
from streams.readings import STALE_INTERVALS

LIVE, BAD_ONLY, STALE, NEVER = 0, 5, 6, 7


class Roll:
    """The sensors of one domain in the order of their positions; `update` after every refresh of the views."""

    def __init__(self, domain: Domain, listed: Sequence[Sensor]) -> None:
        self.domain, self.listed = domain, {sensor.id: sensor for sensor in listed}
        self.ids = [sensor.id for sensor in listed]
        self._row = {id: row for row, id in enumerate(self.ids)}
        self._places: dict[str, tuple[float, float]] = {}
        self._rows: dict[str, tuple[list[tuple[str, str]], NDArray[np.int64], NDArray[np.bool_]]] = {}
        self.time = np.zeros(0)
        self.value = np.zeros(0)
        self.state = np.zeros(0, np.uint8)
        self._listed_intervals = np.array([sensor.interval for sensor in listed], np.float64)
        self.interval = self._listed_intervals
        self.intervals: Mapping[str, float] = {sensor.id: sensor.interval for sensor in listed}
        """Seconds between readings by sensor; replaced when one changes."""
        self.rank = np.zeros(0, np.int64)
        """The place of each sensor when they are sorted by id."""
        self.positions = b""
        self.version = ""
        self._describe()

    def update(self, views: Sequence[View], now: float, conditions: Sequence[Condition]) -> None:
        """Takes the newest readings and the conditions that are true in."""
        self._enrol(views)
        n = len(self.ids)
        self.time, self.value, bad = np.zeros(n), np.full(n, np.nan), np.zeros(n)
        heard = np.zeros(n)
        for view in views:
            latest = view.latest
            rows, shown = (column[: len(latest)] for column in self._rows[view.name][1:])
            np.maximum.at(self.time, rows, latest["time"])
            np.maximum.at(bad, rows, np.minimum(latest["bad_time"], now))
            np.maximum.at(heard, rows, latest["heard"])
            shown = shown & (latest["time"] > 0)
            self.value[rows[shown]] = latest["value"][shown]
        self._intervals(heard)
        self._states(now, bad, conditions)

    def _enrol(self, views: Sequence[View]) -> None:
        """Rows for sensors that spoke up without being listed."""
        grown = False
        for view in views:
            held = self._rows.get(view.name)
            if held is not None and held[0] is view.names and view.places.keys() <= self._places.keys():
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

    def _states(self, now: float, bad: NDArray[np.float64], conditions: Sequence[Condition]) -> None:
        stale = now - self.time > STALE_INTERVALS * self.interval
        self.state = np.where(stale, STALE, LIVE).astype(np.uint8)
        self.state[stale & (now - bad <= STALE_INTERVALS * self.interval)] = BAD_ONLY
        self.state[(self.time == 0) & (bad == 0)] = NEVER
        for condition in conditions:
            row = self._row.get(condition.subject.removeprefix("sensor:"))
            if row is not None and condition.active:
                priority = PRIORITIES.index(condition.priority) + 1
                held = self.state[row]
                self.state[row] = min(priority, held) if 0 < held <= len(PRIORITIES) else priority

    def fresh(self, now: float) -> int:
        """How many sensors are not stale."""
        return int((now - self.time <= STALE_INTERVALS * self.interval).sum())

    def shortest(self) -> float:
        """The shortest interval among the sensors that have spoken: what the silence of the whole feed is measured by."""
        heard = self.interval[: len(self.time)][self.time > 0]
        return float(heard.min()) if len(heard) else self.domain.interval

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
