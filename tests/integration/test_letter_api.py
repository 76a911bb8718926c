"""What others could not be told, over HTTP: a supervisor reads it, a manager sends it again or throws it away, and the audit log knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app import create
from demo.memory import RedisServer
from settings import load
from store.audit import Audit
from store.database import connect
from store.letters import Letter, Letters
from tests.door import accounts
from tests.integration.bureau import city
from tests.integration.test_alarm_api import Person

LETTERS = "/api/v1/letters"
NOTIFY = """
[[notify]]
name = "duty"
webhook = "https://duty.example.org/alarms?key=secret"
secret = "DUTY_SECRET"
[[notify]]
name = "chief"
mail = ["chief@example.org"]
sender = "deck@example.org"
server = "mail.example.org:587"
tls = "starttls"
user = "deck"
password = "CHIEF_PASSWORD"
"""
EVENTS: Mapping[str, Any] = {"data": {"events": [{"name": {"en": "Low <oxygen>", "zh": "低氧"}}, {"name": {}}]}}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with three letters: one that was refused, one that is tried again, and one that waits behind it."""
    url = f"sqlite:///{tmp_path / 'deck.db'}"
    accounts(url)
    engine = connect(url)
    letters = Letters(engine, lambda: 1000.0)
    for id, recipient, body in (("duty-1", "duty", EVENTS), ("duty-2", "duty", EVENTS), ("chief-1", "chief", {"subject": "大鹏"})):
        was = letters.progress(recipient)
        first = Letter(id=id, recipient=recipient, first=int(id[-1]), created=900.0, body=body)
        letters.sort(recipient, was, replace(was, place=was.place + 1), [first])
    taken, mail = letters.take("duty"), letters.take("chief")
    assert taken and mail
    letters.refused(taken, "answered 400")
    letters.failed(mail, "no route", lambda attempts: 10.0)
    yield engine
    engine.dispose()


@pytest.fixture
def server(engine: Engine, redis_server: RedisServer, tmp_path: Path) -> Flask:
    site = city(tmp_path)
    with (site / "site.toml").open("a") as file:
        file.write(NOTIFY)
    told = {"SITE": str(site), "REDIS": redis_server.url, "DATABASE": str(engine.url), "SECRET_KEY": "k"}
    server: Flask = create(load({f"CITYDECK_{name}": text for name, text in told.items()})).server
    return server


def test_a_supervisor_reads_what_was_not_delivered(server: Flask) -> None:
    told = Person(server, "supervisor").get(LETTERS).get_json()
    dead, tried = told["letters"]
    assert told["waiting"] == {"duty": 1, "chief": 1}
    assert (dead["id"], dead["target"], dead["mail"], dead["dead"], dead["error"]) == (
        "duty-1",
        "duty.example.org",
        False,
        True,
        "answered 400",
    )
    assert (dead["about"], dead["events"], dead["attempts"]) == ({"en": "Low <oxygen>", "zh": "低氧"}, 2, 1)
    assert (tried["id"], tried["target"], tried["mail"], tried["dead"]) == ("chief-1", "chief@example.org", True, False)
    assert tried["about"] == {"en": "大鹏", "zh": "大鹏"}


def test_a_manager_sends_it_again_and_the_audit_log_knows(server: Flask, engine: Engine) -> None:
    manager = Person(server, "manager")
    assert manager.client.post(f"{LETTERS}/duty-1/resend", headers=manager.headers).status_code == 200
    assert [row["id"] for row in manager.get(LETTERS).get_json()["letters"]] == ["chief-1"]
    again = manager.client.post(f"{LETTERS}/duty-1/resend", headers=manager.headers)
    assert (again.status_code, again.mimetype) == (404, "application/problem+json")
    newest = Audit(engine).entries(limit=1)[0]
    assert (newest.actor, newest.action, newest.subject) == ("manager", "letter.resend", "letter:duty-1")


def test_a_manager_throws_it_away(server: Flask, engine: Engine) -> None:
    manager = Person(server, "manager")
    assert manager.client.post(f"{LETTERS}/chief-1/forget", headers=manager.headers).status_code == 404  # not a dead one
    assert manager.client.post(f"{LETTERS}/duty-1/forget", headers=manager.headers).status_code == 200
    assert Audit(engine).entries(limit=1)[0].action == "letter.forget"


@pytest.mark.parametrize(("role", "reads"), [("operator", 403), ("supervisor", 200)])
def test_others_may_not(server: Flask, role: str, reads: int) -> None:
    person = Person(server, role)
    assert person.get(LETTERS).status_code == reads
    assert person.client.post(f"{LETTERS}/duty-1/resend", headers=person.headers).status_code == 403


def test_another_site_cannot_press_the_button(server: Flask, engine: Engine) -> None:
    manager = Person(server, "manager")
    assert manager.client.post(f"{LETTERS}/duty-1/resend", headers={"Origin": "http://localhost"}).status_code == 403
    assert len(Letters(engine).undelivered()) == 2
