"""Reports over HTTP: a manager has them in every form, what is not over has none, and the page shows what the paper says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app import create
from demo.memory import RedisServer
from settings import load
from store.database import connect
from store.day import begin
from store.report import canonical
from streams.report.compose import make
from tests.door import accounts
from tests.integration.test_alarm_api import Person
from tests.project import ROOT
from tests.report import DAY, SITE, City

REPORTS = "/api/v1/reports"
HAND = [sys.executable, "-m", "streams", "report", "--date", str(DAY), "--format", "pdf"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    town = City(tmp_path_factory.mktemp("city"))
    town.simulate(DAY, 1800.0)
    accounts(town.database)
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        told = {
            "SITE": str(SITE),
            "REDIS": redis.url,
            "DATABASE": town.database,
            "SECRET_KEY": "k",
            "HISTORY": str(town.folder / "history"),
        }
        yield create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
    town.engine.dispose()


@pytest.fixture(scope="module")
def manager(server: Flask) -> Person:
    return Person(server, "manager")


def test_every_form_of_a_day(manager: Person) -> None:
    kinds = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}
    kinds["xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    for ending, kind in kinds.items():
        answer = manager.get(f"{REPORTS}/daily?date={DAY}&format={ending}&language=zh")
        assert (answer.status_code, answer.content_type) == (200, kind)
        assert answer.data == manager.get(f"{REPORTS}/daily?date={DAY}&format={ending}&language=zh").data
        if ending != "json":
            assert answer.headers["Content-Disposition"] == f'attachment; filename="citydeck-day-{DAY}-r1-zh.{ending}"'


def test_json_is_the_revision(manager: Person) -> None:
    told = manager.get(f"{REPORTS}/daily?date={DAY}").json
    assert told is not None
    assert (told["number"], told["kind"], told["first"], told["changed"]) == (1, "day", str(DAY), [])
    assert [each["key"] for each in told["facts"]["domains"]] == ["sea", "land", "air", "traffic"]
    assert canonical(json.loads(canonical(told))) == canonical(told)


@pytest.mark.parametrize(("word", "span", "first"), [("weekly", "week", "2026-11-16"), ("monthly", "month", "2026-11-01")])
def test_what_holds_a_day(manager: Person, word: str, span: str, first: str) -> None:
    over = datetime.now(ZoneInfo("Asia/Shanghai")).date() > DAY.replace(day=30)
    answer = manager.get(f"{REPORTS}/{word}?date={DAY}")
    assert answer.status_code in ((200,) if over else (200, 422))
    if answer.status_code == 200:
        assert answer.json is not None and (answer.json["kind"], answer.json["first"]) == (span, first)


def test_the_list_names_revisions_and_the_last_day_that_is_over(manager: Person) -> None:
    manager.get(f"{REPORTS}/daily?date={DAY}")
    told = manager.get(REPORTS).json
    assert told is not None
    yesterday = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(1)
    assert told["over"] == str(yesterday)
    (row,) = [each for each in told["reports"] if each["first"] == str(DAY)]
    assert [each["number"] for each in row["revisions"]] == [1]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("date=2099-01-01", 422),
        ("date=9999-12-31", 422),
        ("date=0001-01-01", 422),
        ("date=2015-01-01", 404),
        ("date=tomorrow", 422),
        ("", 422),
        (f"date={DAY}&format=docx", 422),
        (f"date={DAY}&revision=9", 404),
        (f"date={DAY}&revision=0", 422),
        (f"date={DAY}&other=1", 422),
    ],
)
def test_what_there_is_not_is_said(manager: Person, query: str, status: int) -> None:
    for path in (f"{REPORTS}/daily", f"{REPORTS}/weekly", f"{REPORTS}/monthly", "/reports/shown/daily"):
        answer = manager.get(f"{path}?{query}")
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), (path, answer.text)


def test_reports_are_a_managers(server: Flask) -> None:
    assert Person(server, "supervisor").get(f"{REPORTS}/daily?date={DAY}").status_code == 403
    assert server.test_client().get(f"{REPORTS}/daily?date={DAY}").status_code == 401


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_told_what_the_paper_says(manager: Person, language: str) -> None:
    told: Any = manager.get(f"/reports/shown/daily?date={DAY}&language={language}").json
    assert told["title"] == {"en": "Dapeng, daily report", "zh": "大鹏日报"}[language]
    assert [each["label"] for each in told["domains"]][0] == {"en": "Sea", "zh": "海洋"}[language]
    assert (told["number"], told["numbers"]) == (1, [1]) and told["origin"]
    assert manager.get(f"/reports/shown/yearly?date={DAY}").status_code == 404


def test_a_history_that_cannot_be_read_is_said(server: Flask, tmp_path: Path) -> None:
    (tmp_path / "history").write_text("no folder")
    with RedisServer(tmp_path) as redis:
        database = f"sqlite:///{tmp_path / 'deck.db'}"
        accounts(database)
        told = {"SITE": str(SITE), "REDIS": redis.url, "DATABASE": database, "SECRET_KEY": "k", "HISTORY": str(tmp_path / "history")}
        other = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
        answer = Person(other, "manager").get(f"{REPORTS}/daily?date={DAY}")
    assert answer.status_code == 503
    connect(database).dispose()


def test_two_processes_at_once_and_a_restart_give_the_same_bytes(tmp_path: Path, redis_server: RedisServer) -> None:
    town = City(tmp_path)
    town.simulate(DAY, 3600.0)
    accounts(town.database)
    told = {"SITE": SITE, "REDIS": redis_server.url, "DATABASE": town.database, "SECRET_KEY": "k", "HISTORY": tmp_path / "history"}
    environment = {f"CITYDECK_{name}": str(text) for name, text in told.items()}

    def by_hand() -> bytes:
        """The PDF that each of two processes writes, both begun at once."""
        begun = [subprocess.Popen([*HAND, "--out", tmp_path / f"{n}.pdf"], cwd=ROOT, env=os.environ | environment) for n in (1, 2)]
        assert [each.wait() for each in begun] == [0, 0]
        one, two = ((tmp_path / f"{n}.pdf").read_bytes() for n in (1, 2))
        assert one == two
        return one

    def over_http(revision: int) -> bytes:
        """What a web process that was just started gives out."""
        person = Person(create(load(environment)).server, "manager")
        kept = person.get(f"{REPORTS}/daily?date={DAY}&format=pdf&revision={revision}")
        assert kept.status_code == 200 and person.get(f"{REPORTS}/daily?date={DAY}").json["number"] == len(papers)  # type: ignore[index]
        return bytes(kept.data)

    papers = [by_hand()]
    assert over_http(1) == papers[0]
    noon = begin(DAY, town.zone) + 12 * 3_600_000
    town.write("sea", [("sea-buoy-03", "dissolved_oxygen", noon + minute * 60_000, 1.5, 0) for minute in range(59)])
    papers.append(by_hand())
    assert papers[0] != papers[1] == over_http(2) and over_http(1) == papers[0]
    assert town.sources().reports.numbers("day", DAY) == [1, 2]
    second = town.sources().reports.read("day", DAY, 2)
    assert second and ["domains", "sea", "kpis", "oxygen_lowest", "value"] in [each["path"] for each in second.changed]
    town.engine.dispose()


def test_an_exercise_shows_the_citys_reports_and_makes_none(tmp_path: Path, redis_server: RedisServer) -> None:
    town = City(tmp_path)
    town.simulate(DAY, 3600.0)
    revision = make(town.sources(), "day", DAY, 0.0)
    town.write("sea", [("late", "dissolved_oxygen", round(revision.facts["begin"] * 1000), 5.0, 0)])
    drill = f"sqlite:///{tmp_path / 'drill.db'}"
    accounts(drill)
    told = {"SITE": str(SITE), "REDIS": redis_server.url, "DATABASE": drill, "SECRET_KEY": "k", "HISTORY": str(town.folder / "history")}
    app = create(load({f"CITYDECK_{name}": text for name, text in {**told, "EXERCISE": "drill"}.items()}))
    manager = Person(app.server, "manager")
    answer = manager.get(f"{REPORTS}/daily?date={DAY}")
    assert answer.json is not None and answer.json["number"] == 1
    assert manager.get(f"{REPORTS}/daily?date={DAY - timedelta(1)}").status_code == 404
    assert town.sources().reports.numbers("day", DAY) == [1]
    town.engine.dispose()
