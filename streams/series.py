"""The series of one partition: which sensor and metric has which row, and what its domain declares of it, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import Domain
from standards.unit import IncompatibleUnit, factor

MOST = 1_000_000
"""Series that one partition may hold: a feed that invents sensor names must not fill Redis."""

UNKNOWN_METRIC, INCOMPATIBLE_UNIT, TOO_MANY = -1, -2, -3
REFUSALS = {UNKNOWN_METRIC: "unknown_metric", INCOMPATIBLE_UNIT: "incompatible_unit", TOO_MANY: "too_many_series"}


class Series(dict[tuple[str, str, str | None], int]):
    """Looks up (sensor, metric, unit) -> channel; a channel is a series and the conversion to its declared unit.

    A lookup that is new makes the channel (and the series, noted in `fresh`); one that cannot be understood answers a
    negative code of `REFUSALS` and is not kept.
    """

    def __init__(self, domain: Domain, known: Mapping[int, tuple[str, str]]) -> None:
        super().__init__()
        self._metrics = {metric.key: number for number, metric in enumerate(domain.metrics)}
        self._units = [metric.unit for metric in domain.metrics]
        self._valid = np.array([metric.valid for metric in domain.metrics])
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
            scale, offset = (1.0, 0.0) if unit is None else factor(unit, self._units[number])
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

    def series_of(self, channel: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each channel."""
        return self._channel_series.view[channel]

    def convert(self, channel: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values in the declared unit of their metric."""
        scale: NDArray[np.float64] = self._scale.view
        offset: NDArray[np.float64] = self._offset.view
        converted: NDArray[np.float64] = value * scale[channel] + offset[channel]
        return converted


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
