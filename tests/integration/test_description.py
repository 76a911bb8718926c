"""The API answers as it describes itself: schemathesis asks every operation, well and badly, as a manager who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.generation.case import Case

from app import create
from demo.memory import RedisServer
from settings import load
from tests.door import PASSWORD, accounts
from tests.integration.floor import Floor
from tests.project import ROOT

ORIGIN = "http://localhost"
EXAMPLES = 20
"""Per operation."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The real app over a floor with two alarms and their keeper."""
    folder = tmp_path_factory.mktemp("description")
    database = f"sqlite:///{folder / 'deck.db'}"
    accounts(database)
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        floor = Floor(redis.url, database, folder)
        told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": redis.url, "DATABASE": database, "SECRET_KEY": "k"}
        app = create(load({f"CITYDECK_{name}": text for name, text in told.items()}))
        with floor.keeping():
            floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:c")])
            floor.comes("sea/high|sensor:a")
            yield app.server
        floor.close()


@pytest.fixture(scope="module")
def asked(server: Flask) -> dict[str, str]:
    """The headers of a manager's browser."""
    client = server.test_client()
    assert client.post("/login", data={"name": "manager", "password": PASSWORD}, headers={"Origin": ORIGIN}).status_code == 303
    client.get("/")
    cookies = {name: cookie.value for name in ("citydeck", "_csrf_token") if (cookie := client.get_cookie(name))}
    told = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": told, "X-CSRFToken": cookies["_csrf_token"], "Origin": ORIGIN}


@pytest.fixture
def described(server: Flask, asked: dict[str, str]) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", server, headers=asked)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_it_is_described(case: Case, asked: dict[str, str]) -> None:
    case.call_and_validate(headers=asked)


def test_every_address_of_the_api_is_described(server: Flask, asked: dict[str, str]) -> None:
    answer = server.test_client(use_cookies=False).get("/api/v1/openapi.json", headers=asked)
    described = {(method.upper(), path) for path, told in answer.get_json()["paths"].items() for method in told}
    there = {
        (method, rule.rule.replace("<path:", "<").replace("<", "{").replace(">", "}"))
        for rule in server.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    assert there - described == {("GET", "/api/v1/openapi.json")}
