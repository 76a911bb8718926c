"""The alarms of the city: what their conditions, the clock and people do to them. No I/O: everything comes in as an argument.

An edge (a condition became true or false) or a wish (`streams/wish.py`) comes in, alarms and events come out. Events carry the name
of what made them, so the journal holds each once however often this is computed. Time is event time and only goes on: before an edge
is taken in, everything that fell due before it happens, so the outcome is the same whether edges come one by one or all at once.

What `changes` gives is to be written; then `settled` makes it the past, or `undo` takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from model import PRIORITIES, Condition, Rule
from model.alarm import Alarm, Event, EventKind, Mark
from streams.duty import Duties
from streams.flood import Floods
from streams.life import after, annunciated, is_active, position, shown
from streams.rulebook import Rulebook, alarm_of, parts
from streams.suppression import BACKLOG, Suppression, is_late
from streams.timer import CALM_SECONDS, Due, Timers, due, shelf_ends

CHATTER_COMINGS, CHATTER_SECONDS = 3, 60.0
"""Three comings in a minute: the usual test of chattering, e.g. Ignition's."""
FLEETING_SECONDS = 10.0
"""Gone before anybody could have acted: the usual test of fleeting."""


class Changes(NamedTuple):
    """What happened since last settled: alarms as they are now, ids that are forgotten, and events in order."""

    alarms: list[Alarm]
    forgotten: list[str]
    events: list[Event]


class Alarms:
    """Every alarm that is on the board, and those that were, by id."""

    def __init__(self, book: Rulebook, alarms: Iterable[Alarm], duties: Duties, floods: Floods) -> None:
        self.book, self.duties, self.floods = book, duties, floods
        self.alarms: dict[str, Alarm] = {}
        self.now = 0.0
        """How far event time has come."""
        self._timers, self._shelves = Timers(), Timers()
        self._due: dict[str, Due] = {}
        self.suppression = Suppression(book)
        self._before: dict[str, Alarm | None] = {}
        self._uncalled: Floods | None = None
        """The floods before anybody was called; kept only then, for ten thousand may be acknowledged at once."""
        self._events: list[Event] = []
        for alarm in alarms:
            self._put(alarm)
        self.settled()

    # --- what comes in ---------------------------------------------------------------------------------------------------------------

    def edge(self, condition: Condition, source: str, found: float | None = None) -> None:
        """A condition became true or false, `found` at that event time. One that is not newer than what is known of it is a repetition."""
        id, worse = alarm_of(condition.rule, condition.subject)
        alarm = self.alarms.get(id)
        if alarm is not None and condition.since <= (alarm.worse_edge if worse else alarm.edge):
            return
        self._until(condition.since)
        self.take(self.alarms.get(id), condition, source, late=found is not None and is_late(condition, found))

    def advance(self, now: float, wall: float) -> None:
        """Time has come to `now`, event time, and `wall`: what falls due by itself happens, in its order."""
        while (ends := self._shelves.next()) is not None and ends <= wall:
            self._until(min(now, ends + now - wall))
            if (id := self._shelves.pop(ends)) is not None:
                source = f"timer:{id}:{self.alarms[id].occurrence}:unshelved:{ends!r}"
                self.happen(self.alarms[id], "unshelved", self.now, source, said=ends, shelf=None)
        self._until(now)

    # --- what comes out --------------------------------------------------------------------------------------------------------------

    def changes(self) -> Changes:
        """Everything since last settled."""
        alarms = [self.alarms[id] for id, before in self._before.items() if id in self.alarms and self.alarms[id] is not before]
        return Changes(alarms, [id for id in self._before if id not in self.alarms], list(self._events))

    def settled(self) -> None:
        """The changes are written."""
        self._before, self._events = {}, []
        self._floods, self._duties, self._then = self.floods.copy(), self.duties.copy(), self.now

    def undo(self) -> None:
        """The changes never happened."""
        self.now = self._then
        self._take_back()
        self.floods, self.duties = self._floods, self._duties
        self.settled()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is done within happens wholly or, where it raises, not at all."""
        before, count, duties = self._before, len(self._events), self.duties.copy()
        self._before, self._uncalled = {}, None
        try:
            yield
        except BaseException:
            self._take_back()
            del self._events[count:]
            self.floods, self.duties, self._before = self._uncalled or self.floods, duties, before
            raise
        for id, alarm in self._before.items():
            before.setdefault(id, alarm)
        self._before = before

    def _take_back(self) -> None:
        """Alarms are as they were before."""
        for id, alarm in list(self._before.items()):
            if alarm is not None:
                self._put(alarm)
            elif id in self.alarms:
                self._follow(self.alarms.pop(id), kept=False)

    # --- conditions ------------------------------------------------------------------------------------------------------------------

    def take(self, alarm: Alarm | None, condition: Condition, source: str, late: bool = False) -> None:
        """What a condition's change makes of its alarm, which may be one that never was; `late` when it comes out of a backlog."""
        id, worse = alarm_of(condition.rule, condition.subject)
        noted: dict[str, Any] = {"worse_edge": condition.since, "worse": condition.active} if worse else {"edge": condition.since}
        noted["value"] = condition.value
        rule = self.book.rules.get(parts(id)[0])
        if alarm is None and (rule is None or not condition.active):
            return
        alarm = alarm or self.blank(id)
        if condition.active and rule is not None:
            noted |= {"priority": condition.priority, "limit": condition.limit}
            self.come(alarm, condition.since, source, beyond=worse, late=late, **noted)
        elif is_active(alarm) and not worse and not condition.active:
            self.go(alarm, condition.since, source, latching=rule is not None and rule.latching, worse=False, **noted)
        else:
            self._put(replace(alarm, **noted))

    def come(self, alarm: Alarm, time: float, source: str, *, beyond: bool, late: bool = False, **told: Any) -> None:
        """The condition is true, or `beyond` its worse limit: a new occurrence, one more coming of this one, or nothing new."""
        kind = _coming(alarm, beyond, told["limit"])
        if kind is None or kind == "repeated":
            told = {name: value for name, value in told.items() if name not in ("priority", "limit")}
        if kind is None:
            self._put(replace(alarm, **told))
            return
        if kind == "worsened" and alarm.shelf is not None:
            # Who set a lesser thing aside did not set this aside.
            alarm = self.happen(alarm, "unshelved", time, f"{source}:unshelved", shelf=None)
        if alarm.suppressed == BACKLOG and not late:
            alarm = self.happen(alarm, "unsuppressed", time, f"{source}:unsuppressed", suppressed=None)
        if alarm.suppressed is None and (reason := self.suppression.reason(alarm, self.alarms, time, heard=time, late=late)):
            alarm = self.happen(alarm, "suppressed", time, f"{source}:suppressed", note=reason, suppressed=reason)
        comings = (*(one for one in alarm.comings if time - one < CHATTER_SECONDS), time)[-CHATTER_COMINGS:]
        chatters = len(comings) == CHATTER_COMINGS or "chattering" in alarm.marks and time - alarm.comings[-1] < CALM_SECONDS
        marks = _marked(_marked(alarm.marks, "chattering", chatters), "fleeting", False)
        self.happen(alarm, kind, time, source, comings=comings, marks=marks, **told)

    def go(self, alarm: Alarm, time: float, source: str, latching: bool = False, **told: Any) -> None:
        """The condition is no longer true."""
        fleeting = bool(alarm.comings) and time - alarm.comings[-1] < FLEETING_SECONDS
        marks = _marked(_marked(alarm.marks, "stale", False), "fleeting", fleeting)
        alarm = self.happen(alarm, "latched" if latching else "returned", time, source, marks=marks, **told)
        if alarm.shelf is not None and alarm.shelf.until is None:
            self.happen(alarm, "unshelved", time, f"{source}:unshelved", shelf=None)

    def blank(self, id: str) -> Alarm:
        """An alarm that never was."""
        rule, subject = parts(id)
        declared = self.book.rules.get(rule)
        return Alarm(
            id=id,
            occurrence=0,
            rule=rule,
            subject=subject,
            domain=rule.partition("/")[0],
            area=self.book.area(subject),
            priority=declared.priority if declared else "low",
            state="normal",
            value=None,
            limit=declared.limit if declared else None,
            raised=0.0,
            changed=self.now,
        )

    # --- by itself -------------------------------------------------------------------------------------------------------------------

    def _until(self, time: float) -> None:
        """Everything that falls due up to event time `time`, in its order."""
        while (id := self._timers.pop(time)) is not None:
            falls = self._due.pop(id)
            self.now = max(self.now, falls.time)
            alarm = self.alarms[id]
            self._fall_due(alarm, falls, f"timer:{id}:{alarm.occurrence}:{falls.what}:{falls.time!r}")
            self._schedule(self.alarms[id])
        self.now = max(self.now, time)
        self._events += self.floods.advance(self.now)

    def _fall_due(self, alarm: Alarm, falls: Due, source: str) -> None:
        if falls.what == "realarmed":
            self.happen(alarm, "realarmed", falls.time, source)
        elif falls.what == "escalated":
            higher = PRIORITIES[PRIORITIES.index(alarm.priority) - 1]
            self.happen(alarm, "escalated", falls.time, source, priority=higher, escalated=True)
        elif falls.what == "ends":
            self.go(alarm, falls.time, source)
        elif falls.what == "calendar":
            self.reconsider(alarm, falls.time, source)
        elif falls.what == "stale":
            self._put(replace(alarm, marks=_marked(alarm.marks, "stale", True)))
        else:
            self._put(replace(alarm, marks=_marked(alarm.marks, "chattering", False)))

    def reconsider(self, alarm: Alarm, time: float, source: str, caught_up: bool = False) -> None:
        """Suppresses the alarm, or no longer, as its suppressors, its calendar and a backlog that is `caught_up` with ask."""
        late = alarm.suppressed == BACKLOG and not caught_up
        reason = self.suppression.reason(alarm, self.alarms, time, late=late) if alarm.state != "normal" else None
        if reason is not None and alarm.suppressed is None:
            self.happen(alarm, "suppressed", time, f"{source}:suppressed:{alarm.id}", note=reason, suppressed=reason)
        elif reason is None and alarm.suppressed is not None:
            self.happen(alarm, "unsuppressed", time, f"{source}:unsuppressed:{alarm.id}", suppressed=None)
        elif reason != alarm.suppressed:
            self._put(replace(alarm, suppressed=reason))

    # --- what an event changes -------------------------------------------------------------------------------------------------------

    def happen(
        self,
        alarm: Alarm,
        kind: EventKind,
        time: float,
        source: str,
        *,
        said: float | None = None,
        actor: str = "",
        desk: str = "",
        note: str = "",
        **told: Any,
    ) -> Alarm:
        """One event, with all that follows from it; the alarm after it. `said` is the time of the event where that is not event time.

        KeyError when the life of an alarm knows no such event where this one is.
        """
        changed = after(alarm, kind, time, **told)
        self._put(changed)
        called = annunciated(alarm, changed, kind)
        said = time if said is None else said
        self._events.append(happened(changed, kind, said, source, actor=actor, desk=desk, note=note, annunciated=called))
        if called and kind != "escalated":  # which is the same call again, louder
            self._call(changed, time)
        if is_active(changed) != is_active(alarm):
            for id in self.suppression.below(alarm.id):
                self.reconsider(self.alarms[id], time, source)
        if changed.state == "normal" != alarm.state and changed.suppressed is not None:
            return self.happen(changed, "unsuppressed", time, f"{source}:unsuppressed", suppressed=None)
        return self.alarms[alarm.id]

    def remark(self, event: Event) -> None:
        """An event that changes no alarm."""
        self._events.append(event)

    def forget(self, id: str) -> None:
        """Lets go of an alarm: should it come again, it begins anew."""
        self._remember(id)
        del self.alarms[id]

    def change(self, alarm: Alarm) -> None:
        """What is said of an alarm changes, and nothing in its life."""
        self._put(alarm)

    def _call(self, alarm: Alarm, time: float) -> None:
        """A person is called: that may be one alarm too many. A call counts no later than now, whatever the time of a message says."""
        self._uncalled = self._uncalled or self.floods.copy()
        self._events += self.floods.advance(self.now)
        began = self.floods.came(self.duties.desk(alarm.area), min(time, self.now), alarm.id)
        if began is not None:
            self._events.append(began)

    # --- keeping ---------------------------------------------------------------------------------------------------------------------

    def _put(self, alarm: Alarm) -> None:
        self._remember(alarm.id)
        self.alarms[alarm.id] = alarm
        self._follow(alarm, shown(alarm))

    def _remember(self, id: str) -> None:
        if id not in self._before:
            self._before[id] = self.alarms.get(id)

    def _follow(self, alarm: Alarm, kept: bool) -> None:
        self.suppression.follow(alarm, kept)
        self._schedule(alarm if kept else None, alarm.id)

    def _schedule(self, alarm: Alarm | None, id: str = "") -> None:
        id = alarm.id if alarm is not None else id
        falls = None if alarm is None else due(alarm, self._rule(alarm), max(self.now, alarm.changed), self.book.zone)
        if falls is None:
            self._due.pop(id, None)
        else:
            # What fell due while something lay over the alarm happens when that ends, not before.
            falls = falls._replace(time=max(falls.time, self.now))
            self._due[id] = falls
        self._timers.set(id, None if falls is None else falls.time)
        self._shelves.set(id, None if alarm is None else shelf_ends(alarm))

    def _rule(self, alarm: Alarm) -> Rule | None:
        return self.book.rules.get(alarm.rule)


def _coming(alarm: Alarm, worse: bool, limit: float | None) -> EventKind | None:
    """What a coming is to the alarm where it is."""
    where, same = position(alarm), limit is not None and alarm.limit == limit
    if where in ("normal", "latched acknowledged"):
        return "raised"
    if where in ("returned", "latched unacknowledged", "latched unannounced"):
        return "worsened" if worse and not same else "repeated"
    if not worse:
        return None
    return "repeated" if same and where != "acknowledged" else "worsened"


def _marked(marks: tuple[Mark, ...], mark: Mark, on: bool) -> tuple[Mark, ...]:
    kept = tuple(one for one in marks if one != mark)
    return (*kept, mark) if on else kept


def happened(alarm: Alarm, kind: EventKind, time: float, source: str, **more: Any) -> Event:
    """The journal's line about an alarm as it is after the event."""
    return Event(
        kind=kind,
        alarm=alarm.id,
        occurrence=alarm.occurrence,
        time=time,
        source=source,
        rule=alarm.rule,
        subject=alarm.subject,
        domain=alarm.domain,
        area=alarm.area,
        priority=alarm.priority,
        state=alarm.state,
        value=alarm.value,
        limit=alarm.limit,
        detail=_told(alarm, kind),
        **more,
    )


def _told(alarm: Alarm, kind: EventKind) -> Mapping[str, Any]:
    """What more must be known to show the alarm again as it stood then."""
    if kind == "shelved" and alarm.shelf is not None:
        return {"until": alarm.shelf.until}
    if kind == "out_of_service" and alarm.absence is not None:
        return {"review": alarm.absence.review}
    if kind in ("raised", "worsened", "updated") and alarm.label is not None:
        return {"label": {"en": alarm.label.en, "zh": alarm.label.zh}}
    return {}


def on_board(alarms: Mapping[str, Alarm]) -> dict[str, Alarm]:
    """Those that people see."""
    return {id: alarm for id, alarm in alarms.items() if shown(alarm)}
