"""A manager tunes a rule that chatters: tried on the history, put in force, seen by everybody, taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from store.archive import Archive, Taken
from store.shelf import Shelf
from tests.e2e.conftest import seated
from tests.e2e.deck import Deck
from tests.e2e.window import Window
from tests.until import until

BUOY, RULE = "sea-buoy-03", "sea/oxygen_low"
CYCLES = 12
"""Of three minutes too low and five well above, in the last hours; then ten minutes too low."""


def remember(folder: Path) -> None:
    """Readings of one buoy every half minute."""
    low = [3.1] * 6 + [6.4] * 10
    values = np.array(low * CYCLES + [3.1] * 20 + [6.4] * 10)
    begin = (time.time() - len(values) * 30) // 60 * 60
    ms = ((begin + np.arange(len(values)) * 30) * 1000).astype(np.int64)
    none = np.zeros(len(values), np.uint8)
    names, units = [("dissolved_oxygen", BUOY)], {"dissolved_oxygen": "mg/L"}
    taken = Taken(names=names, units=units, series=none.astype(np.int64), ms=ms, filed=ms, value=values, quality=none, origin=none)
    Archive(Shelf(str(folder)), ZoneInfo("Asia/Shanghai")).write("sea", ("city.sea", 0), 0, len(values), taken)


@pytest.fixture
def manager(deck: Deck, tmp_path: Path) -> Iterator[Window]:
    """A browser in which a manager is signed in, while the process that tries is there."""
    remember(deck.history)
    child = deck.start("tuning")
    yield from seated(deck, tmp_path, "manager")
    deck.end(child)


def told(deck: Deck) -> dict[str, Any]:
    """The rule as the API tells it."""
    sea = next(each for each in deck.json("/api/v1/domains")["domains"] if each["key"] == "sea")
    found: dict[str, Any] = next(rule for rule in sea["rules"] if rule["key"] == "oxygen_low")
    return found


def types(window: Window, css: str, text: str) -> None:
    """Puts a text in the place of what stands in a field."""
    field = window.element(css)
    field.clear()
    field.send_keys(text)


def test_a_manager_tunes_a_chattering_rule(manager: Window, deck: Deck) -> None:
    manager.open(f"/tuning?rule={RULE}")
    manager.holds("[data-tuning] .asked .tuned", "on-delay 1 min")
    types(manager, '[data-tuning] .numbers input[name="on_delay"]', "240")
    types(manager, '[data-tuning] .numbers input[name="days"]', "2")
    manager.click('[data-tuning-act="try"]')
    manager.holds("[data-tuning] .sentence", f"With on-delay 4 min, {CYCLES + 1} alarms of the last 1 h")  # there is no more to look at
    manager.holds("[data-tuning] .sentence", "would have been 1, the longest delay 3 min 00 s.")
    manager.holds("[data-tuning] .answer .more", f"{CYCLES} would not have come at all")
    manager.click('[data-tuning-act="apply"]')
    manager.holds("[data-tuning] .asked .outcome", "Say why")
    types(manager, '[data-tuning] .apply input[name="note"]', "<b>tide</b> race at the probe")
    manager.click('[data-tuning-act="apply"]')
    manager.holds("[data-tuning] .asked .outcome", "In force, recorded")
    rule = until(lambda: (rule := told(deck))["on_delay"] == 240.0 and rule, "the number that everybody is told")
    assert rule["tuned"]["author"] == "manager" and rule["tuned"]["authored"] == {"on_delay": 60.0}
    manager.holds("[data-tuning] .asked .tuned", "its author wrote on-delay 1 min. Why: <b>tide</b> race at the probe")
    manager.open(f"/sensor/{BUOY}")
    manager.holds('[data-tuned="sensor"]', "Tuned by manager")
    manager.open("/tuning")
    types(manager, "[data-tuning] .force .back input", "probe was moved")
    manager.click("[data-tuning] .force .back button")
    manager.holds("[data-tuning] .asked .outcome", "As its author wrote it, recorded")
    until(lambda: told(deck)["on_delay"] == 60.0 and "tuned" not in told(deck), "the author's number")
