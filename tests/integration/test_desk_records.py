"""Alarm health, the journal and saved views over HTTP: who is told what, and how each refusal is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from app import create
from callbacks.journal import PAGE
from demo.memory import RedisServer
from model.alarm import Event
from settings import load
from store.audit import Audit
from store.database import connect, writing
from store.health import Health
from store.journal import Journal
from store.token import Tokens
from tests.door import accounts
from tests.integration.test_alarm_api import Person
from tests.integration.web import SITE

JOURNAL, HEALTH, VIEWS = "/api/v1/journal", "/api/v1/alarm-health", "/api/v1/views"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def server(redis_server: RedisServer, engine: Engine) -> Flask:
    told = {"SITE": str(SITE), "REDIS": redis_server.url, "DATABASE": str(engine.url), "SECRET_KEY": "k"}
    server: Flask = create(load({f"CITYDECK_{name}": value for name, value in told.items()})).server
    return server


def event(number: int, **more: Any) -> Event:
    usual: dict[str, Any] = {
        "kind": "raised",
        "alarm": "sea/low|sensor:a",
        "occurrence": 1,
        "time": 1000.0 + number,
        "source": f"s{number}",
    }
    return Event(**{**usual, "rule": "sea/low", "subject": "sensor:a", "domain": "sea", **more})


def write(engine: Engine, events: list[Event]) -> None:
    journal = Journal(engine)
    journal.record(journal.take_over("test"), events=events)


def found(answer: TestResponse) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["seq"] for one in answer.get_json()["events"]]


# The journal


def test_the_journal_is_searched_by_time_area_sensor_person_kind_and_rule(server: Flask, engine: Engine) -> None:
    write(engine, [
        event(1, area="dapeng", priority="low"), event(2, kind="acknowledged", actor="li", note="boat <b>out</b>"),
        event(3, subject="sensor:b", rule="sea/high", area="nanao"), event(4, subject="kpi:sea/oxygen", kind="returned", domain="air"),
    ])  # fmt: skip
    operator = Person(server, "operator")
    asked: dict[str, list[int]] = {
        "": [4, 3, 2, 1], "since=1003": [4, 3], "until=1003": [2, 1], "area=dapeng&area=nanao": [3, 1], "subject=sensor:b": [3],
        "subject=sensor:b&subject=kpi:sea/oxygen": [4, 3], "person=li": [2], "priority=low": [1], "kind=returned&kind=acknowledged": [4, 2],
        "rule=sea/high": [3], "alarm=sea/low%7Csensor:a&area=dapeng": [1], "domain=air": [4], "person=nobody": [],
    }  # fmt: skip
    assert {query: found(operator.get(f"{JOURNAL}?{query}")) for query in asked} == asked
    (told,) = operator.get(f"{JOURNAL}?person=li").get_json()["events"]
    assert (told["note"], told["kind"], told["time"], told["actor"]) == ("boat <b>out</b>", "acknowledged", 1002.0, "li")


def test_the_journal_comes_in_pages_that_join(server: Flask, engine: Engine) -> None:
    write(engine, [event(number) for number in range(2 * PAGE + 1)])
    operator, before, sizes, read = Person(server, "operator"), None, list[int](), list[int]()
    while True:
        page = operator.get(JOURNAL + (f"?before_seq={before}" if before else "")).get_json()
        read += [one["seq"] for one in page["events"]]
        sizes.append(len(page["events"]))
        if (before := page["before_seq"]) is None:
            break
    assert sizes == [PAGE, PAGE, 1] and read == list(range(2 * PAGE + 1, 0, -1))
    assert operator.get(f"{JOURNAL}?limit=2&since=1399").get_json()["before_seq"] is None


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "since=nan",
        "until=inf",
        "before_seq=-1",
        "before_seq=1e99",
        "limit=0",
        "limit=201",
        "kind=eaten",
        "color=red",
        "person=%00",
    ],
)
def test_a_search_that_says_nonsense_is_refused(server: Flask, query: str) -> None:
    answer = Person(server, "operator").get(f"{JOURNAL}?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_who_may_read_the_journal(server: Flask, engine: Engine) -> None:
    Tokens(engine).grant("secret-read", "robot", "operator", ["read"], time.time() + 600, by="test")
    assert [Person(server, role).get(JOURNAL).status_code for role in ("viewer", "operator", "supervisor")] == [403, 200, 200]
    assert Person(server, "", "secret-read").get(JOURNAL).status_code == 200


# Health


def test_the_figures_of_a_desk_are_those_of_its_areas_and_the_supervisor_has_what_is_left(server: Flask, engine: Engine) -> None:
    now = time.time()
    called: dict[str, Any] = {"annunciated": True, "priority": "low"}
    events = [event(number, alarm="a", time=now - 5 - number, area="dapeng", **called) for number in range(3)]
    events += [
        event(10, alarm="b", time=now - 4000, area="nowhere", annunciated=True, priority="critical"),
        event(11, alarm="c", time=now - 3, **called),
        event(12, alarm="", kind="flood_began", desk="east", time=now - 100),
        event(13, alarm="", kind="flood_ended", desk="east", time=now - 40),
    ]
    write(engine, events)
    viewer = Person(server, "viewer")
    told = {desk: viewer.get(HEALTH + (f"?desk={desk}" if desk else "")).get_json() for desk in ("", "east", "supervisor")}
    counts = {desk: (sum(each["recent"].values()), sum(each["day"].values()), round(each["flooded"])) for desk, each in told.items()}
    assert counts == {"": (4, 5, 60), "east": (3, 3, 60), "supervisor": (1, 2, 0)}
    assert told["east"]["top"] == [{"alarm": "a", "times": 3}]
    assert told["east"]["chattering"] == [{"alarm": "a", "times": 1}] and told["supervisor"]["chattering"] == []
    assert viewer.get(f"{HEALTH}?desk=nowhere").status_code == 404
    assert viewer.get(f"{HEALTH}?desk={quote(chr(0))}").status_code == 422


def test_twenty_desks_cost_one_query(server: Flask, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str | None] = []
    original = Health.flooded

    def counting(self: Health, since: float, until: float, desk: str | None = None) -> float:
        counted.append(desk)
        return original(self, since, until, desk)

    monkeypatch.setattr(Health, "flooded", counting)
    viewer = Person(server, "viewer")
    for _ in range(20):
        assert viewer.get(HEALTH).status_code == viewer.get(f"{HEALTH}?desk=east").status_code == 200
    assert counted == [None, "east"]


# Saved views


def saved(person: Person, label: str, query: str = "show=open", **more: Any) -> TestResponse:
    return person.client.post(VIEWS, json={"label": label, "query": query, **more}, headers=person.headers)


def remove(person: Person, id: str) -> int:
    return person.client.delete(f"{VIEWS}/{id}", headers=person.headers).status_code


def offered(person: Person) -> list[tuple[str, str, bool]]:
    return [(each["label"], each["owner"], each["removable"]) for each in person.get(VIEWS).get_json()["views"]]


def test_a_view_is_ones_own_until_a_supervisor_shares_it(server: Flask) -> None:
    viewer, operator, supervisor = (Person(server, role) for role in ("viewer", "operator", "supervisor"))
    assert saved(operator, "  夜班 <script>1</script>\n", "?show=open&filter=%E9%85%B8 <b>").get_json() == {
        "id": operator.get(VIEWS).get_json()["views"][0]["id"], "owner": "operator", "label": "夜班 <script>1</script>",
        "query": "show=open&filter=%E9%85%B8+%3Cb%3E", "shared": False, "removable": True,
    }  # fmt: skip
    assert saved(operator, "for all", shared=True).status_code == 403
    assert saved(supervisor, "for all", shared=True).status_code == 200
    assert offered(viewer) == [("for all", "supervisor", False)]
    assert offered(operator) == [("for all", "supervisor", False), ("夜班 <script>1</script>", "operator", True)]
    shared, own = (each["id"] for each in operator.get(VIEWS).get_json()["views"])
    assert [remove(viewer, own), remove(operator, shared), remove(supervisor, own)] == [404, 404, 404]
    assert [remove(operator, own), remove(Person(server, "manager"), shared), remove(operator, own)] == [204, 204, 404]
    assert offered(supervisor) == []


def test_saving_and_removing_are_guarded_and_stand_in_the_audit_log(server: Flask, engine: Engine) -> None:
    operator = Person(server, "operator")
    id = saved(operator, "mine").get_json()["id"]
    forged = {**operator.headers, "X-CSRFToken": "x"}
    assert operator.client.post(VIEWS, json={"label": "x", "query": ""}, headers=forged).status_code == 403
    assert operator.client.delete(f"{VIEWS}/{id}", headers=forged).status_code == 403
    Tokens(engine).grant("secret", "robot", "operator", ["read", "alarms"], time.time() + 600, by="test")
    assert [Person(server, "", "secret").get(VIEWS).status_code, saved(Person(server, "", "secret"), "x").status_code] == [403, 403]
    assert operator.client.delete(f"{VIEWS}/{id}", headers=operator.headers).status_code == 204
    done = [(one.actor, one.action, one.subject) for one in Audit(engine).entries() if one.action.startswith("view.")]
    assert done == [("operator", "view.remove", f"view:{id}"), ("operator", "view.save", f"view:{id}")]


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"label": "x"}, {"label": "", "query": ""}, {"label": " \x00\n", "query": ""}, {"label": "x" * 81, "query": ""},
     {"label": 5, "query": ""}, {"label": "x", "query": "a" * 2001}, {"label": "x", "query": "é=" * 400},
     {"label": "x", "query": "&a=1" * 60}, {"label": "x", "query": "a=\ud800"}, {"label": "x", "query": "", "more": 1},
     {"label": "x", "query": "", "shared": "perhaps"}],
)  # fmt: skip
def test_a_view_that_says_nonsense_is_refused(server: Flask, body: Any) -> None:
    operator = Person(server, "operator")
    answer = operator.client.post(VIEWS, data=json.dumps(body), content_type="application/json", headers=operator.headers)
    assert answer.status_code in (400, 422) and answer.mimetype == "application/problem+json"
    assert offered(operator) == []


def test_while_the_database_is_away_that_is_said(server: Flask, engine: Engine) -> None:
    operator = Person(server, "operator")
    with writing(engine):  # nobody else can write meanwhile
        answer = saved(operator, "mine")
    assert (answer.status_code, answer.get_json()["detail"]) == (503, "not recorded: the database does not answer")
    with writing(engine) as connection:
        connection.exec_driver_sql("ALTER TABLE event RENAME TO gone")
    query = urlencode({"person": "li"})
    assert [operator.get(path).status_code for path in (f"{JOURNAL}?{query}", HEALTH)] == [503, 503]
