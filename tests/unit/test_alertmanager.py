"""Alertmanager's payload: what becomes of its labels, and that anything else is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks import alertmanager
from callbacks.refusal import Refused
from model.alarm import Message
from model.outside import Warnings
from tests.unit.warnings import NOW

NASTY = Path(__file__).resolve().parents[3] / "shared" / "data" / "nasty"
TEXTS = st.text(max_size=60)


def fired(**more: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "severity": "critical", "area": "dapeng"},
        "annotations": {"summary": "Disk is full", "description": "97 %"},
        "startsAt": "2026-11-20T18:59:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.org/graph",
        "fingerprint": "1a30ba71cca2921f",
        **more,
    }


def body(*alerts: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": list(alerts), **more}).encode()


def told(alert: dict[str, Any], rules: Warnings | None = None) -> Message:
    payload = alertmanager.read(body(alert))
    return alertmanager.message(payload, payload.alerts[0], rules or Warnings(), ["dapeng"], ["sea"])


def test_an_alert_becomes_an_alarm() -> None:
    assert told(fired()) == {
        "since": NOW - 60 + 0.123456,
        "rule": "outside/alertmanager",
        "subject": "outside:alertmanager:1a30ba71cca2921f",
        "domain": "outside",
        "area": "dapeng",
        "priority": "critical",
        "label": {"en": "Disk is full", "zh": "Disk is full"},
        "ends": None,
        "told": {
            "source": "alertmanager",
            "sender": "",
            "group": "{}:{}",
            "link": "https://prometheus.example.org/graph",
            "areas": ["dapeng"],
            "text": {"en": "97 %", "zh": "97 %"},
            "labels": {"alertname": "DiskFull", "severity": "critical", "area": "dapeng"},
        },
    }


@pytest.mark.parametrize(
    ("severity", "priority"), [("critical", "critical"), ("Warning", "medium"), ("info", "low"), ("", "medium"), ("x", "medium")]
)
def test_a_severity_is_a_priority(severity: str, priority: str) -> None:
    assert told(fired(labels={"severity": severity}))["priority"] == priority


def test_the_site_says_which_label_counts_and_what_it_means() -> None:
    rules = Warnings(label="prio", labelled={"p1": "critical", "other": "low"})
    assert told(fired(labels={"prio": "P1"}), rules)["priority"] == "critical"
    assert told(fired(labels={"severity": "critical"}), rules)["priority"] == "low"


def test_a_place_the_site_does_not_know_is_none() -> None:
    said = told(fired(labels={"area": "elsewhere", "domain": "sea"}))
    assert (said["area"], said["domain"], said["told"]["areas"]) == ("", "sea", [])


def test_a_missing_fingerprint_is_made_from_the_labels() -> None:
    one, same = told(fired(fingerprint="")), told(fired(fingerprint="", annotations={}))
    assert one["subject"] == same["subject"] != told(fired(fingerprint="", labels={"a": "b"}))["subject"]


def test_a_fingerprint_that_is_none_does_not_name_an_alarm() -> None:
    assert "|" not in told(fired(fingerprint="x|y/../z"))["subject"]


@pytest.mark.parametrize(
    ("alert", "since"),
    [
        (fired(), NOW - 60 + 0.123456),
        (fired(status="resolved", endsAt="2026-11-20T18:59:30Z"), NOW - 30),
        (fired(status="resolved"), NOW),
        (fired(status="resolved", endsAt=None), NOW),
    ],
)
def test_when_it_happened(alert: dict[str, Any], since: float) -> None:
    (one,) = alertmanager.read(body(alert)).alerts
    assert alertmanager.since(one, NOW) == since


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (b"", 400, "Invalid JSON"),
        (b"[" * 100_000, 400, "Invalid JSON"),
        (b'{"version": "4", "groupKey": "\\ud800", "alerts": []}', 400, "Invalid JSON"),
        (b"[]", 422, "Input should be an object"),
        (body(version="3"), 422, "version: "),
        (body(fired(status="maybe")), 422, "alerts.0.status: "),
        (body(fired(labels={"a": 1})), 422, "alerts.0.labels.a: "),
        (body(fired(startsAt="2026-11-20T18:59:00")), 422, "alerts.0.startsAt: "),
        (body(*[fired()] * 1001), 422, "alerts: "),
    ],
)
def test_what_is_wrong_is_named(text: bytes, status: int, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        alertmanager.read(text)
    assert caught.value.status == status and caught.value.reason.startswith(reason)


@given(TEXTS, st.dictionaries(TEXTS, TEXTS), st.dictionaries(TEXTS, TEXTS), TEXTS)
def test_any_text_in_any_field_loses_its_tricks(name: str, labels: dict[str, str], annotations: dict[str, str], url: str) -> None:
    alert = fired(fingerprint=name, labels={**labels, "alertname": name}, annotations={**annotations, "summary": name}, generatorURL=url)
    said = json.dumps(told(alert), ensure_ascii=False)
    assert not set(said) & set("\x00\x1b\u202e\u2066\ufeff")


@given(st.binary(max_size=200))
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(Refused):
        alertmanager.read(text)


FILES = [file for folder in ("jsontestsuite", "jsontestsuite_transform") for file in (NASTY / folder).glob("*")] if NASTY.exists() else []


@pytest.mark.skipif(not FILES, reason="no nasty files beside the checkout")
def test_nasty_json_is_read_or_refused_wherever_it_stands() -> None:
    for file in FILES:
        text = file.read_bytes()
        for one in (text, body(fired()).replace(b'"97 %"', text), body(fired()).replace(b'"{}:{}"', text)):
            try:
                alertmanager.read(one)
            except Refused as error:
                assert error.status in (400, 422)


@pytest.mark.skipif(not FILES, reason="no naughty strings beside the checkout")
def test_naughty_strings_are_text() -> None:
    for text in json.loads((NASTY / "blns.json").read_text()):
        said = told(fired(annotations={"summary": text}, labels={"alertname": text, "severity": text}))
        assert said["label"]["en"] and said["priority"] in ("medium", "low")
