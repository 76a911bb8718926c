"""The series of one partition: which sensor and metric has which row, and what its domain declares of it, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import Domain
from standards.noise import energy
from standards.unit import IncompatibleUnit, factor

MOST = 1_000_000
"""Series that one partition may hold: a feed that invents sensor names must not fill Redis."""

# Ten thousand sensors write a handful of units.
_factor = lru_cache(1024)(factor)

UNKNOWN_METRIC, INCOMPATIBLE_UNIT, TOO_MANY = -1, -2, -3
TOLD_METRICS, TOLD_LETTERS = 12, 64
"""Of the metrics there are, and of what was sent, so much is told with a refusal."""


class Series(dict[tuple[str, str, str | None], int]):
    """Looks up (sensor, metric, unit) -> channel; a channel is a series and the conversion to its declared unit.

    A lookup that is new makes the channel (and the series, noted in `fresh`); one that cannot be understood answers a
    negative code, of which `refusal` tells the reason, and is not kept.
    """

    def __init__(self, domain: Domain, known: Mapping[int, tuple[str, str]]) -> None:
        super().__init__()
        self._metrics = {metric.key: number for number, metric in enumerate(domain.metrics)}
        self._units = [metric.unit for metric in domain.metrics]
        self._known = _listed([metric.key for metric in domain.metrics])
        self._valid = np.array([metric.valid for metric in domain.metrics])
        self._energetic = np.array([metric.energetic for metric in domain.metrics], np.bool_)
        self.names: list[tuple[str, str]] = []
        self.index: dict[tuple[str, str], int] = {}
        self.metric = _Column(np.int16)
        self.low, self.high = _Column(np.float64), _Column(np.float64)
        self._channel_series, self._scale, self._offset = _Column(np.int64), _Column(np.float64), _Column(np.float64)
        for index in sorted(known):
            self._add(known[index])
        self.fresh: list[int] = []

    def _add(self, name: tuple[str, str]) -> int:
        index = self.index[name] = len(self.names)
        self.names.append(name)
        number = self._metrics.get(name[1], -1)
        # A series whose metric its domain no longer declares keeps its row; nothing new can arrive for it.
        low, high = self._valid[number] if number >= 0 else (np.nan, np.nan)
        self.metric.append(number)
        self.low.append(low)
        self.high.append(high)
        return index

    def __missing__(self, key: tuple[str, str, str | None]) -> int:
        sensor, metric, unit = key
        number = self._metrics.get(metric)
        if number is None:
            return UNKNOWN_METRIC
        try:
            scale, offset = (1.0, 0.0) if unit is None else _factor(unit, self._units[number])
        except IncompatibleUnit:
            return INCOMPATIBLE_UNIT
        index = self.index.get((sensor, metric))
        if index is None:
            if len(self.names) >= MOST:
                return TOO_MANY
            index = self._add((sensor, metric))
            self.fresh.append(index)
        channel = self[key] = len(self._channel_series)
        self._channel_series.append(index)
        self._scale.append(scale)
        self._offset.append(offset)
        return channel

    def refusal(self, code: int, sensor: str, metric: str, unit: str | None) -> str:
        """Why the lookup answered this negative code, with what would be right."""
        if code == UNKNOWN_METRIC:
            return f"unknown_metric: {metric}; known are {self._known}"
        if code == INCOMPATIBLE_UNIT:
            declared = self._units[self._metrics[metric]]
            expected = f"is in {declared}" if declared not in ("", "1") else "has no unit"
            return f"incompatible_unit: {str(unit)[:TOLD_LETTERS]}; {metric} {expected}"
        return f"too_many_series: {sensor}"

    def series_of(self, channel: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each channel."""
        return self._channel_series.view[channel]

    def convert(self, channel: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in the declared unit of their metric."""
        scale: NDArray[np.float64] = self._scale.view
        offset: NDArray[np.float64] = self._offset.view
        converted: NDArray[np.float64] = value * scale[channel] + offset[channel]
        return converted

    def summed(self, series: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """What windows add up: the values, but of levels in dB their energies, so that the mean becomes an energy mean."""
        if not self._energetic.any():
            return value
        loud = self._energetic[self.metric.view[series]]
        added = value.copy()
        added[loud] = energy(value[loud])
        return added


def _listed(metrics: Sequence[str]) -> str:
    told, left = ", ".join(metrics[:TOLD_METRICS]), len(metrics) - TOLD_METRICS
    return f"{told} and {left} more" if left > 0 else told


class _Column:
    """An array that grows by appending."""

    def __init__(self, dtype: Any) -> None:
        self._room, self._n = np.zeros(64, dtype), 0

    def __len__(self) -> int:
        return self._n

    def append(self, value: Any) -> None:
        if self._n == len(self._room):
            self._room = np.concatenate([self._room, np.zeros_like(self._room)])
        self._room[self._n] = value
        self._n += 1

    @property
    def view(self) -> NDArray[Any]:
        return self._room[: self._n]
