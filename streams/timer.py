"""What happens to an alarm by itself, and when: the earliest of it for each alarm, and all alarms in the order in which it falls due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from model import PRIORITIES, Priority, Rule
from model.alarm import Alarm
from streams.hours import next_turn
from streams.life import is_active, overlaid, position

What = Literal["realarmed", "escalated", "stale", "calm", "calendar", "ends"]

STALE_SECONDS = 86_400.0
"""True for so long an alarm tells nobody anything: ISA-18.2 and EEMUA 191 count those over 24 h."""
CALM_SECONDS = 600.0
"""An alarm that has not come for so long chatters no more: the ten minutes in which alarm rates are counted."""
SHELF_SECONDS: dict[Priority, float] = {"critical": 900.0, "high": 3600.0, "medium": 28_800.0, "low": 86_400.0}
"""The longest time on the shelf. ISA-18.2 asks that shelving ends by itself and leaves the time to the site. Ours: a critical alarm only
for as long as somebody stands beside its cause; a high one for an hour, as it would be asked for again; a medium one for a shift
of eight hours, so that who shelved it is still there; a low one until the same shift of the next day."""


class Due(NamedTuple):
    """What happens at event time `time`."""

    time: float
    what: What


def due(alarm: Alarm, rule: Rule | None, now: float, zone: ZoneInfo) -> Due | None:
    """The next thing by event time; `now` is how far time has come for this alarm."""
    return min(_dues(alarm, rule, now, zone), default=None)


def _dues(alarm: Alarm, rule: Rule | None, now: float, zone: ZoneInfo) -> Iterator[Due]:
    active = is_active(alarm)
    if active and alarm.comings and "stale" not in alarm.marks:
        yield Due(alarm.comings[-1] + STALE_SECONDS, "stale")
    if "chattering" in alarm.marks:
        yield Due(alarm.comings[-1] + CALM_SECONDS, "calm")
    if active and alarm.ends is not None:
        yield Due(alarm.ends, "ends")
    if rule is None:
        return
    if rule.calendar is not None and alarm.state != "normal":
        yield Due(next_turn(rule.calendar, now, zone), "calendar")
    if overlaid(alarm):
        return
    if active and alarm.state == "acknowledged" and rule.re_alarm is not None:
        yield Due(alarm.changed + rule.re_alarm, "realarmed")
    if may_escalate(alarm, rule) and alarm.announced is not None and rule.escalate_after is not None:
        yield Due(alarm.announced + rule.escalate_after, "escalated")


def may_escalate(alarm: Alarm, rule: Rule) -> bool:
    """Whether the alarm waits to be acknowledged, and has not been raised by a priority since it last called."""
    waiting = position(alarm) in ("unacknowledged", "latched unacknowledged")
    return waiting and not alarm.escalated and alarm.priority != PRIORITIES[0]


def shelf_ends(alarm: Alarm) -> float | None:
    """Wall clock at which the alarm leaves the shelf by itself, also one shelved until its next return."""
    if alarm.shelf is None:
        return None
    longest = alarm.shelf.time + SHELF_SECONDS[alarm.priority]
    return longest if alarm.shelf.until is None else min(alarm.shelf.until, longest)


class Timers:
    """One moment for each alarm that has one, earliest first."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, id: str, time: float | None) -> None:
        """Sets, changes or removes (None) the moment of an alarm."""
        if time is None:
            self._at.pop(id, None)
        elif self._at.get(id) != time:
            self._at[id] = time
            heapq.heappush(self._heap, (time, id))
        if len(self._heap) > 2 * len(self._at) + 1000:
            self._heap = sorted((time, id) for id, time in self._at.items())

    def next(self) -> float | None:
        """The earliest moment."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, until: float) -> str | None:
        """The alarm whose moment is the earliest, if that is not after `until`; its moment is over with that."""
        time = self.next()
        if time is None or time > until:
            return None
        id = heapq.heappop(self._heap)[1]
        del self._at[id]
        return id
