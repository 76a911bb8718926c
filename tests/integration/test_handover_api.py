"""Log book and handover over HTTP: who may what, the seat that passes, the browser that changes hands, the PDF, and SQL away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import create
from demo.memory import RedisServer
from model.person import User
from settings import load
from store import schema
from store.audit import Audit
from store.connect import connect
from store.database import DatabaseAway, reading, writing
from store.database import connect as connect_database
from store.handover import Handovers
from store.journal import Journal
from store.logbook import LogBook
from store.people import People
from store.session import Sessions
from tests.door import PASSWORD, accounts, cheap
from tests.integration.test_alarm_api import ORIGIN, Person
from tests.project import ROOT

LOG, PACKS = "/api/v1/log", "/api/v1/handovers"
HOSTILE = '=1+1 <img src=x onerror=alert(1)> #import "x" $x$ *b* ' + "A" * 300
DESK, OTHER = "sea", "east"


class Deck:
    """The web over an empty city, with two more operators."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = f"sqlite:///{folder / 'deck.db'}"
        accounts(self.database)
        self.engine = connect_database(self.database)
        for name in ("li", "wang"):
            user = User(name=name, display=f"{name.title()} <b>娜</b>", role="operator")
            People(self.engine).add(user, cheap(PASSWORD), "test")
        told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": url, "DATABASE": self.database, "SECRET_KEY": "k"}
        self.server: Flask = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
        self.client = connect(url)

    def sits(self, name: str, desk: str = DESK) -> Person:
        """Somebody who has taken a desk."""
        made = Person(self.server, name)
        assert post(made, f"/api/v1/desks/{desk}/take").status_code == 200
        return made

    def acts(self) -> list[str]:
        """What stands in the audit log, oldest first."""
        return [f"{each.actor} {each.action}" for each in reversed(Audit(self.engine).entries(limit=1000)) if each.actor != "test"]


def post(person: Person, path: str, **body: Any) -> TestResponse:
    return person.client.post(path, json=body, headers=person.headers)


def seat(person: Person) -> str:
    return str(person.get("/api/v1/desks").get_json()["seat"])


def sessions(deck: Deck) -> list[Any]:
    """Those that stand."""
    with reading(deck.engine) as connection:
        return list(connection.execute(select(schema.session.c.user)))


def relieve(person: Person, id: str, name: str, password: str = PASSWORD) -> TestResponse:
    """The next one signs at this browser."""
    return person.client.post(f"/login/handover/{id}", data={"name": name, "password": password}, headers=person.headers)


@pytest.fixture
def deck(redis_server: RedisServer, tmp_path: Path) -> Iterator[Deck]:
    deck = Deck(redis_server.url, tmp_path)
    yield deck
    deck.client.close()
    deck.engine.dispose()


# The log book


def test_an_entry_is_its_authors_at_the_desk_that_the_server_knows(deck: Deck) -> None:
    li = deck.sits("li")
    made = post(li, LOG, text=f"  {HOSTILE}\x00\u202e ", sensor="sea-buoy-03", alarm="sea/oxygen_low|sensor:sea-buoy-03", moment=990.0)
    assert made.status_code == 200, made.text
    row = made.get_json()
    assert (row["author"], row["desk"], row["text"], row["seq"]) == ("li", DESK, HOSTILE, 1)
    assert Person(deck.server, "viewer").get(LOG).status_code == 403
    wang = Person(deck.server, "wang")
    corrected = post(wang, LOG, text="buoy 4", corrects=1).get_json()
    assert corrected["corrects"] == 1 and corrected["desk"] == ""
    found = wang.get(f"{LOG}?desk={DESK}").get_json()["entries"]
    assert [(each["seq"], each["corrected"]) for each in found] == [(1, 2)]
    assert len(wang.get(f"{LOG}?words=ONERROR&sensor=sea-buoy-03&limit=1").get_json()["entries"]) == 1
    assert post(wang, LOG, text="x", corrects=77).status_code == 404 and post(wang, LOG, text=" ").status_code == 422
    assert deck.acts().count("li log.write") == 1


def test_an_entry_sent_again_is_one_and_pages_follow_each_other(deck: Deck) -> None:
    li = Person(deck.server, "li")
    for _ in range(2):
        assert post(li, LOG, id="a-b-c-d-e", text="once").get_json()["seq"] == 1
    for number in range(3):
        post(li, LOG, text=str(number))
    first = li.get(f"{LOG}?limit=3").get_json()
    second = li.get(f"{LOG}?limit=3&before_seq={first['before_seq']}").get_json()
    assert [each["text"] for each in first["entries"] + second["entries"]] == ["2", "1", "0", "once"] and second["before_seq"] is None


# Handing over


def test_two_people_at_one_browser_hand_over_and_it_is_the_next_ones(deck: Deck) -> None:
    li = deck.sits("li")
    post(li, LOG, text="pump 2 stopped")
    draft = li.get(f"{PACKS}/draft").get_json()
    assert draft["desk"] == DESK and [each["text"] for each in draft["document"]["log"]["rows"]] == ["pump 2 stopped"]
    made = post(li, PACKS, notes=HOSTILE).get_json()
    assert made["document"]["notes"] == HOSTILE and made["document"]["outgoing"]["name"] == "li"
    assert [each["part"] for each in made["signatures"]] == ["outgoing"]
    for name, password, status in (("wang", "wrong", 401), ("viewer", PASSWORD, 403), ("li", PASSWORD, 403), ("", "", 422)):
        assert relieve(li, made["id"], name, password).status_code == status
    signed = relieve(li, made["id"], "Wang ")
    assert signed.status_code == 200, signed.text
    assert [(each["part"], each["person"], each["how"]) for each in signed.get_json()["signatures"]] == [
        ("outgoing", "li", "session"),
        ("incoming", "wang", "password"),
    ]
    assert li.get("/me").get_json()["name"] == "wang" and seat(li) == DESK
    acts = deck.acts()
    assert acts[acts.index("li handover.make") :] == ["li handover.make", "wang sign.fail", "wang handover.sign", "wang sign.in"]
    li.client.get("/")
    cookie = li.client.get_cookie("_csrf_token")
    assert cookie is not None
    li.headers["X-CSRFToken"] = cookie.value
    assert li.get(f"{PACKS}/draft").get_json()["document"]["since"] == made["document"]["made"]
    assert post(li, PACKS, notes="").get_json()["author"] == "wang"


@pytest.mark.parametrize(("kind", "name"), [(Sessions, "open"), (Handovers, "sign")], ids=["no session", "no signature"])
def test_a_handover_that_cannot_be_recorded_leaves_everything_as_it_was(
    deck: Deck, monkeypatch: pytest.MonkeyPatch, kind: type, name: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseAway("away")

    li = deck.sits("li")
    made = post(li, PACKS, notes="").get_json()
    with monkeypatch.context() as patch:
        patch.setattr(kind, name, away)
        assert relieve(li, made["id"], "wang").status_code == 503
    assert li.get("/me").get_json()["name"] == "li" and seat(li) == DESK
    assert [each["part"] for each in li.get(f"{PACKS}/{made['id']}").get_json()["signatures"]] == ["outgoing"]
    assert [row.user for row in sessions(deck)] == ["li"]
    assert relieve(li, made["id"], "wang").status_code == 200


def test_who_is_signed_in_elsewhere_signs_there_and_the_seat_follows(deck: Deck) -> None:
    li, wang = deck.sits("li"), deck.sits("wang", OTHER)
    made = post(li, PACKS, notes="").get_json()
    assert wang.get(f"{PACKS}?desk={DESK}").get_json()["handovers"][0]["id"] == made["id"]
    signed = post(wang, f"{PACKS}/{made['id']}/sign")
    assert signed.status_code == 200 and signed.get_json()["signatures"][1]["how"] == "session"
    assert (seat(li), seat(wang)) == ("", DESK) and li.get("/me").get_json()["name"] == "li"
    assert post(wang, f"{PACKS}/{made['id']}/sign").status_code == 200  # asked again
    assert post(Person(deck.server, "supervisor"), f"{PACKS}/{made['id']}/sign").status_code == 409


def test_only_who_sits_there_or_a_supervisor_hands_a_desk_over(deck: Deck) -> None:
    li, chief = Person(deck.server, "li"), Person(deck.server, "supervisor")
    assert li.get(f"{PACKS}/draft").status_code == 404 and post(li, PACKS, notes="").status_code == 404
    assert post(li, PACKS, notes="", desk=DESK).status_code == 403 and post(chief, PACKS, notes="", desk="none").status_code == 404
    made = post(chief, PACKS, notes="Li was taken ill", desk=DESK).get_json()
    assert relieve(chief, made["id"], "li").status_code == 200
    assert post(li, f"{PACKS}/none/sign").status_code == 404
    assert Person(deck.server, "viewer").get(PACKS).status_code == 403


def test_an_older_pack_is_not_signed(deck: Deck) -> None:
    li, wang = deck.sits("li"), Person(deck.server, "wang")
    first, second = (post(li, PACKS, notes=str(number)).get_json() for number in range(2))
    assert post(wang, f"{PACKS}/{first['id']}/sign").status_code == 409
    assert post(wang, f"{PACKS}/{second['id']}/sign").status_code == 200
    listed = wang.get(PACKS).get_json()["handovers"]
    assert [(each["id"], each["newest"], len(each["signatures"])) for each in listed] == [(second["id"], True, 2), (first["id"], False, 1)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pack_is_printed_with_its_hash_and_the_same_each_time(deck: Deck, language: str) -> None:
    li = deck.sits("li")
    made = post(li, PACKS, notes=HOSTILE).get_json()
    pages = [li.get(f"{PACKS}/{made['id']}/pdf?language={language}") for _ in range(2)]
    assert pages[0].mimetype == "application/pdf" and pages[0].data.startswith(b"%PDF") and pages[0].data == pages[1].data
    assert li.get(f"{PACKS}/none/pdf").status_code == 404


def test_attempts_at_this_door_and_at_the_other_count_together(deck: Deck) -> None:
    li = deck.sits("li")
    made = post(li, PACKS, notes="").get_json()
    told = [relieve(li, made["id"], "wang", "wrong").status_code for _ in range(5)]
    assert told == [401] * 5 and relieve(li, made["id"], "wang").status_code == 429
    stranger = deck.server.test_client()
    form = {"name": "wang", "password": PASSWORD}
    assert stranger.post("/login", data=form, headers={"Origin": ORIGIN}).status_code == 429


def test_while_the_database_is_locked_nothing_is_said_to_be_recorded(deck: Deck) -> None:
    li = deck.sits("li")
    made = post(li, PACKS, notes="").get_json()
    before = deck.acts()
    with writing(deck.engine):
        for path, body in ((LOG, {"text": "x"}), (PACKS, {"notes": ""}), (f"{PACKS}/{made['id']}/sign", {})):
            answer = post(li, path, **body)
            assert (answer.status_code, answer.get_json()["detail"]) == (503, "not recorded: the database does not answer"), path
    assert deck.acts() == before


def test_while_the_database_is_away_the_draft_names_what_it_lacks(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseAway("away")

    li = deck.sits("li")
    for kind, name in ((Journal, "search"), (LogBook, "search"), (Handovers, "last"), (Handovers, "make"), (LogBook, "write")):
        monkeypatch.setattr(kind, name, away)
    draft = li.get(f"{PACKS}/draft").get_json()["document"]
    assert draft["lacks"] == ["journal", "log"] and draft["events"] is None and draft["alarms"]["open"]["total"] == 0
    for path, body in ((LOG, {"text": "x"}), (PACKS, {"notes": ""})):
        answer = post(li, path, **body)
        assert (answer.status_code, answer.get_json()["detail"]) == (503, "not recorded: the database does not answer")
    assert li.get(LOG).status_code == 503


def test_the_document_is_json_that_anybody_can_check(deck: Deck) -> None:
    li = deck.sits("li")
    made = post(li, PACKS, notes="看好 2 号泵").get_json()
    text = json.dumps(made["document"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == made["sha256"]
