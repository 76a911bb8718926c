"""The API answers as it describes itself: schemathesis asks the served deck, well and badly, as somebody who may everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from callbacks.rights import RIGHTS
from demo.memory import RedisServer
from demo.port import LOOPBACK
from store.connect import connect
from tests.integration.floor import Floor
from tests.integration.web import Web, web

EXAMPLES = 6
"""Of each operation, as it is described and as it is not."""
DESCRIPTION = "/api/v1/openapi.json"
THERE = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in RIGHTS if "/api/v1/" in rule and DESCRIPTION not in rule}
"""Every operation that the table of rights knows."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web process over a floor with two alarms and their keeper."""
    folder = tmp_path_factory.mktemp("description")
    database = f"sqlite:///{folder / 'deck.db'}"
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis, web(redis.url, folder, workers=1, database=database) as deck:
        floor = Floor(redis.url, database, folder)
        connect(redis.url).set("city:{replay}:span", b"[0.0, 4000000000.0]")  # as if somebody played replays
        with floor.keeping():
            floor.edges([("high", True, "sensor:a"), ("high", True, "sensor:c")])
            floor.comes("sea/high|sensor:a")
            yield deck
        floor.close()


@pytest.fixture(scope="module")
def described(deck: Web) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"http://{LOOPBACK}:{deck.port}{DESCRIPTION}", headers=deck.browser.headers())


@pytest.mark.parametrize("operation", sorted(THERE))
def test_an_operation_answers_as_it_is_described(deck: Web, described: schemathesis.BaseSchema, operation: str) -> None:
    method, path = operation.split()
    ask(deck, described[path][method], GenerationMode.POSITIVE)
    with suppress(SkipTest):  # nothing can be asked wrongly where nothing is asked
        ask(deck, described[path][method], GenerationMode.NEGATIVE)


def ask(deck: Web, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def answers(case: Case[Any]) -> None:
        case.call_and_validate(headers=deck.browser.headers(), checks=CHECKS)

    answers()


def test_every_address_of_the_api_is_described(deck: Web) -> None:
    described = {f"{method.upper()} {path}" for path, told in deck.json(DESCRIPTION)["paths"].items() for method in told}
    assert described == THERE


def test_two_hundred_sensors_may_be_asked_for_and_what_is_too_long_is_described(deck: Web) -> None:
    asked = "/api/v1/journal?" + "&".join(f"subject=sensor%3Atraffic-link-{number:05}" for number in range(200))
    assert deck.get(asked)[0] == 200
    assert deck.get(f"{asked}&person={'x' * 2000}")[0] == 414
    assert "414" in deck.json(DESCRIPTION)["paths"]["/api/v1/journal"]["get"]["responses"]
