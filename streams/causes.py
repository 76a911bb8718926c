"""A flood of alarms as a wall shows it: folded by cause, so that what a person cannot read one by one is a few lines.

A cause is a rule; one that every bureau has (a silent feed) is one cause whichever it strikes, and each kind of message from elsewhere is
one. Critical causes come first, then those of the alarms that were first out, then by priority and age; last, in grey, what is suppressed
by design. Every desk in flood has an alarm that was first out, and it is told whatever became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from domains.system import RULES
from model import Label
from model.alarm import ALARM_STATES, Flood
from streams.entry import CALLING, LAID, SUPPRESSED, Entry

MOST = 20
"""Causes told one by one: more than any screen has room for."""
NAMED = 4
"""Subjects, and areas, named of a cause."""

_EVERYWHERE = {rule.key for rule in RULES}
Cause = tuple[str, str, str]
"""(rule, name of a message from elsewhere, by what it is suppressed)."""


def flood(
    floods: Sequence[Flood], entries: Iterable[Entry], area: Callable[[Entry], str], seen: Mapping[str, Entry]
) -> dict[str, Any] | None:
    """The `flood` section: since when, how many called, and the causes; None while no desk has a flood.

    `seen`: by alarm id, the alarms that came first as they were when last seen.
    """
    if not floods:
        return None
    standing = {entry.alarm.id: entry for entry in entries}
    groups: dict[Cause, list[Entry]] = {}
    for entry in standing.values():
        if entry.rank != LAID or entry.laid == SUPPRESSED:
            groups.setdefault(_cause(entry), []).append(entry)
    found = {key: _told(key, group, area) for key, group in groups.items()}
    for flood in sorted(floods, key=lambda flood: flood.first_at):
        known = seen.get(flood.first)
        cause = found.setdefault(_cause(known) if known else _key(flood.first.partition("|")[0]), _gone(flood, known))
        cause["first"].append(_first(flood, standing.get(flood.first)))
    causes = sorted(found.values(), key=_order)
    shown = [cause for at, cause in enumerate(causes) if at < MOST or cause["first"]]
    since, count = min(flood.first_at for flood in floods), sum(flood.count for flood in floods)
    return {"since": round(since, 3), "count": count, "causes": shown, "more": len(causes) - len(shown)}


def _cause(entry: Entry) -> Cause:
    alarm = entry.alarm
    above = (alarm.suppressed or "").partition("|")[0] if entry.laid else ""
    return _key(alarm.rule, alarm.label.en if alarm.label else "", above)


def _key(rule: str, label: str = "", above: str = "") -> Cause:
    key = rule.partition("/")[2]
    return key if key in _EVERYWHERE else rule, label, above


def _told(cause: Cause, group: Sequence[Entry], area: Callable[[Entry], str]) -> dict[str, Any]:
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
        "first": [],
        "subjects": [entry.alarm.subject for entry in group[:NAMED]],
        "areas": [place for place, _ in areas.most_common(NAMED)],
        "places": len(areas),
    }
    return _named(told, worst.label)


def _gone(flood: Flood, seen: Entry | None) -> dict[str, Any]:
    """The cause of a first alarm of which nothing stands any more; of one that nobody saw the priority, 0, is not known."""
    rule, _, subject = flood.first.partition("|")
    told: dict[str, Any] = {
        "rule": rule,
        "domain": rule.partition("/")[0],
        "priority": seen.priority if seen else 0,
        "state": ALARM_STATES.index("returned"),
        "laid": 0,
        "by": None,
        "count": 0,
        "since": round(flood.first_at, 3),
        "first": [],
        "subjects": [subject],
        "areas": [],
        "places": 0,
    }
    return _named(told, seen.alarm.label if seen else None)


def _named(told: dict[str, Any], label: Label | None) -> dict[str, Any]:
    return told if label is None else {**told, "label": {"en": label.en, "zh": label.zh}}


def _first(flood: Flood, now: Entry | None) -> dict[str, Any]:
    """What the first alarm is about, when it called, and whether it is over: returned, gone, or come again as a newer occurrence."""
    over = now is None or now.alarm.state == "returned" or now.alarm.raised > flood.began
    return {"subject": flood.first.partition("|")[2], "since": round(flood.first_at, 3), "over": int(over)}


def _order(cause: dict[str, Any]) -> tuple[Any, ...]:
    standing = cause["count"] > 0 and cause["priority"] == 1
    return bool(cause["laid"]), not standing, not cause["first"], cause["priority"], cause["since"], cause["rule"]
