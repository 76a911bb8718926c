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
    browser.element("[data-duty] summary").click()
    browser.element(SEA).click()
    browser.until("return citydeck.desk.id() === 'sea' && location.search.includes('desk=sea')", "the desk")
    browser.holds("[data-duty] .said", "Recorded")
    browser.element('[data-duty-act="hand"]').click()
    browser.element('[data-duty-form] .to button[data-key="east"]').click()
    browser.element("[data-duty-form] .give").click()
    browser.holds("[data-duty-form] .outcome", "Recorded")
    browser.until(f"{HOLDER} === 'east'", "the areas at the other desk")
    browser.element("[data-duty-form] .back").click()
    browser.until(f"{HOLDER} === 'sea'", "the areas back")
    browser.element("[data-duty-form] .no").click()
    browser.open("/system")
    browser.until("return citydeck.desk.id() === 'sea'", "the same desk on every page")
    browser.open("/alarms")
    browser.until("return citydeck.desk.id() === 'sea'", "the desk again")
    browser.element("[data-duty] summary").click()
    browser.element('[data-duty-act="leave"]').click()
    browser.until("return citydeck.desk.id() === ''", "nobody at the desk")
