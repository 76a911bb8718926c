"""A bureau that is one file in the site's folder has its place on every screen. This deck runs on the embedded broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from selenium.webdriver import Chrome

from demo.broker import CLIENT, Broker
from demo.memory import RedisServer
from tests.e2e.conftest import visit
from tests.e2e.deck import COMMANDS, Deck
from tests.e2e.window import Window
from tests.integration.bureau import METER, city

CRITICAL = 1
KPI = '[data-kpi="noise/loudest"] .value'


@pytest.fixture(scope="module")
def own_deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The running deck of a city with a noise bureau."""
    folder = tmp_path_factory.mktemp("bureau")
    topics = dict.fromkeys(("city.sea", "city.land", "city.air", "city.traffic", "city.noise", "city.rejects"), 1)
    with Broker(topics) as broker, RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        deck = Deck(folder, city(folder), broker.bootstrap, redis.url, CLIENT)
        try:
            for name in COMMANDS:
                deck.start(name)
            deck.ready()
            yield deck
        finally:
            deck.stop()


@pytest.fixture
def browser(driver: Chrome, own_deck: Deck) -> Iterator[Window]:
    """A window on that deck."""
    yield from visit(driver, own_deck)


def acknowledged(deck: Deck) -> bool:
    """Acknowledges the alarm of the meter, as soon as there is one."""
    path, told = f"/api/v1/alarms/{quote('noise/loud|sensor:meter-1', safe='')}/ack", json.dumps({"occurrence": 1})
    return deck.browser.ask("POST", path, told, {"Content-Type": "application/json"})[0] in (200, 409)


def test_its_readings_arrive_on_the_overview_and_its_page(own_deck: Deck, browser: Window) -> None:
    browser.open("/")
    own_deck.send("noise", "meter-1", "level", 61.5, **METER)
    browser.reads(KPI, "61.5")
    browser.click('nav a[href="/domain/noise"]')
    browser.until("return document.getElementById('deck').dataset.page === 'domain-noise'", "its page")
    browser.live()
    browser.reads(KPI, "61.5")
    browser.holds('[data-stations="noise"]', "meter-1")
    browser.click('[data-set-language="zh"]')
    browser.reads('[data-kpi="noise/loudest"] .label', "最高声级")


def test_its_condition_is_on_the_line_on_the_map_and_in_the_list(own_deck: Deck, browser: Window) -> None:
    browser.open("/domain/noise")
    browser.map_ready()
    own_deck.send("noise", "meter-1", "level", 97, **METER)
    browser.reads("[data-line] .what", "Too loud 97.0 dB, limit 90.0")
    browser.waits(lambda: browser.state_on_map("meter-1") == CRITICAL, "its mark on the map")
    browser.click('[data-show="conditions"]')
    browser.click("[data-conditions] li")
    browser.holds('[data-say="action"]', "Send the night patrol.")
    own_deck.send("noise", "meter-1", "level", 60)
    browser.holds("[data-line] .what", "Too loud, back at 60.0 dB")
    browser.waits(lambda: acknowledged(own_deck), "an acknowledgement, without which it stays")
    browser.reads("[data-line] .what", "No active conditions")
    browser.waits(lambda: browser.state_on_map("meter-1") == 0, "an ordinary mark")
