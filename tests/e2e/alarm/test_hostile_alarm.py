"""Whatever people and other systems write about alarms is shown as it was written, runs nowhere and moves nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from callbacks.plain import plain
from model.person import User
from tests.door import PASSWORD
from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.project import ROOT

NAUGHTY = ROOT.parent / "shared" / "data" / "nasty" / "blns.json"
LOUD = (
    "<script>window.harm=1</script>",
    '"><img src=x onerror=window.harm=1>',
    "<svg onload=window.harm=1>",
    "</textarea></title><iframe srcdoc='<script>parent.harm=1</script>'>",
    "javascript:window.harm=1",
    "{{constructor.constructor('window.harm=1')()}} ${window.harm=1}",
    '=HYPERLINK("x","y") @SUM(1) +1 -1',
    "'; DROP TABLE event; --",
    "\u202egnp.exe \u2066x",
    "Ω≈ç√∫ ﷽ 大鹏 👩‍🚒 Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "x" * 300,
    "word " * 60,
)
CELL = (
    "const grid = citydeck.gridApi('alarms-grid'), node = grid.getRowNode(arguments[0]); if (node) grid.ensureNodeVisible(node);"
    ' return document.querySelector(`#alarms-grid [row-id="${CSS.escape(arguments[0])}"] [col-id=name]`)'
)
"""The cell of an alarm's name, brought into view: rows that nobody sees are not drawn, and rows move while alarms come."""
SHORT, MANY = 300, 400
"""Letters of an alarm's name, and how many of the naughty strings become alarms."""


def naughty() -> list[str]:
    """Our own and, where they stand beside the project, the collected ones."""
    found: list[str] = json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.exists() else []
    return [*LOUD, *found][:MANY]


def fired(place: int, text: str, status: str) -> dict[str, Any]:
    """An alert of Alertmanager with that text wherever it takes one."""
    now = datetime.now(UTC).isoformat()
    labels = {"alertname": text, "severity": "critical", text or "none": text, "area": text, "domain": text}
    told = {"summary": text, "description": text, "runbook_url": text, "summary_zh": text}
    return {
        "status": status,
        "labels": labels,
        "annotations": told,
        "startsAt": now,
        "endsAt": now,
        "fingerprint": f"n{place}",
        "generatorURL": text,
    }


def tell(deck: Deck, status: str) -> None:
    alerts = [fired(place, text, status) for place, text in enumerate(naughty())]
    body = json.dumps({"version": "4", "groupKey": LOUD[0], "externalURL": LOUD[1], "alerts": alerts})
    code, _, answer = deck.browser.ask("POST", "/api/v1/hooks/alertmanager", body, {"Content-Type": "application/json"})
    assert code == 200 and json.loads(answer)["refused"] == [], answer[:500]


def alarm(place: int) -> str:
    return f"outside/alertmanager|outside:alertmanager:n{place}"


@pytest.fixture(scope="module", autouse=True)
def strangers(deck: Deck) -> Iterator[None]:
    """An alarm for each of the texts; in the end they are over and acknowledged, so that nothing is left on the board."""
    child = deck.start("alarms")
    try:
        tell(deck, "firing")
        yield
        tell(deck, "resolved")
        targets = [{"alarm": alarm(place), "occurrence": 1} for place in range(len(naughty()))]
        post(deck, "/api/v1/alarms/ack", targets=targets)
    finally:
        deck.kill(child)


def post(deck: Deck, path: str, **body: Any) -> Any:
    code, _, answer = deck.browser.ask("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    assert code == 200, answer
    return json.loads(answer)


def unharmed(browser: Window) -> None:
    """Nothing ran, nothing was made of it, and the page is as wide as its window."""
    assert browser.js("return window.harm === undefined"), "a text was run as a script"
    assert browser.js("return document.querySelectorAll('#deck iframe, #deck img[src=x], #deck svg[onload]').length") == 0
    assert browser.js("return document.documentElement.scrollWidth <= innerWidth"), "the page became wider than its window"


def test_names_from_elsewhere_stand_in_the_list_as_they_were_written(browser: Window) -> None:
    browser.open("/alarms?domain=outside&fold=no")
    count = len(naughty())
    browser.until("return (citydeck.gridApi('alarms-grid')?.getDisplayedRowCount() || 0) >= arguments[0]", "every alarm", count)
    heights = set()
    for place, text in enumerate(LOUD):
        browser.until(f"{CELL}?.textContent === arguments[1]", f"{text!r} in its row", alarm(place), plain(text, SHORT))
        heights.add(browser.js(f"{CELL}.parentElement.offsetHeight", alarm(place)))
    assert len(heights) == 1
    unharmed(browser)


def test_notes_and_reasons_stand_in_the_past_of_an_alarm_as_they_were_written(deck: Deck, browser: Window) -> None:
    id = alarm(0)
    for text in LOUD:
        post(deck, f"/api/v1/alarms/{quote(id, safe='')}/comment", occurrence=1, note=text)
    post(deck, f"/api/v1/alarms/{quote(id, safe='')}/shelve", occurrence=1, note=LOUD[1], lasting=600)
    browser.open(f"/alarms?alarm={quote(id, safe='')}")
    browser.reads("[data-alarm] h2 .name", LOUD[0])
    for text in LOUD:
        said = "return document.querySelector('[data-alarm] .events')?.textContent.includes(arguments[0])"
        browser.until(said, f"{text!r} in the past", plain(text, 2000))
    browser.until("return document.querySelector('[data-alarm]').textContent.includes(arguments[0])", "the reason", LOUD[1])
    unharmed(browser)
    post(deck, f"/api/v1/alarms/{quote(id, safe='')}/unshelve", occurrence=1)


def test_names_from_elsewhere_do_no_harm_on_the_wall(browser: Window) -> None:
    browser.open("/wall/wall-1")
    browser.map_ready()
    told = "return citydeck.held('conditions').rows.some((row) => row.id.startsWith('outside/alertmanager|'))"
    browser.until(told, "one of them on the wall")
    unharmed(browser)


def test_a_display_name_is_shown_as_it_was_written(deck: Deck, browser: Window) -> None:
    deck.welcome(User(name="mallory", display=LOUD[1], role="supervisor"))
    browser.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})  # or signing in would end the session of the other tests
    browser.sign_in("mallory", PASSWORD, "/alarms")
    browser.live()
    browser.until("return document.querySelector('[data-who] .name')?.textContent === arguments[0]", "the name", LOUD[1])
    unharmed(browser)


def test_the_journal_shows_them_and_exports_no_formula(deck: Deck, browser: Window) -> None:
    id = alarm(0)
    formulas = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", " =1", "\u3000＝1", "=cmd|' /C calc'!A0", '"=1', "a\n=1", LOUD[0])
    for text in formulas:
        post(deck, f"/api/v1/alarms/{quote(id, safe='')}/comment", occurrence=1, note=text)
    browser.open(f"/alarms?show=journal&of={quote(id, safe='')}")
    shown = "return document.querySelector('[data-journal]').textContent.includes(arguments[0])"
    browser.until(shown, "the newest note", LOUD[0])
    unharmed(browser)
    exported = list(csv.reader(io.StringIO(browser.js("return citydeck.journal.csv()"), newline="")))
    assert {len(row) for row in exported} == {len(exported[0])}
    cells = [cell for row in exported for cell in row]
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝＋－＠") and cell.strip()] == []
    assert {plain(text, 2000) for text in formulas} <= {cell.removeprefix("'") for cell in cells}


def test_the_name_of_a_view_is_shown_as_it_was_written(deck: Deck, browser: Window) -> None:
    made = [post(deck, "/api/v1/views", label=text, query="show=open", shared=True) for text in (LOUD[0], LOUD[1], LOUD[6])]
    browser.open("/alarms")
    browser.element("[data-views]")
    browser.js("document.querySelector('[data-views]').open = true")
    for view in made:
        told = "return document.querySelector('[data-views]').textContent.includes(arguments[0])"
        browser.until(told, f"the view {view['label']!r}", view["label"])
    unharmed(browser)
    for view in made:
        assert deck.browser.ask("DELETE", f"/api/v1/views/{view['id']}")[0] == 204
