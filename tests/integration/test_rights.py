"""Every address and every callback of the server, asked for by everybody there is, and held against the table of rights."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import BEAT, create
from callbacks.alarm import LASTING, SIMPLE
from callbacks.rights import CALLBACKS, PAGES, RIGHTS, Least, Right
from demo.memory import RedisServer
from demo.port import free_port
from model.person import ROLES
from settings import load
from store.database import connect
from store.token import Tokens
from tests.door import PASSWORD, accounts
from tests.integration.bureau import city

ORIGIN = "http://localhost"
SAMPLES = {
    "filename": "style.css", "path": "system", "names": "overview", "domain": "sea", "id": "sea-buoy-03", "name": "land", "rest": "x",
    "package_name": "dash", "fingerprinted_path": "x.js", "key": "oxygen_lowest", "span": "daily",
}  # fmt: skip
"""A value for each name in a rule."""
SCREEN, LOGOUT = "wall-1", "/logout"
PROVIDER = """
[oidc]
en = "City account"
zh = "城市账户"
claim = "groups"
[oidc.roles]
deck = "viewer"
"""


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: what the table needs to know of them, and how their requests look."""

    client: FlaskClient
    headers: Mapping[str, str]
    role: str = ""
    scope: str = ""
    kind: str = ""

    def expected(self, right: Right) -> bool:
        """Whether the table lets them, worked out here anew."""
        if right.least in ("anybody", "nobody"):
            return right.least == "anybody"
        if self.kind == "screen":
            return right.screen
        if self.kind == "program" and (not right.scope or self.scope != right.scope):
            return False
        return self.kind != "" and ROLES.index(self.role) >= ROLES.index(right.least)

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        """Sends a request; the body of a stream is not waited for."""
        sent = None if body is None else json.dumps(body)
        kind = None if body is None else "application/json"
        there = {"REMOTE_ADDR": "192.0.2.7"}
        answer = self.client.open(path, method=method, headers=self.headers, data=sent, content_type=kind, environ_base=there)
        answer.close()
        return answer


def refused(answer: TestResponse) -> bool:
    """Whether the server would not, or asked who it is."""
    away = answer.status_code == 302 and answer.headers["Location"].startswith("/login?next=")
    return away or answer.status_code == 403 or (answer.status_code == 401 and answer.mimetype == "application/problem+json")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    folder = tmp_path_factory.mktemp("rights")
    site = city(folder)
    with (site / "site.toml").open("a") as file:
        file.write(PROVIDER)
    database = f"sqlite:///{folder / 'deck.db'}"
    accounts(database)
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        told = {"SITE": str(site), "REDIS": redis.url, "DATABASE": database, "SECRET_KEY": "k"}
        told |= {"OIDC_URL": f"http://127.0.0.1:{free_port()}", "OIDC_CLIENT": "deck"}
        app = create(load({f"CITYDECK_{name}": text for name, text in told.items()}))
        app.server.extensions[BEAT].start()
        yield app
        app.server.extensions[BEAT].stop()


@pytest.fixture(scope="module")
def server(app: Dash) -> Flask:
    server: Flask = app.server
    return server


@pytest.fixture(scope="module")
def tokens(app: Dash, tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    folder = next(path for path in tmp_path_factory.getbasetemp().iterdir() if path.name.startswith("rights"))
    return Tokens(connect(f"sqlite:///{folder / 'deck.db'}"))


def person(server: Flask, role: str) -> Visitor:
    """A browser in which somebody of that role is signed in."""
    client = server.test_client()
    form = {"name": role, "password": PASSWORD}
    assert client.post("/login", data=form, headers={"Origin": ORIGIN}).status_code == 303
    client.get("/")
    cookie = client.get_cookie("_csrf_token")
    assert cookie is not None
    return Visitor(client, {"Origin": ORIGIN, "X-CSRFToken": cookie.value}, role=role, kind="person")


def program(server: Flask, tokens: Tokens, role: str, scope: str) -> Visitor:
    """A program with a token of somebody of that role."""
    secret = f"secret-{role}-{scope}"
    tokens.grant(secret, "test", role, [scope], time.time() + 3600, by="test")
    return Visitor(server.test_client(), {"Origin": ORIGIN, "Authorization": f"Bearer {secret}"}, role=role, scope=scope, kind="program")


def screen(server: Flask, tokens: Tokens) -> Visitor:
    """A browser of the wall that was paired."""
    tokens.grant("secret-screen", "test", "admin", [f"screen:{SCREEN}"], time.time() + 3600, by="test")
    client = server.test_client()
    answer = client.get(f"/wall/{SCREEN}?token=secret-screen")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/wall/{SCREEN}")
    assert client.get(f"/wall/{SCREEN}").status_code == 200
    cookie = client.get_cookie("_csrf_token")
    assert cookie is not None
    return Visitor(client, {"Origin": ORIGIN, "X-CSRFToken": cookie.value}, kind="screen")


SCOPES = sorted({right.scope for right in RIGHTS.values()} - {""}) + ["nothing"]
VISITORS = ["anonymous", "screen", *ROLES, *(f"{role}/{scope}" for role in ("viewer", "admin") for scope in SCOPES)]


@pytest.fixture(scope="module", params=VISITORS)
def visitor(request: pytest.FixtureRequest, server: Flask, tokens: Tokens) -> Visitor:
    name: str = request.param
    if name == "anonymous":
        return Visitor(server.test_client(), {"Origin": ORIGIN})
    role, _, scope = name.partition("/")
    return screen(server, tokens) if name == "screen" else program(server, tokens, role, scope) if scope else person(server, role)


def rows(server: Flask) -> list[tuple[str, Rule, Right]]:
    """(method, rule, row) of every rule; KeyError for one without a row."""
    own = [(method, rule) for rule in server.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return [(method, rule, RIGHTS[f"{method} {rule.rule}"]) for method, rule in own]


def address(rule: Rule) -> str:
    """An address of the rule."""
    path = rule.rule
    for name in rule.arguments - set(rule.defaults or ()):
        path = path.replace(next(part for part in (f"<{name}>", f"<path:{name}>", f"<string:{name}>") if part in path), SAMPLES[name])
    return path


def page_right(visitor: Visitor, path: str) -> bool:
    """Whether a page is theirs."""
    if visitor.kind == "screen":
        return path == f"/wall/{SCREEN}"
    least: Least = PAGES[path.strip("/").partition("/")[0]]
    return visitor.kind != "" and ROLES.index(visitor.role) >= ROLES.index(least)


# The table itself


def test_every_rule_has_a_row_and_every_row_a_rule(server: Flask) -> None:
    assert {f"{method} {rule.rule}" for method, rule, _ in rows(server)} == set(RIGHTS)


def test_every_callback_on_the_server_has_a_row_and_every_row_a_callback(app: Dash) -> None:
    assert set(CALLBACKS) == set(app.callback_map)


def test_a_rule_without_a_row_is_for_nobody(tmp_path: Path, redis_server: RedisServer) -> None:
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    app = create(load({"CITYDECK_SITE": str(city(tmp_path)), "CITYDECK_REDIS": redis_server.url, "CITYDECK_DATABASE": database}))
    bare: Flask = app.server
    bare.view_functions["forgotten"] = lambda: "secret"
    bare.url_map.add(Rule("/forgotten", endpoint="forgotten"))
    for visitor in (Visitor(bare.test_client(), {}), person(bare, "admin")):
        assert refused(visitor.ask("GET", "/forgotten"))


ON_RECORD = {
    "POST /login": "sign.in, sign.fail",
    "POST /logout": "sign.out",
    "POST /me/here": "",  # somebody is at the page, and does nothing
    "POST /_dash-update-component": "",  # draws, and changes nothing
    "POST /rejects/resend": "reject.resend",
    **{f"POST /api/v1/alarms/<path:id>/{word}": f"alarm.{wish}" for word, wish in {**SIMPLE, **LASTING}.items()},
    "POST /api/v1/alarms/ack": "alarm.acknowledge",
    "POST /api/v1/desks/<id>/take": "desk.take",
    "POST /api/v1/desks/<id>/leave": "desk.leave",
    "POST /api/v1/desks/<id>/hand-over": "alarm.hand_over",
    "POST /api/v1/desks/<id>/take-back": "alarm.hand_over",
    "POST /api/v1/views": "view.save",
    "DELETE /api/v1/views/<id>": "view.remove",
    "POST /api/v1/log": "log.write",
    "POST /api/v1/handovers": "handover.make",
    "POST /api/v1/handovers/<id>/sign": "handover.sign",
    "POST /login/handover/<id>": "handover.sign, sign.in, sign.fail",
    "POST /api/v1/tuning/trials": "rule.try",
    "POST /api/v1/tuning/trials/<id>/apply": "rule.tune",
    "POST /api/v1/tuning/take-back": "rule.restore",
    "POST /api/v1/replays": "replay.wall",  # for oneself it changes nothing for anybody
    "POST /api/v1/replays/<id>": "replay.wall, replay.live",
    "DELETE /api/v1/replays/<id>": "replay.live",
    "POST /api/v1/letters/<path:id>/resend": "letter.resend",
    "POST /api/v1/letters/<path:id>/forget": "letter.forget",
    "POST /api/v1/hooks/alertmanager": "",  # a program's message: the journal has it
    "POST /api/v1/hooks/cap": "",
}
"""What the audit log calls what each address does."""


def test_who_adds_an_address_that_changes_something_says_how_it_is_recorded(server: Flask) -> None:
    assert {f"{method} {rule.rule}" for method, rule, _ in rows(server) if method != "GET"} == set(ON_RECORD)


# The walk


def test_every_address_lets_in_whom_the_table_lets_in(server: Flask, visitor: Visitor) -> None:
    wrong = []
    for method, rule, right in rows(server):
        if rule.rule == LOGOUT:
            continue
        path, body = address(rule), None
        if rule.rule == "/_dash-update-component":
            body, right = question(f"/wall/{SCREEN}"), CALLBACKS["page.children"]
        expected = visitor.expected(right)
        if rule.rule in ("/", "/<path:path>"):
            expected = expected and page_right(visitor, path)
        if refused(visitor.ask(method, path, body)) == expected:
            wrong.append((method, rule.rule, expected))
    assert wrong == []


def test_every_callback_lets_in_whom_the_table_lets_in(visitor: Visitor) -> None:
    for output, right in CALLBACKS.items():
        assert refused(visitor.ask("POST", "/_dash-update-component", {**question("/"), "output": output})) != visitor.expected(right)
    for unknown in ("page.className", "", None, ["page.children"], "..page.children.."):
        assert refused(visitor.ask("POST", "/_dash-update-component", {**question("/"), "output": unknown}))


@pytest.mark.parametrize("kind", PAGES)
def test_every_page_is_drawn_for_whom_it_is_and_for_nobody_else(visitor: Visitor, kind: str) -> None:
    path = {"": "/", "wall": f"/wall/{SCREEN}", "domain": "/domain/sea", "sensor": "/sensor/x"}.get(kind, f"/{kind}")
    answer = visitor.client.post("/_dash-update-component", json=question(path), headers=dict(visitor.headers))
    drawn = answer.status_code == 200 and "not for your role" not in answer.text
    assert drawn == (visitor.expected(CALLBACKS["page.children"]) and page_right(visitor, path))
    assert refused(visitor.ask("GET", path)) == (not drawn)


def test_signing_out_is_for_who_is_signed_in(visitor: Visitor) -> None:
    assert refused(visitor.ask("POST", LOGOUT)) != visitor.expected(RIGHTS[f"POST {LOGOUT}"])
    assert visitor.kind != "person" or refused(visitor.ask("GET", "/catalogue"))


@pytest.mark.parametrize("path", ["/nothing", "/people", "/domain/fire", "/api/v1/nothing"])
def test_who_is_unknown_does_not_learn_what_there_is_not(server: Flask, path: str) -> None:
    assert refused(Visitor(server.test_client(), {}).ask("GET", path))
    assert person(server, "viewer").ask("GET", path).status_code == 404


def test_other_methods_go_with_the_row_of_the_rule(server: Flask) -> None:
    stranger = Visitor(server.test_client(), {})
    for method in ("HEAD", "OPTIONS"):
        assert [refused(stranger.ask(method, path)) for path in ("/catalogue", "/system", "/rejects/resend")] == [True] * 3
        assert not refused(stranger.ask(method, "/healthz"))
    assert refused(stranger.ask("DELETE", "/catalogue")) and person(server, "admin").ask("DELETE", "/catalogue").status_code == 405


@pytest.mark.parametrize(
    ("names", "allowed"),
    [("overview", True), (SCREEN, True), (f"overview+{SCREEN}", True), ("system", False), ("overview+system", False), ("wall-2", False)],
)
def test_a_screen_hears_its_own_page_only(server: Flask, tokens: Tokens, names: str, allowed: bool) -> None:
    tokens.grant(f"live-{names}", "test", "admin", [f"screen:{SCREEN}"], time.time() + 3600, by="test")
    client = server.test_client()
    client.get(f"/wall/{SCREEN}?token=live-{names.replace('+', '%2B')}")
    assert refused(Visitor(client, {}).ask("GET", f"/live/{names}")) is not allowed


def question(path: str) -> dict[str, Any]:
    """What Dash's page asks when the address of the window changes."""
    return {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "location", "property": "pathname", "value": path}],
        "changedPropIds": ["location.pathname"],
    }
