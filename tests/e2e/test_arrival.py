"""A reading that is sent to Kafka is seen on every kind of page that is about it, without anybody pressing anything."""

from __future__ import annotations

import pytest

from tests.e2e.deck import Deck
from tests.e2e.window import Window

WAVES = '[data-kpi="sea/wave_highest"] .value'
"""The highest of all buoys: each test has a buoy of its own that sends more, and no other test's buoys can hide it."""


@pytest.mark.parametrize(
    ("path", "buoy", "metric", "value", "place"),
    [
        ("/", "sea-buoy-03", "wave_height", 1.1, WAVES),
        ("/domain/sea", "sea-buoy-04", "wave_height", 1.2, WAVES),
        ("/domain/sea", "sea-buoy-03", "dissolved_oxygen", 6.2, '[data-stations="sea"] tr:has(a[href="/sensor/sea-buoy-03"]) .value'),
        ("/sensor/sea-buoy-03", "sea-buoy-03", "dissolved_oxygen", 6.3, '[data-metric="dissolved_oxygen"] .value b'),
        ("/wall/wall-1", "sea-buoy-06", "wave_height", 1.3, WAVES),
        ("/wall/wall-sea", "sea-buoy-07", "wave_height", 1.4, WAVES),
    ],
)
def test_a_reading_is_seen(deck: Deck, browser: Window, path: str, buoy: str, metric: str, value: float, place: str) -> None:
    browser.open(path)
    assert browser.text(place) != str(value)
    deck.send("sea", buoy, metric, value)
    browser.reads(place, str(value))
