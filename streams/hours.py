"""When a calendar is in force, in the hours of the city's own clock, on days that are 23 or 25 hours long too."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from model import DAYS, Calendar


def in_force(calendar: Calendar, moment: float, zone: ZoneInfo) -> bool:
    """Whether the moment is on one of the days between the two hours; a span that passes midnight belongs to the day it began on."""
    local = datetime.fromtimestamp(moment, zone)
    hour = local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / 3600
    first, last = calendar.hours
    today = DAYS[local.weekday()] in calendar.days
    if first < last:
        return today and first <= hour < last
    yesterday = DAYS[local.weekday() - 1] in calendar.days
    return today and hour >= first or yesterday and hour < last


def next_turn(calendar: Calendar, moment: float, zone: ZoneInfo) -> float:
    """The first moment after this one at which the calendar may come into force or go out of it."""
    midnight = datetime.combine(datetime.fromtimestamp(moment, zone).date(), time.min, zone)
    turns = (midnight + timedelta(days=day, hours=hour) for day in range(3) for hour in calendar.hours)
    return min(turn.timestamp() for turn in turns if turn.timestamp() > moment)
