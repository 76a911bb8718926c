"""A person signs in, is told when they may not, is seen in the header, and signs out; the form needs no script."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.window import Window

WRONG = "The name or the password is wrong."


@pytest.fixture
def stranger(browser: Window) -> Window:
    """A window in which nobody is signed in."""
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    return browser


def test_a_person_signs_in_is_seen_and_signs_out(stranger: Window) -> None:
    browser = stranger
    browser.forgive += ["401"]
    browser.driver.get(browser.base + "/domain/sea?x=1#y")
    assert browser.path() == "/login?next=/domain/sea%3Fx%3D1#y"
    browser.element('input[name="name"]').send_keys("operator")
    browser.element('input[name="password"]').send_keys("not the password", Keys.ENTER)
    browser.reads(".said", WRONG)
    assert browser.js("return document.querySelector('input[name=name]').value") == "operator"
    assert browser.js("return document.activeElement.name") == "password"
    browser.element('input[name="password"]').send_keys(PASSWORD, Keys.ENTER)
    browser.live()
    assert browser.path().startswith("/domain/sea?x=1")
    browser.reads("[data-who] summary", "Operator")
    browser.click('[data-set-language="zh"]')
    browser.reads("[data-who] summary", "值班员")
    browser.click("[data-who] summary")
    browser.reads("[data-who] .account", "operator")
    browser.click("[data-leave]")
    browser.until("return location.pathname === '/login'", "the form")
    browser.reads("button", "登录")
    browser.driver.get(browser.base + "/")
    assert browser.path() == "/login?next=/"


def test_who_was_signed_out_elsewhere_is_led_to_the_form_and_back(deck: Deck, stranger: Window) -> None:
    browser = stranger
    browser.forgive += ["401", "503"]
    browser.sign_in("manager", PASSWORD, "/system")
    browser.live()
    browser.js("window.before = true")
    browser.driver.execute_cdp_cmd("Network.deleteCookies", {"name": "citydeck", "url": browser.base})
    browser.js("citydeck.heard = () => 60")  # as if no frame had come for long
    browser.until("return location.pathname === '/login'", "the form")
    assert browser.path() == "/login?next=/system"
    browser.element('input[name="name"]').send_keys("manager")
    browser.element('input[name="password"]').send_keys(PASSWORD, Keys.ENTER)
    browser.live()
    assert browser.path() == "/system"


def test_a_viewer_may_look_and_not_send_again(deck: Deck, stranger: Window) -> None:
    browser = stranger
    browser.forgive += ["403"]
    browser.sign_in("viewer", PASSWORD, "/system")
    browser.live()
    post = """
      const headers = {...citydeck.pledge(), 'Content-Type': 'application/json'}, done = arguments[0];
      fetch('/rejects/resend', {method: 'POST', headers, body: '{}'}).then(async (answer) => done([answer.status, await answer.json()]));
    """
    status, said = browser.driver.execute_async_script(post)
    assert (status, said["detail"]) == (403, "this is not for your role")
    assert browser.js("return [citydeck.may('viewer'), citydeck.may('operator'), document.documentElement.dataset.role]") == [
        True,
        False,
        "viewer",
    ]


def test_the_form_works_without_scripts(stranger: Window) -> None:
    browser = stranger
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(browser.base + "/login?next=/system")
        browser.driver.find_element("css selector", '[lang="zh-CN"]').click()
        browser.driver.find_element("css selector", "[data-set-theme]").click()
        browser.driver.find_element("name", "name").send_keys("viewer")
        browser.driver.find_element("name", "password").send_keys(PASSWORD, Keys.ENTER)
        browser.waits(lambda: browser.path() == "/system", "the page asked for")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_language_and_theme_of_the_form_are_those_of_the_deck(stranger: Window) -> None:
    browser = stranger
    browser.driver.get(browser.base + "/login")
    dark = browser.js("return getComputedStyle(document.body).backgroundColor")
    browser.click("[data-set-theme]")
    browser.until("return document.documentElement.dataset.theme === 'light'", "the light theme")
    assert browser.js("return getComputedStyle(document.body).backgroundColor") != dark
    browser.click('[data-set-language="zh"]')
    browser.reads("button", "登录")
    browser.sign_in("viewer", PASSWORD)
    browser.live()
    assert browser.js("return [document.documentElement.dataset.theme, document.documentElement.lang]") == ["light", "zh-CN"]


def test_a_wall_screen_is_paired_and_shows_nothing_of_people(deck: Deck, stranger: Window) -> None:
    browser = stranger
    browser.open(f"/wall/wall-1?token={deck.pair('wall-1')}")
    assert browser.path() == "/wall/wall-1"
    assert browser.js("return document.querySelector('[data-who]') === null && !document.cookie.includes('citydeck')")
