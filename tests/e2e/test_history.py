"""A person looks into the past of a sensor: from its page, over a day, beside the day before; and takes along what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.deck import Deck
from tests.e2e.window import Window

BUOY, OTHER, METRIC = "history-buoy", "sea-buoy-13", "water_temperature"
WAVES = "history-waves"
DAY = 86_400
PLOT = "document.querySelector('[data-history] .js-plotly-plot')"
LINES = f"""
const plot = {PLOT};
return (plot && plot.data || []).filter((trace) => trace.mode === 'lines' && trace.hovertemplate)
  .map((trace) => [Array.from(trace.x), Array.from(trace.y), trace.line.dash]);
"""
COMPARE = """
const select = document.querySelector('[data-compare] select');
select.value = arguments[0];
select.dispatchEvent(new Event('change', {bubbles: true}));
"""
Line = tuple[list[float], list[float | None], str]


@pytest.fixture(scope="module", autouse=True)
def written(deck: Deck) -> Iterator[None]:
    """The history has two hours of two buoys, of today and of the same time yesterday, with half an hour missing."""
    child = deck.start("history")
    for minute in range(120):
        if not 60 <= minute < 90:
            for buoy, add in ((BUOY, 0.0), (OTHER, 5.0)):
                deck.send("sea", buoy, METRIC, 20.0 + add + minute / 100, age=minute * 60)
            deck.send("sea", BUOY, METRIC, 18.0 + minute / 100, age=DAY + minute * 60)
            deck.send("sea", WAVES, "wave_height", 6.0, age=minute * 60)
    deck.arrived(OTHER, METRIC, 25.0)
    yield
    deck.end(child)


def drawn(window: Window, *counts: int) -> list[Line]:
    """The lines of the picture, when they have so many values each."""
    found = list[Line]()

    def there() -> bool:
        found[:] = window.js(LINES)
        return [len(values(line)) for line in found] == list(counts)

    window.waits(there, f"lines of {counts} values")
    return found


def values(line: Line) -> list[float]:
    return [value for value in line[1] if value is not None]


def test_from_the_sensor_to_its_day_beside_the_day_before_and_into_a_file(deck: Deck, browser: Window, tmp_path: Path) -> None:
    browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    browser.open(f"/sensor/{BUOY}")
    browser.until(
        "const link = document.querySelector('.sensor-body [data-history-link]'); return Boolean(link && !link.hidden)",
        "a link to its past",
    )
    browser.click(".sensor-body [data-history-link]")
    browser.holds("[data-history] .shown", BUOY)
    (line,) = drawn(browser, 90)
    assert line[1].count(None) == 1, "half an hour is a gap"
    assert (min(values(line)), max(values(line))) == (20.0, 21.19)

    browser.js(COMPARE, "1")
    today, before = drawn(browser, 90, 90)
    assert "compare=1" in browser.path()
    assert max(values(before)) == 19.19
    assert max(abs(one - other) for one, other in zip(sorted(today[0]), sorted(before[0]), strict=True)) < 60, "laid over each other"

    browser.click('[data-history] [data-file="csv"]')
    file = browser.waits(lambda: next(iter(tmp_path.glob("history-*.csv")), None), "a file")
    rows = pandas.read_csv(file)
    assert set(rows["series"]) == {f"sensor:sea/{METRIC}/{BUOY}"}
    for line, shift in ((today, 0), (before, DAY)):
        told = rows[(rows["shift"] == shift) & rows["value"].notna()]
        assert list(told["value"]) == values(line)
    address = browser.path()
    browser.open(address)
    assert [values(one) for one in drawn(browser, 90, 90)] == [values(today), values(before)], "the address shows the same"


def test_with_the_keyboard_alone(deck: Deck, browser: Window) -> None:
    browser.open("/history")
    browser.holds("[data-history] .chart .waiting", "Add a sensor")
    body = browser.element("body")
    body.send_keys("/")
    field = browser.element(".finder input")
    browser.waits(lambda: browser.driver.switch_to.active_element == field, "the field")
    for word in (BUOY, OTHER):
        field.send_keys(word)
        browser.until("return document.querySelectorAll('.finder li[data-row]').length === 1", f"{word} is found")
        field.send_keys(Keys.ENTER)
        browser.until("return document.querySelector('.finder li[data-row] b')?.textContent.includes('temperature')", "what it has")
        field.send_keys(Keys.ENTER)
        browser.until("return document.querySelector('.finder .found').hidden", "the list is closed")
    browser.js("document.activeElement.blur()")
    drawn(browser, 90, 90)
    assert strips(browser) == 2
    body.send_keys("v")
    browser.until(f"return Object.keys({PLOT}.layout).filter((name) => name.startsWith('yaxis')).length === 1", "one picture")
    before = span(browser)
    body.send_keys("-")
    browser.waits(lambda: span(browser) != before, "a longer period")
    wide = span(browser)
    assert wide[1] - wide[0] == pytest.approx(2 * (before[1] - before[0]), rel=0.01)
    body.send_keys(Keys.ARROW_LEFT)
    browser.waits(lambda: span(browser)[1] < wide[1], "an earlier period")
    assert {"view=one", "from="} <= {part for part in ("view=one", "from=") if part in browser.path()}


def test_what_a_bureau_is_known_by_is_one_press_away(deck: Deck, browser: Window) -> None:
    browser.open("/history")
    browser.click("[data-history] .begin button")
    browser.until("return location.search.includes('kpi%3Asea%2F') || location.search.includes('kpi:sea/')", "the first figure of the sea")
    browser.until("return document.querySelector('[data-history] .begin').hidden", "no more to begin with")
    browser.holds("[data-history] .shown", "Sea")


def test_a_limit_that_was_passed_is_in_the_picture(deck: Deck, browser: Window) -> None:
    browser.open(f"/history?of=sensor:sea/wave_height/{WAVES}&last=7200")
    browser.until(f"const plot = {PLOT}; return Boolean(plot && plot.layout.yaxis.range[0] <= 2.5)", "the axis reaches the limit")


def test_what_is_not_there_is_told(deck: Deck, browser: Window) -> None:
    browser.open("/history?of=sensor:sea/ph/nobody&last=3600")
    browser.holds("[data-history] .chart .waiting", "No reading is kept of this period")
    browser.open("/history?of=sensor:moon/ph/nobody")
    browser.holds("[data-history] .chart .waiting", "There is no sensor:moon/ph/nobody")
    browser.click("[data-history] .shown [data-remove]")
    browser.holds("[data-history] .chart .waiting", "Add a sensor")


def test_a_key_figure_and_the_alarm_of_the_desk(deck: Deck, browser: Window) -> None:
    browser.open("/history?of=kpi:sea/oxygen_lowest&of=alarm:sea/oxygen_low|sensor:sea-buoy-13&last=86400")
    browser.holds("[data-history] .shown", "Lowest oxygen")
    browser.holds("[data-history] .shown", "Alarm: Low oxygen")


def strips(window: Window) -> int:
    found: int = window.js(f"return Object.keys({PLOT}.layout).filter((name) => name.startsWith('yaxis')).length")
    return found


def span(window: Window) -> Any:
    return window.js(f"return {PLOT}.layout.xaxis.range")
