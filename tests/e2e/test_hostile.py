"""Whatever a sensor calls itself, it is shown as text, stands on the map, and has its page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.e2e.deck import Deck
from tests.e2e.window import Window

LOUD = "<script>window.harm=1</script>"
"""The one that also has a condition."""
IDS = (
    LOUD,
    '"><img src=x onerror=window.harm=1>',
    "'; DROP TABLE sensors; -- `${window.harm=1}`",
    "a/b//c/../d?e=f#g",
    "%2e%2e%2f%00+&amp;",
    "__proto__",
    "大鹏湾·浮标（测试）",
    "\u202eحساس البحر 123\u202c",
    "👩‍🚒 e\u0301\u0323 z\u0300\u0301\u0302\u0303",
    "x" * 200,
)
BY_ADDRESS = {"script": IDS[0], "slashes": IDS[3], "percent": IDS[4]}
"""Those whose pages are opened as a document of their own."""
DOMAIN, LAT, LON, STEP = "land", 22.41, 114.16, 0.05
"""In a row over the open sea, where no other station of that domain stands."""


def send(deck: Deck, place: int, value: float, age: float = 0.0) -> None:
    deck.send(DOMAIN, IDS[place], "water_level", value, age, lon=LON + STEP * place, lat=LAT)


@pytest.fixture
def strangers(deck: Deck) -> Iterator[None]:
    """All of them, heard, the first one beyond its limit; in the end that is over."""
    for age in (3000, 2900):
        send(deck, 0, 2.9, age)
    for place in range(1, len(IDS)):
        send(deck, place, 1.0 + place / 100)
    deck.arrived(IDS[-1], "water_level", 1.09)
    yield
    for age in (150, 5):
        send(deck, 0, 1.0, age)


def unharmed(browser: Window) -> None:
    assert browser.js("return window.harm === undefined"), "a name was run as a script"


@pytest.mark.usefixtures("strangers")
def test_strange_names_do_no_harm(browser: Window) -> None:
    browser.open(f"/domain/{DOMAIN}")
    browser.map_ready()
    browser.until("return arguments[0].every((id) => Object.hasOwn(citydeck.map.state().sensors, id))", "all of them on the map", IDS)
    browser.holds(".map-over", LOUD)
    for id, own in browser.js("const all = citydeck.map.state().sensors; return arguments[0].map((id) => [id, all[id]])", IDS):
        browser.point(own["x"], own["y"])
        browser.holds(".map-tip:not([hidden])", id)
    browser.click('[data-show="conditions"]')
    browser.holds("[data-conditions] ol", LOUD)
    unharmed(browser)


@pytest.mark.usefixtures("strangers")
def test_strange_names_stand_in_the_list_and_lead_to_their_pages(browser: Window) -> None:
    browser.open(f"/domain/{DOMAIN}")
    browser.click('[data-stations="land"] .more')
    for id in IDS:
        browser.until("return Boolean(citydeck.gridApi('stations-grid')?.getRowNode(arguments[0]))", f"{id} in the list", id)
        browser.js("const g = citydeck.gridApi('stations-grid'); g.ensureNodeVisible(g.getRowNode(arguments[0]))", id)
        find = "return [...document.querySelectorAll('#stations-grid a')].find((a) => a.textContent === arguments[0])?.getAttribute('href')"
        assert browser.until(find, f"a link to {id}", id) == f"/sensor/{encoded(id)}"
    unharmed(browser)
    for id in (each for each in IDS if each not in BY_ADDRESS.values()):
        browser.js("citydeck.go(arguments[0])", f"/sensor/{encoded(id)}")
        browser.reads('[data-fact="id"]', id)
        browser.holds('[data-metric="water_level"] .value b', ".")
    unharmed(browser)


@pytest.mark.usefixtures("strangers")
@pytest.mark.parametrize("id", BY_ADDRESS.values(), ids=BY_ADDRESS.keys())
def test_their_pages_open_by_address(browser: Window, id: str) -> None:
    browser.open(f"/sensor/{encoded(id)}")
    browser.reads(".sensor-body .title h2", id)
    browser.holds('[data-metric="water_level"] .value b', ".")
    unharmed(browser)


def encoded(id: str) -> str:
    """As the browser's own encodeURIComponent does it."""
    return quote(id, safe="!'()*-._~")
