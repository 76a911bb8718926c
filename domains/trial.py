"""Tries a figure before anything starts: of no reading it must be absent, not zero and not an error; of one sensor it must work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from model import Day, Figure, Kpi, Metric, Readings, Standard, Verdict

MOMENT = 1_795_158_000.0
"""The moment of the trial, 2026-11-20T07:00Z: a figure may ask for a date."""
SENSOR = "trial"
HOUR, MOST_HOURS = 3600, 25


class BadQuestion(Exception):
    """A figure asked for what its domain or the deck does not have."""


class Trial(Readings):
    """Readings of no sensor, or of one that reads the middle of every metric's normal band."""

    def __init__(self, metrics: Sequence[Metric], sensors: Sequence[str]) -> None:
        self.now, self.local = MOMENT, datetime.fromtimestamp(MOMENT, UTC)
        self._middle = {metric.key: (metric.normal[0] + metric.normal[1]) / 2 for metric in metrics}
        self._sensors = sensors

    def _value(self, metric: str) -> float:
        if metric not in self._middle:
            raise BadQuestion(f"asks for {metric!r}, which is no metric")
        return self._middle[metric]

    def _spanned(self, metric: str, seconds: float, covered: float = 0.0) -> float:
        if not 0 <= covered <= seconds:
            raise BadQuestion(f"asks for {covered:g} s of {seconds:g} s of {metric} to be covered")
        if not (60 <= seconds <= 7200 and seconds % 60 == 0) and not (300 <= seconds <= 90_000 and seconds % 300 == 0):
            raise BadQuestion(f"asks for {seconds:g} s of {metric}: windows are multiples of 60 s up to 7200 or of 300 s up to 90000")
        return self._value(metric)

    def latest(self, metric: str) -> Mapping[str, float]:
        """The middle of the normal band."""
        return dict.fromkeys(self._sensors, self._value(metric))

    def means(self, metric: str, seconds: float, covered: float = 0.0) -> Mapping[str, float]:
        """The middle of the normal band."""
        return dict.fromkeys(self._sensors, self._spanned(metric, seconds, covered))

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        """The middle of the normal band, twice."""
        value = self._spanned(metric, seconds)
        return dict.fromkeys(self._sensors, (value, value))

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        """One reading."""
        self._spanned(metric, seconds)
        return dict.fromkeys(self._sensors, 1)

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        """No change."""
        self._spanned(metric, seconds)
        return dict.fromkeys(self._sensors, 0.0)

    def hourly(self, metric: str, hours: int, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Every hour but the last, in which the sensor was silent."""
        if not 1 <= hours <= MOST_HOURS:
            raise BadQuestion(f"asks for {hours} hours of {metric}, not 1 to {MOST_HOURS}")
        value = self._spanned(metric, HOUR, covered)
        return {sensor: (*[value] * (hours - 1), None) for sensor in self._sensors}

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        """The middle of the normal band."""
        if not 0 <= share <= 1:
            raise BadQuestion(f"asks for the share {share:g} of {metric}, not 0 to 1")
        value = self._spanned(metric, seconds)
        return value if self._sensors else None

    def attribute(self, sensor: str, name: str) -> str | None:
        """A list without further columns."""
        return None


class TrialDay(Day):
    """A day without readings, or one of a sensor that reads the middle of every metric's normal band in all but the last hour."""

    def __init__(self, metrics: Sequence[Metric], sensors: Sequence[str]) -> None:
        self._now, self._sensors = Trial(metrics, sensors), sensors
        start = self._now.local.replace(hour=0)
        self.date, self.hours = start.date(), [start + timedelta(hours=hour) for hour in range(24)]

    def means(self, metric: str) -> Mapping[str, float]:
        """The middle of the normal band."""
        return self._now.latest(metric)

    def hourly(self, metric: str, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Every hour but the last."""
        return self._now.hourly(metric, len(self.hours), covered)

    def extremes(self, metric: str) -> Mapping[str, tuple[float, float]]:
        """The middle of the normal band, twice."""
        return self._now.extremes(metric, HOUR)

    def at(self, hour: int) -> Readings:
        """The middle of the normal band."""
        if not 0 <= hour < len(self.hours):
            raise BadQuestion(f"asks for hour {hour} of {len(self.hours)}")
        return self._now

    def attribute(self, sensor: str, name: str) -> str | None:
        """A list without further columns."""
        return None


def verdict(standard: Standard, metrics: Sequence[Metric]) -> str | None:
    """What is wrong with a standard's verdict, or None."""
    keys = {metric.key for metric in metrics}
    for sensors, case in (((), "with no reading"), ((SENSOR,), "with one sensor")):
        try:
            found = standard.verdict(TrialDay(metrics, sensors))
        except BadQuestion as error:
            return str(error)
        except Exception as error:  # whatever a verdict does wrong is its author's
            return f"fails {case}: {type(error).__name__}: {error}"
        if not isinstance(found, Verdict):
            return f"answers {found!r}, which is no Verdict"
        if not sensors and (found.value is not None or found.within is not None):
            return f"{case} is {found.value!r}, not None: absent is not zero"
        if strange := set(found.items) - keys:
            return f"names {min(strange)!r}, which is no metric"
    return None


def figure(kpi: Kpi, metrics: Sequence[Metric]) -> str | None:
    """What is wrong with a KPI's figure, or None."""
    keys = {metric.key for metric in metrics}
    for sensors, case in (((), "with no reading"), ((SENSOR,), "with one sensor")):
        try:
            found = kpi.figure(Trial(metrics, sensors))
        except BadQuestion as error:
            return str(error)
        except Exception as error:  # whatever a figure does wrong is its author's
            return f"fails {case}: {type(error).__name__}: {error}"
        if reason := _answer(found, keys, not sensors):
            return f"{case} {reason}"
    return None


def _answer(found: object, metrics: set[str], empty: bool) -> str | None:
    if not isinstance(found, Figure):
        return f"answers {found!r}, which is no Figure"
    if empty and found.value is not None:
        return f"is {found.value!r}, not None: absent is not zero"
    if found.value is not None and not (isinstance(found.value, (int, float)) and math.isfinite(found.value)):
        return f"is {found.value!r}, which is no finite number"
    strange = {item for item in (found.item, *found.items.values()) if item is not None} - metrics
    return f"names {min(strange)!r}, which is no metric" if strange else None
