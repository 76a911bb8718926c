"""An alarm on a wall: it calls, is acknowledged elsewhere and drawn in outline, counts no more, and is gone when its value is back."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from model.alarm import Command
from store.board import Board
from tests.e2e.deck import Deck
from tests.e2e.window import Window

BUOY = "sea-buoy-12"
ALARM = f"sea/oxygen_low|sensor:{BUOY}"
ROW = "citydeck.held('conditions').rows.find((row) => row.id === arguments[0])"
CALLING = "citydeck.held('conditions').rows.filter((row) => row.priority === 2 && !row.laid && row.state !== 2).length"
STYLE = "(() => { const sea = citydeck.map.panel().feeds.get('sea'); return sea ? sea.styles[sea.row.get(arguments[1])] : null; })()"
LIVE, HIGH = 0, 2
UNACKNOWLEDGED, ACKNOWLEDGED = 1, 2
OUTLINE = 2


def row(wall: Window) -> dict[str, Any] | None:
    found: dict[str, Any] | None = wall.js(f"return {ROW} || null", ALARM)
    return found


def kept(wall: Window, state: int) -> dict[str, Any]:
    """The alarm's row, when it is on the board in that state and the counts in the header agree with the rows."""
    wall.until(f"const row = {ROW}; return Boolean(row && row.occurrence && row.state === arguments[1])", "the alarm's state", ALARM, state)
    wall.until(f"return document.querySelector('[data-count=\"2\"]').innerText === String({CALLING})", "the count")
    return row(wall) or {}


@pytest.mark.usefixtures("keeper")
def test_an_alarm_on_a_wall_from_its_coming_to_its_end(deck: Deck, browser: Window) -> None:
    browser.open("/wall/wall-1")
    browser.map_ready()
    for age in (300.0, 230.0):
        deck.send("sea", BUOY, "dissolved_oxygen", 3.1, age)
    told = kept(browser, UNACKNOWLEDGED)
    browser.waits(lambda: browser.state_on_map(BUOY) == HIGH, "the mark")
    browser.holds("[data-line] .more", "unacknowledged")

    target = ((ALARM, told["occurrence"]),)
    wish = Command(id=secrets.token_hex(8), wish="acknowledge", who="li", role="supervisor", targets=target, note="seen")
    answers = Board(deck.client).request(wish)
    assert answers is not None and [answer.outcome for answer in answers] == ["done"]
    assert kept(browser, ACKNOWLEDGED)["by"] == "li"
    browser.until(f"return {STYLE} === arguments[2]", "the mark in outline", ALARM, BUOY, OUTLINE)

    for age in (170.0, 30.0, 0.0):
        deck.send("sea", BUOY, "dissolved_oxygen", 6.4, age)
    browser.waits(lambda: row(browser) is None, "the alarm gone")
    browser.waits(lambda: browser.state_on_map(BUOY) == LIVE, "a neutral dot")
