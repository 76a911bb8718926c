"""The life of a condition: limits, deadband, on-delay and off-delay, step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.condition import State, is_active, step
from tests.unit.city import rule

HIGH = rule("high", "oxygen", "high", 10.0, deadband=2.0, on_delay=5.0, off_delay=3.0)


def run(told: list[tuple[float, float]], declared: object = HIGH) -> list[bool]:
    """Whether the condition is true after each (time, value)."""
    state: State | None = None
    found = []
    for time, value in told:
        state = step(declared, state, time, value)  # type: ignore[arg-type]
        found.append(is_active(state))
    return found


def test_a_value_must_hold_beyond_the_limit_for_the_on_delay() -> None:
    assert run([(0, 11), (4.9, 11), (5, 11)]) == [False, False, True]


def test_falling_back_before_the_on_delay_begins_anew() -> None:
    assert run([(0, 11), (4, 9), (5, 11), (9, 11), (10, 11)]) == [False, False, False, False, True]


def test_the_limit_itself_is_not_beyond() -> None:
    assert run([(0, 10), (100, 10)]) == [False, False]


def test_inside_the_deadband_it_stays_true() -> None:
    assert run([(0, 11), (5, 11), (6, 9), (100, 8.1)]) == [False, True, True, True]


def test_clear_by_the_deadband_it_ends_after_the_off_delay() -> None:
    assert run([(0, 11), (5, 11), (6, 8), (8.9, 8), (9, 8)]) == [False, True, True, True, False]


def test_coming_back_within_the_off_delay_is_the_same_condition() -> None:
    state = None
    for time, value in [(0, 11), (5, 11), (6, 8), (7, 11)]:
        state = step(HIGH, state, time, value)
    assert state == State("active", 5, 5)


def test_without_delays_it_follows_at_once() -> None:
    plain = rule("low", "oxygen", "low", 4.0)
    assert run([(0, 3.9), (1, 4.0), (2, 3.9)], plain) == [True, False, True]


@pytest.mark.parametrize("comparison", ["high", "low"])
@given(told=st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 20)), max_size=40))
def test_it_never_becomes_true_inside_nor_false_outside(comparison: str, told: list[tuple[float, float]]) -> None:
    declared = replace(HIGH, comparison=comparison)  # type: ignore[arg-type]
    state, time = None, 0.0
    for wait, value in told:
        time += wait
        before, state = state, step(declared, state, time, value)
        beyond = value > 10 if comparison == "high" else value < 10
        if is_active(state) and not is_active(before):
            assert beyond
        if is_active(before) and not is_active(state):
            assert not beyond


OFTEN = rule("often", "oxygen", "high", 10.0, deadband=2.0, times=3, within=100.0)


def test_with_times_it_is_true_at_the_last_of_so_many_comings() -> None:
    assert run([(0, 11), (1, 5), (10, 11), (11, 5), (20, 11), (21, 5)], OFTEN) == [False, False, False, False, True, False]


def test_comings_that_are_too_long_ago_do_not_count() -> None:
    assert run([(0, 11), (1, 5), (50, 11), (51, 5), (101, 11), (102, 5), (140, 11)], OFTEN) == [False] * 6 + [True]


def test_inside_the_deadband_it_did_not_go_and_cannot_come_again() -> None:
    assert run([(0, 11), (1, 9), (2, 11), (3, 9), (4, 11)], OFTEN) == [False] * 5


def test_what_comes_once_and_stays_is_true_when_the_window_is_over() -> None:
    assert run([(0, 11), (99, 11), (100, 11), (101, 5)], OFTEN) == [False, False, True, False]


def test_comings_are_remembered_for_the_window_and_no_longer() -> None:
    state = step(OFTEN, step(OFTEN, None, 5, 11), 6, 5)
    assert state == State("normal", 5, 0.0, (5,))
    assert step(OFTEN, state, 104, 5) == state and step(OFTEN, state, 105, 5) is None


def test_each_coming_is_held_for_the_on_delay() -> None:
    slow = replace(OFTEN, times=2, on_delay=5.0)
    assert run([(0, 11), (4, 5), (10, 11), (15, 11), (16, 5), (20, 11), (24, 11), (25, 11)], slow) == [False] * 7 + [True]


@given(told=st.lists(st.tuples(st.floats(0.1, 60), st.floats(0, 20)), max_size=60))
def test_with_times_it_is_true_as_often_as_a_straight_count_says(told: list[tuple[float, float]]) -> None:
    time, comings, beyond, true, state = 0.0, list[float](), False, False, None
    for wait, value in told:
        time += wait
        state = step(OFTEN, state, time, value)
        if not beyond and value > 10:
            beyond, comings = True, [*(one for one in comings if time - one < 100), time]
            true = len(comings) >= 3
        elif beyond and value <= 8:
            beyond = true = False
        elif beyond and time - comings[-1] >= 100:
            true = True
        assert is_active(state) == true
