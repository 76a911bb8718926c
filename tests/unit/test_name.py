"""What letters and packs call a value: with its unit, a time as a time."""

from __future__ import annotations

import pytest

from domains import city
from domains.system import PROCESS_DEAD, SYSTEM
from streams.name import Names
from tests.project import ROOT


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(*city.read(ROOT / "demo" / "site"))


@pytest.mark.parametrize(
    ("rule", "value", "shown"),
    [
        ("sea/oxygen_low", 3.91, "3.9 mg/L"),
        ("sea/oxygen_low", None, "-"),
        ("sea/oxygen_stuck", 2700.0, "45 min"),
        ("sea/oxygen_stuck", 3779.1, "1 h 3 min"),
        ("sea/oxygen_silent", 3600.0, "1 h"),
        ("sea/level_jump", 2.5, "2.50 m/h"),
        (f"{SYSTEM}/{PROCESS_DEAD.key}", 6.2, "6 s"),
        ("elsewhere/rule", 1.0, "1.0"),
    ],
)
def test_a_value_has_its_unit(names: Names, rule: str, value: float | None, shown: str) -> None:
    assert names.value(rule, value) == shown
