"""The map: a station opens its page at a click, and a condition is marked while it lasts."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.integration.web import SITE

APART = 40.0
"""Pixels to the next station, so that a click can mean only one."""
BUOY = "sea-buoy-20"
BUOY_NAME = "Baguang"
LOW_OXYGEN = 2


def alone(browser: Window, sensors: dict[str, Any]) -> tuple[str, float, float]:
    """(id, x, y) of a station that has the map under it and no other near."""
    for id, own in sensors.items():
        near = [math.hypot(own["x"] - other["x"], own["y"] - other["y"]) for key, other in sensors.items() if key != id]
        beneath = browser.js("return document.elementFromPoint(...arguments)?.closest('.map') !== null", own["x"], own["y"])
        if min(near) > APART and beneath:
            return id, own["x"], own["y"]
    raise AssertionError("every station has another near it")


def test_a_click_on_a_station_opens_its_page(browser: Window) -> None:
    browser.open("/domain/sea")
    browser.map_ready()
    browser.js("window.before = true")
    id, x, y = alone(browser, browser.js("return citydeck.map.state().sensors"))
    browser.point(x, y, click=True)
    browser.live()
    browser.reads('[data-fact="id"]', id)
    assert browser.path() == f"/sensor/{id}"
    assert browser.js("return window.before"), "the document was loaded anew"


NAMELESS = """
window.fetch = async () => new Response('{"type": "FeatureCollection", "features": []}');
return citydeck.map.panel().ground();
"""
"""Reads the places again, from a file that names no source."""


def test_the_map_credits_its_sources_as_the_site_names_them(browser: Window) -> None:
    browser.open("/domain/sea")
    browser.map_ready()
    browser.reads(".map-credit", json.loads((SITE / "basemap" / "places.geojson").read_text(encoding="utf-8"))["attribution"])


def test_a_map_that_names_no_source_credits_nobody(browser: Window) -> None:
    browser.open("/domain/sea")
    browser.map_ready()
    browser.js(NAMELESS)
    browser.reads(".map-credit", "")


def test_a_value_beyond_its_limit_is_a_condition_until_it_is_back(deck: Deck, browser: Window) -> None:
    browser.open("/")
    browser.map_ready()
    for age in (3000, 2900):  # low for longer than the on-delay, and for longer than anything else that is high now
        deck.send("sea", BUOY, "dissolved_oxygen", 3.1, age)
    browser.holds("[data-line] .where", BUOY_NAME)
    assert re.fullmatch(r"Low oxygen 3\.1 mg/L, 4\d min ago, limit 4\.0", browser.text("[data-line] .what") or "")
    assert browser.js("return document.querySelector('[data-line]').dataset.priority") == "H"
    assert int(browser.text('[data-count="2"]') or 0) >= 1
    browser.waits(lambda: browser.state_on_map(BUOY) == LOW_OXYGEN, "the mark on the map")
    browser.until("return citydeck.map.state().callouts.some(({text}) => text.includes(arguments[0]))", "a name at the mark", BUOY_NAME)
    for age in (150, 5):  # back for longer than the off-delay
        deck.send("sea", BUOY, "dissolved_oxygen", 7.4, age)
    browser.waits(lambda: browser.state_on_map(BUOY) == 0, "an ordinary mark")
    browser.until("return !document.querySelector('[data-line]').innerText.includes(arguments[0])", "an alarm line without it", BUOY_NAME)


def test_the_condition_is_listed_on_its_page_with_what_to_do(deck: Deck, browser: Window) -> None:
    buoy, name = "sea-buoy-05", "Dameisha Offing"
    for age in (700, 380):  # for longer than the on-delay
        deck.send("sea", buoy, "wave_height", 3.1, age)
    browser.open("/domain/sea")
    browser.click('[data-show="conditions"]')
    item = "[data-conditions] li[data-priority='M']"
    browser.holds(item, "High waves")
    browser.holds(item, name)
    browser.click(item)
    browser.holds('[data-say="action"]', "Close the beaches")
    for age in (350, 5):  # back for longer than the off-delay
        deck.send("sea", buoy, "wave_height", 0.8, age)
    browser.until("return !document.querySelector('[data-conditions] ol').innerText.includes(arguments[0])", "a list without it", name)


HOLD = """
new MutationObserver((changes, observer) => {
  const found = changes.flatMap((change) => [...change.addedNodes]).find((node) => /vendor\\/deck-/.test(node.src || ''));
  if (!found) return;
  found.type = 'text/held';
  window.library = found;
  observer.disconnect();
}).observe(document, {childList: true, subtree: true});
"""
"""Keeps the drawing library from being run when the document asks for it."""
RELEASE = """
const again = Object.assign(document.createElement('script'), {src: library.src});
again.onload = () => library.dispatchEvent(new Event('load'));
document.head.append(again);
"""


def test_the_map_waits_for_its_library(browser: Window) -> None:
    held = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HOLD})
    try:
        browser.open("/domain/sea")
        browser.until("return citydeck.map.panel().feeds.size > 0", "stations on a map that has no library yet")
        assert browser.js("return citydeck.map.state().ready") is False
        browser.js(RELEASE)
        browser.map_ready()
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", held)
