"""Minutes of ten days in the order of their sensors, so that one sensor's year is read from forty places and not from fifteen hundred.

`ten/domain=<domain>/span=<first day>/<made of>-<number>.parquet`: the minutes of the 1st to the 10th, the 11th to the 20th, or the
rest of a month, of all partitions, sorted as everywhere. A row group holds whole series, a file some two hundred groups;
`<made of>-index.json` says with which series each file begins, and is written last. They are copies of the files of minutes, which
stay what counts: the name says of which they were made, and where those are others by now, readers pass over them and they are made
again. They may be deleted at any time.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain, count, islice

import numpy as np
import pyarrow as pa

from store.archive import files, folder
from store.day import DAY
from store.figure import made_of
from store.merge import Stopped
from store.minute import MINUTE
from store.sheet import Key, codes, merged, read, write_groups
from store.shelf import Shelf
from store.stretch import Stretch, standing

KIND, INDEX = "ten", "-index.json"
GROUP, GROUPS = 8_192, 200
"""Rows that are enough for a row group, and groups of a file: what is read to find one series, and what of a footer is read for that."""
Days = Mapping[date, Iterable[Stretch]]


def first_of(day: date) -> date:
    """The first of the ten days that a day is one of."""
    return day.replace(day=min((day.day - 1) // 10, 2) * 10 + 1)


def after(first: date) -> date:
    """The first of the ten days after those."""
    return first_of(first + timedelta(days=10)) if first.day < 21 else (first + timedelta(days=11)).replace(day=1)


def by_span(days: Days) -> dict[date, list[tuple[date, Stretch]]]:
    """By the first of ten days the files of minutes that count."""
    found: dict[date, list[tuple[date, Stretch]]] = {}
    for day in sorted(days):
        found.setdefault(first_of(day), []).extend((day, one) for one in standing(days[day]))
    return found


def name_of(held: Iterable[tuple[date, Stretch]]) -> str:
    """What is made of these is called so."""
    return made_of(one._replace(topic=f"{day}-{one.topic}") for day, one in held)


def _path(domain: str, first: date) -> str:
    return f"{KIND}/domain={domain}/span={first}"


def find(shelf: Shelf, domain: str, first: date, name: str, key: Key) -> str | None:
    """The file in which a series would be; empty where it is in none, None where there are no such files. Raises `OSError`."""
    try:
        with shelf.open(f"{_path(domain, first)}/{name}{INDEX}") as file:
            begins = [(metric, sensor) for metric, sensor in json.loads(file.read())]
    except FileNotFoundError:
        return None
    place = bisect_right(begins, key) - 1
    return f"{_path(domain, first)}/{_file(name, place)}" if place >= 0 else ""


def _file(name: str, number: int) -> str:
    return f"{name}-{number:05d}.parquet"


def tidy(shelf: Shelf, domain: str, today: date, going: Callable[[], bool]) -> date | None:
    """Makes the oldest ten days that are over and not made of their minutes as these are now; None where none are.

    Raises `OSError`, and `Stopped` when it is not to go on.
    """
    spans, held = by_span(files(shelf, "minute", domain)), _held(shelf, domain)
    for first in held.keys() - spans.keys():
        _forget(shelf, domain, first, but="")
    for first, sources in sorted(spans.items()):
        name = name_of(sources)
        if after(first) + DAY <= today and name not in held.get(first, ()):
            runs = [_rows(shelf, f"{folder('minute', domain, day)}/{one.name}", going) for day, one in sources]
            _make(shelf, domain, first, name, _groups(merged(runs)))
            return first
    return None


def _held(shelf: Shelf, domain: str) -> dict[date, list[str]]:
    """By the first of ten days the names of what is complete."""
    found: dict[date, list[str]] = {}
    for entry in shelf.list(f"{KIND}/domain={domain}"):
        names = found.setdefault(date.fromisoformat(entry.folder.rpartition("span=")[2]), [])
        if entry.name.endswith(INDEX):
            names.append(entry.name.removesuffix(INDEX))
    return found


def _make(shelf: Shelf, domain: str, first: date, name: str, groups: Iterator[pa.Table]) -> None:
    begins: list[Key] = []
    for number in count():
        some = next(groups, None)
        if some is None:
            break
        begins.append((some["metric"][0].as_py(), some["sensor"][0].as_py()))
        tables = chain([some], islice(groups, GROUPS - 1))
        shelf.put(f"{_path(domain, first)}/{_file(name, number)}", lambda file, tables=tables: write_groups(file, tables, MINUTE, {}))  # type: ignore[misc]
    shelf.put(f"{_path(domain, first)}/{name}{INDEX}", lambda file: file.write(json.dumps(begins).encode()))
    _forget(shelf, domain, first, but=name)


def _forget(shelf: Shelf, domain: str, first: date, but: str) -> None:
    for entry in shelf.list(_path(domain, first)):
        if not but or not entry.name.startswith(but):
            shelf.delete(entry.path)


def _rows(shelf: Shelf, path: str, going: Callable[[], bool]) -> Iterator[pa.Table]:
    with shelf.open(path) as file:
        for table in read(file):
            if not going():
                raise Stopped
            yield table


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of whole series, as few of them as make `GROUP` rows."""
    waiting: pa.Table | None = None
    for table in tables:
        waiting = table if waiting is None else pa.concat_tables([waiting, table])
        waiting = waiting.unify_dictionaries().combine_chunks()
        begins, done = _begins(waiting), 0
        for begin in begins[1:]:
            if begin - done >= GROUP:
                yield waiting.slice(done, begin - done)
                done = begin
        waiting = waiting.slice(done)
    if waiting is not None and waiting.num_rows:
        yield waiting


def _begins(rows: pa.Table) -> list[int]:
    """The places at which a series begins."""
    metric, sensor = codes(rows["metric"]), codes(rows["sensor"])
    return np.flatnonzero(np.append(True, (metric[1:] != metric[:-1]) | (sensor[1:] != sensor[:-1]))).tolist()
