"""Signing in and out at real gunicorn workers over a real Redis, and what programs and screens may; in the end on PostgreSQL too."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from demo.memory import RedisServer
from demo.port import LOOPBACK
from model.person import Role, User
from store.audit import Audit, Entry
from store.connect import connect as connect_redis
from store.database import connect
from store.people import People, digest
from store.token import Tokens
from tests.door import PASSWORD, Browser, cheap
from tests.integration.web import Stream, Web, web
from tests.postgres.server import PostgresServer
from tests.until import until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class City(Web):
    """A running deck, with its database."""

    engine: Engine
    redis: str

    def person(self, role: Role = "viewer") -> str:
        """The name of a new user, whom no test has tried."""
        name = f"{role}-{secrets.token_hex(4)}"
        People(self.engine).add(User(name=name, display=f"Dr {name}", role=role), cheap(PASSWORD), by="test")
        return name

    def visitor(self, role: Role = "viewer") -> Browser:
        """A browser in which such a user is signed in."""
        browser = Browser(self.port)
        browser.sign_in(self.person(role))
        return browser

    def token(self, scope: str, owner: str = "admin", seconds: float = 3600.0) -> str:
        """A new token."""
        secret = "citydeck_" + secrets.token_urlsafe()
        Tokens(self.engine).grant(secret, "test", owner, [scope], time.time() + seconds, by="test")
        return secret

    def acts(self, subject: str) -> list[Entry]:
        """What the audit log says of a subject, oldest first."""
        return [entry for entry in reversed(Audit(self.engine).entries(limit=1000)) if entry.subject == subject]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def city(memory: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two workers over SQLite; what the store does in both databases is shown where the store is tested."""
    folder = tmp_path_factory.mktemp("sign")
    database = f"sqlite:///{folder / 'city.db'}"
    with web(memory.url, folder, database=database) as deck:
        city = City(deck.port, deck.process, deck.browser)
        city.engine, city.redis = connect(database), memory.url
        yield city
        city.engine.dispose()


@pytest.fixture(autouse=True)
def unhurried(memory: RedisServer) -> None:
    """Each test may try as often as it needs."""
    forget_attempts(memory)


def forget_attempts(memory: RedisServer) -> None:
    """Nobody has tried to sign in lately."""
    client = connect_redis(memory.url)
    for key in client.scan_iter("*city:attempts*"):
        client.delete(key)


def api(city: City, path: str, token: str, **headers: str) -> tuple[int, Any]:
    """(status, JSON) of a program's request."""
    status, _, body = Browser(city.port).ask("GET", path, headers={"Authorization": f"Bearer {token}", **headers})
    return status, json.loads(body)


# In


def test_who_is_unknown_is_led_to_the_form_and_from_there_to_the_page(city: City) -> None:
    browser, name = Browser(city.port), city.person()
    page = "/sensor/a%2F%2Fb?x=1"
    status, headers, _ = browser.ask("GET", page)
    assert (status, headers["Location"]) == (302, "/login?next=/sensor/a%252F%252Fb%3Fx%3D1")
    status, headers, form = browser.ask("GET", headers["Location"])
    assert (status, headers["Cache-Control"]) == (200, "no-store") and b"<script>" not in form
    then = re.search(rb'name="next" value="([^"]*)"', form)
    assert then is not None
    status, headers, _ = browser.send(name, PASSWORD, then[1].decode())
    assert (status, headers["Location"]) == (303, page)
    assert browser.ask("GET", page)[0] == 200
    (entry,) = city.acts(f"user:{name}")[1:]
    assert (entry.actor, entry.action, json.loads(entry.detail)) == (name, "sign.in", {"address": LOOPBACK, "by": "password"})


def test_both_workers_know_who_is_signed_in(city: City) -> None:
    browser = city.visitor("manager")
    told = [json.loads(browser.ask("GET", "/me")[2]) for _ in range(10)]
    assert {(each["role"], each["kind"], each["display"].startswith("Dr ")) for each in told} == {("manager", "person", True)}


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", ""])
def test_nobody_is_led_elsewhere(city: City, address: str) -> None:
    assert Browser(city.port).send(city.person(), PASSWORD, address)[1]["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(city: City) -> None:
    name, unknown = city.person(), f"nobody-{secrets.token_hex(4)}"
    answers = [Browser(city.port).send(each, "wrong") for each in (name, unknown)]
    forms = [body.replace(each.encode(), b"NAME") for (_, _, body), each in zip(answers, (name, unknown), strict=True)]
    assert [status for status, _, _ in answers] == [401, 401] and forms[0] == forms[1]
    assert "用户名或密码错误" in forms[0].decode() and "wrong" in forms[0].decode()
    assert [(entry.actor, entry.action) for entry in city.acts(f"user:{name}")[1:]] == [(name, "sign.fail")]
    assert unknown not in str(Audit(city.engine).entries(limit=20)), "it may have been a password"


def test_a_disabled_user_does_not_come_in(city: City) -> None:
    name = city.person()
    People(city.engine).disable(name, True, by="test")
    assert Browser(city.port).send(name, PASSWORD)[0] == 401


def test_what_is_typed_is_not_run(city: City) -> None:
    status, _, form = Browser(city.port).send('"><script>alert(1)</script>', "x", '/"><script>alert(2)</script>')
    assert status == 401 and b"<script>" not in form
    _, _, form = Browser(city.port).ask("GET", "/login?next=/%22%3E%3Cscript%3E&language=%22x&theme=%22y")
    assert b"<script>" not in form and b'"x' not in form


def test_a_huge_form_is_refused_before_it_is_read(city: City) -> None:
    browser = Browser(city.port)
    assert browser.ask("POST", "/login", "name=li&password=" + "x" * 100_000, FORM)[0] == 413


def test_a_cheap_hash_becomes_a_dear_one(city: City) -> None:
    name = city.person()
    Browser(city.port).sign_in(name)
    hash = People(city.engine).password(name)
    assert hash is not None and "m=65536" in hash
    Browser(city.port).sign_in(name)


def test_the_form_is_in_the_language_and_theme_that_are_asked_for(city: City) -> None:
    browser = Browser(city.port)
    for asked, headers, expected in (
        ("", {}, b'lang="en" data-language="en" data-theme="dark"'),
        ("", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}, b'lang="zh-CN" data-language="zh" data-theme="dark"'),
        ("?language=zh&theme=light", {}, b'lang="zh-CN" data-language="zh" data-theme="light"'),
    ):
        assert expected in browser.ask("GET", "/login" + asked, headers=headers)[2]


# The session


def test_signing_in_makes_a_new_session_and_ends_the_one_before(city: City) -> None:
    browser, other = city.visitor(), Browser(city.port)
    other.cookies = dict(browser.cookies)
    before = browser.cookies["citydeck"]
    browser.sign_in(city.person("operator"))
    assert browser.cookies["citydeck"] != before
    assert json.loads(browser.ask("GET", "/me")[2])["role"] == "operator"
    assert other.ask("GET", "/me")[0] == 401


def test_a_planted_cookie_is_not_kept(city: City) -> None:
    browser = Browser(city.port)
    browser.cookies = {"citydeck": "planted", "_csrf_token": "planted", "citydeck-screen": "planted", "remember_token": "admin|x"}
    assert browser.ask("GET", "/me")[0] == 401
    browser.sign_in(city.person())
    assert "planted" not in browser.cookies.values()


def test_cookies_are_kept_from_scripts_and_other_sites(city: City) -> None:
    _, headers, _ = Browser(city.port).send(city.person(), PASSWORD)
    told = headers["Set-Cookie"]
    assert "HttpOnly" in told and "SameSite" in told and "Domain" not in told and "Expires" not in told.partition("citydeck=")[2]


def test_who_signs_out_is_out_for_good(city: City) -> None:
    name = city.person()
    browser, copy = Browser(city.port), Browser(city.port)
    browser.sign_in(name)
    copy.cookies = dict(browser.cookies)
    with Stream(city, "overview", browser=copy) as stream:
        assert browser.ask("POST", "/logout")[0] == 204
        assert copy.ask("GET", "/me")[0] == 401 and copy.ask("GET", "/")[0] == 302
        ended(stream)
    assert [entry.action for entry in city.acts(f"user:{name}")[1:]] == ["sign.in", "sign.out"]


def test_who_is_disabled_is_out_and_hears_nothing_any_more(city: City) -> None:
    name = city.person()
    browser = Browser(city.port)
    browser.sign_in(name)
    with Stream(city, "overview", browser=browser) as stream:
        People(city.engine).disable(name, True, by="test")
        until(lambda: browser.ask("GET", "/me")[0] == 401, "the end of the session")
        ended(stream)


def ended(stream: Stream) -> None:
    """Returns when the server has ended it."""
    with pytest.raises(EOFError):
        while True:
            stream.block()


# Forgery


def test_what_changes_something_must_come_from_our_own_page(city: City) -> None:
    browser = city.visitor("supervisor")
    record = json.dumps({"topic": 5})
    own = browser.headers()["Origin"]
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": own.replace(LOOPBACK, "localhost")},
        {"Origin": "", "Referer": "https://evil.example/x"},
        {"X-CSRFToken": ""},
        {"X-CSRFToken": "0" * 64},
    ):
        status, _, body = browser.ask("POST", "/rejects/resend", record, headers)
        assert (status, json.loads(body)["title"]) == (403, "Forbidden"), headers
    assert browser.ask("POST", "/rejects/resend", record)[0] == 400  # it passes, and is not what it should be
    assert browser.ask("POST", "/rejects/resend", record, {"Origin": "", "Referer": own + "/system"})[0] == 400
    assert browser.ask("POST", "/logout", headers={"X-CSRFToken": ""})[0] == 403


def test_another_site_cannot_sign_somebody_in(city: City) -> None:
    browser = Browser(city.port)
    form = f"name={city.person()}&password={PASSWORD}"
    assert browser.ask("POST", "/login", form, {**FORM, "Origin": "https://evil.example"})[0] == 403
    assert browser.ask("POST", "/login", form, {**FORM, "Origin": "", "Authorization": "Bearer x"})[0] == 403


def test_the_token_of_one_session_is_not_good_for_another(city: City) -> None:
    browser, other = city.visitor("supervisor"), city.visitor("supervisor")
    assert browser.ask("POST", "/rejects/resend", "{}", {"X-CSRFToken": other.cookies["_csrf_token"]})[0] == 403


# Programs


def test_a_token_permits_what_it_is_for(city: City) -> None:
    assert api(city, "/api/v1/domains", city.token("read"))[0] == 200
    assert api(city, "/api/v1/domains", city.token("metrics"))[0] == 403
    status, _, _ = Browser(city.port).ask("POST", "/rejects/resend", "{}", {"Authorization": f"Bearer {city.token('read')}"})
    assert status == 403


@pytest.mark.parametrize("token", ["", "x", "citydeck_" + "0" * 43, "' OR 1=1 --", "大"])
def test_an_unknown_token_is_refused_and_told(city: City, token: str) -> None:
    status, headers, _ = Browser(city.port).ask(
        "GET", "/api/v1/domains", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    )
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")


def test_refused_tokens_are_in_the_audit_log_once_in_a_while_and_never_in_full(city: City) -> None:
    secret = "citydeck_" + secrets.token_urlsafe()
    for _ in range(10):
        api(city, "/api/v1/domains", secret)
    acts = city.acts(f"token:{digest(secret)[:12]}")
    assert 1 <= len(acts) <= 2  # once by each worker
    assert (acts[0].actor, acts[0].action) == ("unknown", "token.refuse")
    assert secret not in str(acts)


def test_a_token_ends_when_it_is_revoked_or_over(city: City) -> None:
    secret, over = city.token("read"), city.token("read", seconds=-1)
    assert (api(city, "/api/v1/domains", secret)[0], api(city, "/api/v1/domains", over)[0]) == (200, 401)
    Tokens(city.engine).revoke(digest(secret)[:12], by="test")
    until(lambda: api(city, "/api/v1/domains", secret)[0] == 401, "the end of the token")


def test_a_token_may_no_more_than_its_owner(city: City) -> None:
    assert api(city, "/metrics", city.token("metrics", city.person("manager")), **{"X-Forwarded-For": "192.0.2.1"})[0] == 403


def test_prometheus_reads_the_figures_from_this_machine_or_with_a_token(city: City) -> None:
    assert Browser(city.port).ask("GET", "/metrics")[0] == 200
    elsewhere = {"X-Forwarded-For": "192.0.2.1"}
    assert Browser(city.port).ask("GET", "/metrics", headers=elsewhere)[0] == 401
    token = {"Authorization": f"Bearer {city.token('metrics')}"}
    assert Browser(city.port).ask("GET", "/metrics", headers=elsewhere | token)[0] == 200


# Screens


def test_a_screen_is_paired_once_by_its_address(city: City) -> None:
    browser = Browser(city.port)
    status, headers, _ = browser.ask("GET", f"/wall/wall-1?token={city.token('screen:wall-1')}")
    assert (status, headers["Location"]) == (303, "/wall/wall-1")
    assert "HttpOnly" in headers["Set-Cookie"]
    assert [browser.ask("GET", path)[0] for path in ("/wall/wall-1", "/catalogue", "/wall/wall-2", "/", "/rejects")] == [
        200,
        200,
        403,
        403,
        403,
    ]
    assert [entry.action for entry in city.acts("screen:wall-1")][-1:] == ["screen.pair"]


def test_a_screen_without_its_own_token_is_told_so(city: City) -> None:
    for token in ("nothing", city.token("screen:wall-2"), city.token("read")):
        status, _, page = Browser(city.port).ask("GET", f"/wall/wall-1?token={token}")
        assert status == 401 and "未配对" in page.decode()
    assert city.acts("screen:wall-1")[-1].action == "screen.refuse"


def test_a_screen_ends_with_its_token(city: City) -> None:
    secret, browser = city.token("screen:wall-1"), Browser(city.port)
    browser.ask("GET", f"/wall/wall-1?token={secret}")
    with Stream(city, "wall-1", browser=browser) as stream:
        assert stream.block() == "retry: 1000"
        Tokens(city.engine).revoke(digest(secret)[:12], by="test")
        ended(stream)
    assert browser.ask("GET", "/wall/wall-1")[0] == 302


# Too many


def test_who_tries_too_often_must_wait_and_others_need_not(city: City) -> None:
    name = city.person()
    answers = [Browser(city.port).send(name, f"wrong{i}") for i in range(6)]
    assert [status for status, _, _ in answers] == [401] * 5 + [429]
    assert 0 < int(answers[5][1]["Retry-After"]) <= 61 and "次数过多" in answers[5][2].decode()
    assert Browser(city.port).send(name, PASSWORD)[0] == 429
    Browser(city.port).sign_in(city.person())


def test_nobody_can_lock_out_who_has_signed_in_here_before(city: City) -> None:
    name, browser = city.person(), Browser(city.port)
    browser.sign_in(name)
    browser.ask("POST", "/logout")
    assert [Browser(city.port).send(name, "wrong")[0] for _ in range(6)][-1] == 429
    browser.sign_in(name)
    other = city.person()
    assert [browser.send(other, "wrong")[0] for _ in range(6)][-1] == 429, "the browser is known for one name only"
    assert [browser.send(name, "wrong")[0] for _ in range(6)][-1] == 429, "and has a count of its own"


# Without SQL


def test_sql_away_who_is_signed_in_works_on_and_nobody_comes_in(memory: RedisServer, postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres.database() as url, web(memory.url, tmp_path, database=url) as deck:
        signed_in, other = Browser(deck.port), Browser(deck.port)
        signed_in.sign_in("operator")
        other.sign_in("viewer")
        postgres.kill()
        try:
            for key in connect_redis(memory.url).scan_iter("city:session:*"):
                forget_when_asked(memory, key)
            assert json.loads(signed_in.ask("GET", "/me")[2])["name"] == "operator"
            with Stream(deck, "overview", browser=signed_in) as stream:
                assert stream.block() == "retry: 1000"
            status, _, form = Browser(deck.port).send("admin", PASSWORD)
            assert status == 503 and "数据库" in form.decode()
            assert other.ask("POST", "/logout")[0] == 204 and other.ask("GET", "/me")[0] == 401
            stranger = Browser(deck.port)
            stranger.cookies = {"citydeck-screen": "nobody-remembers-this"}
            assert (stranger.ask("GET", "/catalogue")[0], stranger.ask("GET", "/wall/wall-1")[0]) == (503, 503)
        finally:
            postgres.start()
        until(lambda: Browser(deck.port).send("admin", PASSWORD)[0] == 303, "SQL to be back")


def forget_when_asked(memory: RedisServer, key: bytes) -> None:
    """Lets the next request ask SQL again, as it does every few seconds."""
    client = connect_redis(memory.url)
    text = client.get(key)
    if text and text != b"ended":
        client.set(key, json.dumps({**json.loads(text), "asked": 0}), keepttl=True)
