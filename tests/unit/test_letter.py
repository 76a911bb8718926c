"""What recipients outside are told: who is told of what, and in which words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domains import load
from model import Label, SpecError
from model.alarm import Alarm, Event
from model.outside import Recipient, Webhook
from streams.letter import WORDS, Mail, body, wanted
from streams.name import Names
from streams.notify import rest, secrets
from streams.post import signature
from tests.unit.warnings import NOW, site

NAMES = Names(load(Path("nowhere"), None), site())
EVENT = Event(
    kind="raised",
    alarm="sea/oxygen_low|sensor:sea-dapeng",
    occurrence=1,
    time=NOW,
    source="edge:1",
    rule="sea/oxygen_low",
    subject="sensor:sea-dapeng",
    domain="sea",
    area="dapeng",
    priority="high",
    state="unacknowledged",
    value=3.1,
    limit=4.0,
    seq=7,
    recorded=NOW,
)
OUTSIDE = replace(
    EVENT, rule="outside/cap", subject="outside:cap:x", alarm="outside/cap|outside:cap:x", value=None, limit=None, domain="outside"
)
RECIPIENT = Recipient(
    name="duty", via=Webhook(url="https://x/", secret="SECRET"), language="en", kinds=(), priorities=(), areas=(), domains=()
)  # fmt: skip


def alarm(name: str) -> Alarm:
    label = Label(en=name, zh=f"{name}文")
    return Alarm(
        id=OUTSIDE.alarm,
        occurrence=1,
        rule=OUTSIDE.rule,
        subject=OUTSIDE.subject,
        domain="outside",
        area="",
        priority="high",
        state="unacknowledged",
        value=None,
        limit=None,
        raised=NOW,
        changed=NOW,
        label=label,
    )


def mail(language: str = "en") -> Mail:
    return Mail(NAMES, language, ZoneInfo("Asia/Shanghai"))


# who is told


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({}, True),
        ({"kinds": ("returned",)}, False),
        ({"kinds": ("raised",), "priorities": ("critical", "high"), "areas": ("dapeng",), "domains": ("sea",)}, True),
        ({"priorities": ("low",)}, False),
        ({"areas": ("yantian",)}, False),
        ({"domains": ("outside",)}, False),
    ],
)
def test_who_is_told_of_what(filters: dict[str, tuple[str, ...]], told: bool) -> None:
    assert wanted(replace(RECIPIENT, **filters), EVENT) is told  # type: ignore[arg-type]


def test_a_desks_event_has_no_priority_to_filter_by() -> None:
    flood = Event(kind="flood_began", alarm="", occurrence=0, time=NOW, source="x", desk="east")
    assert wanted(replace(RECIPIENT, priorities=("critical",)), flood)
    assert not wanted(replace(RECIPIENT, kinds=("raised",)), flood)


# in which words


def test_a_mail_names_the_alarm_its_place_and_its_value() -> None:
    told = mail().letter([EVENT], {}, 0)
    assert told["subject"] == "[Town] high Low oxygen: Buoy of dapeng"
    line = "2026-11-21 03:00:00  raised  high  Low oxygen: Buoy of dapeng  Dapeng  3.1 mg/L, limit 4.0 mg/L"
    assert told["text"] == line + "\n"


def test_a_mail_speaks_chinese() -> None:
    told = mail("zh").letter([EVENT], {}, 0)
    assert told["subject"].startswith("[城] 高 ") and "发生  高  " in told["text"] and "大鹏" in told["text"]


def test_a_message_from_elsewhere_is_called_as_it_calls_itself() -> None:
    told = mail().letter([OUTSIDE], {OUTSIDE.alarm: alarm("Storm")}, 0)
    assert told["subject"] == "[Town] high Storm"


def test_a_hostile_name_stays_on_its_line() -> None:
    told = mail().letter([replace(OUTSIDE, note="x\r\n\r\ny")], {OUTSIDE.alarm: alarm("Storm\r\nBcc: all@example.org")}, 0)
    assert "\n" not in told["subject"] and told["text"].count("\n") == 1


def test_many_are_folded_by_area_with_the_worst_on_top() -> None:
    events = [replace(EVENT, seq=n, area=("dapeng", "yantian", "")[n % 3]) for n in range(50)] + [
        replace(EVENT, priority="critical", seq=99)
    ]
    told = mail().letter(events, {}, 3)
    assert told["subject"] == "[Town] critical 51 alarm events"
    lines = told["text"].splitlines()
    assert "critical" in lines[0] and lines[20] == "and 31 more: Yantian 11, - 10, Dapeng 10"
    assert lines[-1] == "3 events came during the last alarm flood and were not mailed; the journal has them."


def test_a_flood_says_so_once() -> None:
    told = mail().flood([EVENT], {}, 0, 11)
    assert told["subject"].startswith("[Town] Alarm flood: 11 events in ten minutes, now ") and "No further mail" in told["text"]


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def test_a_webhook_gets_events_with_their_names() -> None:
    told = json.loads(json.dumps(body([EVENT, OUTSIDE], {OUTSIDE.alarm: alarm("Storm")}, NAMES, NOW)))
    first, second = told["data"]["events"]
    assert told["type"] == "alarms" and told["timestamp"] == "2026-11-20T19:00:00+00:00"
    assert (first["seq"], first["kind"], first["alarm"], first["value"]) == (7, "raised", EVENT.alarm, 3.1)
    assert first["place"] == {"en": "Buoy of dapeng", "zh": "dapeng"} and first["area_name"]["zh"] == "大鹏"
    assert second["name"] == {"en": "Storm", "zh": "Storm文"}


# how it is signed, and when tried again


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example that the specification's own libraries are tested with."""
    secret, id, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    assert signature(secret, id, 1_614_265_330, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_rest_doubles_up_to_a_limit_and_is_spread() -> None:
    assert [rest(n, 1.0) for n in (1, 2, 3, 10, 1000)] == [2.0, 4.0, 8.0, 900.0, 900.0]
    assert rest(3, 0.0) == 4.0


def test_a_secret_must_be_there() -> None:
    assert secrets([RECIPIENT], {"SECRET": "x"}) == {"duty": "x"}
    for environ in ({}, {"SECRET": "whsec_!"}):
        with pytest.raises(SpecError) as caught:
            secrets([RECIPIENT], environ)
        assert caught.value.field == "SECRET"
