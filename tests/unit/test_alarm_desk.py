"""What the desk asks for by itself, over HTTP: rows in gzip or not, and the hour of an alarm."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callbacks import alarm_desk
from model.alarm import Alarm
from tests.unit.city import domain
from tests.unit.test_alarm_rows import ALARM

ROWS = b'{"rev":7,"rows":[]}'
TREND = {"end": 300.0, "step": 300, "values": [1.0]}


class Rows:
    """Tells since when it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def told(self, since: int) -> bytes:
        self.asked.append(since)
        return gzip.compress(ROWS)


class Live:
    """Knows one sensor and one figure."""

    def series(self, domain: str, sensor: str, metric: str) -> list[tuple[str, int]]:
        return [("view", 3)] if sensor == "a" else []

    def trend(self, domain: str, key: str) -> dict[str, Any] | None:
        return TREND if key == "oxygen_lowest" else None


class Replays:
    """One replay is on, in which one alarm stands."""

    def alarms(self, id: str) -> tuple[int, list[Alarm]] | None:
        return (5, [ALARM]) if id == "r1" else None


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def client(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    server = Flask("test")
    told = lambda places, metric, since, until: {"of": [metric.key, since, until, len(places)]}  # noqa: E731
    kept = lambda domain, sensor, key, since, until: {"t": [since], "v": [1.0], "q": [0]}  # noqa: E731
    monkeypatch.setattr(time, "time", lambda: 90_000.0)
    alarm_desk.register(server, rows, Replays(), {"sea": domain()}, Live(), told, kept, lambda: None)  # type: ignore[arg-type]
    return server.test_client()


@pytest.mark.parametrize(("path", "since"), [("/desk/alarms", -1), ("/desk/alarms?since=12", 12), ("/desk/alarms?since=x", -1)])
def test_rows_come_in_gzip_to_who_takes_it_and_plain_to_who_does_not(client: FlaskClient, rows: Rows, path: str, since: int) -> None:
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == ROWS
    plain = client.get(path)
    assert "Content-Encoding" not in plain.headers and plain.data == ROWS
    assert rows.asked == [since, since]


def test_rows_of_a_replay_are_those_of_its_moment(client: FlaskClient, rows: Rows) -> None:
    told = client.get("/desk/alarms?since=-1&replay=r1").get_json()
    assert told["rev"] == 5 and [each["id"] for each in told["rows"]] == [ALARM.id]
    assert client.get("/desk/alarms?since=5&replay=r1").get_json() == {"rev": 5, "floods": [], "set": [], "gone": []}
    assert client.get("/desk/alarms?since=5&replay=over").status_code == 404 and rows.asked == []


def test_the_hour_of_a_sensor_and_the_day_of_a_figure(client: FlaskClient) -> None:
    span = "since=4000&until=7600.5"
    assert client.get(f"/desk/moment/sea/oxygen?sensor=a&{span}").get_json() == {"of": ["oxygen", 4000.0, 7600.5, 1]}
    assert client.get(f"/desk/moment/sea/oxygen?sensor=nobody&{span}").get_json() == {"of": ["oxygen", 4000.0, 7600.5, 0]}
    for older in ("sensor=a&since=3000&until=6600", f"sensor=a&{span}&replay=r1"):
        told = client.get(f"/desk/moment/sea/oxygen?{older}").get_json()
        assert told["v"] == [1.0] and told["five"] == {"t": [], "mean": [], "min": [], "max": []}
    assert client.get("/desk/moment/sea/oxygen_lowest").get_json() == {"trend": TREND}
    assert client.get("/desk/moment/sea/oxygen_lowest?replay=r1").get_json() == {"trend": None}
    assert client.get("/desk/moment/sea/nothing").get_json() == {"trend": None}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("air/oxygen?sensor=a&since=1&until=2", 404),
        ("sea/nothing?sensor=a&since=1&until=2", 404),
        ("sea/oxygen?sensor=a", 422),
        ("sea/oxygen?sensor=a&since=1", 422),
        ("sea/oxygen?sensor=a&since=2&until=1", 422),
        ("sea/oxygen?sensor=a&since=0&until=86401", 422),
        ("sea/oxygen?sensor=a&since=nan&until=2", 422),
        ("sea/oxygen?sensor=a&since=-inf&until=inf", 422),
    ],
)
def test_what_makes_no_sense_is_refused(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(f"/desk/moment/{path}")
    assert answer.status_code == status and answer.mimetype == "application/problem+json"
