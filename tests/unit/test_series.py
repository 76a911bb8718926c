"""One series out of a file: all its rows and no others, however the file is cut, with filters and extremes or without."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store.merge import Kept, Merger
from store.series import Finder
from store.sheet import RAW
from tests.unit.past import BEGIN, METRICS, PLACE, Past

NAMES = [(metric, f"s-{partition}-{number}") for metric in ("level", "noise", "wind") for partition in (0, 1) for number in range(6)]


def check(past: Past, finder: Finder) -> None:
    """Every series in every file, those that it has not among them."""
    paths = [entry.path for entry in past.shelf.list("raw")]
    for path in paths:
        with past.shelf.open(path) as file:
            rows = pq.read_table(file).to_pylist()
        for metric, sensor in NAMES:
            found = pa.concat_tables([RAW.empty_table(), *finder.parts(path, (metric, sensor), RAW)])
            assert found.schema == RAW
            assert found.to_pylist() == [row for row in rows if (row["metric"], row["sensor"]) == (metric, sensor)]


@pytest.fixture(params=[7, 1 << 15])
def past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Past:
    monkeypatch.setattr("store.sheet.ROW_GROUP", request.param)
    past = Past(tmp_path)
    past.send(4)
    past.send(2, partition=1)
    Merger(past.archive, Kept(raw=30, minute=60)).tidy("sea", PLACE, METRICS, BEGIN / 1000 + 200_000, 0.0)
    return past


def test_a_series_is_found_whole_the_first_time_and_again(past: Past) -> None:
    finder = Finder(past.shelf)
    check(past, finder)
    check(past, finder)


def test_few_footers_are_remembered(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.series.MOST_GROUPS", 3)
    check(past, Finder(past.shelf))


def test_files_without_filters_are_read_too(past: Past) -> None:
    for entry in past.shelf.list("raw"):
        with past.shelf.open(entry.path) as file:
            rows = pq.read_table(file)
        pq.write_table(rows, past.shelf.path(entry.path), row_group_size=50, write_statistics=["sensor", "metric", "time"])
    check(past, Finder(past.shelf))


def test_a_file_that_was_merged_away_is_told(past: Past) -> None:
    (entry, *_) = past.shelf.list("raw")
    past.shelf.delete(entry.path)
    with pytest.raises(FileNotFoundError):
        Finder(past.shelf).parts(entry.path, ("level", "s-0-1"), RAW)
