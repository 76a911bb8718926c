"""A record that was refused is found on the system page, repaired there and sent again, and then it counts."""

from __future__ import annotations

import json
import time

from tests.e2e.deck import Deck
from tests.e2e.window import Window

BUOY = "sea-buoy-14"


def test_a_refused_record_is_repaired_and_counts(deck: Deck, browser: Window) -> None:
    told = {"sensor": BUOY, "metric": "disolved_oxygen", "value": 7.7, "time": round(time.time() * 1000), "unit": "mg/L"}
    deck.record("sea", json.dumps(told).encode(), BUOY)
    browser.waits(lambda: any("disolved" in each["reason"] for each in deck.json("/rejects")), "a refusal")
    browser.open("/system")
    row = '#rejects-grid .ag-row:has([col-id="reason"])'
    browser.holds(row, "unknown metric")
    browser.click(f'{row} [col-id="reason"]')
    browser.holds('[data-say="source"]', "city.sea")
    text = browser.element("[data-reject] textarea")
    assert json.loads(str(text.get_property("value"))) == told
    text.clear()
    text.send_keys(json.dumps(told | {"metric": "dissolved_oxygen"}))
    browser.click("[data-reject] .send")
    browser.holds("[data-confirm][open] pre", '"dissolved_oxygen"')
    browser.click("[data-confirm] .yes")
    browser.holds("[data-reject] .outcome", "Sent to city.sea")
    browser.open(f"/sensor/{BUOY}")
    browser.reads('[data-metric="dissolved_oxygen"] .value b', "7.7")


def test_what_is_still_wrong_is_not_sent(deck: Deck, browser: Window) -> None:
    deck.record("sea", b'{"sensor": "<img src=x onerror=window.harm=1>", "metric": 5}', BUOY)
    browser.waits(lambda: any("onerror" in each["value"] for each in deck.json("/rejects")), "a refusal")
    browser.open("/system")
    browser.holds("#rejects-grid .ag-row[row-index='0'] [col-id='value']", "<img src=x")
    browser.click("#rejects-grid .ag-row[row-index='0'] [col-id='reason']")
    browser.holds('[data-say="source"]', "city.sea")
    browser.click("[data-reject] .send")
    browser.forgive.append("/rejects/resend")  # the answer is an error, and the browser notes that
    browser.click("[data-confirm] .yes")
    browser.holds("[data-reject] .outcome", "Not sent")
    assert browser.js("return window.harm === undefined")
