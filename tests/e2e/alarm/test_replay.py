"""A supervisor sees an alarm, asks what was seen then, shows it on the whole wall, and goes back to live."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.supervisor import alarm, comes, returns, selects, stands
from tests.e2e.window import Window
from tests.until import until

BUOY, OTHER = "sea-buoy-07", "sea-buoy-08"
SHOWN = "return citydeck.replaying() && citydeck.held('replay') ? citydeck.held('replay').moment : null"
STATE = "const row = (citydeck.held('conditions') || {rows: []}).rows.find((row) => row.id === arguments[0]); return row ? row.state : 0"
ACTS = """
const buttons = [...document.querySelectorAll("[data-alarm] [data-act]")];
return buttons.filter((each) => each.checkVisibility() && each.dataset.act !== 'map').map((each) => each.dataset.act);
"""
COPIES = """
history.replaceState(history.state, '', location.pathname + '?alarm=kept');
navigator.clipboard.writeText = async (text) => { window.copied = text; };
"""
LIVE = "return Boolean(!citydeck.replaying() && citydeck.frame() && citydeck.heard() < 3)"


@pytest.fixture(scope="module")
def past(deck: Deck) -> Iterator[None]:
    """The history and the process of the replays."""
    running = [deck.start("history"), deck.start("replay")]
    yield
    for child in running:
        deck.end(child)


def written(deck: Deck, window: Window, moment: float) -> None:
    """Returns when the history is written up to a moment, as far as a replay may show it."""
    until(lambda: (deck.json("/api/v1/replays")["last"] or 0) > moment, f"a history up to {moment}")


def test_a_supervisor_replays_an_alarm_from_the_wall(deck: Deck, past: None, supervisor: Window, driver: Chrome) -> None:
    comes(deck, BUOY)
    selects(supervisor, BUOY)
    came = supervisor.js("return citydeck.alarms.chosen().raised")
    written(deck, supervisor, time.time())
    supervisor.click("[data-replay-then]")
    moment = supervisor.until(SHOWN, "a replay")
    assert came - 61 <= moment <= came
    assert supervisor.js(STATE, alarm(BUOY)) == 0
    supervisor.holds(".replay .words", "REPLAY")
    supervisor.until(f"return (() => {{ {ACTS} }})().length === 0", "nothing that can be done to the past")

    supervisor.click('[data-replay-by="60"]')
    supervisor.until(f"const shown = (() => {{ {SHOWN} }})(); return shown >= arguments[0]", "a minute later", came + 1)
    supervisor.until(f"return (() => {{ {STATE} }})() === 1", "the alarm as it stood", alarm(BUOY))
    stands(supervisor, BUOY, "unacknowledged")

    wall = Window(driver, deck.base)
    wall.sign_in("viewer", PASSWORD)
    wall.open("/wall/wall-1")
    assert wall.js("return citydeck.replaying()") == ""
    supervisor.click(".replay .whole")
    wall.until(SHOWN, "the wall in the replay")
    wall.holds(".replay .words", "REPLAY")
    assert not wall.js("return document.querySelector('.replay .controls')")

    supervisor.driver.switch_to.active_element.send_keys(Keys.ESCAPE)  # on the button that was pressed last
    supervisor.until(LIVE, "live again")
    wall.until(LIVE, "the wall live again")
    assert deck.json("/api/v1/replays")["replays"] == []
    told = [(entry.actor, entry.action) for entry in deck.audited() if entry.action.startswith("replay.")]
    assert told == [("supervisor", "replay.live"), ("supervisor", "replay.wall")]
    stands(supervisor, BUOY, "unacknowledged")
    returns(deck, BUOY)


def test_what_is_critical_now_breaks_in(deck: Deck, past: None, supervisor: Window) -> None:
    written(deck, supervisor, time.time() - 30)
    supervisor.open("/")
    supervisor.click("[data-replay-open]")
    supervisor.until(SHOWN, "a replay")
    assert supervisor.js("return document.querySelector('.breakin').hidden")
    critical(deck, OTHER)
    supervisor.until("return !document.querySelector('.breakin').hidden", "the live alarm")
    supervisor.holds(".breakin", "LIVE")
    assert supervisor.js("return citydeck.held('line')") is None or supervisor.js("return citydeck.held('line').priority") != 1


def critical(deck: Deck, buoy: str) -> None:
    """The buoy measured next to no oxygen for longer than the rule waits."""
    for more in (150.0, 80.0, 0.0):
        deck.send("sea", buoy, "dissolved_oxygen", 1.0, more)


def test_a_link_shows_its_moment_held(deck: Deck, past: None, supervisor: Window) -> None:
    moment = round(time.time() - 3)
    comes(deck, BUOY)
    written(deck, supervisor, moment)
    supervisor.driver.get(f"{supervisor.base}/domain/sea?at={moment}")
    assert supervisor.until(SHOWN, "the moment of the link") == moment
    assert supervisor.path() == "/domain/sea"
    supervisor.js(COPIES)
    supervisor.click('[data-replay-do="link"]')
    copied = supervisor.until("return window.copied", "a link")
    assert copied == f"{supervisor.base}/domain/sea?alarm=kept&at={moment}"
    supervisor.driver.refresh()
    supervisor.until(f"return (() => {{ {SHOWN} }})() === arguments[0]", "the same moment after loading anew", moment)
    supervisor.click('[data-replay-do="live"]')
    supervisor.until(LIVE, "live again")
