"""A flood of alarms as a wall shows it: folded by cause, so that what a person cannot read one by one is a few lines.

A cause is a rule; one that every bureau has (a silent feed) is one cause whichever it strikes, and each kind of message from elsewhere is
one. Critical causes come first, then the one that was first out, then by priority and age; last, in grey, what is suppressed by design.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from domains.system import RULES
from model.alarm import ALARM_STATES, Flood
from streams.entry import CALLING, LAID, SUPPRESSED, Entry

MOST = 20
"""Causes told one by one: more than any screen has room for."""
NAMED = 4
"""Subjects, and areas, named of a cause."""

_EVERYWHERE = {rule.key for rule in RULES}
Cause = tuple[str, str, str]
"""(rule, name of a message from elsewhere, by what it is suppressed)."""


def flood(floods: Sequence[Flood], entries: Iterable[Entry], area: Callable[[Entry], str]) -> dict[str, Any] | None:
    """The `flood` section: since when, how many called, and the causes; None while no desk has a flood."""
    if not floods:
        return None
    groups: dict[Cause, list[Entry]] = {}
    for entry in entries:
        if entry.rank != LAID or entry.laid == SUPPRESSED:
            groups.setdefault(_cause(entry), []).append(entry)
    earliest = min(floods, key=lambda flood: flood.began)
    causes = sorted((_told(key, group, earliest.first, area) for key, group in groups.items()), key=_order)
    since = min([flood.began for flood in floods] + [cause["since"] for cause in causes if cause["first"]])
    return {"since": round(since, 3), "count": sum(flood.count for flood in floods), "causes": causes[:MOST], "more": len(causes[MOST:])}


def _cause(entry: Entry) -> Cause:
    alarm, key = entry.alarm, entry.alarm.rule.partition("/")[2]
    above = (alarm.suppressed or "").partition("|")[0] if entry.laid else ""
    return key if key in _EVERYWHERE else alarm.rule, alarm.label.en if alarm.label else "", above


def _told(cause: Cause, group: Sequence[Entry], first: str, area: Callable[[Entry], str]) -> dict[str, Any]:
    """The group, which is in the order of alarms; it is drawn as the one of it that most needs a person."""
    worst = group[0].alarm
    calls = [ALARM_STATES.index(entry.alarm.state) for entry in group if entry.rank == CALLING]
    areas = Counter(place for entry in group if (place := area(entry)))
    told: dict[str, Any] = {
        "rule": worst.rule,
        "domain": worst.domain,
        "priority": group[0].priority,
        "state": min(calls, default=ALARM_STATES.index("acknowledged")),
        "laid": group[0].laid,
        "by": cause[2] or None,
        "count": len(group),
        "since": round(min(entry.alarm.raised for entry in group), 3),
        "first": int(any(entry.alarm.id == first for entry in group)),
        "subjects": [entry.alarm.subject for entry in group[:NAMED]],
        "areas": [place for place, _ in areas.most_common(NAMED)],
        "places": len(areas),
    }
    return told if worst.label is None else {**told, "label": {"en": worst.label.en, "zh": worst.label.zh}}


def _order(cause: dict[str, Any]) -> tuple[Any, ...]:
    return bool(cause["laid"]), cause["priority"] != 1, not cause["first"], cause["priority"], cause["since"], cause["rule"]
