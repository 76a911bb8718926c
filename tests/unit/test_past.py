"""Rules on what a key figure did: how fast it changed, how long it stays the same, how long it is missing, from its own past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from model import Domain, Figure, Rule
from streams.figures import Figures
from streams.judge import Judge
from streams.readings import Index, Moment
from tests.unit.city import START, domain, rule

KPI, AREA = "oxygen_lowest", "north"
RATE = rule("fast", KPI, "rate", 2.0, span=600.0, deadband=0.5)
STUCK = rule("stuck", KPI, "stuck", 1200.0)
LONG = rule("stuck", KPI, "stuck", 7200.0)
NONE = rule("none", KPI, "no_data", 600.0)

Course = Callable[[float], float | None]
"""What the figure is at a time, in seconds since START."""


def declared(rules: list[Rule], course: Course) -> Domain:
    city = domain(rules)
    kpi = replace(city.kpis[0], figure=lambda readings: Figure(value=course(readings.now - START)), by_area=True)
    return replace(city, kpis=(kpi,))


def past(city: Domain, now: float, budget: float = 60.0) -> Figures:
    """The figures at `now`, their past computed."""
    figures = Figures(city, [AREA])
    figures.expected(now)
    figures.compute(Moment(Index([]), now, {}, {}))
    while figures.catch_up(lambda width, end: Moment(Index([]), float(end), {}, {}, past=width), budget) and budget:
        pass
    return figures


def judged(judge: Judge, rules: list[Rule], course: Course, after: float, heard: bool = True, budget: float = 60.0) -> set[str]:
    """One round `after` START, and what is true after it."""
    city, now = declared(rules, course), START + after
    figures = past(city, now, budget)
    judge.figures(city, now, figures.now, figures.by_area, figures.measured, heard)
    judge.finish(now)
    return set(judge.conditions)


def both(key: str) -> set[str]:
    """The condition of the city and of its area."""
    return {f"sea/{key}|kpi:{KPI}", f"sea/{key}|kpi:{KPI}@{AREA}"}


def test_a_figure_that_changes_fast_is_a_condition_and_ends() -> None:
    judge = Judge({}, {})
    assert judged(judge, [RATE], lambda t: 5.0 if t < 0 else 5.0 - t / 3000, 300) == set()  # 0.6 an hour, seen over ten minutes
    assert judged(judge, [RATE], lambda t: 5.0 if t < 600 else 4.5, 650) == both("fast")
    assert judge.conditions[f"sea/fast|kpi:{KPI}"].value == pytest.approx(0.5 * 3600 / 650)
    assert judged(judge, [RATE], lambda t: 5.0 if t < 600 else 4.5, 1300) == set()


@pytest.mark.parametrize(("span", "fast"), [(1800.0, False), (7200.0, True)])
def test_the_span_may_be_longer_than_the_minutes_are_kept(span: float, fast: bool) -> None:
    slow = replace(RATE, span=span, limit=0.9)
    found = judged(Judge({}, {}), [slow], lambda t: 5.0 if t < 3600 else 3.0, 7200)
    assert found == (both("fast") if fast else set())


@pytest.mark.parametrize(("held", "limit", "stuck"), [(1140, STUCK, False), (1260, STUCK, True), (6900, LONG, False), (7500, LONG, True)])
def test_a_figure_that_stays_the_same_to_its_decimals_is_stuck(held: float, limit: Rule, stuck: bool) -> None:
    found = judged(Judge({}, {}), [limit], lambda t: 6.0 if t < 0 else 5.03 + (t % 7) / 1000, held)
    assert found == (both("stuck") if stuck else set())


def test_a_gap_does_not_unstick_a_figure() -> None:
    assert judged(Judge({}, {}), [STUCK], lambda t: 6.0 if t < 0 else None if 600 < t < 700 else 5.0, 1300) == both("stuck")


def test_a_figure_that_is_missing_for_too_long_is_a_condition_until_it_is_back() -> None:
    judge = Judge({}, {})
    assert judged(judge, [NONE], lambda t: 5.0 if t < 0 else None, 590) == set()
    assert judged(judge, [NONE], lambda t: 5.0 if t < 0 else None, 650) == both("none")
    assert judged(judge, [NONE], lambda t: 5.0 if t < 0 or t > 690 else None, 700) == set()


def test_a_figure_that_never_was_is_waited_for_and_silence_that_is_the_reader_s_changes_nothing() -> None:
    judge = Judge({}, {})
    assert judged(judge, [NONE], lambda t: None, 7200) == set()
    assert judged(judge, [NONE], lambda t: 5.0 if t < 0 else None, 650, heard=False) == set()
    judged(judge, [NONE], lambda t: 5.0 if t < 0 else None, 650)
    assert judged(judge, [NONE], lambda t: 5.0 if t < 0 else None, 651, heard=False) == both("none")


@pytest.mark.parametrize(
    ("each", "course"),
    [(RATE, lambda t: 5.0 if t < 600 else 4.5), (STUCK, lambda t: 6.0 if t < -700 else 5.0), (NONE, lambda t: 5.0 if t < 0 else None)],
    ids=["rate", "stuck", "no data"],
)  # fmt: skip
def test_who_takes_over_goes_on_and_waits_for_the_past(each: Rule, course: Course) -> None:
    first = Judge({}, {})
    assert judged(first, [each], course, 650) == both(each.key)
    kept, *_ = first.changes()
    second = Judge(*({name.encode(): data for name, data in kept[field].items()} for field in ("state", "conditions")))
    for budget in (0.0, 60.0):
        assert judged(second, [each], course, 655, budget=budget) == both(each.key)
    assert second.conditions[f"sea/{each.key}|kpi:{KPI}"].since == START + 650
