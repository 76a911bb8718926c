"""Somebody takes a desk, hands its areas to another and takes them back, and sits there on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.deck import Deck
from tests.e2e.window import Window

SEA = '[data-duty] .desks button[data-key="sea"]'
HOLDER = "return citydeck.desk.holder('daya-bay')"


@pytest.fixture(scope="module", autouse=True)
def keeper(deck: Deck) -> Iterator[None]:
    """The process of the alarms, while these tests last."""
    child = deck.start("alarms")
    yield
    deck.kill(child)


def test_a_desk_is_taken_and_its_areas_go_and_come_back(browser: Window) -> None:
    browser.open("/alarms")
    browser.until("return citydeck.me() && citydeck.held('duties') && citydeck.held('duties').sea", "who answers for what")
    browser.click("[data-duty] summary")
    browser.click(SEA)
    browser.until("return citydeck.desk.id() === 'sea' && location.search.includes('desk=sea')", "the desk")
    browser.holds("[data-duty] .said", "Recorded")
    browser.click('[data-duty-act="hand"]')
    browser.click('[data-duty-form] .to button[data-key="east"]')
    browser.click("[data-duty-form] .give")
    browser.holds("[data-duty-form] .outcome", "Recorded")
    browser.until(f"{HOLDER} === 'east'", "the areas at the other desk")
    browser.click("[data-duty-form] .back")
    browser.until(f"{HOLDER} === 'sea'", "the areas back")
    browser.click("[data-duty-form] .no")
    browser.open("/system")
    browser.until("return citydeck.desk.id() === 'sea'", "the same desk on every page")
    browser.open("/alarms")
    browser.until("return citydeck.desk.id() === 'sea'", "the desk again")
    browser.click("[data-duty] summary")
    browser.click('[data-duty-act="leave"]')
    browser.until("return citydeck.desk.id() === ''", "nobody at the desk")
