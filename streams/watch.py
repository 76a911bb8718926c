"""Checks the readings of one partition against its domain's rules on metrics, and remembers what is pending or true.

`no_data` is not among them: silence cannot be judged by who hears nothing. The judge does.

A rate is the change since the newest reading at least the rule's span older, over the time that passed between the two. Where readings
are further apart than the span, the next one would be compared with the one that jumped and find no change: then it is asked instead
whether the change that began it has gone back. So a step counts once a second reading confirms it, and a spike does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from model import Condition, Domain, Rule
from streams.condition import State, is_active, step
from streams.series import Series
from streams.window import ROUNDING

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Before = Callable[[Index, Floats, float], tuple[Floats, Floats]]
"""(time, value) of the newest reading of each series at or before a time and at most so many seconds older, NaN where there is none."""

_STATE = msgspec.msgpack.Decoder(State)


class Watch:
    """The rules of a domain over the series of one partition."""

    def __init__(self, domain: Domain, series: Series, stored: Mapping[bytes, bytes]) -> None:
        self._series = series
        self._busy = np.zeros(0, np.int32)
        self._rule(domain)
        self.states: dict[tuple[str, int], State] = {}
        self.touched: set[tuple[str, int]] = set()
        self.changed: dict[tuple[str, int], Condition] = {}
        self.edges: list[Condition] = []
        """Every time a condition became true or false since this was last cleared, in order."""
        self._restore(stored)

    def _rule(self, domain: Domain) -> None:
        keys = [metric.key for metric in domain.metrics]
        self._domain = domain
        self._by_metric: list[list[Rule]] = [[] for _ in keys]
        for rule in domain.rules:
            if rule.on in keys and rule.comparison != "no_data":
                self._by_metric[keys.index(rule.on)].append(rule)
        self._limits = np.array([_quiet(rules) for rules in self._by_metric]).reshape(-1, 3)
        self._low, self._high, self._stuck = (np.empty(0) for _ in range(3))
        rates = [rule for rules in self._by_metric for rule in rules if rule.comparison == "rate"]
        self._slow = {span: np.array([_slow(rules, span) for rules in self._by_metric]) for span in {rule.span for rule in rates}}

    def tune(self, domain: Domain) -> None:
        """The same rules with other numbers. What is pending or true stays so until the next reading of its series is judged by them."""
        self._rule(domain)
        self._grow()

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
        held, n = len(self._low), len(self._series.names)
        if held == n:
            return
        limits = self._limits[self._series.metric.view[held:n]]
        self._low = np.append(self._low, limits[:, 0])
        self._high = np.append(self._high, limits[:, 1])
        self._stuck = np.append(self._stuck, limits[:, 2])
        self._busy = np.append(self._busy, np.zeros(n - len(self._busy), np.int32))

    def check(self, series: Index, time: Floats, value: Floats, since: Floats, before: Before) -> None:
        """Steps the rules with readings newer than any before, sorted by series, then time; `since` = unchanged since."""
        self._grow()
        quiet = (value >= self._low[series]) & (value <= self._high[series]) & (time - since <= self._stuck[series])
        loud = ~quiet | (self._busy[series] > 0)
        past = {span: self._past(span, series, time, value, before, loud) for span in self._slow}
        if loud.any():
            # A series that becomes loud in this batch may be quiet again in it: that, too, is a step.
            stepped = np.zeros(len(self._busy), np.bool_)
            stepped[series[loud]] = True
            loud = stepped[series]
        for i in np.flatnonzero(loud):
            rates = {span: (float(then[i]), float(rate[i])) for span, (then, rate) in past.items()}
            self._step(int(series[i]), float(time[i]), float(value[i]), float(since[i]), rates, before)

    def _past(
        self, span: float, series: Index, time: Floats, value: Floats, before: Before, loud: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """(time compared with, change per hour since) of each reading; marks as loud where a rule over `span` may have to say something."""
        then, rate = np.full((2, len(series)), np.nan)
        slow = self._slow[span][self._series.metric.view[series]]
        ruled = np.flatnonzero(slow < np.inf)
        if len(ruled):
            then[ruled], was = before(series[ruled], time[ruled] - span, self._reach(span))
            rate[ruled] = np.abs(value[ruled] - was) * 3600 / (time[ruled] - then[ruled])
            loud |= rate > slow
        return then, rate

    def _reach(self, span: float) -> float:
        """How much older than the span a reading may be and still be compared with."""
        return max(2 * span, 3 * self._domain.interval)

    def _step(
        self, index: int, time: float, value: float, since: float, rates: Mapping[float, tuple[float, float]], before: Before
    ) -> None:
        for rule in self._by_metric[self._series.metric.view[index]]:
            if rule.comparison == "rate":
                measured = self._rate(rule, index, value, *rates[rule.span], before)
            else:
                measured = time - since if rule.comparison == "stuck" else value
            if measured == measured:
                self._set(rule, index, step(rule, self.states.get((rule.key, index)), time, measured), time, measured)

    def _rate(self, rule: Rule, index: int, value: float, then: float, rate: float, before: Before) -> float:
        """Change per hour, NaN when there is nothing to compare with."""
        state = self.states.get((rule.key, index))
        if state is None or state.phase != "pending" or not abs(then - state.since) < ROUNDING:
            return rate
        was = before(np.array([index]), np.array([state.since - rule.span]), self._reach(rule.span))
        return abs(value - float(was[1][0])) * 3600 / (state.since - float(was[0][0]))

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


def _quiet(rules: list[Rule]) -> tuple[float, float, float]:
    """(low, high, stuck seconds): inside all of these nothing can become true."""
    low = max((rule.limit for rule in rules if rule.comparison == "low"), default=-np.inf)
    high = min((rule.limit for rule in rules if rule.comparison == "high"), default=np.inf)
    stuck = min((rule.limit for rule in rules if rule.comparison == "stuck"), default=np.inf)
    return low, high, stuck


def _slow(rules: list[Rule], span: float) -> float:
    """The rate per hour over `span` up to which nothing can become true."""
    return min((rule.limit for rule in rules if rule.comparison == "rate" and rule.span == span), default=np.inf)
