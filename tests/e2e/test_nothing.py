"""A new city: no base map, no list of sensors, and bureaus that have not sent anything. Nothing is told that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from demo.broker import CLIENT, Broker
from demo.memory import RedisServer
from tests.e2e.conftest import visit
from tests.e2e.deck import COMMANDS, Deck
from tests.e2e.window import Window
from tests.integration.line import SITE

UNHEARD = "No reading has arrived yet"


@pytest.fixture(scope="module")
def own_deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The running deck of that city."""
    folder = tmp_path_factory.mktemp("nothing")
    (folder / "site.toml").write_text(SITE.replace("bureaus = []", 'bureaus = ["air", "sea"]'))
    topics = dict.fromkeys(("city.sea", "city.air", "city.rejects"), 1)
    with Broker(topics) as broker, RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        deck = Deck(folder, folder, broker.bootstrap, redis.url, CLIENT)
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


def test_before_the_first_reading_no_page_says_that_all_is_well(browser: Window) -> None:
    browser.open("/")
    browser.reads("[data-line] .what", UNHEARD)
    browser.open("/domain/air")
    browser.reads("[data-line] .what", UNHEARD)
    browser.holds('[data-stations="air"]', "No station is listed and none has reported")
    browser.click('[data-show="conditions"]')
    browser.holds('[data-conditions="air"]', UNHEARD)
    browser.open("/system")
    browser.holds(".health", f"{UNHEARD} from Sea, Air")


def test_a_site_without_a_base_map_has_its_map(browser: Window) -> None:
    browser.open("/")
    browser.map_ready()
    assert browser.js("return citydeck.map.state().problem") is None
    assert browser.text(".map-sentence") == ""


def test_a_sensor_that_nobody_knows_is_said_to_be_unknown(browser: Window) -> None:
    browser.open("/sensor/nope")
    browser.holds(".sensor-body", "No such sensor has been heard")
    assert browser.js("return document.querySelector('.sensor-body .panes').offsetHeight") == 0


def test_after_the_first_reading_the_silent_bureau_is_named(own_deck: Deck, browser: Window) -> None:
    own_deck.send("air", "roof-1", "temperature", 21.5, lon=114.4, lat=22.6)
    browser.open("/")
    browser.reads("[data-line] .what", "No active conditions")
    browser.open("/domain/air")
    browser.reads('[data-stations="air"] tbody .name', "roof-1")
    browser.reads('[data-stations="air"] tbody .value', "–")
    assert (browser.text('[data-stations="air"] > .waiting'), browser.text('[data-stations="air"] .more')) == ("", "")
    browser.open("/system")
    browser.holds(".health", f"{UNHEARD} from Sea")
    assert "feeds live" not in (browser.text(".health") or "")
    browser.open("/sensor/roof-1")
    browser.reads('[data-metric="temperature"] .value b', "21.5")
    assert browser.text(".unheard") == ""
