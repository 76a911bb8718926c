"""Which alarms are hidden by design, by what, and whether that still holds: a feed or a station that is down, a worse alarm, the hour.

What came long before anybody could be told, because the readings wait in a backlog, calls nobody while the backlog is caught up with:
what has gone again until then is the journal's, and what stands then calls. A critical coming calls at once, however old.

A silent quantity makes its station's other alarms suspect, and no more: an alarm whose own quantity is still heard stays. So a `no_data`
rule suppresses the alarm of another quantity only when that, too, has not been heard for half of the rule's limit.
"""

from __future__ import annotations

from collections.abc import Mapping

from model import PRIORITIES, Condition, Rule
from model.alarm import Alarm
from streams.hours import in_force
from streams.life import is_active
from streams.rulebook import Rulebook

CALENDAR, BACKLOG = "calendar", "backlog"
LATE_SECONDS = 600.0
"""A coming that was found later than this came out of a backlog. Ten minutes, in which alarm rates and floods are counted."""
HEARD_SHARE = 0.5


class Suppression:
    """The alarms that wait for a suppressor, by its id."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._below: dict[str, set[str]] = {}
        self._observed: dict[str, float] = {}
        """Event time of the newest value behind an alarm, as far as is known."""

    def follow(self, alarm: Alarm, kept: bool) -> None:
        """Notes that an alarm depends on its suppressors, or, when it is not `kept`, that it no longer does."""
        for id, _ in self._book.suppressors(alarm.rule, alarm.subject):
            if kept:
                self._below.setdefault(id, set()).add(alarm.id)
            elif id in self._below:
                self._below[id].discard(alarm.id)
                if not self._below[id]:
                    del self._below[id]
        if not kept:
            self._observed.pop(alarm.id, None)

    def below(self, id: str) -> list[str]:
        """The alarms that depend on this one."""
        return sorted(self._below.get(id, ()))

    def reason(self, alarm: Alarm, alarms: Mapping[str, Alarm], now: float, heard: float = 0.0, late: bool = False) -> str | None:
        """Why the alarm is to be suppressed: `backlog`, the id of the alarm that stands for it, `calendar`, or None.

        `heard` is when its own quantity was heard, where that is later than is known here; `late` that it came out of a backlog that is
        not caught up with yet.
        """
        if late:
            return BACKLOG
        rule = self._book.rules.get(alarm.rule)
        if rule is None:
            return None
        for id, other in self._book.suppressors(alarm.rule, alarm.subject):
            above = alarms.get(id)
            if above is not None and is_active(above) and not self._alive(alarm, rule, other, now, heard):
                return id
        if rule.calendar is not None and not in_force(rule.calendar, now, self._book.zone):
            return CALENDAR
        return None

    def hear(self, id: str, time: float) -> None:
        """A value behind the alarm was observed at event time `time`."""
        self._observed[id] = max(time, self._observed.get(id, 0.0))

    def _alive(self, alarm: Alarm, rule: Rule, other: Rule, now: float, heard: float) -> bool:
        """Whether `other` tells of the silence of another quantity, and the alarm's own is heard."""
        if other.comparison != "no_data" or other.on in ("", rule.on):
            return False
        return now - max(heard, self._observed.get(alarm.id, alarm.edge)) < other.limit * HEARD_SHARE


def is_late(condition: Condition, found: float) -> bool:
    """Whether the condition, found true at event time `found`, came so long before that only a critical one calls for anybody."""
    return condition.priority != PRIORITIES[0] and found - condition.since > LATE_SECONDS
