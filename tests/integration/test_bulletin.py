"""The feed of own alarms over a real journal: each alarm's chain from its last coming on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from spectree import SpecTree
from sqlalchemy import Engine

from callbacks import bulletin, cap, envelope
from domains import load
from model.alarm import Alarm, Event, EventKind
from model.outside import SEVERITY
from store import Away
from store.journal import Journal
from store.told import Told
from tests.unit.test_letter import EVENT, OUTSIDE, alarm
from tests.unit.warnings import NOW, site


class City:
    """A journal, a board and the feed of both."""

    def __init__(self, engine: Engine) -> None:
        self.now, self.origin = NOW, 0
        self.board: dict[str, Alarm] = {}
        self.journal = Journal(engine, lambda: self.now)
        self._fence, self._count = self.journal.take_over("test"), 0
        server = Flask("test")
        given = (site(), load(Path("nowhere"), None), "deck@example.org", Told(engine))
        bulletin.register(server, SpecTree("flask"), *given, lambda: self.board.values(), lambda: self.origin, lambda: self.now)
        self.client = server.test_client()

    def happen(self, id: str, *kinds: EventKind, event: Event = EVENT, **more: Any) -> None:
        for kind in kinds:
            self._count += 1
            self.now += 1
            one = replace(event, alarm=id, kind=kind, source=f"s{self._count}", time=self.now, annunciated=kind == "raised", **more)
            self.journal.record(self._fence, events=[one])
            if kind in ("returned", "latched"):
                self.board.pop(id, None)
            else:
                self.board[id] = replace(alarm(""), id=id, subject=event.subject, raised=self.now)

    def feed(self) -> list[cap.Alert]:
        answer = self.client.get("/api/v1/cap")
        assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
        body = answer.data
        return [cap.read(envelope.element(text), SEVERITY) for text in (envelope.alerts(body) if b"<alert" in body else [])]

    def told(self) -> list[tuple[str, str, list[str]]]:
        return [(each.identifier, each.kind, [one.identifier for one in each.references]) for each in self.feed()]


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def test_an_alarm_is_told_while_it_stands_and_its_end_for_a_day(city: City) -> None:
    assert city.told() == []
    city.happen("a", "raised")
    assert city.told() == [("citydeck-1", "Alert", [])]
    city.happen("a", "acknowledged", "worsened", "escalated")
    assert city.told() == [("citydeck-4", "Update", ["citydeck-1", "citydeck-3"])]
    city.now += 3 * 86_400
    assert city.told() == [("citydeck-4", "Update", ["citydeck-1", "citydeck-3"])]
    city.happen("a", "returned")
    assert city.told() == [("citydeck-5", "Cancel", ["citydeck-1", "citydeck-3", "citydeck-4"])]
    city.now += 86_401
    assert city.told() == []


def test_an_identifier_and_its_time_never_change(city: City) -> None:
    city.happen("a", "raised")
    (before,) = city.feed()
    city.now += 500
    city.happen("a", "worsened")
    (after,) = city.feed()
    assert after.references == (cap.Reference(sender=before.sender, identifier=before.identifier, sent=before.sent),)


def test_each_coming_is_a_chain_of_its_own(city: City) -> None:
    city.happen("a", "raised", "returned", "repeated", "returned", "acknowledged", "raised")
    assert city.told() == [("citydeck-6", "Alert", [])]
    city.happen("b", "raised", "returned", "repeated")
    assert city.told()[0] == ("citydeck-9", "Alert", [])


def test_what_is_not_the_citys_own_or_was_never_told_is_not_there(city: City) -> None:
    city.happen("o", "raised", event=OUTSIDE)
    city.happen("p", "raised", "returned", event=OUTSIDE)
    city.happen("s", "raised")
    city.board["s"] = replace(city.board["s"], suppressed="feed")
    city.happen("q", "raised")
    city.board["q"] = replace(city.board["q"], state="returned")
    assert city.told() == []


def test_what_is_not_live_is_not_actual(city: City) -> None:
    city.happen("a", "raised")
    for origin, status in enumerate(("Actual", "Test", "Exercise")):
        city.origin = origin
        assert [each.status for each in city.feed()] == [status]


def test_without_the_store_it_says_so(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(dict[str, Alarm]):
        def values(self) -> Any:
            raise Away("gone")

    city.board = Gone()
    assert city.client.get("/api/v1/cap").status_code == 503
