"""The alarms as they stood at a moment of the past, folded from what the journal says of them. No I/O.

An event tells the state after it, so the fold follows no table: what `streams/life.py` decided then stands, whatever its tables say today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from model import Comparison, Condition, Domain, Label
from model.alarm import Absence, Acknowledgement, Alarm, Event, Flood, Shelf
from store.view import View
from streams.flood import began
from streams.life import COMING, GOING, NEW_OCCURRENCE, is_active, shown
from streams.readings import Index


def alarms(events: Iterable[Event]) -> dict[str, Alarm]:
    """The alarms that people saw, by id. `events` are in the order of the journal: of each alarm at least its last occurrence from its
    beginning, and what was laid over it last.
    """
    found: dict[str, Alarm] = {}
    for event in events:
        if event.alarm and event.kind != "commented":
            found[event.alarm] = _after(found.get(event.alarm) or _blank(event), event)
    return {id: alarm for id, alarm in found.items() if shown(alarm)}


def handed(events: Iterable[Event]) -> dict[str, str]:
    """Area -> desk of the areas that were handed over, from `handed_over` events in order."""
    return {event.area: event.desk for event in events}


def floods(marks: Iterable[Event], calls: Callable[[float], Iterable[Event]], desk: Callable[[str], str]) -> dict[str, Flood]:
    """By desk the flood that was on, from `flood_began` and `flood_ended` events in order.

    `calls` are the events since an event time that may have called for a person, `desk` is which desk answered for an area.
    """
    on = began(sorted(marks, key=lambda event: -event.seq))
    since = [call for call in calls(min(mark.time for mark in on.values())) if call.annunciated] if on else []
    return {id: _flood(mark, sum(desk(call.area) == id and call.seq > mark.seq for call in since)) for id, mark in on.items()}


def _flood(mark: Event, later: int) -> Flood:
    told = mark.detail
    return Flood(began=mark.time, first=told["first"], first_at=told["first_at"], count=told["count"] + later)


def _blank(event: Event) -> Alarm:
    return Alarm(
        id=event.alarm,
        occurrence=event.occurrence,
        rule=event.rule,
        subject=event.subject,
        domain=event.domain,
        area=event.area,
        priority=event.priority or "low",
        state="normal",
        value=event.value,
        limit=event.limit,
        raised=event.time if event.occurrence else 0.0,
        changed=event.time,
    )


def _after(alarm: Alarm, event: Event) -> Alarm:
    """The alarm after an event that the journal tells."""
    kind, state = event.kind, event.state or alarm.state
    told: dict[str, Any] = {
        "occurrence": event.occurrence,
        "state": state,
        "priority": event.priority or alarm.priority,
        "value": event.value,
        "limit": event.limit,
        "area": event.area,
    }
    if kind in NEW_OCCURRENCE:
        told |= {"raised": event.time, "count": 1, "acknowledgement": None, "escalated": False}
    if kind in NEW_OCCURRENCE or state != alarm.state:
        told["changed"] = event.time
    if kind in COMING or kind in GOING:
        worse = kind == "worsened" or kind == "repeated" and alarm.worse
        told |= {"returned": event.time if kind in GOING else None, "latched": kind == "latched", "worse": worse}
    if kind == "repeated":
        told["count"] = alarm.count + 1
    return replace(alarm, **told, **_said(event))


def _said(event: Event) -> Mapping[str, Any]:
    """What people and rules said with it."""
    who, time, note = event.actor, event.time, event.note
    label = event.detail.get("label")
    told: dict[str, Any] = {"label": Label(**label)} if label else {}
    if event.kind == "acknowledged":
        told["acknowledgement"] = Acknowledgement(who=who, time=time, note=note)
    elif event.kind == "realarmed":
        told |= {"acknowledgement": None, "escalated": False}
    elif event.kind == "escalated":
        told["escalated"] = True
    elif event.kind == "reset":
        told["latched"] = False
    elif event.kind in ("shelved", "unshelved"):
        told["shelf"] = Shelf(who=who, time=time, until=event.detail.get("until"), reason=note) if event.kind == "shelved" else None
    elif event.kind in ("suppressed", "unsuppressed"):
        told["suppressed"] = note if event.kind == "suppressed" else None
    elif event.kind in ("out_of_service", "in_service"):
        review = event.detail.get("review", time)
        told["absence"] = Absence(who=who, time=time, review=review, reason=note) if event.kind == "out_of_service" else None
    return told


# --- what was behind them ------------------------------------------------------------------------------------------------------------


def conditions(board: Mapping[str, Alarm], domains: Mapping[str, Domain], seen: Mapping[str, tuple[View, Index]]) -> dict[str, Condition]:
    """By alarm the condition behind each that was active; of one on a sensor's metric with the value of that moment.

    `seen` has the readings of each domain then.
    """
    return {id: _condition(alarm, domains, seen) for id, alarm in board.items() if is_active(alarm)}


def _condition(alarm: Alarm, domains: Mapping[str, Domain], seen: Mapping[str, tuple[View, Index]]) -> Condition:
    comparison, reading = _behind(alarm, domains, seen)
    value, observed = reading or (alarm.value, alarm.raised)
    return Condition(
        rule=alarm.rule,
        subject=alarm.subject,
        domain=alarm.domain,
        priority=alarm.priority,
        active=True,
        value=value if comparison in ("high", "low") else alarm.value,
        limit=alarm.limit or 0.0,
        since=alarm.raised,
        observed=observed,
    )


def _behind(
    alarm: Alarm, domains: Mapping[str, Domain], seen: Mapping[str, tuple[View, Index]]
) -> tuple[Comparison | None, tuple[float, float] | None]:
    """What the alarm's rule does, and (value, time) of the newest reading that it looked at; None where that is not known."""
    domain, (kind, _, sensor) = domains.get(alarm.domain), alarm.subject.partition(":")
    rule = next((each for each in domain.rules if f"{domain.key}/{each.key}" == alarm.rule), None) if domain else None
    if rule is None or kind != "sensor" or alarm.domain not in seen:
        return None, None
    view, index = seen[alarm.domain]
    row = index.row(view, sensor, rule.on)
    if row is None or row >= len(view.latest) or not view.latest["time"][row]:
        return rule.comparison, None
    return rule.comparison, (float(view.latest["value"][row]), float(view.latest["time"][row]))
