"""What other numbers for a rule would have done: the project's own condition code, run again over the history.

Present and proposed rule see the same readings in the same order through `streams.watch.Watch`, which is what ingest asks of each
reading as it comes. A coming is a time at which the condition became true; it lasts until it is no longer true. Both begin normal.

    delay     of a proposed coming: how much later it is than the first of the present comings that it overlaps; less than nothing is sooner
    missed    a present coming that no proposed one overlaps: nobody would have been called
    new       a proposed coming that overlaps no present one

What differs from the day itself: a reading that came too late for the rule then stands here at its time, and what is laid over an
alarm (shelving, suppression, a calendar) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from model import Domain, Rule
from store.history import Day
from streams.partition import unchanged_since
from streams.series import Series
from streams.watch import Watch
from streams.window import FIVE, MINUTE, Floats, Index, Windows, newest

MOST_ROWS = 200
"""Sensors told one by one."""
SLICE_SECONDS = 3600.0
"""What rules on change are shown at a time: windows forget what is older than they keep."""


class Span(NamedTuple):
    """A coming, from and to; event time."""

    start: float
    end: float


class Replay:
    """One rule over readings, day after day."""

    def __init__(self, domain: Domain, rule: Rule) -> None:
        alone = replace(domain, rules=(rule,))
        self._metric, self._series = rule.on, Series(alone, {})
        self._watch = Watch(alone, self._series, {})
        self._windows = {width: Windows(width, self._series.summed) for width in (MINUTE, FIVE)} if rule.comparison == "rate" else {}
        self._held = np.zeros((3, 0))  # by series: time and value of the newest reading, since when it is the same
        self._open: dict[str, float] = {}
        self._spans: dict[str, list[Span]] = {}
        self.readings = 0

    def take(self, some: Day) -> None:
        """The next day, whose readings are all newer than those before."""
        channels = [self._series[name, self._metric, None] for name in some.sensors]
        rows = self._series.series_of(np.array(channels, np.int64)) if channels else np.zeros(0, np.int64)
        self._held = np.pad(self._held, ((0, 0), (0, len(self._series.names) - self._held.shape[1])))
        series = rows[some.place]
        if not self._windows:
            self._check(series, some.time, some.value)
            return
        number = np.floor_divide(some.time, SLICE_SECONDS)
        for one in np.unique(number):
            these = number == one
            for windows in self._windows.values():
                windows.add(series[these], some.time[these], some.value[these], len(self._series.names), float(one * SLICE_SECONDS))
                windows.expire(float(one * SLICE_SECONDS))
            self._check(series[these], some.time[these], some.value[these])

    def _check(self, series: Index, time: Floats, value: Floats) -> None:
        if not len(series):
            return
        heard, was, same = self._held
        first = np.append(True, series[1:] != series[:-1])
        last = np.append(first[1:], True)
        before = np.where(first, was[series], np.append(0.0, value[:-1]))
        changed = (value != before) | (heard[series] == 0) & first
        since = unchanged_since(changed, first, time, same[series])
        self._watch.check(series, time, value, since, partial(newest, self._windows) if self._windows else _nothing)
        heard[series[last]], was[series[last]], same[series[last]] = time[last], value[last], since[last]
        self.readings += len(series)
        self._note()

    def _note(self) -> None:
        for edge in self._watch.edges:
            sensor = edge.subject.removeprefix("sensor:")
            if edge.active:
                self._open[sensor] = edge.since
            elif sensor in self._open:
                self._spans.setdefault(sensor, []).append(Span(self._open.pop(sensor), edge.since))
        self._watch.edges, self._watch.changed, self._watch.touched = [], {}, set()

    def spans(self, until: float) -> dict[str, list[Span]]:
        """Comings by sensor; what is true at the end lasts until then."""
        found = {sensor: list(spans) for sensor, spans in self._spans.items()}
        for sensor, start in self._open.items():
            found.setdefault(sensor, []).append(Span(start, max(until, start)))
        return found


def _nothing(series: Index, at: Floats, reach: float) -> tuple[Floats, Floats]:
    """What a rule that asks for no change is told of the past."""
    return np.full(len(series), np.nan), np.full(len(series), np.nan)


def run(domain: Domain, rules: Sequence[Rule], days: Iterable[Day], until: float) -> tuple[list[dict[str, list[Span]]], int, set[str]]:
    """(comings by sensor under each of the rules, readings seen, sensors seen)."""
    replays = [Replay(domain, rule) for rule in rules]
    sensors: set[str] = set()
    for some in days:
        sensors |= {some.sensors[place] for place in np.unique(some.place)}
        for replay in replays:
            replay.take(some)
    return [replay.spans(until) for replay in replays], replays[0].readings if replays else 0, sensors


class Compared(NamedTuple):
    """One sensor: comings before and after, greatest delay (None where no proposed one overlaps), what was missed or is new, and for how
    many seconds in all it was true.
    """

    before: int
    after: int
    delay: float | None
    missed: int
    longest_missed: float
    new: int
    lasted: float
    lasts: float


def compared(before: Sequence[Span], after: Sequence[Span]) -> Compared:
    """One sensor's comings under the present and the proposed rule, both in order."""
    delays = [min(one.start for one in found) for each in after if (found := list(_overlapping(each, before)))]
    starts = [each.start for each in after if any(_overlapping(each, before))]
    missed = [each for each in before if not any(_overlapping(each, after))]
    return Compared(
        before=len(before),
        after=len(after),
        delay=max((start - first for start, first in zip(starts, delays, strict=True)), default=None),
        missed=len(missed),
        longest_missed=max((each.end - each.start for each in missed), default=0.0),
        new=len(after) - len(starts),
        lasted=sum(each.end - each.start for each in before),
        lasts=sum(each.end - each.start for each in after),
    )


def _overlapping(span: Span, others: Sequence[Span]) -> Iterator[Span]:
    """Those that share a moment with it; `others` are in order and apart."""
    low, high = 0, len(others)
    while low < high:
        middle = (low + high) // 2
        if others[middle].end < span.start:
            low = middle + 1
        else:
            high = middle
    while low < len(others) and others[low].start <= span.end:
        yield others[low]
        low += 1


def outcome(before: Mapping[str, Sequence[Span]], after: Mapping[str, Sequence[Span]]) -> dict[str, Any]:
    """The figures of all sensors, and of each of those that had or would have had most; durations in seconds."""
    each = {sensor: compared(before.get(sensor, ()), after.get(sensor, ())) for sensor in before.keys() | after.keys()}
    rows = sorted(each.items(), key=lambda pair: (-max(pair[1].before, pair[1].after), pair[0]))
    return {
        "before": sum(one.before for one in each.values()),
        "after": sum(one.after for one in each.values()),
        "longest_delay": max((one.delay for one in each.values() if one.delay is not None), default=None),
        "missed": sum(one.missed for one in each.values()),
        "longest_missed": max((one.longest_missed for one in each.values()), default=0.0),
        "new": sum(one.new for one in each.values()),
        "lasted": sum(one.lasted for one in each.values()),
        "lasts": sum(one.lasts for one in each.values()),
        "rows": [{"sensor": sensor, **one._asdict()} for sensor, one in rows[:MOST_ROWS]],
        "more": max(0, len(rows) - MOST_ROWS),
    }
