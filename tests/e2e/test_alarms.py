"""A reading over the limit becomes an alarm: a supervisor acknowledges it by a key, and a second person is told who was first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.window import NoBrowser, Window, chromium

BUOY = "sea-buoy-21"
ROW = f'#alarms-grid [row-id="sea/oxygen_low|sensor:{BUOY}"]'
PRESS = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
SETTLED = "const row = citydeck.alarms.chosen(); return Boolean(row && citydeck.alarms.settled(row))"


@pytest.fixture(scope="module", autouse=True)
def keeper(deck: Deck) -> Iterator[None]:
    """The process of the alarms, while these tests last."""
    child = deck.start("alarms")
    yield
    deck.kill(child)


@pytest.fixture
def supervisor(deck: Deck, tmp_path: Path) -> Iterator[Window]:
    """A browser of its own in which a supervisor is signed in."""
    try:
        driver = chromium(tmp_path / "profile")
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    window = Window(driver, deck.base)
    window.sign_in("supervisor", PASSWORD)
    window.live()
    yield window
    window.check()
    driver.quit()


def comes(deck: Deck, value: float) -> None:
    """The buoy has measured this for two minutes."""
    for age in (150.0, 80.0, 0.0):
        deck.send("sea", BUOY, "dissolved_oxygen", value, age)


def opened(window: Window) -> None:
    """The desk with the buoy's alarm selected."""
    window.open("/alarms?filter=oxygen")
    window.element(f'{ROW} [col-id="name"]').click()
    window.reads("[data-alarm] h2 .name", "Low oxygen")


def test_an_alarm_is_acknowledged_by_a_key_and_the_second_is_told_who_was_first(deck: Deck, browser: Window, supervisor: Window) -> None:
    comes(deck, 3.1)
    opened(supervisor)
    opened(browser)
    browser.reads("[data-alarm] .measure .value", "3.1")
    browser.js("Object.defineProperty(document, 'hidden', {value: true})")  # a window in the background does not ask for news
    supervisor.holds('[data-act="ack"]', "Acknowledge")
    supervisor.until(SETTLED, "a row that has stood for half a second")
    supervisor.js(PRESS, "a")
    supervisor.reads("[data-alarm] .chosen > .outcome", "Acknowledged, recorded")
    supervisor.holds("[data-alarm] .chosen > .standing", "Acknowledged by supervisor")
    supervisor.reads(f'{ROW} [col-id="standing"]', "Acknowledged")
    supervisor.holds("[data-alarm] .events", "acknowledged · supervisor")
    browser.forgive.append("/ack")  # the answer is an error, and the browser notes that
    browser.until(SETTLED, "a row that has stood for half a second")
    browser.js(PRESS, "a")
    browser.holds("[data-alarm] .chosen > .outcome", "Already acknowledged by supervisor at ")
    browser.element('[data-set-language="zh"]').click()
    browser.holds("[data-alarm] .chosen > .outcome", "supervisor 已于 ")


def test_an_alarm_is_shelved_with_a_reason_and_found_by_it(deck: Deck, supervisor: Window) -> None:
    comes(deck, 3.1)
    opened(supervisor)
    supervisor.until(SETTLED, "a row that has stood for half a second")
    supervisor.js(PRESS, "s")
    supervisor.holds("[data-alarm-form][open] .question", "Shelve this alarm: Low oxygen")
    assert supervisor.js("return document.querySelector('[data-alarm-form] .yes').disabled")
    supervisor.element("[data-alarm-form] textarea").send_keys("<b>dredging</b>")
    supervisor.element("[data-alarm-form] .yes").click()
    supervisor.reads("[data-alarm] .chosen > .outcome", "Shelved, recorded")
    supervisor.open("/alarms?show=shelved&filter=dredging")
    supervisor.holds(f'{ROW} [col-id="note"]', "<b>dredging</b>")
    supervisor.element('[data-tab="open"]').click()
    supervisor.until(f"return !document.querySelector('{ROW}') && location.search.includes('show=open')", "the row hidden")


def test_who_may_only_look_is_offered_nothing_to_press(deck: Deck, browser: Window) -> None:
    comes(deck, 3.1)
    opened(browser)
    browser.until("return citydeck.me()", "who it is")
    browser.js("citydeck.me().role = 'viewer'; citydeck.repaint()")
    shown = "return [...document.querySelectorAll('[data-act]')].filter((each) => !each.hidden).map((each) => each.dataset.act).join()"
    browser.waits(lambda: browser.js(shown) == "map", "only the map")
