"""Alarms over HTTP with a real keeper: what is read, who may wish what, and how each answer is told."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from app import create
from callbacks.alarm import LASTING, SIMPLE
from demo.memory import RedisServer
from settings import load
from store.token import Tokens
from tests.door import PASSWORD, accounts
from tests.integration.floor import Floor
from tests.project import ROOT

ORIGIN = "http://localhost"
A, C = "sea/high|sensor:a", "sea/high|sensor:c"
ALARMS = "/api/v1/alarms"


class Person:
    """A browser in which somebody is signed in, or a program."""

    def __init__(self, server: Flask, role: str, token: str = "") -> None:
        self.client: FlaskClient = server.test_client()
        self.headers = {"Origin": ORIGIN, **({"Authorization": f"Bearer {token}"} if token else {})}
        if not token:
            form = {"name": role, "password": PASSWORD}
            assert self.client.post("/login", data=form, headers=self.headers).status_code == 303
            self.client.get("/")
            cookie = self.client.get_cookie("_csrf_token")
            assert cookie is not None
            self.headers["X-CSRFToken"] = cookie.value

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)

    def wish(self, word: str, alarm: str, occurrence: int = 1, **more: Any) -> TestResponse:
        body = json.dumps({"occurrence": occurrence, **more})
        return self.client.post(
            f"{ALARMS}/{quote(alarm, safe='')}/{word}", data=body, content_type="application/json", headers=self.headers
        )


def outcome(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.get_json() or {}).get("outcome", "")


@pytest.fixture
def floor(redis_server: RedisServer, tmp_path: Path) -> Iterator[Floor]:
    """A floor whose database has people."""
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    floor = Floor(redis_server.url, database, tmp_path)
    yield floor
    floor.close()


@pytest.fixture
def server(floor: Floor) -> Flask:
    told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": floor.url, "DATABASE": floor.database, "SECRET_KEY": "k"}
    server: Flask = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
    return server


def test_an_alarm_is_read_acknowledged_once_and_its_past_is_told(floor: Floor, server: Flask) -> None:
    wang, li = Person(server, "supervisor"), Person(server, "manager")
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        (row,) = wang.get(ALARMS).get_json()["alarms"]
        assert (row["id"], row["state"], row["priority"], row["occurrence"]) == (A, "unacknowledged", "medium", 1)
        assert outcome(wang.wish("ack", A, note="boat sent")) == (200, "done")
        second = li.wish("ack", A)
        assert outcome(second) == (409, "already") and second.get_json()["who"] == "supervisor"
        assert second.mimetype == "application/problem+json" and second.get_json()["detail"].startswith("supervisor did it at 20")
        detail = li.get(f"{ALARMS}/{quote(A, safe='')}").get_json()
        assert detail["alarm"]["state"] == "acknowledged"
        assert [event["kind"] for event in detail["events"]] == ["acknowledged", "raised"] and detail["count"] == 1
        assert (detail["events"][0]["actor"], detail["events"][0]["note"]) == ("supervisor", "boat sent")
        floor.edge("high", False)
        floor.goes(A)
        gone = li.get(f"{ALARMS}/{quote(A, safe='')}").get_json()
        assert gone["alarm"] is None and gone["events"][0]["kind"] == "returned"
        assert outcome(wang.wish("ack", "sea/high|sensor:never")) == (404, "absent")
        assert li.get(f"{ALARMS}/nothing").status_code == 404


@pytest.mark.parametrize(
    ("query", "ids"),
    [("", {A, C}), ("?state=acknowledged", {A}), ("?state=unacknowledged&domain=sea&priority=medium", {C}), ("?domain=air", set()),
     ("?priority=low", set())],
)  # fmt: skip
def test_alarms_are_chosen_by_state_domain_and_priority(floor: Floor, server: Flask, query: str, ids: set[str]) -> None:
    wang = Person(server, "supervisor")
    with floor.keeping():
        floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:c")])
        floor.comes(C)
        floor.comes(A)
        wang.wish("ack", A)
        assert {row["id"] for row in wang.get(ALARMS + query).get_json()["alarms"]} == ids


def test_what_each_role_may_wish(floor: Floor, server: Flask) -> None:
    people = {role: Person(server, role) for role in ("viewer", "operator", "supervisor")}
    soon: dict[str, Any] = {"note": "because", "lasting": 600}
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        for word in (*SIMPLE, *LASTING):
            assert people["viewer"].wish(word, A, **({"note": "x"} if word in SIMPLE else soon)).status_code == 403
        for word in ("out-of-service", "return-to-service"):
            assert people["operator"].wish(word, A).status_code == 403
        refused = people["operator"].wish("ack", A)
        assert outcome(refused) == (403, "forbidden") and refused.get_json()["said"]["zh"] == "需要值班长角色"
        assert refused.mimetype == "application/problem+json" and "supervisor" in refused.get_json()["detail"]
        assert outcome(people["operator"].wish("shelve", A, lasting=600)) == (422, "refused")
        assert outcome(people["operator"].wish("comment", A, note="seen")) == (200, "done")
        assert outcome(people["operator"].wish("shelve", A, **soon)) == (200, "done")
        assert outcome(people["supervisor"].wish("shelve", A, **soon)) == (409, "already")
        assert outcome(people["operator"].wish("unshelve", A)) == (200, "done")
        assert outcome(people["supervisor"].wish("out-of-service", A, note="broken")) == (422, "refused")
        assert outcome(people["supervisor"].wish("out-of-service", A, note="broken", until=time.time() + 86_400)) == (200, "done")
        assert outcome(people["supervisor"].wish("return-to-service", A)) == (200, "done")
        assert outcome(people["supervisor"].wish("reset", A)) == (409, "not_now")
        assert floor.lives()[A] == ["raised", "commented", "shelved", "unshelved", "out_of_service", "in_service"]


def test_a_program_wishes_with_the_scope_and_the_role_of_its_owner(floor: Floor, server: Flask) -> None:
    tokens = Tokens(floor.engine)
    for owner, scope in (("supervisor", "alarms"), ("supervisor", "read"), ("viewer", "alarms")):
        tokens.grant(f"secret-{owner}-{scope}", "robot", owner, [scope], time.time() + 600, by="test")
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        for secret in ("secret-supervisor-read", "secret-viewer-alarms"):
            refused = Person(server, "", secret).wish("ack", A)
            assert refused.status_code == 403
            assert refused.get_json()["detail"] == "this needs a token of scope alarms whose owner is operator at least"
        assert outcome(Person(server, "", "secret-supervisor-alarms").wish("ack", A)) == (200, "done")
        alarm = floor.comes(A, "acknowledged")
        assert alarm.acknowledgement is not None and alarm.acknowledgement.who == "supervisor/robot"


def test_many_are_acknowledged_at_once_and_each_is_told(floor: Floor, server: Flask) -> None:
    wang, li = Person(server, "supervisor"), Person(server, "manager")
    with floor.keeping():
        floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:c")])
        floor.comes(A)
        floor.comes(C)
        li.wish("ack", A)
        targets = [{"alarm": id, "occurrence": 1} for id in (A, C, "sea/high|sensor:x")]
        answer = wang.client.post(f"{ALARMS}/ack", json={"targets": targets}, headers=wang.headers)
        told = [(each["outcome"], each["who"]) for each in answer.get_json()["answers"]]
        assert told == [("already", "manager"), ("done", ""), ("absent", "")]


def test_while_the_journal_is_away_nothing_is_recorded_and_that_is_said(floor: Floor, server: Flask) -> None:
    wang = Person(server, "supervisor")
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        with floor.locked():
            assert outcome(wang.wish("ack", A)) == (503, "not_recorded")
            many = wang.client.post(f"{ALARMS}/ack", json={"targets": [{"alarm": A, "occurrence": 1}]}, headers=wang.headers)
            assert outcome(many) == (503, "not_recorded")
        assert floor.lives() == {A: ["raised"]}


def test_without_an_answer_nobody_knows_and_asking_again_tells_and_does_it_once(floor: Floor, server: Flask) -> None:
    wang = Person(server, "supervisor")
    with floor.keeping() as child:
        floor.edge("high", True)
        floor.comes(A)
        floor.end(child)
        assert outcome(wang.wish("ack", A, id="pressed-once")) == (504, "unknown")
    with floor.keeping():
        floor.comes(A, "acknowledged")
        assert outcome(wang.wish("ack", A, id="pressed-once")) == (200, "done")
        assert outcome(wang.wish("ack", A, id="pressed-twice")) == (409, "already")
        assert floor.lives()[A] == ["raised", "acknowledged"]


def test_the_rows_of_the_desk_are_told_whole_and_then_by_what_changed(floor: Floor, server: Flask) -> None:
    viewer = Person(server, "viewer")

    def told(since: int) -> dict[str, Any]:
        answer = viewer.client.get(f"/desk/alarms?since={since}", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        found: dict[str, Any] = json.loads(gzip.decompress(answer.data))
        return found

    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        first = told(-1)
        assert [row["id"] for row in first["rows"]] == [A]
        assert viewer.get("/desk/alarms").get_json()["rows"] == first["rows"]
        floor.edge("high", True, "sensor:c")
        floor.edge("high", False)
        floor.comes(C)
        floor.comes(A, "returned")
        floor.ask("acknowledge", A)
        floor.goes(A)
        server_rows = told(first["rev"])
        assert ([row["id"] for row in server_rows["set"]], server_rows["gone"]) == ([C], [A])


BAD: list[Any] = [
    None, [], "x", {}, {"occurrence": "x"}, {"occurrence": -1}, {"occurrence": 1e30}, {"occurrence": 1, "note": 5},
    {"occurrence": 1, "note": "x" * 2001}, {"occurrence": 1, "more": 1}, {"occurrence": 1, "id": "\x00" * 8},
    {"occurrence": 1, "desk": "\x00"}, {"occurrence": 1, "until": float("nan")}, {"occurrence": 1, "lasting": -1},
    {"occurrence": 1, "lasting": float("inf")}, {"occurrence": 1, "desk": "\ud800"},
]  # fmt: skip


def test_a_wish_that_says_nonsense_is_refused(server: Flask) -> None:
    wang = Person(server, "supervisor")
    for body in BAD:
        answer = wang.client.post(f"{ALARMS}/x/shelve", data=json.dumps(body), content_type="application/json", headers=wang.headers)
        expected = 422 if isinstance(body, dict) else 400
        assert (answer.status_code, answer.mimetype) == (expected, "application/problem+json"), body


def test_a_wrong_field_is_answered_with_those_that_there_are(server: Flask) -> None:
    wang = Person(server, "supervisor")
    told = wang.wish("shelve", "x", minutes=15).get_json()["detail"]
    assert "minutes" in told and told.endswith("the fields are id, note, occurrence, until, lasting")
    assert wang.get(f"{ALARMS}?status=x").get_json()["detail"].endswith("the fields are state, domain, priority")


def test_letters_that_no_database_keeps_do_no_harm(floor: Floor, server: Flask) -> None:
    wang = Person(server, "supervisor")
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        assert wang.wish("shelve", "sea/high|sensor:\x00", 0, note="x").status_code == 404
        assert wang.get(f"{ALARMS}/sea%2Fhigh%7Csensor%3A%00").status_code == 404
        assert outcome(wang.wish("comment", A, note="a\x00b\ud800c\u202e<b>")) == (200, "done")
        assert floor.events()[-1].note == "abc<b>"


def test_answers_are_as_described(floor: Floor, server: Flask) -> None:
    wang = Person(server, "supervisor")
    description = wang.get("/api/v1/openapi.json").get_json()

    def fits(path: str, method: str, answer: TestResponse) -> None:
        content = description["paths"][path][method]["responses"][str(answer.status_code)]["content"][answer.mimetype]
        Draft202012Validator({**content["schema"], "components": description["components"]}).validate(answer.get_json())

    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        fits(ALARMS, "get", wang.get(ALARMS))
        fits(f"{ALARMS}/{{id}}", "get", wang.get(f"{ALARMS}/{quote(A, safe='')}"))
        for _ in range(2):
            fits(f"{ALARMS}/{{id}}/ack", "post", wang.wish("ack", A))
        many = {"targets": [{"alarm": A, "occurrence": 1}]}
        fits(f"{ALARMS}/ack", "post", wang.client.post(f"{ALARMS}/ack", json=many, headers=wang.headers))


def test_messages_from_elsewhere_and_the_feed_are_at_their_addresses(floor: Floor, server: Flask) -> None:
    Tokens(floor.engine).grant("secret-hooks", "sender", "supervisor", ["hooks"], time.time() + 600, by="test")
    hooks, viewer = Person(server, "", "secret-hooks"), Person(server, "viewer")
    feed = viewer.get("/api/v1/cap")
    assert (feed.status_code, feed.mimetype) == (200, "application/atom+xml")
    for name in ("cap", "alertmanager"):
        assert hooks.client.post(f"/api/v1/hooks/{name}", data=b"?", headers=hooks.headers).status_code in (400, 422)
        assert viewer.client.post(f"/api/v1/hooks/{name}", data=b"?", headers=viewer.headers).status_code == 403


@pytest.mark.parametrize(
    ("kind", "sent", "status"),
    [
        ("application/x-www-form-urlencoded", b"occurrence=1", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b'{"occurrence": 1}', 415),
        ("", b"", 422),
        ("application/json", b'{"occurrence": 1', 400),
        ("application/json", b"[]", 400),
        ("application/json", b"null", 400),
        ("application/json", b"\xff", 400),
        ("application/json", b" " * (9 << 20), 413),
    ],
)
def test_a_body_of_another_form_is_refused_with_the_reason(server: Flask, kind: str, sent: bytes, status: int) -> None:
    wang = Person(server, "supervisor")
    for path in (f"{ALARMS}/ack", f"{ALARMS}/{quote(A, safe='')}/ack"):
        answer = wang.client.post(path, data=sent, content_type=kind, headers=wang.headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.data
