"""Who sits at which desk, what that lets them do, and areas that change hands: over HTTP, with a real keeper of alarms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import create
from demo.memory import RedisServer
from settings import load
from store.audit import Audit, Entry
from store.database import writing
from store.people import People
from store.token import Tokens
from tests.door import accounts
from tests.integration.floor import ACKNOWLEDGE, Floor
from tests.integration.test_alarm_api import A, Person, outcome
from tests.until import until

DESKS = "/api/v1/desks"
HILL = "sea/high|sensor:d"
SITE = """
zone = "Asia/Shanghai"
extent = [114.0, 22.0, 115.0, 23.0]
acknowledge = "operator"
[label]
en = "Test"
zh = "测试"
"""
AREA = '[[area]]\nkey = "{0}"\nen = "{0}"\nzh = "{0}"\n'
DESK = '[[desk]]\nid = "{0}"\nen = "{0} desk"\nzh = "{0} 席"\nareas = ["{1}"]\n'


@pytest.fixture
def floor(redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Floor]:
    """A floor on which operators acknowledge in the areas of their own desk."""
    monkeypatch.setenv(ACKNOWLEDGE, "operator")
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    floor = Floor(redis_server.url, database, tmp_path)
    yield floor
    floor.close()


@pytest.fixture
def server(floor: Floor, tmp_path: Path) -> Flask:
    """The web of the same city: desks `sea` (bay) and `land` (town); the hill is nobody's."""
    folder = tmp_path / "site"
    folder.mkdir()
    parts = [SITE, *(AREA.format(area) for area in ("bay", "town", "hill")), DESK.format("sea", "bay"), DESK.format("land", "town")]
    (folder / "site.toml").write_text("".join(parts), encoding="utf-8")
    return web(floor, folder)


def web(floor: Floor, folder: Path) -> Flask:
    told = {"SITE": str(folder), "REDIS": floor.url, "DATABASE": floor.database, "SECRET_KEY": "k"}
    server: Flask = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
    return server


def post(person: Person, path: str, **body: Any) -> TestResponse:
    return person.client.post(f"{DESKS}/{path}", json=body or None, headers=person.headers)


def desks(person: Person) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in person.get(DESKS).get_json()["desks"]}


def seat(person: Person) -> str:
    return str(person.get(DESKS).get_json()["seat"])


def audited(floor: Floor, action: str) -> list[Entry]:
    """Rows of that action, oldest first."""
    return [entry for entry in reversed(Audit(floor.engine).entries(limit=1000)) if entry.action == action]


# Sitting down


def test_an_operator_sits_at_any_desk_and_at_one_only(floor: Floor, server: Flask) -> None:
    chen = Person(server, "operator")
    assert seat(chen) == "" and [row["free"] for row in desks(chen).values()] == [True, True, False]
    assert post(chen, "sea/take").get_json() == {"seat": "sea"}
    assert (seat(chen), desks(chen)["sea"]["people"]) == ("sea", ["Operator"])
    assert post(chen, "land/take").status_code == 200
    assert (seat(chen), desks(chen)["sea"]["people"], desks(chen)["land"]["people"]) == ("land", [], ["Operator"])
    assert post(chen, "sea/leave").get_json() == {"seat": "land"}, "nobody leaves a desk at which he does not sit"
    assert post(chen, "land/leave").get_json() == {"seat": ""} and seat(chen) == ""
    told = [(entry.action, entry.actor, entry.subject) for entry in reversed(Audit(floor.engine).entries()) if "desk." in entry.action]
    assert told == [
        ("desk.take", "operator", "desk:sea"), ("desk.take", "operator", "desk:land"), ("desk.leave", "operator", "desk:land"),
    ]  # fmt: skip


def test_who_may_not_sit_down(floor: Floor, server: Flask) -> None:
    viewer, chen, wang = (Person(server, role) for role in ("viewer", "operator", "supervisor"))
    Tokens(floor.engine).grant("secret", "robot", "supervisor", ["alarms"], 1e12, by="test")
    answers = [post(viewer, "sea/take"), post(chen, "supervisor/take"), post(Person(server, "", "secret"), "sea/take")]
    assert [(answer.status_code, answer.mimetype) for answer in answers] == [(403, "application/problem+json")] * 3
    assert post(wang, "supervisor/take").status_code == 200
    assert post(chen, "moon/take").status_code == 404
    assert [entry.actor for entry in audited(floor, "desk.take")] == ["supervisor"]


def test_a_desk_is_kept_with_the_sign_in_also_when_redis_forgets_and_elsewhere_nobody_sits(floor: Floor, server: Flask) -> None:
    chen, elsewhere = Person(server, "operator"), Person(server, "operator")
    post(chen, "sea/take")
    floor.client.flushall()
    assert (seat(chen), seat(elsewhere)) == ("sea", "")
    chen.client.post("/logout", headers=chen.headers)
    assert desks(elsewhere)["sea"]["people"] == []


def test_who_is_no_supervisor_any_more_has_lost_that_desk(floor: Floor, server: Flask) -> None:
    wang = Person(server, "supervisor")
    post(wang, "supervisor/take")
    people = People(floor.engine)
    user = people.user("supervisor")
    assert user is not None and seat(wang) == "supervisor"
    with writing(floor.engine) as connection:
        connection.execute(text("UPDATE person SET role = 'operator' WHERE name = 'supervisor'"))
    floor.client.flushall()
    assert seat(wang) == ""


def test_a_seat_that_cannot_be_recorded_is_not_taken(floor: Floor, server: Flask) -> None:
    chen = Person(server, "operator")
    with floor.locked():
        answer = post(chen, "sea/take")
        assert (answer.status_code, "not recorded" in answer.get_json()["detail"]) == (503, True)
    assert seat(chen) == ""


# What it lets them do


def test_an_operator_acknowledges_at_the_desk_that_answers_for_the_area_and_nowhere_else(floor: Floor, server: Flask) -> None:
    chen, wang = Person(server, "operator"), Person(server, "supervisor")
    with floor.keeping():
        floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:d")])
        floor.comes(A)
        floor.comes(HILL)
        nowhere = chen.wish("ack", A)
        assert outcome(nowhere) == (403, "forbidden")
        assert nowhere.get_json()["said"] == {"en": "this is for whoever sits at: sea desk", "zh": "须由该席位人员操作：sea 席"}
        assert chen.wish("ack", A, desk="sea").status_code == 422, "where somebody sits is not for the browser to say"
        post(chen, "land/take")
        assert outcome(chen.wish("ack", A)) == (403, "forbidden")
        many = chen.client.post("/api/v1/alarms/ack", json={"targets": [{"alarm": A, "occurrence": 1}]}, headers=chen.headers)
        assert outcome(many) == (403, "forbidden")
        post(chen, "sea/take")
        assert outcome(chen.wish("ack", HILL)) == (403, "forbidden")
        assert outcome(chen.wish("ack", A)) == (200, "done")
        assert [(event.actor, event.desk) for event in floor.events() if event.kind == "acknowledged"] == [("operator", "sea")]
        assert outcome(wang.wish("ack", HILL)) == (200, "done")


# Handing over


def test_areas_go_to_another_desk_and_come_back_on_the_record_and_after_a_restart(floor: Floor, server: Flask) -> None:
    chen, li = Person(server, "operator"), Person(server, "operator")
    post(chen, "sea/take")
    post(li, "land/take")

    def held() -> dict[str, list[str]]:
        return {id: row["areas"] for id, row in desks(chen).items()}

    with floor.keeping():
        until(lambda: held()["supervisor"] == ["hill"], "the keeper's duties")
        assert outcome(post(li, "sea/hand-over", areas=["bay"], to="land")) == (403, "forbidden"), "it is not theirs"
        assert outcome(post(chen, "sea/hand-over", areas=["bay"], to="land", note="tea")) == (200, "done")
        assert held() == {"sea": [], "land": ["bay", "town"], "supervisor": ["hill"]}
        assert outcome(post(chen, "sea/hand-over", areas=["bay"], to="land")) == (409, "already")
        assert outcome(post(chen, "sea/hand-over", areas=["bay"], to="supervisor")) == (403, "forbidden"), "it is theirs no more"
        assert outcome(post(li, "land/take-back", areas=["bay"])) == (403, "forbidden"), "it never was theirs"
    with floor.keeping():
        until(lambda: held()["land"] == ["bay", "town"], "the same after a restart")
        assert outcome(post(chen, "sea/take-back", areas=["bay"])) == (200, "done")
        assert outcome(post(chen, "sea/take-back", areas=["bay"])) == (409, "already")
        assert held()["sea"] == ["bay"]
    journal = [(event.kind, event.area, event.desk, event.detail["from"], event.note) for event in floor.events()]
    assert journal == [("handed_over", "bay", "land", "sea", "tea"), ("handed_over", "bay", "sea", "land", "")]
    rows = audited(floor, "alarm.hand_over")
    assert [('"done": 1' in row.detail, row.actor) for row in rows].count((True, "operator")) == 2 and len(rows) == 6


def test_a_supervisor_moves_any_area_and_nobody_moves_what_is_not(floor: Floor, server: Flask) -> None:
    wang, viewer = Person(server, "supervisor"), Person(server, "viewer")
    with floor.keeping():
        assert outcome(post(wang, "sea/hand-over", areas=["bay"], to="land")) == (200, "done")
        assert outcome(post(wang, "supervisor/hand-over", areas=["hill"], to="land")) == (200, "done")
        assert outcome(post(wang, "sea/hand-over", areas=["bay"], to="supervisor")) == (409, "gone")
        assert outcome(post(wang, "sea/hand-over", areas=["bay"], to="moon")) == (422, "refused")
        assert outcome(post(wang, "supervisor/take-back", areas=["hill"])) == (200, "done")
        assert post(wang, "moon/hand-over", areas=["bay"], to="sea").status_code == 404
        assert post(wang, "sea/hand-over", areas=[], to="land").status_code == 422
        assert post(viewer, "sea/hand-over", areas=["bay"], to="land").status_code == 403
        with floor.locked():
            assert outcome(post(wang, "sea/take-back", areas=["bay"])) == (503, "not_recorded")
