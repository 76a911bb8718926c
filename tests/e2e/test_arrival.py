"""A reading that is sent to Kafka is seen on every kind of page that is about it, without anybody pressing anything."""

from __future__ import annotations

import pytest

from tests.e2e.deck import Deck
from tests.e2e.window import Window

BUOY = "sea-buoy-03"
KPI = '[data-kpi="sea/oxygen_lowest"] .value'
ROW = f'[data-stations="sea"] tr:has(a[href="/sensor/{BUOY}"]) .value'


@pytest.mark.parametrize(
    ("path", "value", "places"),
    [
        ("/", 6.1, [KPI]),
        ("/domain/sea", 6.2, [KPI, ROW]),
        (f"/sensor/{BUOY}", 6.3, ['[data-metric="dissolved_oxygen"] .value b']),
        ("/wall/wall-1", 6.4, [KPI]),
        ("/wall/wall-sea", 6.5, [KPI]),
    ],
)
def test_a_reading_is_seen(deck: Deck, browser: Window, path: str, value: float, places: list[str]) -> None:
    browser.open(path)
    assert all(browser.text(place) != str(value) for place in places)
    deck.send("sea", BUOY, "dissolved_oxygen", value)
    for place in places:
        browser.reads(place, str(value))
