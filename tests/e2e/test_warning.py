"""A weather warning on a wall: its headline with the name of its area, and it is over by itself when its time is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callbacks import cap, envelope, warning
from callbacks.region import Map
from domains import city
from model.alarm import Command
from model.outside import Warnings
from store.board import Board
from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.project import ROOT
from tests.unit.warnings import alert, info

SUBJECT, RULES = "outside:cap:typhoon", Warnings()
ALARM = f"{warning.RULE}|{SUBJECT}"
STANDS = "return citydeck.held('conditions').rows.find((row) => row.id === arguments[0])?.state === arguments[1]"
UNACKNOWLEDGED, RETURNED = 1, 3
LASTS = 40.0
"""Seconds: long enough to be seen on a busy machine."""


@pytest.fixture(scope="module", autouse=True)
def keeper(deck: Deck) -> Iterator[None]:
    """The process of the alarms, while this test lasts."""
    child = deck.start("alarms")
    yield
    deck.kill(child)


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def tell(deck: Deck, folder: Path, severity: str) -> None:
    """What the hook asks of the writer when such a message comes."""
    site, now = city.read(folder)[1], time.time()
    area = "<area><areaDesc>Nan'ao and its coast</areaDesc></area>"
    infos = [info(headline="Typhoon signal 8", severity=severity, expires=stamp(now + LASTS), area=area)]
    told = cap.read(envelope.element(alert(sent=stamp(now), infos=infos)), RULES.severity)
    message = warning.message(told, told.infos, True, SUBJECT, RULES, Map(site, {}))
    wish = Command(
        id=secrets.token_hex(8),
        wish="raise",
        who="cap:test",
        role="hooks",
        targets=((ALARM, 0),),
        detail={ALARM: message},
    )
    answers = Board(deck.client).request(wish)
    assert answers and answers[0].outcome == "done"


def test_a_warning_stands_on_the_wall_with_its_area_until_its_time_is_over(deck: Deck, browser: Window) -> None:
    browser.open("/wall/wall-1")
    tell(deck, ROOT / "demo" / "site", "Extreme")
    browser.until(STANDS, "the warning", ALARM, UNACKNOWLEDGED)
    browser.holds("[data-line]", "Typhoon signal 8")
    browser.holds("[data-line]", "Nan'ao")
    browser.until(STANDS, "its end", ALARM, RETURNED)
