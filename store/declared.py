"""What was kept in the unit that was declared when it came, in the unit that is declared today.

A bureau may change the unit of a metric; files stay as they were written. What lies in a unit that does not turn into today's is no value
of the metric, and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model import Metric
from standards.unit import IncompatibleUnit, factor
from store.sheet import codes

VALUES = ("value", "mean", "min", "max", "last")
"""Columns that hold something in the row's unit."""
Scale = tuple[float, float] | None
"""What a value is to be multiplied by, and what is then to be added; None where nothing turns it."""


def scale(unit: str, metric: Metric) -> Scale:
    """What turns a unit into that of the metric."""
    try:
        return factor(unit, metric.unit)
    except IncompatibleUnit:
        return None


def turned(rows: pa.Table, metrics: Mapping[str, Metric]) -> pa.Table:
    """Rows of readings or minutes in the declared units; those that cannot be turned, and of metrics not declared, as they are."""
    rows = rows.unify_dictionaries().combine_chunks()
    return _turned(rows, dict(_odd(rows, metrics)), metrics)


def _turned(rows: pa.Table, odd: Mapping[tuple[str, str], Scale], metrics: Mapping[str, Metric]) -> pa.Table:
    found = {pair: how for pair, how in odd.items() if how is not None}
    if not found:
        return rows
    named, unit = rows["metric"].cast(pa.string()), rows["unit"].cast(pa.string())
    for (name, old), (times, plus) in found.items():
        mine = pc.and_(pc.equal(named, name), pc.equal(unit, old))
        for column in [each for each in VALUES if each in rows.column_names]:
            changed = pc.add(pc.multiply(rows[column], times), plus)
            rows = rows.set_column(rows.schema.get_field_index(column), column, pc.if_else(mine, changed, rows[column]))
        unit = pc.if_else(mine, metrics[name].unit, unit)
    return rows.set_column(rows.schema.get_field_index("unit"), "unit", unit.dictionary_encode()).cast(rows.schema).combine_chunks()


def held(rows: pa.Table, metrics: Mapping[str, Metric]) -> pa.Table:
    """The same without those that cannot be turned."""
    rows = rows.unify_dictionaries().combine_chunks()
    odd = dict(_odd(rows, metrics))
    rows = _turned(rows, odd, metrics)
    for name, unit in [pair for pair, how in odd.items() if how is None]:
        mine = pc.and_(pc.equal(rows["metric"].cast(pa.string()), name), pc.equal(rows["unit"].cast(pa.string()), unit))
        rows = rows.filter(pc.invert(mine))
    return rows


def _odd(rows: pa.Table, metrics: Mapping[str, Metric]) -> Iterator[tuple[tuple[str, str], Scale]]:
    """The metrics and units in which something lies that is not as declared, and what turns it."""
    if not rows.num_rows:
        return
    words = [rows[name].chunk(0).dictionary.to_pylist() for name in ("metric", "unit")]
    if all(unit == metrics[name].unit for name in words[0] if name in metrics for unit in words[1]):
        return  # mostly there is one metric, or one unit
    there = np.flatnonzero(np.bincount(codes(rows["metric"]) * len(words[1]) + codes(rows["unit"]))).tolist()
    for name, unit in ((words[0][each // len(words[1])], words[1][each % len(words[1])]) for each in there):
        if name in metrics and unit != metrics[name].unit:
            yield (name, unit), scale(unit, metrics[name])


def sql(rows: str, columns: Iterable[str], found: Iterable[tuple[str, str]], metrics: Mapping[str, Metric]) -> str:
    """The same of rows that a query gives, in whose `metric` and `unit` these pairs were found."""
    odd = {(name, unit): scale(unit, metrics[name]) for name, unit in found if name in metrics and unit != metrics[name].unit}
    if not odd:
        return rows
    these = {pair: f"metric = '{pair[0]}' AND unit = '{_quoted(pair[1])}'" for pair in odd}
    told = [(these[pair], how) for pair, how in odd.items() if how is not None]
    replaced = [
        f"CASE {' '.join(f'WHEN {mine} THEN {column} * {how[0]!r} + {how[1]!r}' for mine, how in told)} ELSE {column} END AS {column}"
        for column in columns
        if told
    ]
    lost = " OR ".join(f"({these[pair]})" for pair, how in odd.items() if how is None)
    chosen = f"* REPLACE ({', '.join(replaced)})" if replaced else "*"
    return f"SELECT {chosen} FROM ({rows})" + (f" WHERE NOT ({lost})" if lost else "")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
