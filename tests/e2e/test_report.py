"""A manager signs in and exports yesterday: the report on the screen, in both languages, and the file it is saved as."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from demo.memory import RedisServer
from model import ReplayClock
from store.clock import publish
from store.connect import connect
from store.day import begin
from tests.door import PASSWORD, Browser
from tests.e2e.window import NoBrowser, Window, chromium
from tests.integration.web import Web, web
from tests.report import DAY, City

LINK = "return [...document.querySelectorAll('.report .files a')].find((each) => each.textContent === arguments[0]).href"
REPORTS = """
const menu = document.querySelector('.records');
if (!menu) return false;
menu.open = true;
const link = menu.querySelector('[href="/reports"]');
if (!link || !link.offsetParent) return false;
link.click();
return true;
"""
WHY = "document.querySelector('.report .shown > .waiting')?.dataset.why"
FIELD = "document.querySelector('.report input').value"


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web over a city with two days of history, on the morning after them."""
    town = City(tmp_path_factory.mktemp("city"))
    town.simulate(DAY - timedelta(1), 1800.0)
    town.simulate(DAY)
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis, connect(redis.url) as client:
        publish(client, ReplayClock(wall=time.time(), event=begin(DAY + timedelta(1), town.zone) / 1000 + 3600 * 8, rate=1.0))
        folder = tmp_path_factory.mktemp("web")
        with web(redis.url, folder, workers=1, database=town.database, CITYDECK_HISTORY=str(town.folder / "history")) as deck:
            yield deck
    town.engine.dispose()


@pytest.fixture
def manager(deck: Web, tmp_path: Path) -> Iterator[Window]:
    try:
        driver = chromium(tmp_path / "profile")
    except NoBrowser as reason:
        pytest.skip(f"no browser: {reason}")
    window = Window(driver, f"http://127.0.0.1:{deck.port}")
    window.sign_in("manager", PASSWORD)
    yield window
    driver.quit()


def shown(window: Window, what: str) -> Any:
    return window.until(f"const found = document.querySelector('.report {what}'); return found && found.textContent", what)


def saved(deck: Web, window: Window, ending: str) -> bytes:
    """What the link of a file gives to who is signed in there."""
    address = window.js(LINK, ending)
    browser = Browser(deck.port)
    browser.cookies = {each["name"]: each["value"] for each in window.cookies()}
    parts = urlsplit(address)
    status, headers, body = browser.ask("GET", f"{parts.path}?{parts.query}")
    assert status == 200 and "attachment" in headers.get("Content-Disposition", "attachment")
    return body


def test_a_manager_exports_yesterday(deck: Web, manager: Window) -> None:
    manager.until(REPORTS, "the way to the reports")
    title = shown(manager, ".paper h2")
    assert title in ("Dapeng, daily report", "大鹏日报")
    manager.js("window.citydeck.setLanguage('en')")
    manager.until("return document.querySelector('.report .paper h2').textContent === 'Dapeng, daily report'", "English")
    assert "Thursday 19 November 2026" in shown(manager, ".paper header p") and shown(manager, ".beside b") == "Simulated data"
    assert manager.js("return document.querySelectorAll('.report .domain').length") == 4
    assert manager.js("return document.querySelectorAll('.report .domain .bar').length") >= 4 * 20
    manager.js("window.citydeck.setLanguage('zh')")
    manager.until("return document.querySelector('.report .paper h2').textContent === '大鹏日报'", "Chinese")
    assert saved(deck, manager, "PDF").startswith(b"%PDF") and saved(deck, manager, "XLSX").startswith(b"PK")
    assert "大鹏日报" in saved(deck, manager, "CSV").decode("utf-8-sig")
    assert b'"facts"' in saved(deck, manager, "JSON")


def test_another_day_is_chosen_and_stands_in_the_address(manager: Window) -> None:
    yesterday = str(DAY - timedelta(1))
    manager.until(REPORTS, "the way to the reports")
    shown(manager, ".paper h2")
    manager.driver.get(f"{manager.base}/reports?date={yesterday}")
    manager.until(f"return document.querySelector('.report .paper p') && {FIELD} === arguments[0]", "that day", yesterday)
    assert "18" in shown(manager, ".paper header p")
    manager.js("document.querySelector('.report [data-span=weekly]').click()")
    manager.until(f"return {WHY} === 'absent'", "that nothing is held of the last week that is over")
    assert manager.js(f"return {FIELD}") == str(DAY - timedelta(DAY.weekday() + 1))
    assert "span=weekly" in manager.js("return location.search")
    manager.driver.get(f"{manager.base}/reports?span=weekly&date={yesterday}")
    manager.until(f"return {WHY} === 'early'", "that this week is not over")


def test_reports_are_not_for_who_watches(deck: Web) -> None:
    other = Browser(deck.port)
    other.sign_in("viewer", PASSWORD)
    assert other.ask("GET", "/reports")[0] == 403
    assert other.ask("GET", f"/api/v1/reports/daily?date={DAY}")[0] == 403
