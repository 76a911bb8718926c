"""Absent is not zero, old is not live, and what cannot be trusted counts for nothing."""

from __future__ import annotations

from tests.e2e.deck import Deck
from tests.e2e.window import Window

NOTHING = "–"
STALE = 6


def test_zero_is_drawn_as_zero_and_nothing_as_a_dash(deck: Deck, browser: Window) -> None:
    tile = '[data-kpi="air/no2_mean"]'
    browser.open("/domain/air")
    browser.reads(f"{tile} .value", NOTHING)
    deck.send("air", "air-station-09", "no2", 0)
    browser.reads(f"{tile} .value", "0")
    assert browser.js("return document.querySelector(arguments[0]).matches('.absent')", tile) is False
    assert browser.js("return document.querySelector(arguments[0]).getAttribute('x')", f"{tile} .bar .pointer") == "0.00%"
    browser.open("/sensor/air-station-09")
    browser.reads('[data-metric="no2"] .value b', "0")


def test_a_silent_sensor_is_stale_and_not_zero(deck: Deck, browser: Window) -> None:
    gauge, tile = "sea-tide-03", '[data-kpi="sea/temperature_mean"] .value'  # every 10 s: silent after 30
    browser.open("/domain/sea")
    browser.map_ready()
    deck.send("sea", gauge, "water_temperature", 21.5, age=18)
    browser.reads(tile, "21.5")
    browser.waits(lambda: browser.state_on_map(gauge) == STALE, "a stale mark")
    browser.reads(tile, NOTHING)
    row = f'[data-stations="sea"] tr:has(a[href="/sensor/{gauge}"])'
    browser.reads(f"{row}[data-state='{STALE}'] .value", NOTHING)
    browser.open(f"/sensor/{gauge}")
    browser.holds(".heard.silent", "No reading for")
    browser.reads('[data-metric="water_temperature"] .value b', "21.5")


def test_a_value_out_of_range_is_told_and_stays_out_of_figures(deck: Deck, browser: Window) -> None:
    gauge, row = "sea-tide-04", '[data-metric="current_speed"]'
    deck.send("sea", gauge, "current_speed", 0.8)
    browser.open(f"/sensor/{gauge}")
    browser.reads(f"{row} .value b", "0.80")
    browser.reads(f"{row} .quality", "good")
    deck.send("sea", gauge, "current_speed", 9.5)  # no water runs that fast: valid is up to 6 m/s
    browser.reads(f"{row} .quality", "bad")
    assert browser.text(f"{row} .value b") == "0.80"
    browser.open("/domain/sea")
    browser.reads('[data-kpi="sea/current_fastest"] .value', "0.80")
    told = {kpi["key"]: kpi["value"] for kpi in deck.json("/api/v1/kpis?domain=sea")["kpis"]}
    assert told["current_fastest"] == 0.8
