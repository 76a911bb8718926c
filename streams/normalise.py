"""Columns to trusted readings: what is refused, what is kept as bad, in the declared unit of its metric (promise 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model import QUALITIES
from streams.decode import Columns, Refused
from streams.series import REFUSALS, Series

AHEAD_SECONDS = 60.0
"""A time further than this ahead of now is a wrong clock."""

BAD, MISSING = QUALITIES.index("bad"), QUALITIES.index("missing")


@dataclass(slots=True)
class Readings:
    """Readings as parallel columns: row of the series, milliseconds since the epoch, value in the declared unit, quality code."""

    series: NDArray[np.int64]
    ms: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Readings:
        """The chosen rows."""
        return Readings(self.series[chosen], self.ms[chosen], self.value[chosen], self.quality[chosen])


def normalise(columns: Columns, series: Series, now: float) -> tuple[Readings, list[Refused], dict[str, tuple[float, float]]]:
    """(readings in arrival order, refusals, last given place by sensor) of the columns, at event time `now`."""
    n = len(columns.sensor)
    channel = np.fromiter(map(series.__getitem__, zip(columns.sensor, columns.metric, columns.unit, strict=True)), np.int64, n)
    unclear = (channel < 0) | np.isnan(columns.time)
    outside = _outside(columns)
    if outside is not None:
        unclear |= outside
    refused = [_refusal(columns, channel, outside, i) for i in np.flatnonzero(unclear).tolist()]
    keep = slice(None) if not refused else np.flatnonzero(~unclear)
    channel = channel[keep]
    index = series.series_of(channel)
    value = series.convert(channel, columns.value[keep])
    readings = Readings(index, np.rint(columns.time[keep] * 1000).astype(np.int64), value, columns.quality[keep])
    _distrust(readings, series, now)
    return readings, refused, _places(columns, unclear)


def _distrust(readings: Readings, series: Series, now: float) -> None:
    """Marks what is understood but not to be trusted, in place."""
    value, quality = readings.value, readings.quality
    inside = (value >= series.low.view[readings.series]) & (value <= series.high.view[readings.series])
    ahead = readings.ms > (now + AHEAD_SECONDS) * 1000
    wrong = (~inside | ahead) & (quality < BAD)
    if wrong.any():
        quality[wrong] = BAD
    empty = np.isnan(value)
    if empty.any():
        quality[empty] = MISSING


def _outside(columns: Columns) -> NDArray[np.bool_] | None:
    """Which rows stand at an impossible coordinate (or at half of one)."""
    lon, lat = columns.lon, columns.lat
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        return ~np.isnan(lon if lat is None else lat)  # type: ignore[arg-type]
    half = np.isnan(lon) != np.isnan(lat)
    found: NDArray[np.bool_] = half | (np.abs(lon) > 180) | (np.abs(lat) > 90)
    return found


def _refusal(columns: Columns, channel: NDArray[np.int64], outside: NDArray[np.bool_] | None, i: int) -> Refused:
    if channel[i] < 0:
        told = {"unknown_metric": columns.metric[i], "incompatible_unit": columns.unit[i]}
        reason = REFUSALS[int(channel[i])]
        reason = f"{reason}: {told.get(reason, columns.sensor[i])}"
    elif outside is not None and outside[i]:
        reason = "impossible_coordinate"
    else:
        reason = "time_in_seconds"
    element = int(columns.element[i])
    return Refused(int(columns.record[i]), None if element < 0 else element, reason)


def _places(columns: Columns, unclear: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    lon, lat = columns.lon, columns.lat
    if lon is None or lat is None:
        return {}
    given = np.flatnonzero(~np.isnan(lon) & ~unclear).tolist()
    return {columns.sensor[i]: (float(lon[i]), float(lat[i])) for i in given}
