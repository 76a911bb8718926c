"""Checks the readings of one partition against its domain's rules on metrics, and remembers what is pending or true.

`no_data` is not among them: silence cannot be judged by who hears nothing. The judge does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from model import Condition, Domain, Rule
from streams.condition import State, is_active, step
from streams.series import Series

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

_STATE = msgspec.msgpack.Decoder(State)


class Watch:
    """The rules of a domain over the series of one partition."""

    def __init__(self, domain: Domain, series: Series, stored: Mapping[bytes, bytes]) -> None:
        keys = [metric.key for metric in domain.metrics]
        self._series, self._domain = series, domain
        self._by_metric: list[list[Rule]] = [[] for _ in keys]
        for rule in domain.rules:
            if rule.on in keys and rule.comparison != "no_data":
                self._by_metric[keys.index(rule.on)].append(rule)
        self._limits = np.array([_quiet(rules) for rules in self._by_metric]).reshape(-1, 5)
        self._low, self._high, self._stuck, self._span, self._room = (np.empty(0) for _ in range(5))
        self._busy = np.zeros(0, np.int32)
        self._reference = np.full(0, np.nan)
        self.states: dict[tuple[str, int], State] = {}
        self.touched: set[tuple[str, int]] = set()
        self.changed: dict[tuple[str, int], Condition] = {}
        self.edges: list[Condition] = []
        """Every time a condition became true or false since this was last cleared, in order."""
        self._restore(stored)

    def _restore(self, stored: Mapping[bytes, bytes]) -> None:
        self._grow()
        known = {rule.key for rules in self._by_metric for rule in rules}
        for name, data in stored.items():
            rule, _, index = name.decode().rpartition("|")
            if rule in known:
                self.states[rule, int(index)] = _STATE.decode(data)
                self._busy[int(index)] += 1
            else:
                self.touched.add((rule, int(index)))

    @property
    def urgent(self) -> bool:
        """Whether a condition became true or false."""
        return bool(self.edges)

    def unfounded(self, conditions: Iterable[bytes]) -> set[str]:
        """Of the stored conditions, by name, those that no rule stands behind any more: their rule was changed or taken away."""
        true = {self._name(rule, index) for (rule, index), state in self.states.items() if is_active(state)}
        return {name.decode() for name in conditions} - true

    def _name(self, rule: str, index: int) -> str:
        return f"{self._domain.key}/{rule}|sensor:{self._series.names[index][0]}"

    def _grow(self) -> None:
        """Takes in series that appeared since."""
        held, n = len(self._busy), len(self._series.names)
        if held == n:
            return
        limits = self._limits[self._series.metric.view[held:n]]
        self._low = np.append(self._low, limits[:, 0])
        self._high = np.append(self._high, limits[:, 1])
        self._stuck = np.append(self._stuck, limits[:, 2])
        self._span = np.append(self._span, limits[:, 3])
        self._room = np.append(self._room, limits[:, 4])
        self._busy = np.append(self._busy, np.zeros(n - held, np.int32))
        self._reference = np.append(self._reference, np.full(n - held, np.nan))

    def spans(self) -> set[float]:
        """Spans of the domain's rate rules, seconds."""
        return {rule.span for rules in self._by_metric for rule in rules if rule.comparison == "rate"}

    def refer(self, index: Index, value: Floats) -> None:
        """Sets the value of each series one rate span ago: asked for once a minute from the windows."""
        self._grow()
        self._reference[:] = np.nan
        self._reference[index] = value

    def rate_series(self) -> tuple[Index, Floats]:
        """(series, span) of every series with a rate rule."""
        self._grow()
        index = np.flatnonzero(self._span > 0)
        return index, self._span[index]

    def check(self, series: Index, time: Floats, value: Floats, since: Floats) -> None:
        """Steps the rules with readings newer than any before, sorted by series, then time; `since` = unchanged since."""
        self._grow()
        quiet = (value >= self._low[series]) & (value <= self._high[series]) & (time - since <= self._stuck[series])
        moved = np.abs(value - self._reference[series]) > self._room[series]
        loud = ~quiet | moved | (self._busy[series] > 0)
        if loud.any():
            # A series that becomes loud in this batch may be quiet again in it: that, too, is a step.
            stepped = np.zeros(len(self._busy), np.bool_)
            stepped[series[loud]] = True
            loud = stepped[series]
        for i in np.flatnonzero(loud):
            self._step(int(series[i]), float(time[i]), float(value[i]), float(since[i]))

    def _step(self, index: int, time: float, value: float, since: float) -> None:
        for rule in self._by_metric[self._series.metric.view[index]]:
            measured = self._measured(rule, index, time, value, since)
            if measured is not None:
                self._set(rule, index, step(rule, self.states.get((rule.key, index)), time, measured), time, measured)

    def _measured(self, rule: Rule, index: int, time: float, value: float, since: float) -> float | None:
        if rule.comparison == "stuck":
            return time - since
        if rule.comparison == "rate":
            rate = abs(value - self._reference[index]) * 3600 / rule.span
            return None if np.isnan(rate) else float(rate)
        return value

    def _set(self, rule: Rule, index: int, state: State | None, time: float, value: float) -> None:
        key = (rule.key, index)
        before = self.states.get(key)
        if is_active(before) or is_active(state):
            self._tell(rule, index, state, before, time, value)
        if state == before:
            return
        if state is None:
            del self.states[key]
        else:
            self.states[key] = state
        self._busy[index] += (before is None) - (state is None)
        self.touched.add(key)

    def _tell(self, rule: Rule, index: int, state: State | None, before: State | None, time: float, value: float) -> None:
        active = is_active(state)
        since = state.raised if state is not None and active else time
        condition = Condition(
            rule=f"{self._domain.key}/{rule.key}",
            subject=f"sensor:{self._series.names[index][0]}",
            domain=self._domain.key,
            priority=rule.priority,
            active=active,
            value=value,
            limit=rule.limit,
            since=since,
            observed=time,
        )
        self.changed[rule.key, index] = condition
        if active != is_active(before):
            self.edges.append(condition)

    def fields(self, keys: Iterable[tuple[str, int]]) -> tuple[dict[str, bytes | str], list[str]]:
        """(to set, to remove) of the stored states."""
        keys = list(keys)
        kept: dict[str, bytes | str] = {f"{r}|{i}": msgspec.msgpack.encode(self.states[r, i]) for r, i in keys if (r, i) in self.states}
        return kept, [f"{r}|{i}" for r, i in keys if (r, i) not in self.states]


def _quiet(rules: list[Rule]) -> tuple[float, float, float, float, float]:
    """(low, high, stuck seconds, rate span, change within it): inside all of these nothing can become true."""
    low = max((rule.limit for rule in rules if rule.comparison == "low"), default=-np.inf)
    high = min((rule.limit for rule in rules if rule.comparison == "high"), default=np.inf)
    stuck = min((rule.limit for rule in rules if rule.comparison == "stuck"), default=np.inf)
    span = max((rule.span for rule in rules if rule.comparison == "rate"), default=0.0)
    room = min((rule.limit * rule.span / 3600 for rule in rules if rule.comparison == "rate"), default=np.inf)
    return low, high, stuck, span, room
