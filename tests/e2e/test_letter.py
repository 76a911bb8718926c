"""What could not be delivered outside stands on the system page, as text, and is sent again or thrown away there."""

from __future__ import annotations

import time
from dataclasses import replace

from store.letters import Letter
from tests.e2e.deck import Deck
from tests.e2e.window import Window

LOUD = "<img src=x onerror=window.harm=1>"
ROWS = "return document.querySelectorAll('[data-letters] tbody tr').length === arguments[0]"


def refused(deck: Deck, *ids: str) -> None:
    """Letters that their recipient will never take."""
    with deck.letters() as letters:
        for number, id in enumerate(ids):
            was = letters.progress("duty")
            body = {"data": {"events": [{"name": {"en": LOUD, "zh": LOUD}}]}}
            letter = Letter(id=id, recipient="duty", first=number, created=time.time(), body=body)
            assert letters.sort("duty", was, replace(was, place=was.place + 1), [letter])
            taken = letters.take("duty")
            assert taken
            letters.refused(taken, f"answered 400 {LOUD}")


def test_a_dead_letter_is_seen_sent_again_and_thrown_away(deck: Deck, browser: Window) -> None:
    browser.open("/system")
    browser.until("return Boolean(citydeck.me()) && document.querySelector('[data-letters]').hidden", "a page that says nothing of it")
    refused(deck, "duty/1", "duty/2")
    browser.open("/system")
    browser.until(ROWS, "both letters", 2)
    browser.holds("[data-letters] tbody", LOUD)
    browser.holds("[data-letters] tbody .error", f"answered 400 {LOUD}")
    browser.click("[data-letters] tbody tr:nth-child(2) button")
    browser.holds("[data-letters] .outcome", "sent again within seconds")
    browser.until(ROWS, "one letter", 1)
    browser.holds("[data-letters] .waits", "duty: 1 wait")
    browser.click("[data-letters] tbody button:last-child")
    browser.until(ROWS, "no letter", 0)
    browser.reads("[data-letters] .outcome", "Thrown away.")
    assert browser.js("return window.harm === undefined")
    with deck.letters() as letters:
        sent = letters.take("duty")
        assert sent is not None
        letters.told(sent)
