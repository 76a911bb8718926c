"""Bytes to columns: whatever comes, good elements count, bad ones are refused by a known reason, and nothing raises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.decode import REASONS, Refused, elements, native
from streams.instant import MANY

NASTY = Path(__file__).parents[2].parent / "shared" / "data" / "nasty"
GOOD = b'{"sensor": "a", "metric": "oxygen", "value": 6.21, "time": "2026-11-20T07:00:00.250Z"}'


@pytest.mark.skipif(not NASTY.is_dir(), reason="no recorded files beside the checkout")
def test_hostile_files_are_refused_and_their_neighbours_count() -> None:
    files = [path.read_bytes() for path in sorted(NASTY.rglob("*.json"))]
    columns, refused = native([GOOD, *files, GOOD])
    assert len(files) > 100
    assert list(columns.record[[0, -1]]) == [0, len(files) + 1]
    assert len(columns.sensor) == 2
    assert {one.reason.partition(":")[0] for one in refused} <= set(REASONS)


def test_a_bad_element_names_its_place() -> None:
    columns, refused = native([b"[" + GOOD + b', {"sensor": 1}, ' + GOOD + b"]"])
    assert columns.element.tolist() == [0, 2]
    assert [(one.record, one.element) for one in refused] == [(0, 1)]
    assert elements(b"[1, 2]") == [b"1", b"2"]


def test_a_time_with_an_offset_and_one_in_milliseconds_are_the_same() -> None:
    other = GOOD.replace(b'"2026-11-20T07:00:00.250Z"', b"1795158000250")
    shifted = GOOD.replace(b"T07:00:00.250Z", b"T15:00:00.250+08:00")
    assert set(native([GOOD, other, shifted])[0].time) == {1795158000.25}


class Reading(msgspec.Struct):
    """The native message, its time read at once."""

    sensor: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    metric: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    value: float | None
    time: Annotated[datetime, msgspec.Meta(tz=True)] | float
    unit: str | None = None
    lon: float | None = None
    lat: float | None = None
    quality: Literal["good", "suspect", "bad", "missing"] | None = None


BAD = (msgspec.DecodeError, TypeError, RecursionError, UnicodeDecodeError)


def straight(values: Sequence[bytes | None]) -> tuple[list[tuple[int, int, Reading]], list[Refused]]:
    """What `native` finds, one by one: (record, element, reading) and refusals."""
    found, refused = [], []
    for record, value in enumerate(values):
        try:
            raws = msgspec.json.decode(value or b"", type=list[msgspec.Raw])
        except BAD:
            try:
                found.append((record, -1, msgspec.json.decode(value or b"", type=Reading | list[Reading])))
            except BAD as error:
                wrong = "no value" if value is None else str(error)[:200] if value.strip() else "is empty"
                refused.append(Refused(record, None, f"undecodable: {wrong}"))
            continue
        for place, raw in enumerate(raws):
            try:
                found.append((record, place, msgspec.json.decode(raw, type=Reading)))
            except BAD as error:
                refused.append(Refused(record, place, f"undecodable: {str(error)[:200]}"))
    return found, refused


def at(time: datetime | float) -> float:
    return time.timestamp() if isinstance(time, datetime) else time / 1000 if time >= 1e11 else float("nan")


def member(name: str, *values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values).map(f'"{name}": {{}}'.format)


TIMES = (
    '"2026-11-20T07:00:00.250Z"', '"2026-11-20T07:00:00+08:00"', '"2026-11-20t07:00:00z"', '"2026-11-20 07:00:00Z"',
    '"2026-11-20T07:00:00"', '"2026-11-20T07:00:00\\u005a"', '"2026-11-20T07:00:60Z"', '"2026-11-20T24:00:00Z"',
    '"2026-02-30T00:00:00Z"', '"2026-13-01T00:00:00Z"', '"２026-11-20T07:00:00Z"', '"1795158000250"', '""', '"\\ud800"', '"\\n"',
    "1795158000250", "1795158000250.5", "1.5e12", "99999999999", "1e11", "-1", "18446744073709551616", "9" * 60, "1e400", "01",
    "true", "null", "[]", "{}",
)  # fmt: skip
good = st.just(GOOD.decode())
odd = st.tuples(
    member("sensor", '"a"', '"b"', '""', "1"),
    member("metric", '"oxygen"', '"oxygen"', "null"),
    member("value", "6.5", "null", '"6"', "NaN"),
    member("time", *TIMES),
    member("unit", '"mg/L"', "null", "1") | member("more", "[1]"),
    member("quality", '"bad"', "null", '"fine"') | member("lon", "114.5", "true"),
)
timed = st.sampled_from(TIMES).map('{{"sensor": "c", "metric": "oxygen", "value": 1, "time": {}}}'.format)
element = (
    good | timed | odd.flatmap(st.permutations).map(lambda members: "{" + ", ".join(members) + "}") | st.sampled_from(["1", "null", "[]"])
)
record = element | st.lists(element, max_size=8).map(lambda found: "[" + ", ".join(found) + "]") | st.sampled_from(["", "[{]"])


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(record, max_size=6), lost=st.booleans(), copies=st.sampled_from([1, MANY]))
def test_a_batch_is_what_its_elements_are_one_by_one(texts: list[str], lost: bool, copies: int) -> None:
    values = [*(text.encode() for text in texts), *([None, b'{"sensor": "\xff"}', b'"\xff'] if lost else [])]
    columns, refused = native(values * copies)
    expected, more = straight(values)
    size, spread = len(values), range(copies)
    assert refused == [one._replace(record=one.record + size * turn) for turn in spread for one in more]
    assert columns.record.tolist() == [place + size * turn for turn in spread for place, _, _ in expected]
    assert columns.element.tolist() == [place for _, place, _ in expected] * copies
    readings = [reading for _, _, reading in expected] * copies
    for name in ("sensor", "metric", "unit"):
        assert list(getattr(columns, name)) == [getattr(reading, name) for reading in readings]
    assert np.array_equal(columns.time, np.array([at(reading.time) for reading in readings]), equal_nan=True)
    assert np.array_equal(columns.value, np.array([reading.value for reading in readings], np.float64), equal_nan=True)
