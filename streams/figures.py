"""Figures now and as they were: every KPI at each minute of the last hour and each five minutes of the last day.

The past is computed from the windows, not remembered: a composer that starts, or takes over, has the same trend as the one
before, and a late reading corrects it. Slots are computed newest first, a few at every tick, so that a start never holds up the
wall.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from model import Domain, Figure, Kpi, Rule
from store import Away
from streams import past
from streams.past import SLOTS
from streams.readings import Moment
from streams.window import FIVE, MINUTE

log = logging.getLogger(__name__)

REACH_SECONDS = 3_600
"""How far a late reading is taken to reach into later figures."""

NOTHING = Figure(value=None)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a figure looked at: the metrics, when the newest of their readings was, and how many seconds apart they usually are."""

    metrics: frozenset[str] = frozenset()
    time: float | None = None
    interval: float | None = None


@dataclass(slots=True)
class History:
    """One KPI's past: value by slot end, and each sensor's value at whole minutes."""

    values: dict[int, dict[int, float | None]] = field(default_factory=lambda: {MINUTE: {}, FIVE: {}})
    by_sensor: dict[int, Mapping[str, float]] = field(default_factory=dict)


class Figures:
    """The figures of one domain."""

    def __init__(self, domain: Domain, areas: Sequence[str]) -> None:
        self.domain, self._areas = domain, areas
        self.now: dict[str, Figure] = {}
        self.by_area: dict[tuple[str, str], Figure] = {}
        self.heard: dict[tuple[str, str], Heard] = {}
        """By KPI and area, which is empty for the city."""
        spanned = {rule.on for rule in domain.rules if rule.comparison not in ("high", "low")}
        self._kept = {kpi.key: (kpi, "") for kpi in domain.kpis}
        self._kept |= {f"{kpi.key}@{area}": (kpi, area) for kpi in domain.kpis if kpi.by_area and kpi.key in spanned for area in areas}
        self.past = {name: History() for name in self._kept}
        """By key of the KPI, and `<key>@<area>` where a rule asks for an area's past."""
        self._todo: set[tuple[int, int]] = set()
        self._last: dict[int, int] = {}
        self._series: dict[tuple[str, int], tuple[int, list[float | None]]] = {}
        self._errors: set[str] = set()

    def compute(self, moment: Moment) -> None:
        """All figures at the live moment."""
        for kpi in self.domain.kpis:
            self.now[kpi.key] = self._live(kpi, "", moment)
            for area in self._areas if kpi.by_area else ():
                self.by_area[kpi.key, area] = self._live(kpi, area, moment.of(area))

    def _live(self, kpi: Kpi, area: str, moment: Moment) -> Figure:
        moment.asked.clear()
        found = self._figure(kpi, moment)
        time, interval = moment.heard(moment.asked)
        self.heard[kpi.key, area] = Heard(frozenset(moment.asked), time or None, interval or None)
        return found

    def _figure(self, kpi: Kpi, moment: Moment) -> Figure:
        try:
            return kpi.figure(moment)
        except Away:
            raise
        except Exception as error:  # a domain file's function is the author's; one wrong figure must not stop the wall
            if kpi.key not in self._errors:
                log.exception("figure failed", extra={"kpi": f"{self.domain.key}/{kpi.key}"}, exc_info=error)
                self._errors.add(kpi.key)
            return NOTHING

    def touched(self, width: int, start: int, now: float) -> None:
        """Notes that a window changed: what it reaches is computed again when it is past."""
        last = int(now // width) * width
        for end in range(start + width, min(start + width + REACH_SECONDS, last) + 1, width):
            if end > last - SLOTS[width] * width:
                self._todo.add((width, end))

    def expected(self, now: float) -> None:
        """Asks for slots that ended and were never computed, and forgets what is too old."""
        for width, count in SLOTS.items():
            last = int(now // width) * width
            if self._last.get(width) == last:
                continue
            self._last[width] = last
            wanted = {last - i * width for i in range(count)}
            for history in self.past.values():
                for old in set(history.values[width]) - wanted:
                    del history.values[width][old]
                    history.by_sensor.pop(old, None)
            first = next(iter(self.past.values()), None)
            if first is not None:
                self._todo |= {(width, end) for end in wanted - set(first.values[width])}
        self._todo = {(width, end) for width, end in self._todo if end > now - SLOTS[width] * width}

    def catch_up(self, moment_at: Callable[[int, int], Moment], budget: float) -> bool:
        """Computes waiting slots, newest first, for at most about `budget` seconds of work; whether some still wait."""
        until = time.perf_counter() + budget
        for width, end in sorted(self._todo, key=lambda slot: -slot[1]):
            if time.perf_counter() > until:
                break
            moment = moment_at(width, end)
            for name, (kpi, area) in self._kept.items():
                figure = self._figure(kpi, moment.of(area) if area else moment)
                history = self.past[name]
                history.values[width][end] = figure.value
                if width == MINUTE and name == self.domain.table:
                    history.by_sensor[end] = figure.by_sensor
            self._series.clear()
            self._todo.discard((width, end))  # not before: the store may go away in between
        return bool(self._todo)

    def measured(self, rule: Rule, name: str, now: float, value: float | None) -> float | None:
        """What a rule on a KPI compares when the figure is `value` now, by its past; `name` as in `past`. None is unknown."""
        if name not in self.past:
            return value
        return past.measured(rule, self._kept[name][0].decimals, self.past[name].values, now, value)

    def series(self, kpi: str, width: int, now: float) -> tuple[int, list[float | None]]:
        """(end of the last slot, values oldest first) of one KPI; the same list for as long as it holds the same."""
        last = int(now // width) * width
        told = self._series.get((kpi, width))
        if told is None or told[0] != last:
            held = self.past[kpi].values[width]
            told = self._series[kpi, width] = last, [held.get(last - i * width) for i in reversed(range(SLOTS[width]))]
        return told
