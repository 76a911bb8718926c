"""What a reader of the history remembers of files: no more than it says, however many it is asked for."""

from __future__ import annotations

import gc
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa

from store.archive import folder
from store.history import MOST_BYTES, SMALL_ROWS, History
from store.stretch import Stretch
from tests.unit.past import BEGIN, PLACE, ZONE, Past


def test_many_small_files_take_no_more_memory_than_is_allowed(tmp_path: Path) -> None:
    past, count = Past(tmp_path), 150
    past.write([("a", "level", BEGIN, 1.0), *(("b", "level", BEGIN + number * 1000, 1.0) for number in range(SMALL_ROWS - 1))])
    first, place = Path(past.shelf.path(past.shelf.list("raw")[0].path)), folder("raw", "sea", date(2026, 11, 20))
    for number in range(1, count):
        begins = number * SMALL_ROWS
        shutil.copy(first, past.shelf.path(f"{place}/{Stretch(*PLACE, begins, begins + SMALL_ROWS, 'last').name}"))
    gc.collect()
    before, history = pa.total_allocated_bytes(), History(past.shelf, ZONE)
    for _ in range(2):
        assert history.series("sea", "a", "level", BEGIN / 1000, BEGIN / 1000 + 60).num_rows == 1
        assert MOST_BYTES / 2 < pa.total_allocated_bytes() - before <= MOST_BYTES
