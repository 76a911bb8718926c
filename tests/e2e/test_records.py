"""What the journal tells at the desk: the strip of alarm health, the search, saved views. Whatever somebody has written, it stays text."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import pytest

from model.alarm import Event
from store.schema import clean
from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.project import ROOT

ALARM, OTHER = "air/ozone_high|sensor:air-never-heard", "air/ozone_high|sensor:air-other"
DESK, AREA = "west", "futian"
FILE = ROOT.parent / "shared" / "data" / "nasty" / "blns.json"
LOUD = "<script>window.harm=1</script>"
"""What stands in place of the file where there is none, and what begins like a formula."""
HOSTILE = [
    LOUD,
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    'a"b,c\nd',
    "'quoted'",
    "大鹏湾 \u202e上升",
]
NOTES = HOSTILE + ([text for text in json.loads(FILE.read_text(encoding="utf-8")) if text] if FILE.exists() else [])
FORMULA = "=+-@\t\r＝＋－＠"


@pytest.fixture(scope="module", autouse=True)
def past(deck: Deck) -> None:
    """Twelve alarms at one desk within ten minutes, one of them often, and somebody who wrote every hostile text."""
    now, usual = time.time(), {"rule": "air/ozone_high", "domain": "air", "area": AREA, "priority": "high", "occurrence": 1}

    def event(alarm: str, source: str, **more: Any) -> Event:
        return Event(alarm=alarm, subject=alarm.partition("|")[2], source=f"e2e:{source}", **{**usual, **more})

    came = [
        event(ALARM if n < 9 else OTHER, f"came {n}", kind="raised", time=now - n, annunciated=True, value=251.0, limit=200.0)
        for n in range(12)
    ]
    said = [event(ALARM, f"said {n}", kind="commented", time=now - 1000 - n, actor="li", note=note) for n, note in enumerate(NOTES)]
    deck.happened([*came, *said])


def notes(browser: Window) -> list[str]:
    found: list[str] = browser.js("return [...document.querySelectorAll('[data-journal] td.note')].map((cell) => cell.textContent)")
    return found


def test_the_strip_tells_how_often_a_desk_is_called_and_by_what(browser: Window) -> None:
    browser.open(f"/alarms?desk={DESK}")
    browser.reads('[data-figure="recent"] .value', "12")
    assert browser.js("return document.querySelector('[data-figure=\"recent\"]').dataset.priority") == "H"
    browser.reads('[data-figure="day"] .value', "12")
    browser.reads('[data-figure="split"] .value', "0 : 0 : 100")
    browser.reads('[data-figure="top"] .value', "100 %")
    browser.click('[data-figure="top"]')
    browser.holds(".health-list li:first-child", "9 ×")
    browser.holds(".health-list li:first-child", "75 %")
    browser.click(".health-list li:first-child button")
    browser.until("return new URLSearchParams(location.search).get('filter') === 'sensor:air-never-heard'", "the grid filtered")
    browser.open("/alarms?desk=sea")
    browser.reads('[data-figure="recent"] .value', "0")


def test_the_strip_fits_a_small_desk_in_both_languages(browser: Window) -> None:
    browser.open("/alarms")
    browser.until("return document.querySelector('[data-figure=\"recent\"] .value').textContent !== '–'", "figures")
    for language in ("zh", "en"):
        browser.click(f'[data-set-language="{language}"]')
        wide = "const e = document.querySelector('[data-alarm-health]'); return [e.scrollWidth, e.clientWidth, innerWidth]"
        needed, given, window = browser.js(wide)
        assert needed <= given <= window


def test_the_journal_is_searched_read_page_by_page_and_saved_as_a_table(browser: Window) -> None:
    browser.open("/alarms?show=journal&person=li")
    browser.until("return document.querySelectorAll('[data-journal] td.note').length === Math.min(200, arguments[0])", "a page", len(NOTES))
    for page in range(200, len(NOTES), 200):
        browser.click("[data-journal] .more:not([hidden])")
        shown = min(len(NOTES), page + 200)
        browser.until("return document.querySelectorAll('[data-journal] td.note').length === arguments[0]", "the next page", shown)
    assert notes(browser) == [clean(note) for note in NOTES]
    assert browser.js("return window.harm === undefined")
    head, *rows = csv.reader(io.StringIO(browser.js("return citydeck.journal.csv()"), newline=""))
    assert (head[-1], len(rows)) == ("Note", len(NOTES))
    assert not any(cell.lstrip(" ").startswith(tuple(FORMULA)) for row in rows for cell in row)
    assert all(row[-1] in (note, "'" + note) for row, note in zip(rows, notes(browser), strict=True))
    browser.click('[data-journal] select[name="kind"] option[value="raised"]')
    browser.reads("[data-journal] .waiting", "Nothing was recorded that fits")
    assert "kind=raised" in browser.path() and "person=li" in browser.path()
    browser.click('[data-journal] button[name="clear"]')
    browser.until("return location.search === '?show=journal'", "an address that asks for nothing")
    browser.open(f"/alarms?show=journal&desk={DESK}&kind=raised&sensor=air-never")
    browser.until("return document.querySelectorAll('[data-journal] tbody tr').length === 0", "an exact name")
    browser.open(f"/alarms?show=journal&desk={DESK}&kind=raised&sensor=air-never-heard")
    browser.until("return document.querySelectorAll('[data-journal] tbody tr').length === 9", "what is called so")


def test_keys_do_nothing_to_an_alarm_that_the_journal_hides(browser: Window) -> None:
    browser.open("/alarms?show=journal")
    browser.until("return document.querySelectorAll('[data-journal] tbody tr').length", "the journal")
    browser.js("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', bubbles: true}))")
    assert browser.js("return !document.querySelector('dialog[open]')")


def test_a_view_is_saved_under_any_name_and_brings_its_filters_back(browser: Window) -> None:
    browser.open("/alarms?show=open&filter=oxygen")
    browser.click("[data-views] summary")
    browser.element('[data-views] input[name="label"]').send_keys(LOUD)
    browser.click("[data-views] .save")
    browser.reads("[data-views] .open .name", LOUD)
    browser.open("/alarms?show=shelved&area=futian")
    browser.click("[data-views] summary")
    browser.click("[data-views] .open")
    browser.until("return location.search === '?show=open&filter=oxygen'", "the filters of the view")
    browser.until("return document.querySelector('[data-tab=\"open\"]').getAttribute('aria-pressed') === 'true'", "its tab")
    browser.click("[data-views] summary")
    browser.click("[data-views] .remove")
    browser.reads("[data-views] .none", "Nothing is saved yet")
    assert browser.js("return window.harm === undefined")
