"""A sensor's past as it is drawn and exported: no more rows than asked for, its least and greatest kept, gaps as gaps."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import xlsxwriter
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tsdownsample import MinMaxDownsampler

from model import QUALITIES
from store.sheet import stamps

Rows: TypeAlias = pa.Table
FEWEST = 8
STEADY = 8
"""So many steps of about the same length are a rhythm."""
BATCH = 10_000
"""Rows that are written at a time."""


def trusted(rows: Rows) -> Rows:
    """Readings without those that are not to be trusted: they are kept, and not drawn."""
    return rows.filter(pc.is_in(rows["quality"].cast(pa.string()), pa.array(QUALITIES[: QUALITIES.index("bad")])))


def thinned(rows: Rows, points: int) -> Rows:
    """At most `points` of the rows (`value` of readings, `mean`, `min`, `max` of minutes), the least and the greatest of each stretch.

    Rows without a value stay away: they are gaps.
    """
    low, high = (_told(rows, name) for name in ("min", "max"))
    held = np.flatnonzero(~np.isnan(low))
    if len(held) <= points:
        return rows.take(pa.array(held))
    ms = stamps(rows["time"])[held]
    pairs = max(points, FEWEST) // 4 * 2
    thin = MinMaxDownsampler()  # type: ignore[no-untyped-call]  # its constructor says nothing of what it takes
    chosen = [thin.downsample(ms, column[held], n_out=pairs) for column in (low, high)]
    return rows.take(pa.array(held[np.unique(np.concatenate(chosen)).astype(np.int64)]))


def _told(rows: Rows, name: str) -> NDArray[np.float64]:
    """Of each row the value by that name; its mean, last or only value where it has none."""
    columns = [rows[each] for each in (name, "mean", "last", "value") if each in rows.column_names]
    told: NDArray[np.float64] = pc.coalesce(*columns).to_numpy()
    return told


def broken(all_rows: Rows, shown: Rows, apart: float) -> Rows:
    """The shown rows, and an empty one between two of them where two rows with a value that follow each other are more than `apart`
    seconds apart.

    Who spoke steadily but seldomer for some time left no gaps meanwhile: there a gap is three times as long as that rhythm.
    """
    held = stamps(all_rows["time"])[~np.isnan(_told(all_rows, "min"))]
    steps = np.diff(held)
    after = held[:-1][steps > np.maximum(apart * 1000, 3 * _rhythm(steps))] + 1
    if not len(after):
        return shown
    between = np.searchsorted(stamps(shown["time"]), after)
    after = after[np.append(True, between[1:] != between[:-1])]  # one breaks the line as well as many
    empty = pa.table({"time": pa.array(after, shown.schema.field("time").type)})
    joined = pa.concat_tables([shown, empty], promote_options="default")
    return joined.take(pa.array(np.argsort(stamps(joined["time"]), kind="stable")))


def _rhythm(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """By step the least of the steady ones it is among; 0 where it is among none."""
    if len(steps) < STEADY:
        return np.zeros_like(steps)
    least = sliding_window_view(steps, STEADY).min(axis=1)
    return sliding_window_view(np.pad(least, STEADY - 1), STEADY).max(axis=1)  # type: ignore[no-any-return]


def columns(rows: Rows) -> Rows:
    """What is told of each row: its time and value, of readings their quality, of minutes (`value` is their mean) what they are made of."""
    told = pa.table({"time": rows["time"]})
    if "value" in rows.column_names:
        told = told.append_column("value", rows["value"])
        return told.append_column("quality", rows["quality"].cast(pa.string())) if "quality" in rows.column_names else told
    told = told.append_column("value", pc.coalesce(rows["mean"], rows["last"]))
    for name in ("min", "max", "last"):
        told = told.append_column(name, pc.coalesce(rows[name], rows["mean"]))
    return told.append_column("count", rows["count"]).append_column("share", rows["share"].cast(pa.float64()))


TABLE = pa.schema(
    [
        ("time", pa.timestamp("ms", "UTC")),
        ("series", pa.string()),
        ("unit", pa.string()),
        ("kind", pa.string()),
        ("shift", pa.float64()),
        ("value", pa.float64()),
        ("min", pa.float64()),
        ("max", pa.float64()),
        ("last", pa.float64()),
        ("count", pa.int32()),
        ("share", pa.float64()),
        ("quality", pa.string()),
        ("event", pa.string()),
        ("priority", pa.string()),
        ("limit", pa.float64()),
    ]
)
"""A picture of several series as one table. `kind` says what a row is: a reading (`raw`), a `minute`, a `figure` of five minutes, or the
coming or end of an `alarm`; `shift` is how many seconds later it was drawn than it was. A row of a series without a value is a gap.
"""


def table(parts: Sequence[tuple[Mapping[str, Any], Rows]], alarms: Sequence[Mapping[str, Any]]) -> Rows:
    """`TABLE` of what `columns` told of each series, with what is the same in all of its rows, and of alarm events."""
    made = [
        pa.table({**{name: rows[name] for name in rows.column_names}, **{name: [value] * rows.num_rows for name, value in same.items()}})
        for same, rows in parts
    ]
    told = ("value", "priority", "limit")
    came = [
        {"time": round(one["time"] * 1000), "series": f"alarm:{one['alarm']}", "kind": "alarm", "event": one["kind"]}
        | {name: one[name] for name in told}
        for one in alarms
    ]
    events = pa.Table.from_pylist(came, schema=pa.schema([TABLE.field(name) for name in ("time", "series", "kind", "event", *told)]))
    return pa.concat_tables([_whole(each) for each in (*made, events)])


def _whole(rows: Rows) -> Rows:
    """All columns of `TABLE`, empty where there is nothing of it."""
    empty = {field.name: pa.nulls(rows.num_rows, field.type) for field in TABLE}
    return pa.table({name: rows[name] if name in rows.column_names else column for name, column in empty.items()}).cast(TABLE)


def listed(rows: Rows) -> dict[str, list[Any]]:
    """Columns as lists, times in milliseconds since the epoch."""
    return {name: stamps(rows[name]).tolist() if name == "time" else _list(rows[name]) for name in rows.column_names}


def _list(column: pa.ChunkedArray) -> list[Any]:
    """Its values, None where there is none. Arrow's own way takes ten times as long, in which nothing else of the process runs."""
    if pa.types.is_string(column.type):
        words = column.combine_chunks().dictionary_encode()
        held, column = [*words.dictionary.to_pylist(), None], words.indices.fill_null(len(words.dictionary))
        return [held[place] for place in column.to_numpy().tolist()]
    told = column.fill_null(0).to_numpy()
    empty = column.is_null(nan_is_null=True).to_numpy()
    found: NDArray[np.object_] = np.where(empty, np.array(None), told)
    return found.tolist()  # type: ignore[no-any-return]


def csv(rows: Rows) -> bytes:
    """Comma-separated, times in UTC (RFC 3339), nothing where there is no value."""
    file = io.BytesIO()
    text = pc.strftime(rows["time"], format="%Y-%m-%dT%H:%M:%SZ")
    pyarrow.csv.write_csv(rows.set_column(0, "time", text), file)
    return file.getvalue()


def parquet(rows: Rows) -> bytes:
    """The rows as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(rows, file, compression="zstd")
    return file.getvalue()


def xlsx(rows: Rows) -> bytes:
    """The rows as a sheet; times in UTC, as a sheet knows no zones."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, stamp = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.set_column(0, 0, 20)
        sheet.write_row(0, 0, ["time (UTC)", *rows.column_names[1:]])
        for start in range(0, rows.num_rows, BATCH):
            columns = [column.to_pylist() for column in rows.slice(start, BATCH).columns]
            for row, (time, *cells) in enumerate(zip(*columns, strict=True), start + 1):
                sheet.write_datetime(row, 0, time.replace(tzinfo=None), stamp)
                sheet.write_row(row, 1, cells)
    return file.getvalue()


EXPORTS: Mapping[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
    "parquet": ("application/vnd.apache.parquet", parquet),
}
"""By the ending of a file's name, what it is and what makes it."""
