"""When a rule is true of a subject: limits with deadband, on-delay and off-delay, as ISA-18.2 / IEC 62682 name them.

The life of a condition is `step`, a pure function over one small state. A condition that is not pending and not active has no
state at all, so a quiet city stores nothing and checks nothing but one comparison per series: `Watch` folds all limits of a series into one
quiet range, and only readings outside it, or of a series with a state, are stepped one by one.

    normal --violates--> pending --held on_delay--> active --clear--> returning --held off_delay--> normal
                            |                         ^                  |
                            +--no longer--> normal    +----violates------+
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from model import Rule

Phase = Literal["pending", "active", "returning"]


class State(NamedTuple):
    """Where one rule stands for one subject. `since` is when the phase began, `raised` when the condition became true (0 if it has not)."""

    phase: Phase
    since: float
    raised: float


def violates(rule: Rule, value: float) -> bool:
    """Whether the value is beyond the limit. For `rate`, `stuck` and `no_data` the value is the rate per hour or the seconds."""
    return value < rule.limit if rule.comparison == "low" else value > rule.limit


def clears(rule: Rule, value: float) -> bool:
    """Whether the value is back inside by more than the deadband."""
    return value >= rule.limit + rule.deadband if rule.comparison == "low" else value <= rule.limit - rule.deadband


def step(rule: Rule, state: State | None, time: float, value: float) -> State | None:
    """The state after the value at event time `time`, None being normal."""
    if state is None:
        return _raised(rule, State("pending", time, 0.0), time) if violates(rule, value) else None
    if state.phase == "pending":
        return _raised(rule, state, time) if violates(rule, value) else None
    if state.phase == "active":
        return _returned(rule, State("returning", time, state.raised), time) if clears(rule, value) else state
    if not clears(rule, value):
        return State("active", state.raised, state.raised)
    return _returned(rule, state, time)


def is_active(state: State | None) -> bool:
    """Whether the condition is true."""
    return state is not None and state.phase != "pending"


def _raised(rule: Rule, state: State, time: float) -> State:
    return State("active", time, time) if time - state.since >= rule.on_delay else state


def _returned(rule: Rule, state: State, time: float) -> State | None:
    return None if time - state.since >= rule.off_delay else state
