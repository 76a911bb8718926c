"""What a CAP alert says to the deck: how urgent it is, what it is called, where it is, until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callbacks.cap import Alert, Info
from callbacks.region import Map, shape
from model import PRIORITIES, Priority
from model.alarm import Message
from model.outside import Warnings

RULE = "outside/cap"
LESS_URGENT = ("Future", "Past")
MARKS = {"Exercise": {"en": "[Exercise] ", "zh": "【演习】"}, "Test": {"en": "[Test] ", "zh": "【测试】"}, "Actual": {"en": "", "zh": ""}}
"""Stands before the name of what is not real, wherever it is shown."""


def standing(alert: Alert, rules: Warnings, now: float) -> tuple[Info, ...]:
    """The parts of the alert that are in force: not "all clear", and not expired at `now`."""
    return tuple(info for info in alert.infos if not info.all_clear and ends(alert, [info], rules) > now)


def ends(alert: Alert, infos: Sequence[Info], rules: Warnings) -> float:
    """When the last of them ends; one that names no end lasts as long as the site says, from when it was sent."""
    return max(alert.sent + rules.lifetime if info.expires is None else info.expires for info in infos)


def priority(info: Info, rules: Warnings) -> Priority:
    """The severity's, and one lower each for what is not urgent yet or no longer, and for what is unlikely.

    A priority tells how soon somebody must act (ISA-18.2): so consequence decides first, then the time there is.
    """
    lower = (info.urgency in LESS_URGENT) + (info.certainty == "Unlikely")
    return PRIORITIES[min(PRIORITIES.index(rules.severity[info.severity]) + lower, len(PRIORITIES) - 1)]


def message(alert: Alert, infos: Sequence[Info], signed: bool, subject: str, rules: Warnings, areas: Map) -> Message:
    """The alarm to raise for those infos of the alert that are in force, under the name `subject`."""
    places = [place for info in infos for place in info.places]
    touched = areas.touched(places)
    worst = min(infos, key=lambda info: PRIORITIES.index(priority(info, rules)))
    spoken = {language: _in(infos, language, worst) for language in ("en", "zh")}
    return Message(
        since=alert.sent,
        rule=RULE,
        subject=subject,
        domain="outside",
        area=touched[0] if len(touched) == 1 else "",
        priority=priority(worst, rules),
        label={language: MARKS[alert.status][language] + (info.headline or info.event) for language, info in spoken.items()},
        ends=ends(alert, infos, rules),
        told={
            "source": "cap",
            "signed": signed,
            "sender": alert.sender,
            "identifier": alert.identifier,
            "status": alert.status,
            "scope": alert.scope,
            "restriction": alert.restriction,
            "areas": list(touched),
            "place": list(dict.fromkeys(place.description for place in places)),
            "geometry": shape(places),
            "flaws": list(alert.flaws),
            "text": {language: info.description for language, info in spoken.items()},
            "instruction": {language: info.instruction for language, info in spoken.items()},
            **_of(worst),
        },
    )


def _of(info: Info) -> dict[str, Any]:
    return {
        "name": info.sender_name,
        "link": info.web,
        "event": info.event,
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
        "effective": info.effective,
        "onset": info.onset,
    }


def _in(infos: Sequence[Info], language: str, otherwise: Info) -> Info:
    """The info in a language: of several the one that is `otherwise` chosen, and that one where none is."""
    spoken = [info for info in infos if info.language.lower().partition("-")[0] == language]
    return otherwise if otherwise in spoken or not spoken else spoken[0]
