"""What pages tell of one alarm: as it stands on the board, with the condition behind it, or a condition of which the board knows nothing.

A condition that is true and has no alarm is told as an unacknowledged one, so screens live on when nobody keeps the alarms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from model import PRIORITIES, Condition
from model.alarm import Alarm

CALLING, SEEN, LAID = range(3)
"""The order of ranking: unacknowledged, acknowledged, and what is shelved, suppressed or out of service."""
SHELVED, SUPPRESSED, OUT_OF_SERVICE = 1, 2, 3
"""What lies over an alarm; of several the last."""


class Entry(NamedTuple):
    """One alarm; `condition` while it is true. An alarm that nobody keeps yet has the occurrence 0."""

    alarm: Alarm
    condition: Condition | None
    laid: int
    """0 nothing, or SHELVED, SUPPRESSED, OUT_OF_SERVICE."""
    rank: int
    """CALLING, SEEN or LAID."""
    priority: int
    """1 critical to 4 low."""

    @property
    def colours(self) -> bool:
        """Whether it colours the figure it is about: it has not returned and nothing lies over it."""
        return self.alarm.state != "returned" and not self.laid


def entry(id: str, alarm: Alarm | None, plain: Condition | None, beyond: Condition | None) -> Entry | None:
    """What is told of the alarm and of the conditions behind it, `plain` and `beyond` its worse limit; None when that is nothing."""
    if alarm is None:
        return _unkept(id, plain, beyond)
    if beyond is not None and not alarm.worse and beyond.since > alarm.worse_edge:
        alarm = replace(alarm, state="unacknowledged", priority=min(alarm.priority, beyond.priority, key=PRIORITIES.index))
    elif plain is not None and alarm.state in ("normal", "returned"):
        alarm = replace(alarm, state="unacknowledged")
    return None if alarm.state == "normal" else _ranked(alarm, plain or beyond)


def pair(behind: Iterable[tuple[bool, Condition]]) -> tuple[Condition | None, Condition | None]:
    """(plain, beyond) of an alarm's true conditions, each with whether it is the worse limit."""
    found = dict(behind)
    return found.get(False), found.get(True)


def _unkept(id: str, plain: Condition | None, beyond: Condition | None) -> Entry | None:
    worst, condition = beyond or plain, plain or beyond
    if worst is None or condition is None:
        return None
    alarm = Alarm(
        id=id,
        occurrence=0,
        rule=id.partition("|")[0],
        subject=condition.subject,
        domain=condition.domain,
        area="",
        priority=worst.priority,
        state="unacknowledged",
        value=condition.value,
        limit=worst.limit,
        raised=condition.since,
        changed=condition.since,
        journalled=False,
    )
    return _ranked(alarm, condition)


def _ranked(alarm: Alarm, condition: Condition | None) -> Entry:
    laid = OUT_OF_SERVICE if alarm.absence else SUPPRESSED if alarm.suppressed is not None else SHELVED if alarm.shelf else 0
    rank = LAID if laid else SEEN if alarm.state == "acknowledged" else CALLING
    return Entry(alarm, condition, laid, rank, PRIORITIES.index(alarm.priority) + 1)
