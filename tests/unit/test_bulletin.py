"""The city's own alarms as CAP: by the rules of CAP 1.2, and read back by our own reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from callbacks import cap, envelope
from callbacks.bulletin import CAP, Writer
from domains import load
from model.alarm import Event, EventKind
from model.outside import SEVERITY
from tests.unit.test_letter import EVENT
from tests.unit.warnings import NOW, site

WRITER = Writer(site(), load(Path("nowhere"), None), "deck@example.org")

# CAP 1.2, the order of elements, which of them must stand, and the words they may hold
ALERT = "identifier! sender! sent! status! msgType! source scope! restriction addresses code* note references incidents info*"
INFO = (
    "language category+ event! responseType* urgency! severity! certainty! audience eventCode* effective onset expires senderName headline "
    "description instruction web contact parameter* resource* area*"
)
AREA = "areaDesc! polygon* circle* geocode* altitude ceiling"
PAIR = "valueName! value!"
PARTS = {"alert": ALERT, "info": INFO, "area": AREA, "parameter": PAIR, "geocode": PAIR}
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")


def faults(element: Element) -> list[str]:
    """What is against the rules of CAP 1.2 in an alert."""
    name = element.tag.removeprefix(f"{{{CAP}}}")
    text = (element.text or "").strip()
    if name in PARTS:
        return _disorder(name, element) + [fault for child in element for fault in faults(child)]
    if name in WORDS and text not in WORDS[name].split():
        return [f"{name}: {text}"]
    if name in ("sent", "effective", "onset", "expires") and not TIME.fullmatch(text):
        return [f"{name}: {text}"]
    if name in ("identifier", "sender") and not NAME.fullmatch(text):
        return [f"{name}: {text}"]
    if name == "references" and any(len(one.split(",")) != 3 for one in text.split()):
        return [f"references: {text}"]
    return [f"{name}: is empty"] if not text else []


def _disorder(name: str, element: Element) -> list[str]:
    found = [child.tag.removeprefix(f"{{{CAP}}}") for child in element]
    pattern = "".join(f"(?:{part.rstrip('!*+')} ){ {'!': '', '*': '*', '+': '+'}.get(part[-1], '?') }" for part in PARTS[name].split())
    return [] if re.fullmatch(pattern, "".join(f"{one} " for one in found)) else [f"{name}: {' '.join(found)}"]


def chain(*kinds: EventKind, **more: object) -> list[Event]:
    return [
        replace(EVENT, kind=kind, seq=n + 1, recorded=NOW + 60 * n + 0.7, time=NOW + 60 * n, annunciated=True, **more)  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    ]


def written(events: Sequence[Event], status: str = "Actual") -> Element:
    return envelope.element(etree.tostring(WRITER.alert(events, status)))


def test_the_rules_find_a_fault() -> None:
    root = written(chain("raised"))
    assert faults(root) == []
    root.append(root[0])
    root[2].text = "2026-11-20T19:00:00Z"
    assert [fault.partition(":")[0] for fault in faults(root)] == ["alert", "sent"]


def test_a_coming_is_an_alert_in_both_languages_with_place_and_values() -> None:
    root = written(chain("raised"))
    told = cap.read(root, SEVERITY)
    english, chinese = told.infos
    assert (told.identifier, told.sender, told.kind, told.scope, told.references) == (
        "citydeck-1", "deck@example.org", "Alert", "Restricted", (),
    )  # fmt: skip
    assert (english.event, chinese.event, english.headline) == ("Low oxygen", "溶解氧低", "Low oxygen: Buoy of dapeng")
    assert (english.severity, english.urgency, english.certainty, english.onset) == ("Severe", "Immediate", "Observed", NOW)
    assert english.places[0].circles == (((114.48, 22.6), 0.0),) and english.places[0].geocodes == ("dapeng",)
    assert root.findtext("sent") == "2026-11-21T03:00:00+08:00" and english.instruction


def test_what_follows_names_all_that_came_before() -> None:
    for length, kind in ((2, "Update"), (3, "Cancel")):
        root = written(chain("raised", "worsened", "returned")[:length])
        told = cap.read(root, SEVERITY)
        assert told.kind == kind and [one.identifier for one in told.references] == ["citydeck-1", "citydeck-2"][: length - 1]
        assert {one.sender for one in told.references} == {told.sender}
    assert [info.all_clear for info in told.infos] == [True, True] and told.infos[0].urgency == "Past"


def test_a_long_chain_keeps_its_first_reference() -> None:
    worse: list[EventKind] = ["worsened"] * 200
    told = cap.read(written(chain("raised", *worse)), SEVERITY)
    assert len(told.references) == 21 and told.references[0].identifier == "citydeck-1" and told.references[-1].identifier == "citydeck-200"


@pytest.mark.parametrize(
    ("subject", "area", "circles"),
    [("kpi:oxygen_lowest@dapeng", "dapeng", 0), ("kpi:oxygen_lowest", "", 0), ("feed:sea", "", 0), ("sensor:unlisted", "", 0)],
)
def test_what_has_no_place_has_a_name(subject: str, area: str, circles: int) -> None:
    root = written(chain("raised", subject=subject, area=area))
    assert faults(root) == []
    (place,) = cap.read(root, SEVERITY).infos[0].places
    assert len(place.circles) == circles and place.description == ("Dapeng" if area else "Town")


def test_the_feed_holds_them_newest_first_and_is_read_as_it_stands() -> None:
    one, two = chain("raised"), [replace(event, seq=event.seq + 10, alarm="b") for event in chain("raised", "escalated")]
    feed = WRITER.feed([one, two], "Test", NOW)
    told = [cap.read(envelope.element(text), SEVERITY) for text in envelope.alerts(feed)]
    assert [(each.identifier, each.kind, each.status) for each in told] == [
        ("citydeck-12", "Update", "Test"),
        ("citydeck-1", "Alert", "Test"),
    ]
    atom = envelope.element(feed)
    ids = [each.text for each in atom.iter("{http://www.w3.org/2005/Atom}id")]
    assert len(set(ids)) == 3 and all(each and each.startswith("urn:") for each in ids)
    assert envelope.element(WRITER.feed([], "Actual", NOW)).tag.endswith("feed")


@given(st.text(max_size=50), st.text(max_size=50), st.one_of(st.none(), st.floats()))
def test_any_subject_is_written_by_the_rules(subject: str, rule: str, value: float | None) -> None:
    root = written(
        chain("raised", "returned", subject=f"sensor:{subject}", rule=f"x/{rule}", alarm=f"x/{rule}|sensor:{subject}", value=value)
    )
    assert faults(root) == []
