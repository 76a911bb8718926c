"""Compares the alarms with the conditions as they stand, so that a lost edge heals, and tidies up.

An alarm whose condition is missed does not return at once: its finder must be alive and caught up, and after Redis was emptied a
condition comes back only when its rule's on-delay has passed. Should it come back with its old time even so, the alarm comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from domains.system import FEED_DOWN
from model import Condition
from model.alarm import Alarm
from store.process import Process
from store.view import View
from streams.alarm import Alarms
from streams.judge import DEAD_SECONDS, SETTLED_SECONDS, is_current
from streams.life import is_active, shown
from streams.rulebook import OUTSIDE, Rulebook, alarm_of
from streams.suppression import LATE_SECONDS, is_late

LOST_SECONDS = 10.0
"""How long a condition must be missed, beyond its rule's on-delay, before its alarm returns without an edge."""
REMEMBERED_SECONDS = 30 * 86_400.0
"""How long a normal alarm's number and last edge are known: longer than Kafka keeps readings from which they could come again."""


class Healer:
    """Looks from time to time; remembers since when a condition has been missed."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._missed: dict[str, float] = {}

    def look(
        self,
        standing: Iterable[Condition],
        current: Callable[[Alarm], bool],
        touched: Collection[str],
        newest: Mapping[str, float] | None = None,
    ) -> None:
        """Heals what differs at the moment to which time has come.

        `current` tells whether who finds an alarm's condition is alive and has caught up; `touched` alarms had an edge since the
        conditions were read; `newest` is the event time of the newest reading by domain.
        """
        ready = self._ready(current, newest or {})
        core = self._alarms
        true = {alarm_of(condition.rule, condition.subject): condition for condition in standing}
        for (id, worse), condition in true.items():
            if id not in touched:
                self._lost_coming(id, worse, condition, ready)
            if id in core.alarms:
                core.suppression.hear(id, condition.observed)
        missing = {
            alarm.id
            for alarm in core.alarms.values()
            if is_active(alarm) and not alarm.subject.startswith(OUTSIDE) and not {(alarm.id, False), (alarm.id, True)} & true.keys()
        }
        self._missed = {id: since for id, since in self._missed.items() if id in missing}
        for id in sorted(missing - set(touched)):
            self._lost_going(core.alarms[id], current)
        for id in [alarm.id for alarm in core.alarms.values() if alarm.state != "normal"]:
            core.reconsider(core.alarms[id], core.now, f"look:{core.now!r}", ready(core.alarms[id]))
        self._forget()

    def _ready(self, current: Callable[[Alarm], bool], newest: Mapping[str, float]) -> Callable[[Alarm], bool]:
        """Whether an alarm's backlog is over: its finder has caught up, and the bureau sends the present or is missed."""
        core = self._alarms

        def ready(alarm: Alarm) -> bool:
            feed = core.alarms.get(f"{alarm.domain}/{FEED_DOWN.key}|feed:{alarm.domain}")
            present = core.now - newest.get(alarm.domain, core.now) < LATE_SECONDS
            return current(alarm) and (present or feed is not None and is_active(feed))

        return ready

    def _lost_coming(self, id: str, worse: bool, condition: Condition, ready: Callable[[Alarm], bool]) -> None:
        """A condition whose edge was never seen; or one whose alarm returned only because it was missed for a while."""
        alarm = self._alarms.alarms.get(id)
        edge = 0.0 if alarm is None else alarm.worse_edge if worse else alarm.edge
        missed = alarm is not None and not worse and condition.since == edge and alarm.state in ("normal", "returned")
        if condition.since > edge or missed:
            again = f":{alarm.occurrence}:{alarm.count}" if alarm is not None and missed else ""
            late = is_late(condition, self._alarms.now) and not ready(alarm or self._alarms.blank(id))
            self._alarms.take(alarm, condition, f"reconcile:{id}:{'worse:' if worse else ''}{condition.since!r}{again}", late)

    def _lost_going(self, alarm: Alarm, current: Callable[[Alarm], bool]) -> None:
        core = self._alarms
        if not current(alarm):
            self._missed.pop(alarm.id, None)
            return
        rule = core.book.rules.get(alarm.rule)
        if core.now - self._missed.setdefault(alarm.id, core.now) >= LOST_SECONDS + (rule.on_delay if rule else 0.0):
            source = f"reconcile:{alarm.id}:{alarm.edge!r}:{alarm.count}:gone"
            core.go(alarm, core.now, source, latching=rule is not None and rule.latching, worse=False)

    def _forget(self) -> None:
        """Lets go of alarms that have been normal for so long that nothing asks for them any more."""
        core = self._alarms
        for alarm in list(core.alarms.values()):
            if not shown(alarm) and core.now - max(alarm.changed, alarm.edge) > REMEMBERED_SECONDS:
                core.forget(alarm.id)


def finders(book: Rulebook, views: Sequence[View], processes: Sequence[Process], wall: float) -> Callable[[Alarm], bool]:
    """Whether who finds an alarm's condition is alive and has caught up: every partition of its domain, or the judge.

    Nobody finds the condition of a rule that is no more, so that is sure.
    """
    partitions = [view for view in views if view.name.rpartition(".")[0]]
    known = {view.domain for view in partitions} - {view.domain for view in partitions if not is_current(view, processes, wall)}
    judged = any(_judges(process, wall) for process in processes)

    def current(alarm: Alarm) -> bool:
        if alarm.rule not in book.rules:
            return True
        return judged if book.is_judged(alarm.rule) else alarm.domain in known

    return current


def _judges(process: Process, wall: float) -> bool:
    """Whether the process is the judge at work, and has been for long enough to have judged."""
    alive = wall - process.wall <= DEAD_SECONDS and wall - process.started >= SETTLED_SECONDS
    return process.kind == "frames" and process.state == "active" and alive
