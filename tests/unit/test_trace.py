"""What is drawn of the past: the least and the greatest kept, gaps as gaps, and the very same in every kind of file."""

from __future__ import annotations

import csv as comma
import io
import json
import random
from pathlib import Path

import openpyxl
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store.history import History
from store.trace import Rows, broken, columns, csv, listed, parquet, table, thinned, trusted, xlsx
from tests.project import ROOT
from tests.unit.past import BEGIN, METRICS, ZONE, Past, taken

SINCE = BEGIN / 1000
NAUGHTY = ROOT.parent / "shared" / "data" / "nasty" / "blns.json"


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past, source = Past(tmp_path), random.Random(3)
    seconds = [second for second in range(0, 7200, 5) if not 3000 <= second < 4200]
    past.write([("s", "level", BEGIN + second * 1000, round(source.gauss(0, 1), 3)) for second in seconds])
    return past


def raw(past: Past) -> Rows:
    return trusted(History(past.shelf, ZONE).series("sea", "s", METRICS["level"], SINCE, SINCE + 7200))


def minute(past: Past) -> Rows:
    return History(past.shelf, ZONE).minutes("sea", "s", METRICS["level"], SINCE, SINCE + 7200)


def test_the_least_and_the_greatest_are_kept(past: Past) -> None:
    values = list(past.found.values())
    for points in (8, 40, 300):
        shown = thinned(raw(past), points)["value"].to_pylist()
        assert len(shown) <= points and (min(shown), max(shown)) == (min(values), max(values))
        told = columns(thinned(minute(past), points))
        assert told.num_rows <= points
        assert (min(told["min"].to_pylist()), max(told["max"].to_pylist())) == (min(values), max(values))


def test_nothing_is_thinned_that_fits(past: Past) -> None:
    assert thinned(raw(past), 10_000).num_rows == len(past.found)


def test_a_gap_is_an_empty_row_however_thin(past: Past) -> None:
    for points in (8, 10_000):
        shown = columns(broken(raw(past), thinned(raw(past), points), 15.0))
        empty = [time for time, value in zip(*(listed(shown)[name] for name in ("time", "value")), strict=True) if value is None]
        assert empty == [BEGIN + 2_995_001]
        assert listed(shown)["time"] == sorted(listed(shown)["time"])


def test_no_more_gaps_than_rows_are_told(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.write([("s", "level", BEGIN + second * 1000, float(second % 7)) for hour in range(200) for second in (hour * 60, hour * 60 + 1)])
    rows = raw(past)
    thin = columns(broken(rows, thinned(rows, 8), 5.0))
    assert thin.num_rows <= 2 * 8 and None in listed(thin)["value"]


def gaps(tmp_path: Path, seconds: list[int]) -> list[int]:
    """After which of these seconds the line of a sensor that is to speak every 20 s is broken."""
    past = Past(tmp_path)
    past.write([("s", "level", BEGIN + second * 1000, 1.0) for second in seconds])
    rows = History(past.shelf, ZONE).series("sea", "s", METRICS["level"], SINCE, SINCE + 86_400)
    told = listed(columns(broken(rows, thinned(rows, 10_000), 60.0)))
    return [(time - BEGIN) // 1000 for time, value in zip(told["time"], told["value"], strict=True) if value is None]


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        ([0, 3600], [0]),
        ([0, 20, 3600, 3620], [20]),
        ([0, 20, 40, 3600, 7200, 7220], [40, 3600]),
        ([*range(0, 9000, 300)], []),
        ([*range(0, 9000, 300), *range(18_000, 27_000, 300)], [8700]),
        ([*range(0, 9000, 300), *range(9000, 10_000, 20)], []),
        ([*range(0, 2000, 20), *range(3000, 5000, 20)], [1980]),
    ],
)
def test_a_slower_rhythm_is_no_gap_and_silence_is(tmp_path: Path, seconds: list[int], found: list[int]) -> None:
    assert gaps(tmp_path, seconds) == found


def test_what_is_not_trusted_is_no_value(tmp_path: Path) -> None:
    past = Past(tmp_path)
    past.archive.write("sea", ("city.sea", 0), 0, 1, taken([("s", "level", BEGIN, 5.0)], quality=2))
    assert raw(past).num_rows == 0
    assert thinned(minute(past), 10).num_rows == 0 and minute(past).num_rows == 1


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    past = Past(tmp_path)
    for rows in (raw(past), minute(past)):
        shown = columns(broken(rows, thinned(rows, 10), 15.0))
        assert shown.num_rows == 0 and csv(shown) and xlsx(shown) and parquet(shown)


def test_every_kind_of_file_says_the_same(past: Past) -> None:
    for rows in (raw(past), minute(past)):
        shown = columns(broken(rows, thinned(rows, 50), 130.0))
        told = listed(shown)
        files = [
            pandas.read_csv(io.BytesIO(csv(shown))),
            pq.read_table(io.BytesIO(parquet(shown))).to_pandas(),
        ]
        for name in [one for one in told if one not in ("time", "quality")]:
            for file in files:
                assert [None if pandas.isna(each) else each for each in file[name]] == pytest.approx(told[name])
        assert xlsx(shown)[:2] == b"PK"


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not here")
def test_every_naughty_name_comes_out_as_text() -> None:
    names = [name for name in json.loads(NAUGHTY.read_text(encoding="utf-8")) if 0 < len(name) <= 256]
    rows = columns(pa.table({"time": pa.array([BEGIN], pa.timestamp("ms", "UTC")), "value": [1.0]}))
    told = [{"alarm": name, "time": 1.0, "kind": "raised", "priority": "high", "value": 1.0, "limit": 2.0} for name in names]
    made = table([({"series": f"sensor:sea/x/{name}", "unit": "m", "kind": "raw", "shift": 0.0}, rows) for name in names], told)
    series = [f"sensor:sea/x/{name}" for name in names] + [f"alarm:{name}" for name in names]
    assert pq.read_table(io.BytesIO(parquet(made)))["series"].to_pylist() == series
    lines = list(comma.DictReader(io.StringIO(csv(made).decode(), newline="")))
    assert [line["series"] for line in lines] == series
    assert not any(str(cell).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for line in lines for cell in line.values())
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(made))).active
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert len([cell for cell in cells if str(cell.value).startswith(("sensor:", "alarm:"))]) == len(series)
