"""What the advisor tries by itself, and which of it it proposes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domains.alarm import complete
from domains.tuned import proposed, tuned
from model import Domain, Guidance, SpecError, Worse
from streams.advise import Tried, best, candidates, longest, tunable
from streams.rulebook import Rulebook
from tests.unit.city import domain, label, rule
from tests.unit.story import site

GUIDED = Guidance(cause=label("c"), consequence=label("c"), action=label("a"), respond_within=1200.0)


def declared(**more: Any) -> Domain:
    return complete(domain([rule("low", "oxygen", "low", 4.0, **more), rule("silent", "oxygen", "no_data", 60.0)]))


def said(before: int, after: int, new: int = 0, lasts: float = 10.0) -> dict[str, Any]:
    return {"before": before, "after": after, "new": new, "lasted": 10.0, "lasts": lasts}


def test_it_tries_longer_delays_and_wider_deadbands_and_never_another_limit() -> None:
    found = candidates(declared(guidance=GUIDED, on_delay=30.0, deadband=1.5), "low")
    assert {name for each in found for name in each} == {"on_delay", "deadband"}
    assert {each.get("on_delay") for each in found} == {None, 60.0, 120.0}
    assert {each.get("deadband") for each in found} == {None, 2.0, 5.0}  # of a scale of 100
    assert {} not in found


def test_a_delay_leaves_time_to_respond_and_what_is_critical_waits_a_minute_at_most() -> None:
    plain = rule("low", "oxygen", "low", 4.0)
    assert longest(plain) == 60.0 and longest(replace(plain, guidance=GUIDED)) == 120.0
    critical = replace(plain, guidance=GUIDED, priority="critical")
    assert longest(critical) == longest(replace(plain, guidance=GUIDED, worse=Worse(limit=2.0, priority="critical"))) == 60.0


def test_it_proposes_the_gentlest_of_those_that_help_about_as_much() -> None:
    tried = [
        Tried({"deadband": 0.1}, said(100, 60)),
        Tried({"on_delay": 30.0, "deadband": 0.2}, said(100, 8)),
        Tried({"on_delay": 60.0}, said(100, 7)),
        Tried({"on_delay": 120.0}, said(100, 1)),
    ]
    assert best(tried) == tried[1]


@pytest.mark.parametrize("told", [said(100, 60), said(6, 2), said(100, 2, new=1), said(0, 0), said(100, 2, lasts=15.1)])
def test_it_proposes_nothing_that_hardly_helps_or_calls_where_nobody_was_called(told: dict[str, Any]) -> None:
    assert best([Tried({"on_delay": 60.0}, told)]) is None


def test_only_rules_on_what_one_sensor_says_can_be_tried() -> None:
    known = complete(domain([*declared(worse=Worse(limit=2.0, priority="critical")).rules[:1], rule("kpi", "oxygen_lowest", "low", 4.0)]))
    assert [each.key for each in known.rules if tunable(known, each.key)] == ["low"]
    assert not tunable(declared(), "silent") and not tunable(declared(), "none")


# What is in force


def test_a_tuned_rule_has_the_numbers_and_its_worse_limit_the_delays() -> None:
    made = tuned(declared(worse=Worse(limit=2.0, priority="critical")), {"sea/low": {"limit": 3.5, "deadband": 0.3, "on_delay": 60.0}})
    low, worse, silent = made.rules
    assert (low.limit, low.deadband, low.on_delay) == (3.5, 0.3, 60.0)
    assert (worse.key, worse.limit, worse.deadband, worse.on_delay) == ("low+", 2.0, 0.3, 60.0)
    assert silent == declared().rules[1]


@pytest.mark.parametrize(
    "values", [{"limit": 1.9}, {"limit": float("nan")}, {"deadband": -1.0}, {"deadband": 99.0}, {"times": 0}, {"times": 3}, {"priority": 1}]
)
def test_numbers_that_cannot_be_are_refused_and_never_in_force(values: dict[str, float]) -> None:
    known = declared(worse=Worse(limit=2.0, priority="critical"))
    with pytest.raises(SpecError):
        proposed(known, "low", values)
    assert tuned(known, {"sea/low": values}) is known


def test_numbers_of_other_domains_and_of_rules_that_are_no_more_change_nothing() -> None:
    known = declared()
    assert tuned(known, {"air/low": {"limit": 3.0}, "sea/gone": {"limit": 3.0}, "sea/low": {}}) is known


def test_the_writer_of_alarms_knows_the_numbers_and_forgets_them() -> None:
    known = declared(worse=Worse(limit=2.0, priority="critical"))
    book = Rulebook({"sea": known}, site())
    before = dict(book.rules)
    book.tune({"sea/low": {"on_delay": 60.0}})
    assert book.rules["sea/low"].on_delay == book.rules["sea/low+"].on_delay == 60.0 and book.rules["sea/silent"] == before["sea/silent"]
    book.tune({})
    assert book.rules == before
