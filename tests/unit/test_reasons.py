"""Why a reading is refused: the reason's word, then what was wrong and what would be right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domains import load
from streams.decode import native
from streams.normalise import normalise
from streams.series import Series
from tests.unit.city import START

BUREAUS = load()
GOOD: dict[str, Any] = {"sensor": "a", "metric": "ph", "value": 8, "time": round(START * 1000)}


def reason(**wrong: Any) -> str:
    columns, refused = native([json.dumps({**GOOD, **wrong}).encode()])
    return [*refused, *normalise(columns, Series(BUREAUS["sea"], {}), START)[1]][0].reason


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"unit": "mg/L"}, "incompatible_unit: mg/L; ph has no unit"),
        ({"metric": "salinity", "unit": "m"}, "incompatible_unit: m; salinity is in psu"),
        ({"lat": 22.5}, "impossible_coordinate: lon is missing"),
        ({"lon": 114.5}, "impossible_coordinate: lat is missing"),
        ({"lon": 22.5, "lat": 114.5}, "impossible_coordinate: lat 114.5 is not within -90 to 90; lon and lat look exchanged"),
        ({"lon": 190, "lat": 22.5}, "impossible_coordinate: lon 190 is not within -180 to 180"),
        ({"lon": 114.5, "lat": -91}, "impossible_coordinate: lat -91 is not within -90 to 90"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_expected(wrong: dict[str, Any], said: str) -> None:
    assert reason(**wrong) == said


def test_an_unknown_metric_is_told_with_those_there_are() -> None:
    known = [metric.key for metric in BUREAUS["sea"].metrics]
    said = reason(metric="noise")
    assert said.startswith(f"unknown_metric: noise; known are {', '.join(known[:12])} and ")
    assert said.endswith(f" and {len(known) - 12} more") and len(said) < 400


def test_a_long_unit_does_not_push_out_what_is_expected() -> None:
    assert reason(unit="x" * 100_000).endswith("; ph has no unit")


@pytest.mark.parametrize("value", [b"", b" \n"])
def test_an_empty_message_is_called_empty(value: bytes) -> None:
    assert native([value])[1][0].reason == "undecodable: is empty"
