"""What a rule says of its alarm's life: the author's mistakes, and what holds where the author says nothing.

Suppression by design must never hide what may cost a life, so a critical rule is suppressed by nothing that its author did not name. Every
other rule of a sensor is suppressed by its feed and by the silence of its station, a KPI's by its feed. That one quantity of a
station is silent does not make the station silent: `streams/suppression.py` looks whether the alarm's own is still heard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from domains.system import FEED_DOWN
from model import PRIORITIES, WORSE, Calendar, Domain, Rule

Fail = Callable[[str, str], None]

PAGE = re.compile(r"overview|alarms|system|domain-[a-z][a-z0-9_]{0,31}|sensor-.+")
DAY_HOURS = 24.0
MOST_TIMES = 20


def check(fail: Fail, field: str, rule: Rule, domain: Domain) -> None:
    """Calls `fail` for the first mistake in what the rule says of its alarm."""
    _counting(fail, field, rule)
    for name in ("re_alarm", "escalate_after"):
        seconds = getattr(rule, name)
        if seconds is not None and seconds <= 0:
            fail(f"{field}.{name}", f"{seconds:g} is not positive")
    if rule.escalate_after is not None and rule.priority == PRIORITIES[0]:
        fail(f"{field}.escalate_after", f"there is nothing above {rule.priority}")
    if rule.calendar is not None:
        _calendar(fail, f"{field}.calendar", rule.calendar)
    if rule.page and not PAGE.fullmatch(rule.page):
        fail(f"{field}.page", f"{rule.page!r} is none of overview, alarms, system, domain-<key>, sensor-<id>")
    _worse(fail, f"{field}.worse", rule)
    _suppressing(fail, f"{field}.suppressed_by", rule, domain)


def _counting(fail: Fail, field: str, rule: Rule) -> None:
    if not 1 <= rule.times <= MOST_TIMES:
        fail(f"{field}.times", f"{rule.times} is not within 1 to {MOST_TIMES}")
    if (rule.times > 1) != (rule.within > 0):
        fail(f"{field}.within", "goes with times, and times with it: so often within so many seconds")
    if rule.times > 1 and rule.comparison == "no_data":
        fail(f"{field}.times", "a silence is judged by how long it is; give it a limit")


def _calendar(fail: Fail, field: str, calendar: Calendar) -> None:
    if not calendar.days or len(set(calendar.days)) < len(calendar.days):
        fail(f"{field}.days", "must name each day once, and at least one")
    first, last = calendar.hours
    if not (0 <= first < DAY_HOURS and 0 < last <= DAY_HOURS and first != last):
        fail(f"{field}.hours", f"{first:g} to {last:g} are no two hours of the day")


def _worse(fail: Fail, field: str, rule: Rule) -> None:
    worse = rule.worse
    if worse is None:
        return
    if not (worse.limit < rule.limit if rule.comparison == "low" else worse.limit > rule.limit):
        fail(f"{field}.limit", f"{worse.limit:g} is not beyond the limit {rule.limit:g}")
    if PRIORITIES.index(worse.priority) >= PRIORITIES.index(rule.priority):
        fail(f"{field}.priority", f"{worse.priority} is not above {rule.priority}")


def _suppressing(fail: Fail, field: str, rule: Rule, domain: Domain) -> None:
    by_key = {other.key: other for other in domain.rules}
    kpis = {kpi.key for kpi in domain.kpis}
    for key in rule.suppressed_by or ():
        other = by_key.get(key)
        if key == FEED_DOWN.key:
            continue
        if other is None or other is rule:
            fail(field, f"{key!r} is no other rule of this domain, nor {FEED_DOWN.key}")
        elif other.on != rule.on and (other.on in kpis or rule.on in kpis):
            fail(field, f"{key!r} is never true of the same subject: it is on {other.on}, this on {rule.on}")
        elif _leads_to(rule.key, other, by_key, set()):
            fail(field, f"{key!r} is itself suppressed by this: both would be hidden")


def _leads_to(goal: str, rule: Rule, by_key: Mapping[str, Rule], seen: set[str]) -> bool:
    """Whether `rule` is suppressed by the rule `goal`, directly or through others."""
    seen.add(rule.key)
    further = [key for key in rule.suppressed_by or () if key not in seen]
    return goal in (rule.suppressed_by or ()) or any(_leads_to(goal, by_key[key], by_key, seen) for key in further if key in by_key)


def complete(domain: Domain) -> Domain:
    """The domain with what suppresses each rule, and after each rule the one of its worse limit."""
    silent = tuple(rule.key for rule in domain.rules if rule.comparison == "no_data")
    metrics = {metric.key for metric in domain.metrics}
    whole = [replace(rule, suppressed_by=_suppressors(rule, silent if rule.on in metrics else ())) for rule in domain.rules]
    return replace(domain, rules=tuple(each for rule in whole for each in (rule, *beyond(rule))))


def beyond(rule: Rule) -> tuple[Rule, ...]:
    """The rule of a rule's worse limit, or nothing."""
    worse = rule.worse
    if worse is None:
        return ()
    label, guidance = worse.label or rule.label, worse.guidance or rule.guidance
    further = replace(rule, key=rule.key + WORSE, limit=worse.limit, priority=worse.priority, label=label, guidance=guidance, worse=None)
    return (further,)


def _suppressors(rule: Rule, silent: tuple[str, ...]) -> tuple[str, ...]:
    if rule.suppressed_by is not None:
        return rule.suppressed_by
    if "critical" in (rule.priority, rule.worse.priority if rule.worse else ""):
        return ()
    return (FEED_DOWN.key, *(() if rule.comparison == "no_data" else silent))
