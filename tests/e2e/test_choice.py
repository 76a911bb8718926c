"""Language and theme are chosen at run time, and remembered by the browser."""

from __future__ import annotations

from tests.e2e.deck import Deck
from tests.e2e.window import Window

BUOY = "sea-buoy-02"
WORDS = {
    "en": {'nav a[href="/domain/sea"]': "Sea", f'[data-stations="sea"] a[href="/sensor/{BUOY}"]': "Dapeng Bay Centre"},
    "zh": {'nav a[href="/domain/sea"]': "海洋", f'[data-stations="sea"] a[href="/sensor/{BUOY}"]': "大鹏湾中部"},
}
"""By language: a text that the server laid out, and one that a script composed."""


def read_in(browser: Window, language: str) -> None:
    for css, text in WORDS[language].items():
        browser.reads(css, text)


def test_the_language_is_switched_without_loading_anew_and_survives_a_reload(deck: Deck, browser: Window) -> None:
    deck.send("sea", BUOY, "dissolved_oxygen", 7.0)
    browser.open("/domain/sea")
    read_in(browser, "en")
    browser.js("window.before = true")
    browser.click('[data-set-language="zh"]')
    read_in(browser, "zh")
    assert browser.js("return window.before && document.documentElement.lang") == "zh-CN"
    browser.driver.refresh()
    browser.live()
    read_in(browser, "zh")
    browser.click('[data-set-language="en"]')
    read_in(browser, "en")


def test_the_theme_is_switched_and_survives_a_reload(browser: Window) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    browser.open("/system")
    dark = browser.js(ground)
    browser.click("[data-set-theme]")
    light = browser.js(ground)
    assert light != dark
    browser.driver.refresh()
    browser.live()
    assert browser.js(ground) == light
    browser.click("[data-set-theme]")
    assert browser.js(ground) == dark


def test_a_wall_screen_has_the_language_and_theme_of_its_record(browser: Window) -> None:
    browser.open("/wall/wall-1")  # English, dark
    browser.js("localStorage.setItem('citydeck-language', 'en'); localStorage.setItem('citydeck-theme', 'dark')")
    browser.open("/wall/wall-2")  # Chinese, light
    browser.reads("header h1", "大鹏")
    assert browser.js("return document.documentElement.dataset.theme") == "light"
