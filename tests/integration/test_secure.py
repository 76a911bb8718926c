"""What changes when the deck is reached from outside by https, how proxies are believed, and how attempts are counted by address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create
from callbacks import attempt
from demo.memory import RedisServer
from demo.port import free_port
from settings import load
from store.session import Sessions
from tests.door import PASSWORD, accounts
from tests.integration.web import SITE
from tests.project import ROOT

KEY = "J3kf9-mPq0aZxW71_bnRt4uVcY8sLdEh"
OUTSIDE = "https://deck.example"


@pytest.fixture
def environment(tmp_path: Path, redis_server: RedisServer) -> Iterator[dict[str, str]]:
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    yield {"CITYDECK_SITE": str(SITE), "CITYDECK_REDIS": redis_server.url, "CITYDECK_DATABASE": database, "CITYDECK_SECRET_KEY": KEY}


def served(environment: dict[str, str], **settings: str) -> Flask:
    server: Flask = create(load(environment | {f"CITYDECK_{name}": text for name, text in settings.items()})).server
    return server


def send(
    client: FlaskClient,
    base: str,
    origin: str = "",
    address: str = "192.0.2.1",
    name: str = "viewer",
    password: str = PASSWORD,
    **headers: str,
) -> TestResponse:
    """Sends the form to `base`, from a page of `origin`."""
    form = {"name": name, "password": password}
    told = {"Origin": origin or base, **{each.replace("_", "-"): text for each, text in headers.items()}}
    return client.post("/login", data=form, base_url=base, headers=told, environ_base={"REMOTE_ADDR": address})


def test_behind_https_cookies_never_travel_in_the_clear(environment: dict[str, str]) -> None:
    server = served(environment, ADDRESS=OUTSIDE)
    client = server.test_client()
    answer = send(client, OUTSIDE)
    client.get("/", base_url=OUTSIDE)
    cookies = answer.headers.getlist("Set-Cookie") + client.get("/system", base_url=OUTSIDE).headers.getlist("Set-Cookie")
    kept = {text.partition("=")[0]: text for text in cookies if "Max-Age=0" not in text}
    assert {"__Host-citydeck", "citydeck-device"} <= set(kept)
    assert all("Secure" in text for text in kept.values())
    assert "Domain" not in kept["__Host-citydeck"] and "Path=/" in kept["__Host-citydeck"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    token = client.get_cookie("_csrf_token", domain="deck.example")
    assert token is not None and token.secure


def test_only_the_address_that_browsers_know_is_our_own(environment: dict[str, str]) -> None:
    server = served(environment, ADDRESS=OUTSIDE)
    for base, origin, status in (
        (OUTSIDE, OUTSIDE, 303),
        (OUTSIDE, "https://DECK.example", 303),
        (OUTSIDE, "http://deck.example", 403),
        (OUTSIDE, "https://deck.example:8443", 403),
        (OUTSIDE, "https://deck.example.evil", 403),
        ("http://localhost", "http://localhost", 303),
        ("https://other.example", "https://other.example", 400),
    ):
        assert send(server.test_client(), base, origin).status_code == status, (base, origin)


def test_this_machine_is_not_believed_where_a_proxy_stands_before_the_deck(environment: dict[str, str]) -> None:
    near = {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
    assert served(environment, ADDRESS=OUTSIDE).test_client().get("/metrics", base_url=OUTSIDE, **near).status_code == 401
    inside = served(environment).test_client()
    assert inside.get("/metrics", **near).status_code == 200
    assert inside.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 401
    assert inside.get("/metrics", headers={"Forwarded": "for=192.0.2.1"}, **near).status_code == 401


def test_what_is_for_one_person_is_not_cached_and_what_is_for_all_is_whoever_asks(environment: dict[str, str]) -> None:
    client = served(environment).test_client()
    send(client, "http://localhost")
    answers = {path: client.get(path) for path in ("/", "/me", "/rejects", "/catalogue", "/nothing")}
    told = {path: answer.headers["Cache-Control"] for path, answer in answers.items()}
    assert told == {"/": "no-store", "/me": "no-store", "/rejects": "no-store", "/catalogue": "no-cache", "/nothing": "no-store"}
    library = re.search(r'"(/vendor/deck-[0-9a-f]{12}[.]js)"', answers["/"].text)
    assert library is not None
    for path in (library[1], "/assets/style.css"):
        with client.get(path) as answer:
            assert "Cookie" not in answer.vary and answer.headers["Cache-Control"] != "no-store"


def test_without_https_there_is_no_promise_of_it(environment: dict[str, str]) -> None:
    answer = send(served(environment).test_client(), "http://localhost")
    assert answer.status_code == 303 and "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in "".join(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(("proxies", "statuses"), [("1", [401, 401, 401, 401]), ("0", [401, 401, 429, 429])])
def test_whom_a_proxy_speaks_for_counts_alone_where_it_is_believed(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, proxies: str, statuses: list[int]
) -> None:
    monkeypatch.setattr(attempt, "PER_ADDRESS", "2 per minute")
    server = served(environment, PROXIES=proxies)
    found = [send(server.test_client(), "http://localhost", name=f"n{i}", X_Forwarded_For=f"198.51.100.{i}") for i in range(4)]
    assert [answer.status_code for answer in found] == statuses


def test_an_address_that_is_made_up_does_not_help(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "PER_ADDRESS", "2 per minute")
    server = served(environment, PROXIES="1")
    made_up = [f"203.0.113.{i}, 198.51.100.1" for i in range(4)]  # the proxy appends the true one
    found = [send(server.test_client(), "http://localhost", name=f"n{i}", X_Forwarded_For=told) for i, told in enumerate(made_up)]
    assert [answer.status_code for answer in found] == [401, 401, 429, 429]


def test_of_ipv6_a_network_counts(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "PER_ADDRESS", "2 per minute")
    server = served(environment)
    addresses = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:abcd::3", "2001:db8:0:1::1"]
    found = [send(server.test_client(), "http://localhost", name=f"n{i}", address=each) for i, each in enumerate(addresses)]
    assert [answer.status_code for answer in found] == [401, 401, 429, 401]


def test_many_attempts_on_a_name_make_the_next_ones_slow_and_not_impossible(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "PER_NAME", "100 per minute")
    monkeypatch.setattr(attempt, "MANY", "3 per hour")
    server = served(environment)

    def wrong() -> TestResponse:
        return send(server.test_client(), "http://localhost", name="viewer", password="wrong")

    assert [wrong().status_code for _ in range(6)] == [401] * 4 + [429] * 2
    assert 0 < int(wrong().headers["Retry-After"]) <= 31, "whoever it was, the person waits no longer"
    assert send(server.test_client(), "http://localhost", name="viewer").status_code == 429
    assert send(server.test_client(), "http://localhost", name="operator").status_code == 303, "another name need not wait"
    assert send(server.test_client(), "http://localhost", name="viewer", address="192.0.2.2").status_code == 303, "nor another address"


@pytest.mark.parametrize(("proxies", "times"), [("0", 1), ("1", 0)])
def test_a_proxy_that_no_setting_names_is_said_once(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture, proxies: str, times: int
) -> None:
    server = served(environment, PROXIES=proxies)
    for _ in range(3):
        send(server.test_client(), "http://localhost", X_Forwarded_For="198.51.100.1")
    assert caplog.text.count("CITYDECK_PROXIES") == times


def test_what_a_page_asks_by_itself_is_no_use_of_the_sign_in(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    client, used = served(environment).test_client(), list[bool]()
    send(client, "http://localhost")
    find = Sessions.find

    def noted(self: Sessions, id: str, counts: bool = True) -> Any:
        used.append(counts)
        return find(self, id, counts)

    monkeypatch.setattr(Sessions, "find", noted)
    for path in ("/me", "/desk/alarms", "/live/nothing", "/api/v1/alarms", "/catalogue"):
        client.get(path)
    assert set(used) == {False}
    for method, path in (("GET", "/"), ("POST", "/me/here")):
        used.clear()
        cookie = client.get_cookie("_csrf_token")
        headers = {"Origin": "http://localhost", "X-CSRFToken": cookie.value if cookie else ""}
        assert client.open(path, method=method, headers=headers).status_code in (200, 204) and set(used) == {True}


def test_attempts_are_counted_while_redis_is_away_too(environment: dict[str, str], redis_server: RedisServer) -> None:
    server = served(environment)
    redis_server.stop()
    assert [send(server.test_client(), "http://localhost", name="nobody").status_code for _ in range(7)][-1] == 429
    assert send(server.test_client(), "http://localhost").status_code == 303, "SQL knows who is signed in"


def test_the_web_does_not_start_where_others_reach_it_with_a_weak_key(environment: dict[str, str]) -> None:
    own = {**environment, "CITYDECK_PORT": str(free_port()), "CITYDECK_ADDRESS": OUTSIDE, "CITYDECK_SECRET_KEY": "short"}
    command = [sys.executable, "-m", "gunicorn", "app:server"]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": os.environ["PATH"], **own}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "citydeck: environment: CITYDECK_SECRET_KEY" in done.stderr and "Traceback" not in done.stderr
