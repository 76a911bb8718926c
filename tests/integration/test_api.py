"""Sensors as the API tells them over a real Redis: all of a large bureau, piece by piece, while the process does other work too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from callbacks import api
from callbacks.declared import Declared
from demo.memory import RedisServer
from model import Sensor
from store.connect import connect
from store.inforce import InForce
from store.live import PIECE, Live
from store.partition import Partition as Keys
from streams.partition import Partition
from streams.roll import Roll
from tests.integration.web import press
from tests.project import ROOT
from tests.unit.city import START, batch, domain, label, message

COUNT = 20 * PIECE + 1
IDS = [f"s-{i:05d}" for i in range(COUNT)]
STALE = 6
FIRST, SECOND = IDS[0], IDS[1]


def speak(redis: RedisServer, number: int, records: list[dict[str, Any]]) -> None:
    """A partition of the bureau takes records in and commits."""
    keys = Keys(connect(redis.url), "sea", number)
    held = keys.load()
    partition = Partition(domain(), held, {})
    partition.take(batch(records, held.offset or 0), START)
    keys.commit(held.offset, (held.offset or 0) + len(records), partition.changes("test", START))


def listed(id: str) -> Sensor:
    """A sensor of the site's list."""
    return Sensor(id=id, domain="sea", label=label(id), lon=114, lat=22, area="", interval=60, owner=None)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A bureau whose every third sensor is silent; the first two are in two partitions."""
    states = [STALE if i % 3 == 0 else 0 for i in range(COUNT)]
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        speak(server, 0, [message(id, i / 1000, START) for i, id in enumerate(IDS)])
        speak(server, 1, [message(FIRST, 50.0, START + 5), message(SECOND, 60.0, START - 5), message(SECOND, 7.0, START, "temperature")])
        client = connect(server.url)
        client.set("city:{judge}:positions:sea", Roll(domain(), [listed(id) for id in IDS]).positions)
        frame = json.dumps({"full": 1, "s": {"map.sea": {"c": {"v": [None] * COUNT, "s": states}}}}).encode()
        press(client).publish("domain-sea", "e-1", frame, None)
        client.persist("city:{judge}:frame:domain-sea")
        yield server


@pytest.fixture
def client(redis: RedisServer) -> FlaskClient:
    """The API over it."""
    return serve(redis)


def serve(redis: RedisServer) -> FlaskClient:
    """The API over a Redis."""
    server = Flask("test")
    client = connect(redis.url)
    api.register(server, Declared({"sea": domain()}, InForce(client)), Live(client))
    return server.test_client()


def test_every_sensor_is_told_once_with_its_newest_readings(client: FlaskClient) -> None:
    rows = client.get("/api/v1/sensors").get_json()["sensors"]
    assert [row["id"] for row in rows] == IDS
    assert [row["metrics"]["oxygen"]["value"] for row in rows] == [50.0, 0.001, *(i / 1000 for i in range(2, COUNT))]
    assert rows[1]["metrics"]["temperature"] == {"value": 7.0, "time": START, "quality": "good"}
    assert {row["state"] for row in rows[::3]} == {STALE} and {row["state"] for row in rows[1::3]} == {0}


@pytest.mark.parametrize(("stale", "places"), [("true", range(0, COUNT, 3)), ("false", [i for i in range(COUNT) if i % 3])])
def test_the_silent_are_told_alone_and_so_are_the_others(client: FlaskClient, stale: str, places: list[int]) -> None:
    rows = client.get(f"/api/v1/sensors?domain=sea&stale={stale}").get_json()["sensors"]
    assert [row["id"] for row in rows] == [IDS[place] for place in places]


def test_one_sensor_is_told_as_in_the_list(client: FlaskClient) -> None:
    rows = client.get("/api/v1/sensors").get_json()["sensors"]
    for place in (0, 1, COUNT - 1):
        assert client.get(f"/api/v1/sensors/{IDS[place]}").get_json() == rows[place]


@pytest.mark.parametrize("path", ["/api/v1/sensors", "/api/v1/sensors/{id}", "/api/v1/domains", "/api/v1/kpis"])
def test_answers_are_as_described(client: FlaskClient, path: str) -> None:
    description = client.get("/api/v1/openapi.json").get_json()
    schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": description["components"]}).validate(client.get(path.replace("{id}", FIRST)).get_json())


def test_what_spoke_since_is_told(redis_server: RedisServer) -> None:
    speak(redis_server, 0, [message("a", 1.0, START)])
    connect(redis_server.url).set("city:{judge}:positions:sea", Roll(domain(), [listed("a"), listed("b")]).positions)
    client = serve(redis_server)
    assert client.get("/api/v1/sensors/b").get_json()["metrics"] == {}
    speak(redis_server, 0, [message("a", 2.0, START + 1), message("b", 3.0, START + 1)])
    assert [client.get(f"/api/v1/sensors/{id}").get_json()["metrics"]["oxygen"]["value"] for id in "ab"] == [2.0, 3.0]
    connect(redis_server.url).set("city:{judge}:positions:sea", Roll(domain(), [listed("b")]).positions)
    assert client.get("/api/v1/sensors/a").status_code == 404
    assert client.get("/api/v1/sensors/b").get_json()["state"] == 7


def test_without_redis_a_list_is_a_problem(redis_server: RedisServer) -> None:
    client = serve(redis_server)
    redis_server.stop()
    answer = client.get("/api/v1/sensors")
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")


TURNS = """
from gevent import monkey
monkey.patch_all()
import sys, threading, time
from store.connect import connect
from store.inforce import InForce
from store.live import Live
turns, reader = [], Live(connect(sys.argv[1]))

def turn():
    while True:
        turns.append(None)
        time.sleep(0.0001)

threading.Thread(target=turn, daemon=True).start()
list(reader.sensors("sea"))
turns.clear()
print(len(list(reader.sensors("sea"))), len(turns))
"""


def test_others_on_the_loop_have_their_turn_between_two_pieces(redis: RedisServer) -> None:
    done = subprocess.run([sys.executable, "-c", TURNS, redis.url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    pieces, turns = map(int, done.stdout.split())
    assert pieces == 21
    assert turns >= pieces
