"""The history over HTTP: what is drawn, what is exported, and how each refusal is told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import openpyxl
import pandas
import pyarrow.parquet as pq
import pytest
from flask import Flask
from sqlalchemy import Engine

from app import create
from demo.memory import RedisServer
from model.alarm import Event
from settings import load
from store.archive import Archive
from store.database import connect
from store.journal import Journal
from store.shelf import Shelf
from tests.door import accounts
from tests.integration.test_alarm_api import Person
from tests.integration.web import SITE
from tests.unit.past import BEGIN, taken

ADDRESS = "/api/v1/history"
LOW, OTHER, BUOY = "sensor:sea/dissolved_oxygen/sea-buoy-01", "sensor:sea/dissolved_oxygen/sea-buoy-02", "sea-buoy-01"
ALARM = f"sea/oxygen_low|sensor:{BUOY}"
HOSTILE = '=cmd|"/c calc"!A1\x01大鹏'
START, HOUR, DAY = BEGIN / 1000, 3600.0, 86_400.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    database = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(database)
    engine = connect(database)
    yield engine
    engine.dispose()


@pytest.fixture
def viewer(tmp_path: Path, redis_server: RedisServer, engine: Engine) -> Person:
    """Two buoys for two days, once a minute but for an hour's gap, and a sensor of a hostile name; an alarm about noon."""
    archive = Archive(Shelf(str(tmp_path / "history")), ZoneInfo("Asia/Shanghai"))
    minutes = [minute for minute in range(2 * 1440) if not 600 <= minute < 660]
    rows = [
        (buoy, "dissolved_oxygen", BEGIN + minute * 60_000, start + minute / 1440)
        for buoy, start in ((BUOY, 5.0), ("sea-buoy-02", 7.0))
        for minute in minutes
    ]
    rows += [(HOSTILE, "dissolved_oxygen", BEGIN, 1.0)]
    archive.write("sea", ("city.sea", 0), 0, len(rows), taken(rows, units={"dissolved_oxygen": "mg/L"}))
    journal = Journal(engine)
    usual: dict[str, Any] = {"alarm": ALARM, "rule": "sea/oxygen_low", "subject": f"sensor:{BUOY}", "domain": "sea", "occurrence": 1}
    usual |= {"priority": "high", "value": 3.9, "limit": 4.0}
    at = [("raised", 11.5), ("returned", 12.5), ("raised", 30.0), ("acknowledged", 30.1)]
    events = [Event(kind=kind, time=START + hour * HOUR, source=str(hour), **usual) for kind, hour in at]  # type: ignore[arg-type]
    journal.record(journal.take_over("t"), events=events)
    told = {
        "SITE": str(SITE),
        "REDIS": redis_server.url,
        "DATABASE": str(engine.url),
        "HISTORY": str(tmp_path / "history"),
        "SECRET_KEY": "k",
    }
    server: Flask = create(load({f"CITYDECK_{name}": value for name, value in told.items()})).server
    return Person(server, "viewer")


def query(of: list[str] | str, since: float = 0.0, until: float = 24.0, **more: Any) -> str:
    """Hours after the start."""
    span = {"from": moment(since), "to": moment(until)}
    return f"{ADDRESS}?" + urlencode({"of": of, **span, **more}, doseq=True)


def told_by(viewer: Person, path: str) -> Any:
    """The body of a request that succeeds."""
    answer = viewer.get(path)
    assert answer.status_code == 200, answer.data
    return answer.json


def moment(hours: float) -> str:
    return datetime.fromtimestamp(START + hours * HOUR, UTC).isoformat()


def test_several_series_come_together_with_gaps_as_gaps(viewer: Person) -> None:
    told = told_by(viewer, query([LOW, OTHER]))
    assert [(one["of"], one["kind"], one["unit"], one["rows"]) for one in told["series"]] == [
        (LOW, "raw", "mg/L", 1380),
        (OTHER, "raw", "mg/L", 1380),
    ]
    columns = told["series"][0]["c"]
    assert columns["value"].count(None) == 1 and columns["value"][0] == 5.0
    gap = columns["value"].index(None)
    assert START + 10 * HOUR - 61 < columns["time"][gap] / 1000 < START + 11 * HOUR
    long = told_by(viewer, query(LOW, -24, 48, points=100))["series"][0]
    assert long["kind"] == "minute" and long["rows"] == 2 * 1440 - 60
    assert len([value for value in long["c"]["value"] if value is not None]) <= 100
    assert (min(filter(None, long["c"]["min"])), max(filter(None, long["c"]["max"]))) == (5.0, 5.0 + 2879 / 1440)


def test_days_are_laid_over_each_other(viewer: Person) -> None:
    now, before = told_by(viewer, query(LOW, 24, 48, shift=[0, DAY]))["series"]
    assert (now["shift"], before["shift"]) == (0, DAY)
    assert before["c"]["time"][0] == BEGIN and now["c"]["time"][0] == BEGIN + DAY * 1000
    assert now["c"]["value"][0] == pytest.approx(before["c"]["value"][0] + 1)


def test_alarms_of_the_rules_on_it_lie_over_it(viewer: Person) -> None:
    def told(*span: float) -> list[tuple[str, float]]:
        return [(one["kind"], (one["time"] - START) / HOUR) for one in told_by(viewer, query(LOW, *span))["alarms"]]

    assert told(0, 24) == [("raised", 11.5), ("returned", 12.5)]
    assert told(12, 13) == [("raised", 11.5), ("returned", 12.5)], "it stood when the span began"
    assert told(13, 24) == [] and told(31, 48) == [("raised", 30.0)]
    assert told_by(viewer, query(OTHER))["alarms"] == []
    alone = told_by(viewer, query(f"alarm:{ALARM}"))
    assert alone["series"] == [] and len(alone["alarms"]) == 2


def test_a_key_figure_is_what_its_formula_says(viewer: Person) -> None:
    (series,) = told_by(viewer, query("kpi:sea/oxygen_lowest", 2, 3))["series"]
    assert series["kind"] == "figure" and len(series["c"]["time"]) == 12
    assert all(4.0 < value < 6.0 for value in series["c"]["value"])


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_a_file_holds_what_is_shown(viewer: Person, format: str) -> None:
    hostile = f"sensor:sea/dissolved_oxygen/{HOSTILE}"
    asked = {"of": [LOW, hostile, f"alarm:{ALARM}"], "since": 12.0, "until": 36.0, "shift": [0, 12 * HOUR], "points": 50}
    told = told_by(viewer, query(**asked))  # type: ignore[arg-type]
    answer = viewer.get(query(**asked, format=format))  # type: ignore[arg-type]
    assert answer.headers["Content-Disposition"].endswith(f'.{format}"')
    if format == "csv":
        rows = pandas.read_csv(io.BytesIO(answer.data)).to_dict("records")
    elif format == "parquet":
        rows = pq.read_table(io.BytesIO(answer.data)).to_pylist()
    else:
        heads, *cells = openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
        rows = [dict(zip(heads, row, strict=True)) for row in cells]
    shown = [(one["of"], one["shift"], value) for one in told["series"] for value in one["c"]["value"]]
    series = [(row["series"], row["shift"], None if pandas.isna(row["value"]) else row["value"]) for row in rows if row["kind"] != "alarm"]
    assert [(of.replace("_x0001_", "\x01"), shift, pytest.approx(value)) for of, shift, value in series] == shown
    came = [(row["event"], row["series"]) for row in rows if row["kind"] == "alarm"]
    assert came == [(one["kind"], f"alarm:{ALARM}") for one in told["alarms"] if one["of"] == LOW]
    assert not any(str(cell).startswith(("=", "+", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"of": "sensor:sea/nothing/x"}, 404),
        ({"of": "sensor:nowhere/ph/x"}, 404),
        ({"of": "sensor:sea/ph/"}, 404),
        ({"of": "kpi:sea/nothing"}, 404),
        ({"of": "alarm:sea/oxygen_low"}, 404),
        ({"of": []}, 422),
        ({"of": LOW, "since": 2, "until": 1}, 422),
        ({"of": LOW, "until": 24 * 5000}, 422),
        ({"of": LOW, "shift": -1}, 422),
        ({"of": LOW, "shift": 1e12}, 422),
        ({"of": LOW, "points": 2}, 422),
        ({"of": LOW, "format": "exe"}, 422),
        ({"of": [LOW] * 13}, 422),
        ({"of": [LOW, OTHER], "points": 200_000}, 422),
        ({"of": LOW, "shift": [0, 60], "points": 100_001}, 422),
    ],
)
def test_what_cannot_be_answered_is_told(viewer: Person, asked: dict[str, Any], status: int) -> None:
    answer = viewer.get(query(**asked))
    assert answer.status_code == status and answer.mimetype == "application/problem+json"


def test_of_very_many_alarms_the_newest_are_told_and_since_when(viewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by(viewer, query(LOW, 0, 48))["alarms_since"] is None
    monkeypatch.setattr("callbacks.history_past.MOST_EVENTS", 2)
    told = told_by(viewer, query([LOW, OTHER], 0, 48))
    assert [one["time"] for one in told["alarms"]] == [START + 12.5 * HOUR, START + 30 * HOUR]
    assert told["alarms_since"] == START + 12.5 * HOUR


def test_the_last_days_there_are_have_no_past(viewer: Person) -> None:
    answer = viewer.get(f"{ADDRESS}?" + urlencode({"of": LOW, "from": "9999-12-31T00:00:00Z", "to": "9999-12-31T23:59:59-12:00"}))
    assert answer.status_code == 422 and b"to: must be before" in answer.data


def test_a_sensor_nobody_heard_of_has_no_past(viewer: Person) -> None:
    told = told_by(viewer, query("sensor:sea/dissolved_oxygen/nobody//at all"))
    assert told["series"][0]["rows"] == 0 and told["series"][0]["c"]["time"] == []
