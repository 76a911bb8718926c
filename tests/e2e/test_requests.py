"""No kind of page asks anybody but the deck for anything. Every other test asks this of the pages it opens, too."""

from __future__ import annotations

from tests.e2e.window import Window

PAGES = ("/", "/domain/traffic", "/sensor/not%2Flisted", "/system", "/wall/wall-1")


def test_no_page_asks_anybody_else(browser: Window) -> None:
    for path in PAGES:
        browser.open(path)
        urls = set(browser.requests())
        assert browser.base + path in urls
        assert browser.foreign(urls) == set()
