"""Two windows of one browser share one stream, each with the page it shows."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from pathlib import Path

from demo.port import LOOPBACK
from store.process import Process, processes
from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.until import until

WORKER = Path(__file__).parents[2] / "assets" / "live-worker.js"
FORGOTTEN = """
const streams = [], told = [];
let now = 0, sweep = null;
class EventSource { constructor(url) { this.url = url; streams.push(url); } addEventListener() {} close() { streams.push('closed'); } }
const self = {citydeck: {}}, Date = {now: () => now}, setInterval = (fn) => { sweep = fn; };
%s
const port = {start() {}, postMessage(message) { told.push(message); }};
self.citydeck.connect(port);
port.onmessage({data: {join: ['overview'], live: '/live/'}});
now = 200000;
sweep();
port.onmessage({data: {here: ['overview'], live: '/live/'}});
port.onmessage({data: {here: ['overview'], live: '/live/'}});
return streams;
"""
"""A window that sleeps for 200 s, by a clock of the test's own, and wakes."""
CLIENTS = "citydeck_live_clients"
LATELY = 3.0
"""Seconds since its last beat within which a web worker lives."""


def streams(deck: Deck) -> float:
    """Open streams, as every worker tells it from now on: a worker gives its figures away just before it beats."""
    asked = time.time()
    alive = {worker.id for worker in workers(deck) if worker.wall > asked - LATELY}
    until(lambda: all(worker.wall > asked + 0.1 for worker in workers(deck) if worker.id in alive), "a beat of every worker")
    return deck.figure(CLIENTS)


def workers(deck: Deck) -> list[Process]:
    return [process for process in processes(deck.client) if process.kind == "web"]


def test_two_windows_share_one_stream(deck: Deck, browser: Window) -> None:
    browser.open("/")
    until(lambda: streams(deck) == 1, "one stream")
    browser.driver.switch_to.new_window("tab")
    browser.open("/domain/air")
    until(lambda: streams(deck) == 1, "one stream for both")
    other = HTTPConnection(LOOPBACK, deck.port)  # the count does see a second browser
    other.request("GET", "/live/overview", headers=deck.browser.headers())
    answer = other.getresponse()
    until(lambda: streams(deck) == 2, "two streams")
    answer.close()
    other.close()
    deck.send("air", "air-station-02", "pm2_5", 17)
    browser.reads('[data-kpi="air/pm2_5_mean"] .value', "17")
    browser.driver.switch_to.window(browser.driver.window_handles[0])
    browser.reads('[data-kpi="air/pm2_5_mean"] .value', "17")


def test_a_window_that_slept_until_it_was_forgotten_joins_again(browser: Window) -> None:
    assert browser.js(FORGOTTEN % WORKER.read_text()) == ["/live/overview", "closed", "/live/overview"]
