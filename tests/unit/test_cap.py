"""CAP messages: what is read of them, what is refused and why, and that nothing hostile gets through."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks import cap, envelope
from callbacks.refusal import Refused
from model.outside import SEVERITY
from tests.unit.warnings import CAP, NOW, alert, info, stamp

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"
CAP_1_1 = "urn:oasis:names:tc:emergency:cap:1.1"


def read(text: bytes) -> cap.Alert:
    return cap.read(envelope.element(text), SEVERITY)


def refused(text: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        for one in envelope.alerts(text):
            read(one)
    return caught.value


# what is read


def test_an_alert_is_read_whole() -> None:
    told = read(
        alert(infos=[info(onset=stamp(600), web="https://example.org/a", instruction="Stay in")], scope="Restricted", restriction="x")
    )
    assert (told.identifier, told.sender, told.sent, told.kind, told.scope, told.restriction) == (
        "one", "weather@example.org", NOW, "Alert", "Restricted", "x",
    )  # fmt: skip
    (only,) = told.infos
    assert (only.event, only.headline, only.severity, only.urgency, only.certainty) == (
        "Rainstorm", "Heavy rain", "Severe", "Expected", "Likely",
    )  # fmt: skip
    assert (only.onset, only.expires, only.effective, only.instruction) == (NOW + 600, NOW + 3600, None, "Stay in")
    assert only.places[0].polygons[0][0] == (114.4, 22.5)


def test_1_1_is_read_and_what_is_of_another_namespace_is_not() -> None:
    told = read(alert(namespace=CAP_1_1, tail='<x:sender xmlns:x="urn:x">other</x:sender>'))
    assert told.sender == "weather@example.org"


def test_a_time_counts_from_its_own_offset() -> None:
    assert read(alert(sent="2026-11-21T03:00:00+08:00")).sent == NOW


def test_references_are_read_one_by_one() -> None:
    told = read(alert(msgType="Update", references=f"a@b,1,{stamp(-60)}\n c@d,2,{stamp(-30)}"))
    assert told.references == (
        cap.Reference(sender="a@b", identifier="1", sent=NOW - 60),
        cap.Reference(sender="c@d", identifier="2", sent=NOW - 30),
    )


def test_all_clear_is_seen() -> None:
    assert read(alert(infos=[info(responseType="AllClear"), info()])).infos[0].all_clear


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://", "//host/x", "http://[", "https://a b/"])
def test_an_address_a_browser_must_not_follow_is_left_out(address: str) -> None:
    assert read(alert(infos=[info(web=address)])).infos[0].web == ""


def test_a_circle_and_geocodes_are_read() -> None:
    code = "<geocode><valueName>x</valueName><value>440307</value></geocode>"
    area = f"<area><areaDesc>a</areaDesc><circle>22.5,114.5 12.5</circle>{code}</area>"
    (place,) = read(alert(infos=[info(area=area)])).infos[0].places
    assert place.circles == (((114.5, 22.5), 12.5),) and place.geocodes == ("440307",)


# what is refused


@pytest.mark.parametrize("name", ["identifier", "sender", "sent", "status", "msgType", "scope"])
def test_what_every_message_needs(name: str) -> None:
    assert refused(alert(**{name: None})).reason == f"{name}: is missing"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["category", "event", "urgency", "severity", "certainty"])
def test_what_every_info_needs(name: str) -> None:
    assert refused(alert(infos=[info(**{name: None})])).reason == f"{name}: is missing"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (alert(identifier="a b"), "identifier: 'a b' is not"),
        (alert(sender="a,b"), "sender: 'a,b' is not"),
        (alert(sender="a\u202eb"), "sender: 'ab' is not"),
        (alert(sent="2026-11-20T19:00:00"), "sent: '2026-11-20T19:00:00' is not a time such as"),
        (alert(status="Real"), "status: 'Real' is none of Actual"),
        (alert(infos=[info(severity="Red")]), "severity: 'Red' is none of Extreme"),
        (alert(infos=[info(expires="soon")]), "expires: 'soon' is not a time"),
        (alert(msgType="Update"), "references: the messages that this Update is about are missing"),
        (alert(msgType="Cancel", infos=[], references=" "), "references: the messages that this Cancel"),
        (alert(msgType="Update", references="a@b,1"), "references: 'a@b,1' is not sender,identifier,sent"),
        (alert(msgType="Update", references=" ".join(f"a@b,{n},{stamp()}" for n in range(600))), "references: more than 500"),
        (alert(infos=[]), "info: is missing"),
        (alert(namespace="http://www.incident.com/cap/1.0"), "there is no CAP 1.1 or 1.2 alert in <alert>"),
        (b"<feed/>", "there is no CAP 1.1 or 1.2 alert in <feed>"),
    ],
)
def test_what_is_wrong_is_named(text: bytes, reason: str) -> None:
    error = refused(text)
    assert error.reason.startswith(reason) and error.status == 422


@pytest.mark.parametrize(
    ("area", "flaw", "rings"),
    [
        ("<polygon>22.5,114.4 22.5,114.6 22.7,114.6</polygon>", "polygon: the last point is not the first", 1),
        ("<polygon>22.5,114.4 22.5,114.6</polygon>", "polygon: '22.5,114.4 22.5,114.6' is not", 0),
        ("<polygon>114.4,222.5 1,1 2,2 3,3</polygon>", "polygon: ", 0),
        ("<polygon>nan,1 1,inf 2,2 3,3</polygon>", "polygon: ", 0),
        ("<polygon>1_0,1 1,1 2,2 1_0,1</polygon>", "polygon: ", 0),
        ("<circle>22,114 -1</circle>", "circle: '22,114 -1' is not a point", 0),
        ("<circle>22,114</circle>", "circle: ", 0),
        ("<polygon/><circle> </circle>", None, 0),
    ],
)
def test_a_flaw_of_the_place_is_kept_as_a_note_and_the_warning_taken(area: str, flaw: str | None, rings: int) -> None:
    told = read(alert(infos=[info(area=f"<area><areaDesc>x</areaDesc>{area}</area>")]))
    assert len(told.infos[0].places[0].polygons) == rings
    assert told.flaws == () if flaw is None else told.flaws[0].startswith(flaw)


# several in one body


def test_a_feed_and_a_distribution_are_opened() -> None:
    one, two = (alert(name).split(b"\n", 1)[1] for name in ("one", "two"))
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>' + one + b"</content></entry><entry>" + two + b"</entry></feed>"
    assert [read(text).identifier for text in envelope.alerts(feed)] == ["one", "two"]


def test_an_alert_within_an_alert_is_not_taken_out() -> None:
    inner = alert("inner").split(b"\n", 1)[1].decode()
    assert [read(text).identifier for text in envelope.alerts(alert("outer", tail=f"<x>{inner}</x>"))] == ["outer"]


def test_not_too_many_at_once() -> None:
    assert "more than 100" in refused(b"<x>" + alert().split(b"\n", 1)[1] * 101 + b"</x>").reason


# hostile XML

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS = {
    "laughs": f'<!DOCTYPE alert [<!ENTITY a0 "ha">{LAUGHS}]><alert xmlns="{CAP}">&a9;</alert>',
    "file": f'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]><alert xmlns="{CAP}"><identifier>&x;</identifier></alert>',
    "parameter": '<!DOCTYPE alert [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><alert/>',
    "outside": '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/x.dtd"><alert/>',
    "empty": "<!DOCTYPE alert><alert/>",
    "blow": f'<!DOCTYPE alert [<!ENTITY a "{"a" * 50_000}">]><alert>{"&a;" * 5_000}</alert>',
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_document_type_is_taken(name: str) -> None:
    error = refused(ATTACKS[name].encode())
    assert (error.status, error.reason) == (422, "a document type or entity declaration is not taken")


def test_an_inclusion_is_only_an_element_that_is_not_read() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname" parse="text"/>'
    assert read(alert(tail=include)).identifier == "one"


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (alert().decode().replace("UTF-8", "GB2312").encode("gb2312"), 415, "the text declares 'GB2312'; only UTF-8 is read"),
        (alert().decode().replace("UTF-8", "UTF-16").encode("utf-16"), 415, "the text is not UTF-8: byte 0"),
        (alert().replace(b"UTF-8", b"UTF-7"), 415, "the text declares 'UTF-7'; only UTF-8 is read"),
        (alert().replace(b"Heavy", b"\xc3\x28"), 415, "the text is not UTF-8: byte "),
        (alert().replace(b"Heavy", b"a\0b"), 400, "not well-formed XML"),
        (alert()[:-3], 400, "not well-formed XML"),
        (b"", 400, "not well-formed XML"),
        (b"{}", 400, "not well-formed XML"),
        (gzip.compress(alert()), 415, "the text is not UTF-8"),
        (b"<a>" * 100_000 + b"</a>" * 100_000, 400, "not well-formed XML: Excessive depth"),
    ],
)
def test_what_is_not_a_text_of_xml_in_utf_8(text: bytes, status: int, reason: str) -> None:
    error = refused(text)
    assert error.status == status and error.reason.startswith(reason)


def test_a_byte_order_mark_is_allowed() -> None:
    assert read(b"\xef\xbb\xbf" + alert()).identifier == "one"


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_anything_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        envelope.alerts(body)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40))
def test_any_text_in_any_field_is_read_or_refused_and_loses_its_tricks(text: str) -> None:
    try:
        told = read(alert(text, [info(headline=text, event=f"x{text}", web=text, area=None)], restriction=text))
    except Refused:
        return
    assert not set(told.infos[0].headline) & set("\u202e\u2066\u0000\ufeff")


@given(st.lists(st.integers(0, len(alert()) - 1), max_size=4), st.binary(min_size=1, max_size=4))
def test_a_damaged_message_is_read_or_refused(places: list[int], noise: bytes) -> None:
    text = alert()
    for place in places:
        text = text[:place] + noise + text[place + len(noise) :]
    try:
        for one in envelope.alerts(text):
            read(one)
    except Refused as error:
        assert error.reason


# recorded messages

NEGATIVE = {
    "canada_errors.cap",
    "invalid.cap",
    "xee.cap",
    "no_id.atom",
    "no_title.atom",
    "invalid_element.atom",
    "amber.rss",
    "ny_index.rss",
}
EMPTY = {"earthquake_index.atom", "empty_weather_index.atom"}
FILES = sorted((RECORDED / "messages" / "cap").glob("*.*")) if RECORDED.exists() else []


@pytest.mark.skipif(not FILES, reason="no recorded files beside the checkout")
def test_recorded_messages_are_read_and_the_bad_ones_refused() -> None:
    taken = {}
    for file in FILES:
        try:
            taken[file.name] = [read(text) for text in envelope.alerts(file.read_bytes())]
        except Refused:
            assert file.name in NEGATIVE | EMPTY, file.name
    assert len(taken["bushfire_valid.edxlde"]) == 7 and len(taken["canada_signed.atom"][0].references) == 9
    assert taken["australia.cap"][0].infos[0].places[0].circles == (((147.0598, -35.3888), 25.0),)
    assert not NEGATIVE & taken.keys()


NAUGHTY = RECORDED / "nasty" / "blns.json"


@pytest.mark.skipif(not NAUGHTY.exists(), reason="no naughty strings beside the checkout")
def test_naughty_strings_are_text() -> None:
    for text in json.loads(NAUGHTY.read_text()):
        xml = "".join(
            letter for letter in text if letter in "\t\n" or letter >= " " and not "\ud800" <= letter <= "\udfff" and letter < "\ufffe"
        )
        assert read(alert(infos=[info(headline=xml, event=f"x{xml}", instruction=xml)])).infos[0].event.startswith("x")
