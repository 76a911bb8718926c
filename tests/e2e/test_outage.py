"""A page says when it has lost its server, and goes on by itself when the server is back; a dead composer is replaced."""

from __future__ import annotations

from store.process import processes
from tests.e2e.deck import Deck
from tests.e2e.window import Window

VEILED = "return document.documentElement.hasAttribute('data-veiled')"
KPI = '[data-kpi="traffic/speed_mean"] .value'


def test_the_page_veils_itself_while_the_web_process_is_gone(deck: Deck, browser: Window) -> None:
    browser.forgive += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"]
    browser.open("/")
    browser.js("window.before = true")
    assert browser.js(VEILED) is False
    deck.kill(deck.children["web"])
    browser.until(VEILED, "the veil")
    browser.reads("[data-veil] b", "No connection")
    newest = browser.js("return citydeck.clock(citydeck.frame().now, true)")
    browser.holds("[data-veil] span", f"Shown below: {newest}")
    deck.start("web")
    browser.until(VEILED.replace("return ", "return !"), "the page without its veil")
    deck.send("traffic", "road-001", "speed", 71)
    browser.reads(KPI, "71")
    assert browser.js("return window.before"), "the document was loaded anew"


def test_a_standby_composer_takes_over(deck: Deck, browser: Window) -> None:
    first = deck.children["frames"]
    deck.start("frames")
    browser.waits(lambda: states(deck) == ["active", "standby"], "a standby")
    browser.open("/")
    epoch = browser.js("return citydeck.frame().epoch")
    deck.kill(first)
    deck.send("traffic", "road-002", "speed", 59)
    browser.until("return citydeck.frame().epoch !== arguments[0]", "frames of the other", epoch)
    deck.send("traffic", "road-001", "speed", 59)
    browser.reads(KPI, "59")
    assert browser.js(VEILED) is False


def states(deck: Deck) -> list[str]:
    """States of the composers, sorted."""
    return sorted(process.state for process in processes(deck.client) if process.kind == "frames")
