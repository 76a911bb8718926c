"""Bloom filters as pyarrow writes them: no word that is there is missed, whatever its length, and most others are."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from store import bloom

WORDS = ["", "a", "abc", "abcd", "abcdefgh", "sea-buoy-00001", "海浮-07", *("深圳湾" * n + "x" * (n % 9) for n in range(3, 40))]


def written(words: list[str], room: int) -> bytes:
    file = io.BytesIO()
    table = pa.table({"sensor": pa.array(words).dictionary_encode()})
    pq.write_table(table, file, bloom_filter_options={"sensor": {"ndv": room, "fpp": 0.1}})
    column = pq.ParquetFile(file).metadata.row_group(0).column(0)
    return file.getvalue()[column.bloom_filter_offset :][: column.bloom_filter_length]


@pytest.mark.parametrize("room", [1, 50, 3000])
def test_what_is_there_is_never_missed(room: int) -> None:
    words = [*WORDS, *(f"s-{number}" for number in range(room))]
    filter = bloom.bits(written(words, room))
    assert len(filter) & len(filter) - 1 == 0 and all(bloom.may_hold(filter, word) for word in words)


def test_most_of_what_is_not_there_is_told() -> None:
    filter = bloom.bits(written([f"s-{number}" for number in range(2500)], 2500))
    assert sum(bloom.may_hold(filter, f"t-{number}") for number in range(10_000)) < 1500
