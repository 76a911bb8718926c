"""The newest readings of one partition, looked up by sensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import QUALITIES
from store.view import View

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """A partition's series: the row of each (sensor, metric), and the metrics there are."""

    names: Sequence[tuple[str, str]]
    row: Mapping[tuple[str, str], int]
    metrics: Sequence[str]

    @classmethod
    def of(cls, view: View) -> Series:
        """Those that the partition has now."""
        return cls(view.names, {name: row for row, name in enumerate(view.names)}, sorted({metric for _, metric in view.names}))


class Newest:
    """A partition's newest readings as they were when this was made."""

    def __init__(self, view: View, series: Series) -> None:
        self._series = series
        self._time, self._value, self._quality = (view.latest[name].tolist() for name in ("time", "value", "quality"))

    def put(self, sensor: str, into: dict[str, Row]) -> None:
        """Puts the sensor's readings `into` those by metric, where they are newer than what is there."""
        for metric in self._series.metrics:
            row = self._series.row.get((sensor, metric), len(self._time))
            if row < len(self._time) and self._time[row] > (into[metric]["time"] if metric in into else 0):
                into[metric] = {"value": self._value[row], "time": self._time[row], "quality": QUALITIES[self._quality[row]]}
