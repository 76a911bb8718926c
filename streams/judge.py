"""Judges what no partition can see by itself: KPIs, silent sensors, silent feeds, dead processes. One elected process at a time.

The rules' states are stored with every change, so the one that takes over goes on where the last one stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from domains.system import DAMAGED, FEED_DOWN, HISTORY_DAMAGED, HISTORY_STOPPED, PROCESS_DEAD, STOPPED, SYSTEM
from model import Condition, Domain, Figure, Rule
from store.process import Process, reader
from store.view import View
from streams.condition import State, is_active, step
from streams.partition import decode, encode, ended
from streams.readings import STALE_INTERVALS

DEAD_SECONDS = PROCESS_DEAD.limit
SETTLED_SECONDS = 10.0
"""A process that began to read less than this ago may still be catching up."""
CAUGHT_UP = 1_000
"""Records behind the end of its partition up to which a partition counts as caught up."""

Measure = Callable[[Rule, str, float, float | None], float | None]
"""What a rule compares of the KPI of that name when it is of that value now; None is unknown."""

_STATE = msgspec.msgpack.Decoder(State)


class Judge:
    """The rules' states by `<domain>/<rule>|<subject>`, what is true, and what changed since last saved."""

    def __init__(self, state: Mapping[bytes, bytes], conditions: Mapping[bytes, bytes]) -> None:
        self.states = {name.decode(): _STATE.decode(data) for name, data in state.items()}
        self.conditions = {name.decode(): decode(data) for name, data in conditions.items()}
        self._changed: set[str] = set()
        self._asked: set[str] = set()
        self._nearest: dict[str, tuple[float, float]] = {}
        """By domain the least age that its feed has had, and when it came down to it; -inf when it was so from the beginning."""
        self._approaching: set[str] = set()
        """Domains whose feeds tell their past, and have not come to the present."""
        self.edges: list[Condition] = []
        """Every time a condition became true or false since last saved, in order."""

    # --- what is judged --------------------------------------------------------------------------------------------------------------

    def figures(
        self,
        domain: Domain,
        now: float,
        figures: Mapping[str, Figure],
        by_area: Mapping[tuple[str, str], Figure],
        measured: Measure = lambda rule, name, now, value: value,
        heard: bool = True,
    ) -> None:
        """The domain's rules on its KPIs, for the city and for areas; that one is missing is told only where the domain is `heard`."""
        kpis = {kpi.key for kpi in domain.kpis}
        for rule in domain.rules:
            if rule.on not in kpis:
                continue
            named = [(rule.on, figures.get(rule.on))]
            named += [(f"{key}@{area}", figure) for (key, area), figure in by_area.items() if key == rule.on]
            for name, figure in named:
                found = measured(rule, name, now, figure.value if figure else None)
                if found is not None and (heard or rule.comparison != "no_data"):
                    self._step(domain.key, rule, f"kpi:{name}", now, found)
                else:
                    self._asked.add(_name(domain.key, rule, f"kpi:{name}"))

    def hears(self, domain: Domain, views: Sequence[View], processes: Sequence[Process], wall: float) -> bool:
        """Whether silence is silence: the feed is neither down nor catching up, and each partition has a living reader that has."""
        feed = _name(domain.key, FEED_DOWN, f"feed:{domain.key}")
        if domain.key in self._approaching or is_active(self.states.get(feed)):
            return False
        return all(is_current(view, processes, wall) for view in views)

    def silence(
        self,
        domain: Domain,
        now: float,
        views: Sequence[View],
        intervals: Mapping[str, float],
        processes: Sequence[Process],
        wall: float,
    ) -> None:
        """The domain's `no_data` rules, where silence is the sensor's: not its feed's, not its reader's.

        A sensor that speaks seldom is not missed before it has been silent for three of its intervals.
        """
        metrics = {metric.key for metric in domain.metrics}
        rules = [rule for rule in domain.rules if rule.comparison == "no_data" and rule.on in metrics]
        for view in views if rules else ():
            heard = self.hears(domain, [view], processes, wall)
            for rule in rules:
                if heard:
                    self._silent(domain.key, rule, view, intervals, now)
                else:
                    self._hold(domain.key, rule, view)

    def _silent(self, domain: str, rule: Rule, view: View, intervals: Mapping[str, float], now: float) -> None:
        rows = np.array([metric == rule.on for _, metric in view.names[: len(view.latest)]], np.bool_)
        rows &= view.latest["time"] > 0
        age = now - np.maximum(view.latest["time"], view.latest["missing_time"])
        for row in np.flatnonzero(rows & (age > rule.limit - rule.deadband)):
            sensor = view.names[row][0]
            patient = replace(rule, limit=max(rule.limit, STALE_INTERVALS * intervals.get(sensor, 0.0)))
            self._step(domain, patient, f"sensor:{sensor}", now, float(age[row]))

    def _hold(self, domain: str, rule: Rule, view: View) -> None:
        """Leaves the rule's states of the partition's sensors as they are: nobody can tell now."""
        held = {name for name in self.states if name.startswith(f"{domain}/{rule.key}|")}
        if held:
            self._asked |= held & {_name(domain, rule, f"sensor:{sensor}") for sensor, metric in view.names if metric == rule.on}

    def feed(self, domain: Domain, now: float, newest: float, pace: float, current: bool = True) -> None:
        """Whether the domain's feed fell silent for three times its `pace`, in seconds; one that never spoke is waited for, not missed.

        While its partitions are not `current`, or what comes is still old and grows younger, nobody can tell: a backlog that is being
        caught up with, by us or by the bureau, is no silence.
        """
        if newest > 0:
            self._approach(domain.key, now, now - newest)
        if not current or domain.key in self._approaching:
            self._asked.add(_name(domain.key, FEED_DOWN, f"feed:{domain.key}"))
        elif newest > 0:
            rule = replace(FEED_DOWN, limit=max(FEED_DOWN.limit, 3 * pace))
            self._step(domain.key, rule, f"feed:{domain.key}", now, now - newest)

    def _approach(self, domain: str, now: float, age: float) -> None:
        """Notes whether the feed came nearer to now within its patience than it ever was, and is not there yet."""
        least, since = self._nearest.setdefault(domain, (age, -math.inf))
        if age < least:
            least, since = self._nearest[domain] = age, now
        if least > FEED_DOWN.limit and now - since < FEED_DOWN.limit:
            self._approaching.add(domain)
        else:
            self._approaching.discard(domain)

    def processes(self, now: float, processes: Iterable[Process], wall: float) -> None:
        """Processes that beat no more, and those that say that they cannot do their work."""
        for process in processes:
            self._step(SYSTEM, PROCESS_DEAD, f"process:{process.id}", now, wall - process.wall)
            if process.kind == "history":
                for rule, state in ((HISTORY_STOPPED, STOPPED), (HISTORY_DAMAGED, DAMAGED)):
                    self._step(SYSTEM, rule, f"process:{process.id}", now, float(process.state == state))

    def finish(self, now: float) -> None:
        """Ends what was not judged this round: a rule or a subject that is no more, a sensor that spoke again."""
        for name in set(self.states) - self._asked:
            self._set(name, None, None, now, None)
        self._asked = set()

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _step(self, domain: str, rule: Rule, subject: str, now: float, value: float) -> None:
        name = _name(domain, rule, subject)
        self._asked.add(name)
        state = step(rule, self.states.get(name), now, value)
        condition = None
        if is_active(state) and state is not None:
            condition = Condition(
                rule=f"{domain}/{rule.key}",
                subject=subject,
                domain=domain,
                priority=rule.priority,
                active=True,
                value=value,
                limit=rule.limit,
                since=state.raised,
                observed=now,
            )
        self._set(name, state, condition, now, value)

    def _set(self, name: str, state: State | None, condition: Condition | None, now: float, value: float | None) -> None:
        if state != self.states.get(name):
            self._changed.add(name)
        self.states.pop(name, None)
        before = self.conditions.pop(name, None)
        if condition is not None and before is None:
            self.edges.append(condition)
        if condition is None and before is not None:
            self.edges.append(ended(before, now, value))
        if state is not None:
            self.states[name] = state
        if condition is not None:
            self.conditions[name] = condition

    def changes(self) -> tuple[dict[str, dict[str, bytes]], dict[str, list[str]], list[bytes]]:
        """(kept, removed) fields of `state` and `conditions` since last `saved`, and the edges."""
        state = {name: msgspec.msgpack.encode(self.states[name]) for name in self._changed if name in self.states}
        conditions = {name: encode(self.conditions[name]) for name in self._changed if name in self.conditions}
        gone = {
            "state": [name for name in self._changed if name not in state],
            "conditions": [name for name in self._changed if name not in conditions],
        }
        return {"state": state, "conditions": conditions}, gone, [encode(edge) for edge in self.edges]

    def saved(self) -> None:
        """The changes are stored."""
        self._changed, self.edges = set(), []


def is_current(view: View, processes: Sequence[Process], wall: float) -> bool:
    """Whether the partition has a living reader that has caught up, so that silence is silence."""
    owner = reader(processes, view.name, wall, DEAD_SECONDS)
    if owner is None or wall - owner.started < SETTLED_SECONDS:
        return False
    lag = owner.feeds[view.name][1]
    return lag is not None and lag <= CAUGHT_UP


def _name(domain: str, rule: Rule, subject: str) -> str:
    return f"{domain}/{rule.key}|{subject}"
