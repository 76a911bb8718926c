"""`GET /api/v1/cap`: the city's own alarms as CAP 1.2, an Atom feed that holds each alarm's newest message.

A message belongs to one line of the journal, so its identifier never changes; an Update or Cancel names all earlier ones since the
alarm came. What other people said is not repeated here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response
from lxml import etree
from spectree import SpecTree

from callbacks.api import Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.plain import plain
from callbacks.problem import problem
from domains.system import FEED_DOWN, OF_PROCESSES, SYSTEM
from model import Domain, Label, Priority, Rule, Sensor, Site
from model.alarm import Alarm, Event
from store import Away
from store.database import DatabaseAway
from store.told import COMINGS, GOINGS, Told

CAP, ATOM = "urn:oasis:names:tc:emergency:cap:1.2", "http://www.w3.org/2005/Atom"
ENDED_SECONDS = 86_400.0
"""How long the end of an alarm stays in the feed."""
MOST, MOST_REFERENCES = 500, 20
KM_PER_DEGREE = 111.195
SEVERITY: Mapping[Priority, str] = {"critical": "Extreme", "high": "Severe", "medium": "Moderate", "low": "Minor"}
URGENCY: Mapping[Priority, str] = {"critical": "Immediate", "high": "Immediate", "medium": "Expected", "low": "Expected"}
CATEGORIES = {"sea": "Env", "land": "Env", "air": "Env", "traffic": "Transport", SYSTEM: "Infra"}
STATUSES = ("Actual", "Test", "Exercise")
"""Of live, simulated and replayed readings, by the code of their origin."""
OUTSIDE = "outside:"
LANGUAGES = {"en": "en", "zh": "zh-CN"}


def register(
    server: Flask,
    spec: SpecTree,
    site: Site,
    domains: Mapping[str, Domain],
    sender: str,
    told: Told,
    standing: Callable[[], Iterable[Alarm]],
    origin: Callable[[], int],
    now: Callable[[], float] = time.time,
) -> None:
    """Adds the feed. `standing` are the alarms on the board, `origin` the code of where readings come from."""
    writer = Writer(site, domains, sender)

    @server.get("/api/v1/cap")
    @spec.validate(resp=Described("HTTP_200", HTTP_503=Problem), tags=["hooks"], skip_validation=True)
    def cap_feed() -> Response:
        """The city's own alarms as CAP 1.2, an Atom feed."""
        try:
            newest = sorted((alarm for alarm in standing() if _is_told(alarm)), key=lambda alarm: -alarm.raised)[:MOST]
            ids = {alarm.id for alarm in newest}
            found = aside(lambda: told.chains(ids, now() - ENDED_SECONDS, MOST))
            chains = [chain for chain in found if _was_told(chain, ids)]
            status = STATUSES[origin()]
        except (Away, DatabaseAway):
            return problem(503, "the store does not answer")
        return Response(writer.feed(chains, status, now()), mimetype="application/atom+xml")


def _is_told(alarm: Alarm) -> bool:
    """Whether it is active, the city's own, and nothing lies over it."""
    active = alarm.state in ("unacknowledged", "acknowledged") and not alarm.latched
    return active and not alarm.subject.startswith(OUTSIDE) and alarm.shelf is None and alarm.suppressed is None and alarm.absence is None


def _was_told(chain: Sequence[Event], standing: Collection[str]) -> bool:
    """Whether the chain begins with a coming, and is of an alarm that stands or of one that called for somebody before it ended."""
    if chain[0].kind not in COMINGS or chain[0].subject.startswith(OUTSIDE):
        return False
    return chain[0].alarm in standing or (chain[-1].kind in GOINGS and any(event.annunciated for event in chain))


class Writer:
    """Writes messages of one site."""

    def __init__(self, site: Site, domains: Mapping[str, Domain], sender: str) -> None:
        self._sender, self._site, self._zone = sender, site, ZoneInfo(site.zone)
        self._domains = domains
        self._rules: dict[str, Rule] = {f"{SYSTEM}/{rule.key}": rule for rule in OF_PROCESSES}
        self._rules |= {f"{key}/{rule.key}": rule for key, domain in domains.items() for rule in (*domain.rules, FEED_DOWN)}
        self._sensors = {sensor.id: sensor for sensors in site.sensors.values() for sensor in sensors}
        self._areas = {area.key: area.label for area in site.areas}

    def feed(self, chains: Sequence[Sequence[Event]], status: str, now: float) -> bytes:
        """The Atom feed, the newest message first."""
        ordered = sorted(chains, key=lambda chain: -chain[-1].seq)
        updated = max((chain[-1].recorded for chain in ordered), default=now)
        feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
        _put(feed, ATOM, "id", f"urn:citydeck:{self._sender}")
        _put(feed, ATOM, "title", f"{self._site.label.en} {self._site.label.zh}")
        _put(feed, ATOM, "updated", _stamp(updated, UTC))
        _put(etree.SubElement(feed, f"{{{ATOM}}}author"), ATOM, "name", self._sender)
        for chain in ordered:
            entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
            _put(entry, ATOM, "id", f"urn:citydeck:{self._sender}:{self._identifier(chain[-1])}")
            _put(entry, ATOM, "title", self._headline(chain[-1], "en"))
            _put(entry, ATOM, "updated", _stamp(chain[-1].recorded, UTC))
            etree.SubElement(entry, f"{{{ATOM}}}content", type="text/xml").append(self.alert(chain, status))
        return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8"))

    def alert(self, chain: Sequence[Event], status: str) -> etree._Element:
        """The chain's newest message."""
        event = chain[-1]
        kind = "Cancel" if event.kind in GOINGS else "Alert" if len(chain) == 1 else "Update"
        alert = etree.Element(f"{{{CAP}}}alert", nsmap={None: CAP})
        told = {
            "identifier": self._identifier(event),
            "sender": self._sender,
            "sent": self._time(event.recorded),
            "status": status,
            "msgType": kind,
            "scope": "Restricted",
            "restriction": f"For the operations of {self._site.label.en}",
            "references": " ".join(f"{self._sender},{self._identifier(one)},{self._time(one.recorded)}" for one in _earlier(chain)),
        }
        _all(alert, told)
        for language in LANGUAGES:
            self._info(etree.SubElement(alert, f"{{{CAP}}}info"), chain, language)
        return alert

    def _info(self, info: etree._Element, chain: Sequence[Event], language: str) -> None:
        event, rule = chain[-1], self._rules.get(chain[-1].rule)
        guidance, over, priority = rule.guidance if rule else None, event.kind in GOINGS, event.priority or "low"
        told = {
            "language": LANGUAGES[language],
            "category": CATEGORIES.get(event.domain, "Other"),
            "event": self._name(event, language),
            "responseType": "AllClear" if over else "Assess",
            "urgency": "Past" if over else URGENCY[priority],
            "severity": SEVERITY[priority],
            "certainty": "Observed",
            "onset": self._time(chain[0].time),
            "senderName": _in(self._site.label, language),
            "headline": self._headline(event, language),
            "description": _in(guidance.consequence, language) if guidance else "",
            "instruction": _in(guidance.action, language) if guidance and not over else "",
        }
        _all(info, told)
        values = {"alarm": event.alarm, "value": event.value, "limit": event.limit}
        for name, value in values.items():
            if value is not None:
                _all(etree.SubElement(info, f"{{{CAP}}}parameter"), {"valueName": f"citydeck:{name}", "value": f"{value}"})
        self._area(etree.SubElement(info, f"{{{CAP}}}area"), event, language)

    def _area(self, area: etree._Element, event: Event, language: str) -> None:
        """The sensor as a circle, a road link's so wide that it holds the link; else only the name of the area or the city."""
        kind, _, id = event.subject.partition(":")
        sensor = self._sensors.get(id) if kind == "sensor" else None
        named = self._areas.get(event.area, self._site.label)
        _put(area, CAP, "areaDesc", f"{_in(named, language)}: {_in(sensor.label, language)}" if sensor else _in(named, language))
        if sensor:
            _put(area, CAP, "circle", f"{sensor.lat:.6f},{sensor.lon:.6f} {_reach(sensor):.3f}")
        if event.area:
            _all(etree.SubElement(area, f"{{{CAP}}}geocode"), {"valueName": "citydeck:area", "value": event.area})

    def _headline(self, event: Event, language: str) -> str:
        kind, _, id = event.subject.partition(":")
        sensor, name = self._sensors.get(id), self._name(event, language)
        place = _in(sensor.label, language) if sensor and kind == "sensor" else _in(self._areas.get(event.area, self._site.label), language)
        return f"{name}: {place}"

    def _name(self, event: Event, language: str) -> str:
        rule = self._rules.get(event.rule)
        return _in(rule.label, language) if rule else event.rule

    def _identifier(self, event: Event) -> str:
        return f"citydeck-{event.seq}"

    def _time(self, seconds: float) -> str:
        return _stamp(seconds, self._zone)


def _earlier(chain: Sequence[Event]) -> list[Event]:
    """What the newest message replaces: the first of the chain, and of a long one the last before it."""
    return [*chain[:1], *chain[1:-1][-MOST_REFERENCES:]] if len(chain) > 1 else []


def _stamp(seconds: float, zone: tzinfo) -> str:
    """A CAP time: whole seconds and the offset in figures; CAP forbids `Z`, and writes UTC as -00:00."""
    text = datetime.fromtimestamp(math.floor(seconds), zone).isoformat()
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def _reach(sensor: Sensor) -> float:
    """Kilometres from the sensor's place to the farthest point of its path; 0 for a point."""
    wide = math.cos(math.radians(sensor.lat))
    return max((math.hypot((lon - sensor.lon) * wide, lat - sensor.lat) * KM_PER_DEGREE for lon, lat in sensor.path), default=0.0)


def _all(parent: etree._Element, texts: Mapping[str, Any]) -> None:
    """Children in the order of the mapping, none for an empty text."""
    for name, text in texts.items():
        if text:
            _put(parent, CAP, name, text)


def _put(parent: etree._Element, space: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{space}}}{name}").text = plain(text, 4000)


def _in(label: Label, language: str) -> str:
    return label.zh if language == "zh" else label.en
