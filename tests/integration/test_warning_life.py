"""A weather warning is an alarm with an area and an end: recorded messages, chains of them, and one through the real deck."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from spectree import SpecTree

from app import create
from callbacks import hook
from demo.memory import RedisServer
from model.outside import Warnings
from settings import load
from store.chain import Chains
from store.database import connect, migrate
from store.token import Tokens
from tests.door import accounts
from tests.integration.bureau import city
from tests.integration.floor import Floor
from tests.integration.test_hook import Alarmed
from tests.project import ROOT
from tests.unit.warnings import alert, info, site

RECORDED = ROOT.parent / "shared" / "data" / "messages" / "cap"
SECRET, HOUR = "secret-of-the-weather-office", 3600.0
NO_ALERT = "there is no CAP 1.1 or 1.2 alert in <{}>"
OUTCOMES: dict[str, int | str] = {
    "43b080713727.cap": 1,
    "amber.rss": NO_ALERT.format("rss"),
    "australia.cap": 1,
    "bushfire_valid.edxlde": 7,
    "canada_errors.cap": "references: the messages that this Update is about are missing",
    "canada_signed.atom": 1,
    "earthquake.cap": 1,
    "earthquake_index.atom": NO_ALERT.format("feed"),
    "invalid.cap": "scope: is missing",
    "ny_index.rss": NO_ALERT.format("rss"),
    "weather.atom": 1,
    "weather.cap": 1,
    "xee.cap": "a document type or entity declaration is not taken",
}
"""Of each recorded file: how many alarms it raises, or why it is refused."""


class Office:
    """A weather office that tells the hook, and the alarms behind it, on a clock that is set."""

    def __init__(self, folder: Path, **rules: Any) -> None:
        engine, server, self.alarmed = connect(f"sqlite:///{folder / 'deck.db'}"), Flask("test"), Alarmed()
        migrate(engine)
        given = Warnings(**{"unsigned": True, **rules})
        hook.register(server, SpecTree("flask"), site(), [], given, Chains(engine), self.alarmed.ask, lambda: self.alarmed.now)
        self._client = server.test_client()

    def tell(self, text: bytes, now: float) -> tuple[int, dict[str, Any]]:
        """(status, answer) at that time."""
        self.alarmed.now = now
        answer = self._client.post("/api/v1/hooks/cap", data=text)
        return answer.status_code, answer.get_json()

    def standing(self, now: float) -> list[str]:
        """The states of the alarms then."""
        self.alarmed.core.advance(now, now)
        return [alarm.state for alarm in self.alarmed.core.alarms.values()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def recorded(name: str) -> bytes:
    if not RECORDED.is_dir():
        pytest.skip("no recorded messages beside the project")
    return (RECORDED / name).read_bytes()


def sent(text: bytes) -> float:
    """When the newest message of a file was sent."""
    moments = [datetime.fromisoformat(each) for each in re.findall(r"<(?:cap:)?sent>\s*(\S+?)\s*<", text.decode())]
    return max((moment.timestamp() for moment in moments), default=0.0)


def field(text: bytes, name: str) -> str:
    found = re.search(rf"<(?:cap:)?{name}>\s*(.*?)\s*<", text.decode())
    assert found
    return found[1]


def follows(text: bytes, kind: str, seconds: float) -> bytes:
    """A message so many seconds after the recorded one, by its sender, that is about it."""
    references = ",".join(field(text, name) for name in ("sender", "identifier", "sent"))
    stamp = datetime.fromtimestamp(sent(text) + seconds, UTC).isoformat(timespec="seconds")
    named = {"identifier": f"{field(text, 'identifier')}-{kind}", "sender": field(text, "sender"), "sent": stamp}
    expires = datetime.fromtimestamp(sent(text) + seconds + HOUR, UTC).isoformat(timespec="seconds")
    return alert(msgType=kind, references=references, infos=[info(severity="Extreme", expires=expires)], **named)


# recorded messages


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_recorded_file_raises_its_alarms_or_is_refused_with_the_reason(office: Office, name: str) -> None:
    text = recorded(name)
    status, told = office.tell(text, sent(text) + 60)
    expected = OUTCOMES[name]
    if isinstance(expected, str):
        assert (status, told["detail"]) == (422, expected) and office.alarmed.core.alarms == {}
        return
    assert status == 200 and [each["outcome"] for each in told["taken"]] == ["done"] * expected and told["refused"] == []
    assert len(office.alarmed.core.alarms) == expected
    for alarm in office.alarmed.core.alarms.values():
        assert alarm.label and alarm.label.en and alarm.ends and alarm.ends > office.alarmed.now and alarm.detail["place"]


def test_a_recorded_warning_of_1_1_is_changed_by_its_update_and_ended_by_its_cancel(office: Office) -> None:
    text = recorded("weather.cap")
    office.tell(text, sent(text) + 60)
    (id,) = office.alarmed.core.alarms
    assert office.alarmed.core.alarms[id].priority == "high"
    office.tell(follows(text, "Update", 600), sent(text) + 660)
    (same,) = office.alarmed.core.alarms
    changed = office.alarmed.core.alarms[same]
    assert (same, changed.priority, changed.ends) == (id, "critical", sent(text) + 600 + HOUR)
    cancel = follows(follows(text, "Update", 600), "Cancel", 300)
    status, told = office.tell(cancel, sent(text) + 960)
    assert (status, [each["wish"] for each in told["taken"]]) == (200, ["end"])
    assert office.standing(sent(text) + 961) == ["returned"]


def test_a_recorded_warning_ends_by_itself(office: Office) -> None:
    text = recorded("weather.cap")
    office.tell(text, sent(text) + 60)
    ends = datetime.fromisoformat(field(text, "expires")).timestamp()
    assert office.standing(ends - 1) == ["unacknowledged"] and office.standing(ends + 1) == ["returned"]


def test_a_sender_with_a_certificate_must_have_signed(tmp_path: Path) -> None:
    text = recorded("canada_signed.atom")
    sender, found = field(text, "sender"), re.search(rb"X509Certificate>([^<]*)<", text)
    assert found
    held = b"-----BEGIN CERTIFICATE-----\n%b\n-----END CERTIFICATE-----\n" % b"\n".join(found[1].split())
    strict = Office(tmp_path, unsigned=False, certificates={sender: (held.decode(),)})
    for wrong in (text.replace(b"snowfall", b"rainfall"), recorded("weather.cap")):
        status, told = strict.tell(wrong, sent(wrong) + 60)
        assert status == 403 and strict.alarmed.core.alarms == {}, told


# through the deck


@pytest.fixture
def floor(redis_server: RedisServer, tmp_path: Path) -> Iterator[Floor]:
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    floor = Floor(redis_server.url, database, tmp_path)
    yield floor
    floor.close()


@pytest.fixture
def client(floor: Floor, tmp_path: Path) -> FlaskClient:
    """A program of the weather office, at the app of a city that takes unsigned messages."""
    folder = city(tmp_path / "site")
    with (folder / "site.toml").open("a") as file:
        file.write("\n[warnings]\nunsigned = true\n")
    told = {"SITE": str(folder), "REDIS": floor.url, "DATABASE": floor.database, "SECRET_KEY": "k"}
    Tokens(floor.engine).grant(SECRET, "weather", "supervisor", ["hooks", "read"], time.time() + 600, by="test")
    client: FlaskClient = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {SECRET}"
    return client


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def test_a_warning_has_its_area_and_end_and_is_over_by_itself(floor: Floor, client: FlaskClient) -> None:
    now = time.time()
    area = "<area><areaDesc>Nan'ao and its coast</areaDesc></area>"
    text = alert(sent=stamp(now), infos=[info(expires=stamp(now + 5), area=area, headline="Typhoon signal 8")])
    with floor.keeping():
        answer = client.post("/api/v1/hooks/cap", data=text)
        assert answer.status_code == 200, answer.get_json()
        (taken,) = answer.get_json()["taken"]
        alarm = floor.comes(taken["alarm"])
        assert alarm.label and (alarm.label.en, alarm.area, alarm.priority) == ("Typhoon signal 8", "nanao", "high")
        (row,) = client.get("/api/v1/alarms?domain=outside").get_json()["alarms"]
        assert (row["id"], row["area"], row["ends"]) == (taken["alarm"], "nanao", int(now + 5))
        floor.comes(taken["alarm"], "returned")
        assert floor.lives()[taken["alarm"]] == ["raised", "returned"]


def test_a_warning_that_is_cancelled_and_sent_again_stays_over(floor: Floor, client: FlaskClient) -> None:
    now = time.time()
    first = alert(sent=stamp(now), infos=[info(expires=stamp(now + HOUR))])
    references = f"weather@example.org,one,{stamp(now)}"
    cancel = alert("two", msgType="Cancel", references=references, sent=stamp(now + 1), infos=[])
    with floor.keeping():
        (taken,) = client.post("/api/v1/hooks/cap", data=first).get_json()["taken"]
        floor.comes(taken["alarm"])
        assert client.post("/api/v1/hooks/cap", data=cancel).get_json()["taken"][0]["wish"] == "end"
        floor.comes(taken["alarm"], "returned")
        assert client.post("/api/v1/hooks/cap", data=first).get_json()["ignored"][0]["reason"] == "a newer message has replaced it"
        assert floor.lives()[taken["alarm"]] == ["raised", "returned"]
