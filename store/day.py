"""Days of the city's own clock: where each begins, 23 or 25 hours long ones too."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY = timedelta(days=1)


def begin(day: date, zone: ZoneInfo) -> int:
    """Milliseconds since the epoch at which the day begins; where its midnight is left out, the moment the clock jumps."""
    return int(datetime.combine(day, time.min, zone).timestamp() * 1000)


def day_of(moment: float, zone: ZoneInfo) -> date:
    """The local date of a moment in seconds."""
    return datetime.fromtimestamp(moment, zone).date()


def days(first: date, last: date) -> list[date]:
    """From the first to the last, both included."""
    return [first + number * DAY for number in range((last - first).days + 1)]


def by_day(ms: NDArray[np.int64], zone: ZoneInfo) -> dict[date, NDArray[np.int64]]:
    """The places in `ms` by local date, each in the order of `ms`."""
    if not len(ms):
        return {}
    dates = days(*(day_of(int(edge) / 1000, zone) for edge in (ms.min(), ms.max())))
    place = np.searchsorted(np.array([begin(day, zone) for day in dates]), ms, side="right") - 1
    return {dates[number]: np.flatnonzero(place == number) for number in np.unique(place).tolist()}
