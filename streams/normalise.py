"""Columns to trusted readings: what is refused, what is kept as bad, in the declared unit of its metric (promise 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import QUALITIES
from streams.decode import Columns, Refused
from streams.series import Series

AHEAD_SECONDS = 60.0
"""A time further than this ahead of now is a wrong clock."""
LAST_MS = 8.64e15
"""The last moment that a browser can name (ECMA-262, time values); a time beyond is as wrong as this one."""

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


class Fix(NamedTuple):
    """Where a sensor was at an event time."""

    time: float
    lon: float
    lat: float


def normalise(columns: Columns, series: Series, now: float) -> tuple[Readings, list[Refused], dict[str, Fix]]:
    """(readings in arrival order, refusals, newest place by sensor) of the columns, at event time `now`."""
    n = len(columns.sensor)
    channel = np.fromiter(map(series.__getitem__, zip(columns.sensor, columns.metric, columns.unit, strict=True)), np.int64, n)
    unclear = (channel < 0) | np.isnan(columns.time)
    outside = _outside(columns)
    if outside is not None:
        unclear |= outside
    refused = [_refusal(columns, series, channel, outside, i) for i in np.flatnonzero(unclear).tolist()]
    keep = slice(None) if not refused else np.flatnonzero(~unclear)
    channel = channel[keep]
    index = series.series_of(channel)
    value = series.convert(channel, columns.value[keep])
    ms = np.rint(np.minimum(columns.time[keep] * 1000, LAST_MS)).astype(np.int64)
    readings = Readings(index, ms, value, columns.quality[keep])
    _distrust(readings, series, now)
    return readings, refused, _places(columns, unclear, now)


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


def _refusal(columns: Columns, series: Series, channel: NDArray[np.int64], outside: NDArray[np.bool_] | None, i: int) -> Refused:
    if channel[i] < 0:
        reason = series.refusal(int(channel[i]), columns.sensor[i], columns.metric[i], columns.unit[i])
    elif outside is not None and outside[i]:
        reason = f"impossible_coordinate: {_misplaced(columns, i)}"
    else:
        reason = "time_in_seconds"
    return Refused.row(columns.record[i], columns.element[i], reason)


def _misplaced(columns: Columns, i: int) -> str:
    """What is wrong with a place that is impossible."""
    lon, lat = (math.nan if column is None else float(column[i]) for column in (columns.lon, columns.lat))
    if math.isnan(lon) or math.isnan(lat):
        return f"{'lon' if math.isnan(lon) else 'lat'} is missing"
    if abs(lat) <= 90:
        return f"lon {lon:g} is not within -180 to 180"
    exchanged = "; lon and lat look exchanged" if abs(lon) <= 90 and abs(lat) <= 180 else ""
    return f"lat {lat:g} is not within -90 to 90{exchanged}"


def _places(columns: Columns, unclear: NDArray[np.bool_], now: float) -> dict[str, Fix]:
    """The newest place of each sensor; a clock that runs ahead makes none newer than now."""
    lon, lat = columns.lon, columns.lat
    if lon is None or lat is None:
        return {}
    given = np.flatnonzero(~np.isnan(lon) & ~unclear)
    time = np.minimum(columns.time, now)
    newest = {columns.sensor[i]: i for i in given[np.argsort(time[given], kind="stable")].tolist()}
    return {sensor: Fix(float(time[i]), float(lon[i]), float(lat[i])) for sensor, i in newest.items()}
