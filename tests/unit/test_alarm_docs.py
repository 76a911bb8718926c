"""docs/alarm.md says what the code does: its tables, the fields of a rule, and every number."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

import pytest

from model import PRIORITIES, Rule
from model.alarm import Mark, Outcome
from streams.flood import BEGINS_ABOVE, ENDS_BELOW, WINDOW_SECONDS
from streams.timer import SHELF_SECONDS, STALE_SECONDS
from tests.project import ROOT
from tools.draw_life import drawn

TEXT = (ROOT / "docs" / "alarm.md").read_text(encoding="utf-8")
BEFORE = ("key", "label", "on", "comparison", "limit", "priority", "span")
"""Fields of a rule that are about its condition alone, and stand in the integrator's page."""


def test_the_tables_are_those_of_the_code() -> None:
    assert drawn() in TEXT, "make them anew: python -m tools.draw_life"


@pytest.mark.parametrize("field", [field.name for field in fields(Rule) if field.name not in BEFORE])
def test_every_field_of_a_rule_is_told(field: str) -> None:
    assert re.search(rf"^\|[^|]*`{field}`", TEXT, re.MULTILINE)


def test_every_answer_and_mark_is_told() -> None:
    assert all(f"`{outcome}`" in TEXT for outcome in get_args(Outcome))
    assert all(f"| {mark} |" in TEXT for mark in get_args(Mark))


def test_the_numbers_are_those_of_the_code() -> None:
    hours = {900.0: "15 minutes", 3600.0: "1 h", 28_800.0: "8 h", 86_400.0: "24 h"}
    assert ", ".join(f"{hours[SHELF_SECONDS[priority]]} ({priority})" for priority in PRIORITIES) in TEXT
    assert (BEGINS_ABOVE, ENDS_BELOW, WINDOW_SECONDS, STALE_SECONDS) == (10, 5, 600.0, 86_400.0)
    assert "more than ten annunciated alarms in ten minutes, ends with fewer than five" in TEXT and "true for more than 24 h" in TEXT
