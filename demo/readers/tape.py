"""Recorded files on one clock.

Their years differ, so every file is shifted, by a whole number of days, which keeps its hour of the day (UTC): the youngest file keeps its
times and begins the replay, and each other file is moved so that its first reading falls into the day that ends there. So every feed
has something to say from the first moment, and what they read before it is the past.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.readers.recording import Recording

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """All readings of a replay in order of time, as columns of one length."""

    time: NDArray[np.float64]
    """Seconds since the epoch, shifted."""
    domain: NDArray[np.object_]
    sensor: NDArray[np.object_]
    text: NDArray[np.object_]
    """JSON object of the reading."""
    begin: float
    """Event time at which the clock starts; what is older is sent at once."""

    @property
    def end(self) -> float:
        """Time of the last reading."""
        return float(self.time[-1])


def origin(found: Sequence[Recording]) -> float:
    """When the replay begins: the first reading of the youngest file."""
    return max(float(recording.readings["time"].iloc[0]) for recording in found)


def shift(first: float, begin: float) -> float:
    """Seconds, a whole number of days, that bring `first` into (begin - 1 day, begin]."""
    return math.floor((begin - first) / DAY) * DAY


def texts(recording: Recording, added: float) -> list[str]:
    """The native message of each reading; NaN is null."""
    table = recording.readings
    made: dict[tuple[str, str, str], tuple[str, str]] = {}
    result = []
    for sensor, metric, unit, value, moment in zip(
        table["sensor"], table["metric"], table["unit"], table["value"].tolist(), table["time"].tolist(), strict=True
    ):
        if (sensor, metric, unit) not in made:
            made[sensor, metric, unit] = frame(recording, sensor, metric, unit)
        start, end = made[sensor, metric, unit]
        shown = repr(value) if value == value else "null"
        result.append(f'{start}{shown},"time":{round((moment + added) * 1000)}{end}')
    return result


def frame(recording: Recording, sensor: str, metric: str, unit: str) -> tuple[str, str]:
    """What stands before the value and after the time."""
    start = json.dumps({"sensor": sensor, "metric": metric, "unit": unit}, ensure_ascii=False, separators=(",", ":"))
    place = recording.places.get(sensor)
    return start[:-1] + ',"value":', f',"lon":{place[0]!r},"lat":{place[1]!r}}}' if place else "}"


def tape(found: Sequence[Recording]) -> Tape:
    """The recordings on one clock. ValueError when there are none."""
    if not found:
        raise ValueError("no recorded file that a reader knows")
    begin = origin(found)
    shifts = [shift(float(recording.readings["time"].iloc[0]), begin) for recording in found]
    times = np.concatenate([r.readings["time"].to_numpy(np.float64) + added for r, added in zip(found, shifts, strict=True)])
    order = np.argsort(times, kind="stable")
    return Tape(
        time=times[order],
        domain=np.concatenate([np.full(len(r.readings), r.domain, object) for r in found])[order],
        sensor=np.concatenate([r.readings["sensor"].to_numpy(object) for r in found])[order],
        text=np.concatenate([np.array(texts(r, added), object) for r, added in zip(found, shifts, strict=True)])[order],
        begin=begin,
    )
