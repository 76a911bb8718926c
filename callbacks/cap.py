"""Reads a CAP alert (OASIS Common Alerting Protocol 1.2, and 1.1 which it grew from), as its sections 3.2.1 to 3.2.4 define it.

What the alarm needs is required as the standard requires it. A flaw in what only draws the place is kept as a note, so that a
typhoon is not turned away for an open polygon.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args
from xml.etree.ElementTree import Element

from callbacks.plain import link, plain
from callbacks.refusal import Refused

Point = tuple[float, float]
"""(longitude, latitude); CAP writes latitude first."""
Kind = Literal["Alert", "Update", "Cancel", "Ack", "Error"]
STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
SCOPES = ("Public", "Restricted", "Private")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Very Likely", "Possible", "Unlikely", "Unknown")
"""`Very Likely` is of CAP 1.0, and taken as 1.1 asks."""
NAME = re.compile(r"[^\s,<&]{1,400}")
"""An identifier or sender: no spaces, commas or restricted characters."""
NUMBER = re.compile(r"[-+]?(?:[0-9]{1,20}(?:[.][0-9]{0,30})?|[.][0-9]{1,30})")
MOST_REFERENCES = 500
SHORT, LONG = 300, 4000
"""Letters kept of a headline, of a description."""
EARTH_KM = 20_038.0
"""Half the way round: the largest circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier message of the chain."""

    sender: str
    identifier: str
    sent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One `<area>`."""

    description: str
    polygons: tuple[tuple[Point, ...], ...]
    """Closed rings."""
    circles: tuple[tuple[Point, float], ...]
    """Middle, radius in km."""
    geocodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One `<info>`: the event in one language."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    urgency: str
    severity: str
    certainty: str
    all_clear: bool
    effective: float | None
    onset: float | None
    expires: float | None
    sender_name: str
    web: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One CAP message."""

    identifier: str
    sender: str
    sent: float
    status: str
    kind: Kind
    scope: str
    restriction: str
    references: tuple[Reference, ...]
    infos: tuple[Info, ...]
    flaws: tuple[str, ...]
    """What is wrong with what only draws the place."""


def read(root: Element, severities: Collection[str]) -> Alert:
    """The alert in its XML. `severities` are the words for severity that the site knows. Raises Refused."""
    _unprefix(root)
    kind = cast(Kind, _word(root, "msgType", get_args(Kind)))
    references = _references(root.findtext("references") or "")
    if kind in ("Update", "Cancel") and not references:
        raise Refused(422, f"references: the messages that this {kind} is about are missing")
    if kind in ("Alert", "Update") and root.find("info") is None:
        raise Refused(422, "info: is missing, so there is nothing to tell")
    flaws: list[str] = []
    return Alert(
        identifier=_name(root, "identifier"),
        sender=_name(root, "sender"),
        sent=_moment(_needed(root, "sent"), "sent"),
        status=_word(root, "status", STATUSES),
        kind=kind,
        scope=_word(root, "scope", SCOPES),
        restriction=_text(root, "restriction"),
        references=references,
        infos=tuple(_info(each, severities, flaws) for each in root.findall("info")),
        flaws=tuple(dict.fromkeys(flaws)),
    )


def _unprefix(root: Element) -> None:
    """Takes CAP's own namespace off the tags; what is of another keeps it, and is not found by a plain name."""
    space = root.tag.rpartition("}")[0] + "}"
    for each in root.iter():
        if isinstance(each.tag, str):
            each.tag = each.tag.removeprefix(space)


def _info(info: Element, severities: Collection[str], flaws: list[str]) -> Info:
    if info.find("category") is None:
        raise Refused(422, "category: is missing")
    return Info(
        language=_text(info, "language") or "en-US",
        event=_needed(info, "event"),
        headline=_text(info, "headline"),
        description=_text(info, "description", LONG),
        instruction=_text(info, "instruction", LONG),
        urgency=_word(info, "urgency", URGENCIES),
        severity=_word(info, "severity", severities),
        certainty=_word(info, "certainty", CERTAINTIES),
        all_clear="AllClear" in [(each.text or "").strip() for each in info.findall("responseType")],
        effective=_optional_moment(info, "effective"),
        onset=_optional_moment(info, "onset"),
        expires=_optional_moment(info, "expires"),
        sender_name=_text(info, "senderName"),
        web=link(_text(info, "web", LONG)),
        places=tuple(_place(each, flaws) for each in info.findall("area")),
    )


def _text(parent: Element, name: str, longest: int = SHORT) -> str:
    return plain(parent.findtext(name) or "", longest)


def _needed(parent: Element, name: str) -> str:
    text = _text(parent, name)
    if not text:
        raise Refused(422, f"{name}: is missing")
    return text


def _name(root: Element, name: str) -> str:
    text = (root.findtext(name) or "").strip()
    if not text:
        raise Refused(422, f"{name}: is missing")
    if not NAME.fullmatch(text) or text != plain(text, 400):
        raise Refused(422, f"{name}: {plain(text, 60)!r} is not 1 to 400 letters without spaces, commas, < and &")
    return text


def _word(parent: Element, name: str, words: Collection[str]) -> str:
    text = _needed(parent, name)
    if text not in words:
        raise Refused(422, f"{name}: {text[:60]!r} is none of {', '.join(words)}")
    return text


def _moment(text: str, name: str) -> float:
    """Seconds since 1970 of a time with its offset from UTC."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.timestamp()
    except (ValueError, OverflowError):
        pass
    raise Refused(422, f"{name}: {text[:60]!r} is not a time such as 2026-11-20T15:00:00+08:00")


def _optional_moment(info: Element, name: str) -> float | None:
    text = _text(info, name)
    return _moment(text, name) if text else None


def _references(text: str) -> tuple[Reference, ...]:
    named = text.split()
    if len(named) > MOST_REFERENCES:
        raise Refused(422, f"references: more than {MOST_REFERENCES}")
    return tuple(_reference(each) for each in named)


def _reference(text: str) -> Reference:
    parts = text.split(",")
    if len(parts) != 3 or not all(parts):
        raise Refused(422, f"references: {plain(text, 60)!r} is not sender,identifier,sent")
    return Reference(sender=parts[0], identifier=parts[1], sent=_moment(parts[2], "references"))


def _place(area: Element, flaws: list[str]) -> Place:
    rings = [_ring(each.text or "", flaws) for each in area.findall("polygon")]
    circles = [_circle(each.text or "", flaws) for each in area.findall("circle")]
    return Place(
        description=_needed(area, "areaDesc"),
        polygons=tuple(ring for ring in rings if ring),
        circles=tuple(circle for circle in circles if circle),
        geocodes=tuple(code for each in area.findall("geocode") if (code := _text(each, "value"))),
    )


def _ring(text: str, flaws: list[str]) -> tuple[Point, ...]:
    """A polygon's ring; nothing where it cannot be read. An open one is closed."""
    if not text.strip():
        return ()  # an empty element, as some senders write where there is no polygon
    points = [_point(pair) for pair in text.split()]
    ring = tuple(point for point in points if point)
    if len(ring) != len(points) or len(set(ring)) < 3:
        flaws.append(f"polygon: {plain(text, 60)!r} is not three or more points written lat,lon")
        return ()
    if ring[0] != ring[-1]:
        flaws.append("polygon: the last point is not the first")
        return (*ring, ring[0])
    return ring


def _circle(text: str, flaws: list[str]) -> tuple[Point, float] | None:
    if not text.strip():
        return None
    middle, _, radius = text.strip().partition(" ")
    point, km = _point(middle), _number(radius)
    if point is None or km is None or not 0 <= km <= EARTH_KM:
        flaws.append(f"circle: {plain(text, 60)!r} is not a point lat,lon and a radius in km")
        return None
    return point, km


def _point(pair: str) -> Point | None:
    lat, _, lon = pair.partition(",")
    y, x = _number(lat), _number(lon)
    return (x, y) if x is not None and y is not None and -180 <= x <= 180 and -90 <= y <= 90 else None


def _number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text.strip()) else None
