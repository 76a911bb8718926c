"""The small figures that bureaus share: the highest, the lowest and the mean of a metric over the sensors of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from domains.by_sensor import BySensor
from model import Figure, Readings
from standards.grade import Grade
from standards.noise import laeq

Calculation = Callable[[Readings], Figure]


def values(readings: Readings, metric: str, seconds: float = 0, covered: float = 0) -> Mapping[str, float]:
    """Value by sensor: the mean over the last `seconds`, of which `covered` must be, or the newest reading where that is 0."""
    return readings.means(metric, seconds, covered) if seconds else readings.latest(metric)


def together(readings: Readings, metrics: Iterable[str], seconds: float = 0, covered: float = 0) -> dict[str, dict[str, float]]:
    """Value by sensor and metric, of the sensors that have any."""
    found: dict[str, dict[str, float]] = {}
    for metric in metrics:
        for sensor, value in values(readings, metric, seconds, covered).items():
            found.setdefault(sensor, {})[metric] = value
    return found


def greatest(by_sensor: Mapping[str, float], item: str | None = None, items: Mapping[str, str] | None = None) -> Figure:
    """The greatest value with its sensor; `items` names what decided each sensor's value, `item` what did where there is one for all."""
    if not by_sensor:
        return Figure(value=None)
    sensor = by_sensor.greatest() if isinstance(by_sensor, BySensor) else max(by_sensor, key=by_sensor.__getitem__)
    named = items or {}
    return Figure(value=by_sensor[sensor], sensor=sensor, item=named.get(sensor, item), by_sensor=by_sensor, items=named)


def least(by_sensor: Mapping[str, float], item: str | None = None) -> Figure:
    """The least value with its sensor."""
    if not by_sensor:
        return Figure(value=None)
    sensor = by_sensor.least() if isinstance(by_sensor, BySensor) else min(by_sensor, key=by_sensor.__getitem__)
    return Figure(value=by_sensor[sensor], sensor=sensor, item=item, by_sensor=by_sensor)


def array(by_sensor: Mapping[str, float]) -> NDArray[np.float64]:
    """The values alone."""
    return by_sensor.array if isinstance(by_sensor, BySensor) else np.array(list(by_sensor.values()), np.float64)


def highest(metric: str, seconds: float = 0) -> Calculation:
    """The highest value of a metric: of the newest readings, or of the means over the last `seconds`."""
    return lambda readings: greatest(values(readings, metric, seconds), metric)


def lowest(metric: str, seconds: float = 0) -> Calculation:
    """The lowest value of a metric: of the newest readings, or of the means over the last `seconds`."""
    return lambda readings: least(values(readings, metric, seconds), metric)


def mean(metric: str, seconds: float = 0) -> Calculation:
    """The mean over sensors, each counting once however often it speaks."""

    def calculate(readings: Readings) -> Figure:
        found = values(readings, metric, seconds)
        return Figure(value=float(array(found).mean()), item=metric, by_sensor=found) if found else Figure(value=None)

    return calculate


def energy_mean(metric: str, seconds: float = 0) -> Calculation:
    """The energy mean over sensors of their levels, dB: of the newest, each the sensor's own LAeq since the one before, or of LAeq over
    the last `seconds` where the metric is declared energetic.
    """

    def calculate(readings: Readings) -> Figure:
        found = values(readings, metric, seconds)
        return Figure(value=laeq(array(found)), item=metric, by_sensor=found)

    return calculate


def movement(metric: str, seconds: float) -> Calculation:
    """The greatest distance between a sensor's least and greatest value within the last `seconds`."""
    return lambda readings: greatest(_distances(readings.extremes(metric, seconds)), metric)


def _distances(extremes: Mapping[str, tuple[float, float]]) -> Mapping[str, float]:
    if isinstance(extremes, BySensor):
        return extremes.changed(lambda rows: rows[:, 1] - rows[:, 0])
    return {sensor: high - low for sensor, (low, high) in extremes.items()}


def fastest_rise(metric: str, seconds: float) -> Calculation:
    """The fastest rise of a sensor, per hour, over the last `seconds`."""
    return lambda readings: greatest(readings.rates(metric, seconds), metric)


def exceeded(metric: str, seconds: float, share: float) -> Calculation:
    """The value that `share` (0..1) of all readings of the group were above: L10 of noise is `share` 0.1."""
    return lambda readings: Figure(value=readings.percentile(metric, seconds, 1 - share), item=metric)


def worst_of(readings: Readings, metrics: Iterable[str], classes: Callable[[str, NDArray[np.float64]], NDArray[np.int64]]) -> Figure:
    """The worst class of all places, by their newest readings; `classes` gives those of one item. The first of equals decides."""
    by_sensor, items = dict[str, float](), dict[str, str]()
    for metric in metrics:
        found = values(readings, metric)
        classed = zip(found, classes(metric, array(found)).astype(np.float64).tolist(), strict=True)
        worse = {sensor: value for sensor, value in classed if value > by_sensor.get(sensor, 0.0)}
        by_sensor |= worse
        items |= dict.fromkeys(worse, metric)
    return greatest(by_sensor, items=items)


def worst_grade(grades: Mapping[str, Grade]) -> Figure:
    """The worst class of all places, the place and the item that decided it."""
    by_sensor = {sensor: float(grade.value) for sensor, grade in grades.items() if grade.value is not None}
    return greatest(by_sensor, items={sensor: grade.item for sensor, grade in grades.items() if grade.item is not None})
