"""The readings of whole days in memory, as the time machine looks at them: sorted by series and time, each once.

A file of the history is read once and never changes, so what is held of a day only grows by the files that came since. Partitions whose
readings are kept no more are made of their minutes. Reading takes a second a day for a million readings: a thread's work.

Where the days held are more than `MOST_ROWS`, those that nobody looks at go, and of the day before one that is looked at only that stays
which moments of the next day look at: its five minutes, its last hours, and the newest readings of each series.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model import ORIGINS, QUALITIES, Domain
from store.archive import folder
from store.day import DAY, begin, day_of, days
from store.declared import held as declared
from store.history import History, without_readings
from store.minute import roll_up
from store.row import MINUTE, NONE, SHIFT, SPAN, Numbers, Rows, behind, joined
from store.sheet import sifted, stamps
from store.stretch import Stretch, parse, standing

MINUTE_MS = 60_000
MOST_ROWS = 12_000_000
"""Readings of a domain held at once, 22 bytes each; its five minutes count three times. One day that is looked at may be more."""
TAIL_SECONDS = 7_800.0
"""Of the end of a day: the two hours for which minutes are kept, and a window of five."""
COLUMNS = ["sensor", "metric", "time", "value", "quality", "origin", "unit"]
MINUTES = ["sensor", "metric", "time", "count", "mean", "min", "max", "last", "origin", "unit"]


class Day:
    """One local day: its trusted readings, those that are not, and which were missing."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self._end = start, end
        """Seconds since 1970 at which it begins and ends."""
        self.short = False
        """Whether only what later days look at is left."""
        self.fives: tuple[int, Mapping[int, tuple[Numbers, NDArray[np.void]]]] | None = None
        """Of which version its five minutes were made, and those by start; who looks at it makes them."""
        self.rows = {"good": NONE, "bad": NONE, "missing": NONE}
        self.held: list[Stretch] = []
        self.earliest: list[float] = []
        """Of each time that files were taken in, their earliest reading, in seconds since 1970."""
        self._minutes: dict[str, tuple[Numbers, NDArray[np.int32]]] = {}
        """By kind where each minute begins in the places of the rows by minute, and those places."""

    def __len__(self) -> int:
        fives = self.fives[1].values() if self.fives else ()
        return sum(len(rows.key) for rows in self.rows.values()) + 3 * sum(len(series) for series, _ in fives)

    @property
    def version(self) -> int:
        """How often files were taken in."""
        return len(self.earliest)

    def lacks(self, there: Iterable[Stretch]) -> list[Stretch]:
        """The files that reach further than what is held: what was merged holds nothing new, and nothing comes in between."""
        reached: dict[tuple[str, int], int] = {}
        for one in self.held:
            reached[one[:2]] = max(reached.get(one[:2], 0), one.next)
        return [one for one in there if one.next > reached.get(one[:2], -1)]

    def clear(self) -> None:
        """Lets go of all that is held, to be taken in anew."""
        self.rows, self.held, self._minutes = dict.fromkeys(self.rows, NONE), [], {}
        self.earliest.append(self.start)

    def take(self, stretches: Iterable[Stretch], found: Sequence[Rows]) -> None:
        """Takes in what files hold; of two readings of a sensor for one time the one taken in later counts."""
        self.held += stretches
        whole = behind(found)
        earliest = float(whole.ms.min()) / 1000 if len(whole.key) else SPAN
        self.earliest.append(self.start + earliest)
        for name, new in _sorts(whole).items():
            self.rows[name] = joined(self.rows[name], new)
        self._correct()
        self._minutes = {}

    def between(self, name: str, since: float, until: float) -> Rows:
        """The rows of a kind in [since, until], seconds since 1970, to the millisecond."""
        first, last = round((since - self.start) * 1000), round((until - self.start) * 1000)
        rows = self.rows[name]
        if last < 0 or first >= SPAN or not len(rows.key):
            return NONE
        if name not in self._minutes:
            minute = (rows.ms // MINUTE_MS).astype(np.uint16)  # of two bytes, which are sorted by counting
            begins = np.append(0, np.cumsum(np.bincount(minute, minlength=SPAN // MINUTE_MS + 1)))
            self._minutes[name] = begins, np.argsort(minute, kind="stable").astype(np.int32)
        begins, places = self._minutes[name]
        found = np.sort(places[begins[max(first, 0) // MINUTE_MS] : begins[min(last, SPAN - 1) // MINUTE_MS + 1]])
        ms = rows.key[found] & (SPAN - 1)
        return rows.where(found[(ms >= first) & (ms <= last)])

    def shorten(self) -> None:
        """Lets go of what moments of later days do not look at, once its five minutes are made."""
        for name, rows in self.rows.items():
            last = np.append(rows.series[1:] != rows.series[:-1], True)[: len(rows.key)]
            kept = last | (rows.ms >= (self._end - self.start - TAIL_SECONDS) * 1000)
            kept[:-1] |= last[1:]  # the newest but one tells how often it speaks
            self.rows[name] = rows.where(kept)
        self._minutes, self.short = {}, True

    def _correct(self) -> None:
        """A reading that came again with another quality is one reading still: what is good goes before."""
        good = self.rows["good"].key
        for name in ("bad", "missing"):
            rows = self.rows[name]
            place = np.searchsorted(good, rows.key)
            again = place < len(good)
            again[again] = good[place[again]] == rows.key[again]
            if again.any():
                self.rows[name] = rows.where(~again)


def _sorts(rows: Rows) -> dict[str, Rows]:
    """By what they are good for; mostly all are good."""
    bad = QUALITIES.index("bad")
    odd = np.flatnonzero(rows.quality >= bad)
    if not len(odd):
        return {"good": rows}
    kind = rows.quality[odd]
    return {"good": rows.where(rows.quality < bad), "bad": rows.where(odd[kind == bad]), "missing": rows.where(odd[kind > bad])}


class Reel:
    """The days of one domain. Every call raises `OSError` when the history does not answer."""

    def __init__(self, history: History, domain: Domain) -> None:
        self._history, self.domain = history, domain.key
        self._metrics = {metric.key: metric for metric in domain.metrics}
        self._days: OrderedDict[date, Day] = OrderedDict()
        self._looked: WeakKeyDictionary[object, list[date]] = WeakKeyDictionary()
        """By who looks the days they look at, of which they need the last as a whole."""
        self.digest: Callable[[Day], object] | None = None
        """Makes the five minutes of a day, before it is shortened; without it none is."""
        self._number: dict[tuple[str, str], int] = {}
        self.names: list[tuple[str, str]] = []
        """(sensor, metric) by series; a series keeps its number, and a list that has grown is another list."""

    def days(self, since: float, until: float, anew: bool = True, who: object = None) -> list[Day]:
        """The days between two moments, oldest first; with `anew` files that came since are looked for in those held already.

        They stay while `who` lives and looks at no others. Of short ones nothing new is looked for.
        """
        wanted = days(day_of(since, self._history.zone), day_of(until, self._history.zone))
        if who is not None:
            self._looked[who] = wanted
        found = []
        for day in wanted:
            found.append(self._day(day, anew, whole=day == wanted[-1]))
            self._fit([*self._looked.values(), wanted])
        return found

    def lacks(self, moment: float) -> bool:
        """Whether the day of a moment would have to be read, and there is room for it beside the others."""
        return day_of(moment, self._history.zone) not in self._days and 2 * sum(map(len, self._days.values())) < MOST_ROWS

    def first(self) -> float | None:
        """The moment at which the history of the domain begins: that of its oldest day; None when there is none."""
        paths = [entry.folder for kind in ("minute", "raw") for entry in self._history.shelf.list(folder(kind, self.domain))]
        oldest = min((path.rpartition("date=")[2] for path in paths), default="")
        return begin(date.fromisoformat(oldest), self._history.zone) / 1000 if oldest else None

    def _day(self, day: date, anew: bool, whole: bool) -> Day:
        held = self._days.get(day)
        if held is None or (held.short and whole):
            held, anew = Day(*(begin(each, self._history.zone) / 1000 for each in (day, day + DAY))), True
        self._days[day] = held
        self._days.move_to_end(day)
        if anew and not held.short:
            self._history.again(lambda: self._look(day, held))
        return held

    def _look(self, day: date, held: Day) -> None:
        raw, minute = (self._standing(kind, day) for kind in ("raw", "minute"))
        minute = without_readings(raw, minute)
        rolled = {one[:2] for one in minute}
        new = held.lacks([*raw, *minute])
        if any(one[:2] in rolled for one in new):  # what came late for minutes is told by minutes, too
            held.clear()
            new = [*raw, *minute]
        if new:
            found = [self._rows(self._table(day, "raw", one), "raw", held.start) for one in new if one[:2] not in rolled]
            late = [self._table(day, "raw", one) for one in new if one[:2] in rolled and one not in minute]
            tables = [roll_up(sifted(pa.concat_tables(late)), self._metrics)] if late else []
            tables += [self._table(day, "minute", one) for one in minute if one in new]  # of two for one minute these count
            held.take(new, [*found, *(self._rows(table, "minute", held.start) for table in tables)])
            pa.default_memory_pool().release_unused()  # Arrow would keep as much as the readings take

    def _standing(self, kind: str, day: date) -> list[Stretch]:
        return standing(one for entry in self._history.shelf.list(folder(kind, self.domain, day)) if (one := parse(entry.name)))

    def _table(self, day: date, kind: str, one: Stretch) -> pa.Table:
        with self._history.shelf.open(f"{folder(kind, self.domain, day)}/{one.name}") as file:
            return declared(pq.read_table(file, columns=COLUMNS if kind == "raw" else MINUTES), self._metrics).combine_chunks()

    def _rows(self, table: pa.Table, kind: str, start: float) -> Rows:
        if not table.num_rows:
            return NONE
        after = stamps(table["time"]) - round(start * 1000)
        rows = Rows((self._series(table) << SHIFT) + after, *(_raw(table) if kind == "raw" else _minutes(table)))
        right = (after >= 0) & (after < SPAN)  # a wrong clock's reading is filed under the day it came
        return rows if right.all() else rows.where(right)

    def _series(self, table: pa.Table) -> Numbers:
        """The series of each row; rows of one lie together."""
        metric, sensor = (table[name].chunk(0).indices.to_numpy() for name in ("metric", "sensor"))
        words = [table[name].chunk(0).dictionary.to_pylist() for name in ("sensor", "metric")]
        edge = np.append(0, 1 + np.flatnonzero((metric[1:] != metric[:-1]) | (sensor[1:] != sensor[:-1])))
        names = [(words[0][one], words[1][other]) for one, other in zip(sensor[edge].tolist(), metric[edge].tolist(), strict=True)]
        fresh = [name for name in dict.fromkeys(names) if name not in self._number]
        if fresh:
            self._number.update({name: len(self.names) + place for place, name in enumerate(fresh)})
            self.names = [*self.names, *fresh]
        numbers = np.array([self._number[name] for name in names], np.int64)
        return np.repeat(numbers, np.diff(np.append(edge, table.num_rows)))

    def _fit(self, looked: Sequence[Sequence[date]]) -> None:
        """Lets go of the days that nobody looks at, the longest ago first, and of most of those that are nobody's last."""
        for day in [each for each in self._days if not any(each in some for some in looked)]:
            if sum(map(len, self._days.values())) > MOST_ROWS:
                del self._days[day]
        whole = {some[-1] for some in looked}
        for day, held in self._days.items():
            if self.digest and not held.short and day not in whole and sum(map(len, self._days.values())) > MOST_ROWS:
                self.digest(held)
                held.shorten()


def _raw(table: pa.Table) -> tuple[Any, ...]:
    return table["value"].to_numpy(), _places(table["quality"], QUALITIES), _places(table["origin"], ORIGINS)


def _minutes(table: pa.Table) -> tuple[Any, ...]:
    """What a minute says, as one row that stands for its readings; one without a trusted reading is as bad."""
    told = np.zeros(table.num_rows, MINUTE)
    mean, last = table["mean"].to_numpy(), table["last"].to_numpy()
    last = np.where(np.isnan(last), mean, last)
    told["n"], told["mean"] = table["count"].to_numpy(), np.where(np.isnan(mean), last, mean)
    for name in ("min", "max"):
        edge = table[name].to_numpy()
        told[name] = np.where(np.isnan(edge), told["mean"], edge)
    quality = np.where(told["n"] > 0, 0, QUALITIES.index("bad")).astype(np.uint8)
    return last, quality, _places(table["origin"], ORIGINS), told


def _places(column: pa.ChunkedArray, words: Sequence[str]) -> NDArray[np.uint8]:
    """The place of each row's word."""
    known: Mapping[str, int] = {word: place for place, word in enumerate(words)}
    dictionary = column.chunk(0).dictionary.to_pylist()
    place = np.array([known.get(word, 0) for word in dictionary] or [0], np.uint8)
    found: NDArray[np.uint8] = place[column.chunk(0).indices.to_numpy()]
    return found
