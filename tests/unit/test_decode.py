"""Bytes to columns: whatever comes, good elements count, bad ones are refused by a known reason, and nothing raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.decode import REASONS, elements, native

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
