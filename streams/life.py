"""The life of one alarm, as ISA-18.2-2016 and IEC 62682 have it: tables, and nothing else changes the state of an alarm.

Two rules keep this file honest. Whatever changes an alarm's position or lays something over it is a row of a table below; an event that
has no row for where the alarm is does not happen. And this file knows no rule, no clock and no person: `streams/alarm.py` decides that
something happened, here stands what it means. docs/alarm.md is drawn from these tables, and a test compares the two.

**Positions.** An alarm is active or not, and acknowledged or not: four states. Four positions more are those states with a shade of
meaning. *Unannounced* is active and unacknowledged, and nobody was told, because the alarm came while something lay over it; when
that ends, people are told, and when it returns before, it was never theirs to acknowledge. *Latched* is a condition that has ended under
a rule that keeps its alarm until somebody has seen it and reset it; such an alarm is handled like an active one.

**Occurrences.** Each time an alarm comes is an occurrence with a number of its own. *Raised* begins one. *Repeated* does not: who has not
yet acknowledged has one thing to acknowledge however often it came, and the occurrence counts. *Worsened* begins a new one even so,
since what was acknowledged was the lesser thing.

**Acknowledged** means "I have recognised it", never "solved". It holds until the alarm returns, and then the alarm re-arms: the next
coming is a new occurrence that nobody has acknowledged.

**Overlays** lie over an alarm without stopping its life: shelved by a person for a time, suppressed by design, out of service for
maintenance. Several may lie over one alarm. While any does, the rows of UNDER come before those of TRANSITIONS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from model.alarm import Alarm, AlarmState, EventKind

Position = Literal[
    "normal",
    "unannounced",
    "unacknowledged",
    "acknowledged",
    "returned",
    "latched unannounced",
    "latched unacknowledged",
    "latched acknowledged",
]

TRANSITIONS: Mapping[tuple[Position, EventKind], Position] = {
    ("normal", "raised"): "unacknowledged",
    ("unacknowledged", "repeated"): "unacknowledged",
    ("unacknowledged", "worsened"): "unacknowledged",
    ("unacknowledged", "updated"): "unacknowledged",
    ("unacknowledged", "escalated"): "unacknowledged",
    ("unacknowledged", "acknowledged"): "acknowledged",
    ("unacknowledged", "returned"): "returned",
    ("unacknowledged", "latched"): "latched unacknowledged",
    ("acknowledged", "realarmed"): "unacknowledged",
    ("acknowledged", "worsened"): "unacknowledged",
    ("acknowledged", "updated"): "acknowledged",
    ("acknowledged", "returned"): "normal",
    ("acknowledged", "latched"): "latched acknowledged",
    ("returned", "repeated"): "unacknowledged",
    ("returned", "worsened"): "unacknowledged",
    ("returned", "acknowledged"): "normal",
    ("latched unacknowledged", "repeated"): "unacknowledged",
    ("latched unacknowledged", "worsened"): "unacknowledged",
    ("latched unacknowledged", "escalated"): "latched unacknowledged",
    ("latched unacknowledged", "acknowledged"): "latched acknowledged",
    ("latched acknowledged", "raised"): "unacknowledged",
    ("latched acknowledged", "reset"): "normal",
    ("unannounced", "unshelved"): "unacknowledged",
    ("unannounced", "unsuppressed"): "unacknowledged",
    ("unannounced", "in_service"): "unacknowledged",
    ("unannounced", "repeated"): "unannounced",
    ("unannounced", "worsened"): "unacknowledged",
    ("unannounced", "updated"): "unannounced",
    ("unannounced", "acknowledged"): "acknowledged",
    ("unannounced", "returned"): "normal",
    ("unannounced", "latched"): "latched unannounced",
    ("latched unannounced", "unshelved"): "latched unacknowledged",
    ("latched unannounced", "unsuppressed"): "latched unacknowledged",
    ("latched unannounced", "in_service"): "latched unacknowledged",
    ("latched unannounced", "repeated"): "unacknowledged",
    ("latched unannounced", "worsened"): "unacknowledged",
    ("latched unannounced", "acknowledged"): "latched acknowledged",
}
"""(position, event) -> position."""

UNDER: Mapping[tuple[Position, EventKind], Position] = {
    ("normal", "raised"): "unannounced",
    ("acknowledged", "worsened"): "unannounced",
    ("acknowledged", "realarmed"): "unannounced",
    ("returned", "worsened"): "unannounced",
    ("latched unacknowledged", "worsened"): "unannounced",
    ("latched acknowledged", "raised"): "unannounced",
    ("latched unannounced", "unshelved"): "latched unannounced",
    ("latched unannounced", "unsuppressed"): "latched unannounced",
    ("latched unannounced", "in_service"): "latched unannounced",
    ("latched unannounced", "repeated"): "unannounced",
    ("latched unannounced", "worsened"): "unannounced",
    ("unannounced", "worsened"): "unannounced",
    ("unannounced", "unshelved"): "unannounced",
    ("unannounced", "unsuppressed"): "unannounced",
    ("unannounced", "in_service"): "unannounced",
}
"""What goes another way while something lies over the alarm after the event."""

Overlay = Literal["not shelved", "shelved", "not suppressed", "suppressed", "in service", "out of service"]

OVERLAYS: Mapping[tuple[Overlay, EventKind], Overlay] = {
    ("not shelved", "shelved"): "shelved",
    ("shelved", "unshelved"): "not shelved",
    ("not suppressed", "suppressed"): "suppressed",
    ("suppressed", "unsuppressed"): "not suppressed",
    ("in service", "out_of_service"): "out of service",
    ("out of service", "in_service"): "in service",
}
"""(overlay, event) -> overlay. They know nothing of each other, nor of the position."""

STATES: Mapping[Position, AlarmState] = {
    "normal": "normal",
    "unannounced": "unacknowledged",
    "unacknowledged": "unacknowledged",
    "acknowledged": "acknowledged",
    "returned": "returned",
    "latched unannounced": "unacknowledged",
    "latched unacknowledged": "unacknowledged",
    "latched acknowledged": "acknowledged",
}
NEW_OCCURRENCE: frozenset[EventKind] = frozenset({"raised", "worsened"})
UNSEEN: frozenset[Position] = frozenset({"unannounced", "latched unannounced"})
Layers = tuple[Any, Any, Any]
"""(shelf, reason of suppression, absence), each None where nothing is laid."""
_LAYING = frozenset(kind for _, kind in OVERLAYS)
COMING: frozenset[EventKind] = frozenset({"raised", "repeated", "worsened"})
GOING: frozenset[EventKind] = frozenset({"returned", "latched"})
LIFTING: frozenset[EventKind] = frozenset({"unshelved", "unsuppressed", "in_service"})
ANNUNCIATING: frozenset[EventKind] = NEW_OCCURRENCE | LIFTING | {"realarmed", "escalated"}
"""The events that may call for a person. A repetition does not: it is counted, not repeated."""


def position(alarm: Alarm) -> Position:
    """Where the alarm is in its life."""
    unseen = alarm.state == "unacknowledged" and alarm.announced is None
    if alarm.latched:
        return "latched acknowledged" if alarm.state == "acknowledged" else "latched unannounced" if unseen else "latched unacknowledged"
    return "unannounced" if unseen else alarm.state


def is_active(alarm: Alarm) -> bool:
    """Whether its condition is true."""
    return alarm.state in ("unacknowledged", "acknowledged") and not alarm.latched


def overlaid(alarm: Alarm) -> bool:
    """Whether anything lies over it."""
    return any(layer is not None for layer in _layers(alarm))


def shown(alarm: Alarm) -> bool:
    """Whether it belongs on the board."""
    return alarm.state != "normal" or overlaid(alarm)


def may(alarm: Alarm, kind: EventKind) -> bool:
    """Whether the tables have a row for the event."""
    if kind in _LAYING:
        return any((overlay, kind) in OVERLAYS for overlay in _named(_layers(alarm)))
    return (position(alarm), kind) in TRANSITIONS


def after(alarm: Alarm, kind: EventKind, time: float, **told: Any) -> Alarm:
    """The alarm after an event at event time `time`; `told` are the fields that the event brings along.

    KeyError when the tables have no row for it.
    """
    row, layers = (position(alarm), kind), _layers(alarm, told)
    if (row not in TRANSITIONS) if kind not in _LAYING else not _laid(_layers(alarm), layers, kind):
        raise KeyError(row)
    under = any(layer is not None for layer in layers)
    if row in TRANSITIONS:
        table = UNDER if under and row in UNDER else TRANSITIONS
        told |= _moved(alarm, kind, table[row], time)
    elif kind in LIFTING and alarm.announced is not None and not under:
        # Who must still be answered waits from when nothing lies over the alarm any more.
        told["announced"] = time
    return replace(alarm, **told)


def annunciated(before: Alarm, alarm: Alarm, kind: EventKind) -> bool:
    """Whether the event that led from `before` to `alarm` called for a person."""
    if kind not in ANNUNCIATING or overlaid(alarm) or alarm.state != "unacknowledged":
        return False
    return kind not in LIFTING or position(before) in UNSEEN


def _moved(alarm: Alarm, kind: EventKind, to: Position, time: float) -> dict[str, Any]:
    """The fields that the way to another position changes."""
    new = kind in NEW_OCCURRENCE
    moved: dict[str, Any] = {"state": STATES[to], "latched": to.startswith("latched")}
    if new:
        moved |= {"occurrence": alarm.occurrence + 1, "count": 1, "raised": time}
    if new or kind == "realarmed":
        # Who is called anew may be too slow anew.
        moved |= {"acknowledgement": None, "escalated": False}
    if kind == "repeated":
        moved["count"] = alarm.count + 1
    if new or to != position(alarm):
        moved["changed"] = time
    if kind in COMING or kind in GOING:
        moved["returned"] = time if kind in GOING else None
    if to in UNSEEN:
        moved["announced"] = None
    elif STATES[to] == "unacknowledged" and (new or kind == "realarmed" or alarm.announced is None):
        moved["announced"] = time
    return moved


def _laid(before: Layers, after: Layers, kind: EventKind) -> bool:
    """Whether the event laid or lifted what its row says."""
    return any(OVERLAYS.get((overlay, kind)) in _named(after) for overlay in _named(before))


def _layers(alarm: Alarm, told: Mapping[str, Any] | None = None) -> Layers:
    """What lies over the alarm, or will."""
    if not told:
        return alarm.shelf, alarm.suppressed, alarm.absence
    return told.get("shelf", alarm.shelf), told.get("suppressed", alarm.suppressed), told.get("absence", alarm.absence)


def _named(layers: Layers) -> tuple[Overlay, Overlay, Overlay]:
    shelf, suppressed, absence = layers
    return (
        "not shelved" if shelf is None else "shelved",
        "not suppressed" if suppressed is None else "suppressed",
        "in service" if absence is None else "out of service",
    )
