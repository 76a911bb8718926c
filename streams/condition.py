"""When a rule is true of a subject: limits with deadband, on-delay and off-delay, as ISA-18.2 / IEC 62682 name them.

The life of a condition is `step`, a pure function over one small state. A condition that is not pending and not active has no
state at all, so a quiet city stores nothing and checks nothing but one comparison per series: `Watch` folds all limits of a series into one
quiet range, and only readings outside it, or of a series with a state, are stepped one by one.

    normal --violates--> pending --held on_delay--> active --clear--> returning --held off_delay--> normal
                            |                         ^                  |
                            +--no longer--> normal    +----violates------+

A rule with `times` goes the same way each time, but is true only when it came often enough within its window, or stayed that long: until
then `raised` is UNTOLD, and normal remembers when it came for as long as that counts.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from model import Rule

Phase = Literal["pending", "active", "returning", "normal"]

UNTOLD = -1.0


class State(NamedTuple):
    """Where one rule stands for one subject. `since` is when the phase began, `raised` when the condition became true.

    `raised` is 0 before the on-delay has passed, UNTOLD when it has come but not often enough. `comings` are the times it came that
    count, of a rule with `times`.
    """

    phase: Phase
    since: float
    raised: float
    comings: tuple[float, ...] = ()


def violates(rule: Rule, value: float) -> bool:
    """Whether the value is beyond the limit. For `rate`, `stuck` and `no_data` the value is the rate per hour or the seconds."""
    return value < rule.limit if rule.comparison == "low" else value > rule.limit


def clears(rule: Rule, value: float) -> bool:
    """Whether the value is back inside by more than the deadband."""
    return value >= rule.limit + rule.deadband if rule.comparison == "low" else value <= rule.limit - rule.deadband


def step(rule: Rule, state: State | None, time: float, value: float) -> State | None:
    """The state after the value at event time `time`, None being normal."""
    if state is None or state.phase == "normal":
        comings = state.comings if state else ()
        return _raised(rule, State("pending", time, 0.0, comings), time) if violates(rule, value) else _normal(rule, comings, time)
    if state.phase == "pending":
        return _raised(rule, state, time) if violates(rule, value) else _normal(rule, state.comings, time)
    if state.phase == "active":
        return _returned(rule, state._replace(phase="returning", since=time), time) if clears(rule, value) else _staying(rule, state, time)
    if not clears(rule, value):
        return state._replace(phase="active", since=state.comings[-1] if state.raised == UNTOLD else state.raised)
    return _returned(rule, state, time)


def is_active(state: State | None) -> bool:
    """Whether the condition is true."""
    return state is not None and state.phase in ("active", "returning") and state.raised != UNTOLD


def _raised(rule: Rule, state: State, time: float) -> State:
    if time - state.since < rule.on_delay:
        return state
    if rule.times <= 1:
        return State("active", time, time)
    comings = (*_counting(rule, state.comings, time), time)[-rule.times :]
    return State("active", time, time if len(comings) == rule.times else UNTOLD, comings)


def _staying(rule: Rule, state: State, time: float) -> State:
    """What comes seldom and stays for the whole window is as true as what comes often."""
    return state._replace(raised=time) if state.raised == UNTOLD and time - state.comings[-1] >= rule.within else state


def _returned(rule: Rule, state: State, time: float) -> State | None:
    return _normal(rule, state.comings, time) if time - state.since >= rule.off_delay else state


def _normal(rule: Rule, comings: tuple[float, ...], time: float) -> State | None:
    held = _counting(rule, comings, time)
    return State("normal", held[-1], 0.0, held) if held else None


def _counting(rule: Rule, comings: tuple[float, ...], time: float) -> tuple[float, ...]:
    return tuple(coming for coming in comings if time - coming < rule.within)
