"""What pages tell of alarms: each alarm on the board with the condition behind it, and conditions of which the board knows nothing yet.

A condition that is true and has no alarm is told as an unacknowledged one, so screens live on when nobody keeps the alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from model import PRIORITIES, Condition
from model.alarm import Alarm
from streams.rulebook import alarm_of

CALLING, SEEN, LAID = range(3)
"""The order of ranking: unacknowledged, acknowledged, and what is shelved, suppressed or out of service."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One alarm; `condition` while it is true. An alarm that nobody keeps yet has the occurrence 0."""

    alarm: Alarm
    condition: Condition | None

    @property
    def laid(self) -> int:
        """What lies over it: 0 nothing, 1 shelved, 2 suppressed, 3 out of service; of several the last."""
        alarm = self.alarm
        return 3 if alarm.absence else 2 if alarm.suppressed is not None else 1 if alarm.shelf else 0

    @property
    def rank(self) -> int:
        """CALLING, SEEN or LAID."""
        return LAID if self.laid else SEEN if self.alarm.state == "acknowledged" else CALLING

    @property
    def priority(self) -> int:
        """1 critical to 4 low."""
        return PRIORITIES.index(self.alarm.priority) + 1

    @property
    def colours(self) -> bool:
        """Whether it colours the figure it is about: it has not returned and nothing lies over it."""
        return self.alarm.state != "returned" and not self.laid


def entries(alarms: Iterable[Alarm], conditions: Iterable[Condition], asleep: Callable[[str], bool] = lambda rule: False) -> list[Entry]:
    """What is told, most important first; `asleep` says of a rule whether its calendar keeps it from calling anybody now."""
    true: dict[str, dict[bool, Condition]] = {}
    for condition in conditions:
        id, worse = alarm_of(condition.rule, condition.subject)
        true.setdefault(id, {})[worse] = condition
    found = [*_kept(alarms, true), *_unkept(true, asleep)]
    return sorted(found, key=lambda entry: (entry.rank, entry.priority, entry.alarm.raised, entry.alarm.subject))


def _kept(alarms: Iterable[Alarm], true: dict[str, dict[bool, Condition]]) -> Iterator[Entry]:
    """Of the board, which was read before the conditions; those that are normal have nothing to tell. Takes theirs out of `true`."""
    for alarm in alarms:
        behind = true.pop(alarm.id, {})
        condition = behind.get(False)
        beyond = behind.get(True)
        if beyond is not None and not alarm.worse and beyond.since > alarm.worse_edge:
            alarm = replace(alarm, state="unacknowledged", priority=min(alarm.priority, beyond.priority, key=PRIORITIES.index))
        elif condition is not None and alarm.state in ("normal", "returned"):
            alarm = replace(alarm, state="unacknowledged")
        if alarm.state != "normal":
            yield Entry(alarm, condition or beyond)


def _unkept(true: Mapping[str, Mapping[bool, Condition]], asleep: Callable[[str], bool]) -> Iterator[Entry]:
    for id, behind in true.items():
        worst, condition = behind[max(behind)], behind[min(behind)]
        rule = id.partition("|")[0]
        if not asleep(rule):
            yield Entry(_provisional(id, rule, condition, worst), condition)


def _provisional(id: str, rule: str, condition: Condition, worst: Condition) -> Alarm:
    return Alarm(
        id=id,
        occurrence=0,
        rule=rule,
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
