"""What people, and messages from elsewhere, wish of the alarms: whether they may, whether it still makes sense, and what comes of it.

A wish names alarm and occurrence, so it never hits a newer one. Of two people with the same wish one is answered `done` and the other
`already`, with the name of the first. A wish is carried out once: `streams/alarms.py` asks the journal before it comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import msgspec

from model import PRIORITIES, Label, Priority
from model.alarm import Absence, Acknowledgement, Alarm, Answer, Command, Event, Outcome, Shelf, Wish
from streams.alarm import Alarms, happened
from streams.duty import HOOKS
from streams.life import is_active, may
from streams.rulebook import parts
from streams.timer import SHELF_SECONDS

SKEW_SECONDS = 60.0
"""By how much the clock of who names a moment may be ahead."""
LONGEST_REVIEW_SECONDS = 366 * 86_400.0
"""A year: what is out of service for longer is to be taken away."""


class Asked(NamedTuple):
    """A wish, the alarms it is about, and the wall clock."""

    alarms: Alarms
    command: Command
    wall: float

    @property
    def until(self) -> float | None:
        """The moment to which it lasts."""
        command = self.command
        return command.until if command.lasting is None else self.wall + command.lasting

    def did(self, alarm: Alarm, kind: Any, **told: Any) -> Answer:
        """Lets it happen in the name of the person."""
        command, core = self.command, self.alarms
        source = f"command:{command.id}:{alarm.id}"
        core.happen(alarm, kind, core.now, source, said=self.wall, actor=command.who, desk=command.desk, note=command.note, **told)
        return Answer(alarm=alarm.id, outcome="done")


def carry_out(alarms: Alarms, command: Command, wall: float, failed: Callable[[Exception], None] | None = None) -> list[Answer]:
    """What came of the wish, for each alarm that it names. What nobody foresaw is told to `failed`, and undoes only what is about
    the one alarm; without `failed` it is raised.
    """
    asked = Asked(alarms, command, wall)
    if command.wish == "hand_over":
        return [_safe(asked, "", lambda: _hand_over(asked), failed)]
    return [_safe(asked, id, partial(_target, asked, id, occurrence), failed) for id, occurrence in dict(command.targets).items()]


def _safe(asked: Asked, id: str, carried: Callable[[], Answer], failed: Callable[[Exception], None] | None) -> Answer:
    try:
        with asked.alarms.whole():
            return carried()
    except Exception as error:
        if failed is None:
            raise
        failed(error)
        return Answer(alarm=id, outcome="refused", reason="failed")


def _target(asked: Asked, id: str, occurrence: int) -> Answer:
    return _message(asked, id) if asked.command.wish in ("raise", "end") else _wished(asked, id, occurrence)


def _wished(asked: Asked, id: str, occurrence: int) -> Answer:
    wish, core = asked.command.wish, asked.alarms
    alarm = core.alarms.get(id)
    if alarm is None and wish in ("shelve", "out_of_service") and parts(id)[0] in core.book.rules:
        alarm = core.blank(id)
    if alarm is None:
        return Answer(alarm=id, outcome="absent", reason="absent")
    if occurrence > alarm.occurrence:
        return Answer(alarm=id, outcome="absent", reason="occurrence")
    if occurrence < alarm.occurrence:
        return Answer(alarm=id, outcome="gone", reason="anew")
    if reason := core.duties.obstacle(asked.command, alarm):
        return Answer(alarm=id, outcome="forbidden", reason=reason)
    return _WISHES[wish](asked, alarm)


def _acknowledge(asked: Asked, alarm: Alarm) -> Answer:
    if alarm.acknowledgement is not None:
        return _already(alarm, alarm.acknowledgement.who, alarm.acknowledgement.time)
    if not may(alarm, "acknowledged"):
        return Answer(alarm=alarm.id, outcome="gone", reason="returned")
    said = Acknowledgement(who=asked.command.who, time=asked.wall, note=asked.command.note)
    return asked.did(alarm, "acknowledged", acknowledgement=said)


def _reset(asked: Asked, alarm: Alarm) -> Answer:
    if may(alarm, "reset"):
        return asked.did(alarm, "reset")
    if alarm.latched or is_active(alarm):
        return Answer(alarm=alarm.id, outcome="not_now", reason="latched" if alarm.latched else "stands")
    return Answer(alarm=alarm.id, outcome="gone", reason="returned")


def _shelve(asked: Asked, alarm: Alarm) -> Answer:
    command, longest = asked.command, SHELF_SECONDS[alarm.priority]
    if alarm.shelf is not None:
        return _already(alarm, alarm.shelf.who, alarm.shelf.time)
    if not command.note.strip():
        return _refused(alarm, "note")
    until = asked.until
    if until is not None and not asked.wall < until <= asked.wall + longest + SKEW_SECONDS:
        return _refused(alarm, f"longest:{longest:.0f}")
    shelf = Shelf(who=command.who, time=asked.wall, until=until, reason=command.note)
    return asked.did(alarm, "shelved", shelf=shelf)


def _unshelve(asked: Asked, alarm: Alarm) -> Answer:
    return asked.did(alarm, "unshelved", shelf=None) if alarm.shelf else _already(alarm, reason="unshelved")


def _out_of_service(asked: Asked, alarm: Alarm) -> Answer:
    command = asked.command
    if alarm.absence is not None:
        return _already(alarm, alarm.absence.who, alarm.absence.time)
    if not command.note.strip():
        return _refused(alarm, "note")
    until = asked.until
    if until is None or not asked.wall < until <= asked.wall + LONGEST_REVIEW_SECONDS + SKEW_SECONDS:
        return _refused(alarm, "review")
    absence = Absence(who=command.who, time=asked.wall, review=until, reason=command.note)
    return asked.did(alarm, "out_of_service", absence=absence)


def _return_to_service(asked: Asked, alarm: Alarm) -> Answer:
    return asked.did(alarm, "in_service", absence=None) if alarm.absence else _already(alarm, reason="in_service")


def _comment(asked: Asked, alarm: Alarm) -> Answer:
    if not asked.command.note.strip():
        return _refused(alarm, "text")
    command, source = asked.command, f"command:{asked.command.id}:{alarm.id}"
    asked.alarms.remark(happened(alarm, "commented", asked.wall, source, actor=command.who, desk=command.desk, note=command.note))
    return Answer(alarm=alarm.id, outcome="done")


_WISHES: Mapping[Wish, Callable[[Asked, Alarm], Answer]] = {
    "acknowledge": _acknowledge,
    "reset": _reset,
    "shelve": _shelve,
    "unshelve": _unshelve,
    "out_of_service": _out_of_service,
    "return_to_service": _return_to_service,
    "comment": _comment,
}


def _already(alarm: Alarm, who: str = "", time: float | None = None, reason: str = "") -> Answer:
    return Answer(alarm=alarm.id, outcome="already", who=who, time=time, reason=reason)


def _refused(alarm: Alarm, reason: str) -> Answer:
    return Answer(alarm=alarm.id, outcome="refused", reason=reason)


# --- messages from elsewhere ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A `Message` whose fields are what they must be."""

    since: float
    rule: str = ""
    subject: str = ""
    domain: str = ""
    area: str = ""
    priority: Priority = "low"
    label: Label | None = None
    ends: float | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


def _message(asked: Asked, id: str) -> Answer:
    if asked.command.role != HOOKS:
        return Answer(alarm=id, outcome="forbidden", reason="message")
    try:
        told = msgspec.convert(asked.command.detail.get(id), _Told)
    except msgspec.ValidationError as error:
        return Answer(alarm=id, outcome="refused", reason=f"malformed:{error}")
    alarm = asked.alarms.alarms.get(id)
    if alarm is not None and told.since <= alarm.edge:
        return Answer(alarm=id, outcome="already", reason="known")
    return Answer(alarm=id, outcome=_end(asked, alarm, told) if asked.command.wish == "end" else _raise(asked, alarm, id, told))


def _end(asked: Asked, alarm: Alarm | None, told: _Told) -> Outcome:
    if alarm is None or not is_active(alarm):
        return "gone"
    asked.alarms.go(alarm, told.since, f"command:{asked.command.id}:{alarm.id}", edge=told.since, ends=None)
    return "done"


def _raise(asked: Asked, alarm: Alarm | None, id: str, told: _Told) -> Outcome:
    """One that stands says from now on what the message says; one that got worse is a new occurrence."""
    alarm = alarm or replace(asked.alarms.blank(id), rule=told.rule, subject=told.subject)
    said: dict[str, Any] = {
        "edge": told.since,
        "domain": told.domain,
        "area": told.area,
        "label": told.label,
        "ends": told.ends,
        "detail": told.told,
    }
    beyond = alarm.state != "normal" and PRIORITIES.index(told.priority) < PRIORITIES.index(alarm.priority)
    source = f"command:{asked.command.id}:{id}"
    if is_active(alarm) and not beyond:
        _update(asked.alarms, alarm, told.since, source, priority=told.priority, **said)
    else:
        asked.alarms.come(alarm, told.since, source, beyond=beyond, priority=told.priority, limit=None, **said)
    return "done"


def _update(core: Alarms, alarm: Alarm, time: float, source: str, **said: Any) -> None:
    """Where it says something else that is an event; a desk that it comes to by that is called, though the one before has acknowledged."""
    if _meant(replace(alarm, **said)) == _meant(alarm):
        core.change(replace(alarm, **said))
        return
    updated = core.happen(alarm, "updated", time, source, **said)
    if core.duties.desk(updated.area) != core.duties.desk(alarm.area) and may(updated, "realarmed"):
        core.happen(updated, "realarmed", time, f"{source}:realarmed")


def _meant(alarm: Alarm) -> tuple[Any, ...]:
    """What a message says of its alarm; flaws are of its form only."""
    detail = {name: told for name, told in alarm.detail.items() if name != "flaws"}
    return alarm.domain, alarm.area, alarm.priority, alarm.label, alarm.ends, detail


# --- desks ---------------------------------------------------------------------------------------------------------------------------


def _hand_over(asked: Asked) -> Answer:
    """The areas go to the desk that `detail["to"]` names; the own desk takes them back."""
    command, duties = asked.command, asked.alarms.duties
    to = str(command.detail.get("to", ""))
    outcome, reason = duties.hand_over_obstacle(command, to)
    if reason:
        return Answer(alarm="", outcome=outcome, reason=reason)
    moved = [area for area in command.areas if duties.desk(area) != to]
    for area in moved:
        source, giver = f"command:{command.id}:area:{area}", duties.desk(area)
        duties.holders[area] = to
        asked.alarms.remark(
            Event(
                kind="handed_over",
                alarm="",
                occurrence=0,
                time=asked.wall,
                source=source,
                area=area,
                actor=command.who,
                desk=to,
                note=command.note,
                detail={"from": giver, "at": command.desk},
            )
        )
    return Answer(alarm="", outcome="done" if moved else "already")
