"""A domain whose rules have the numbers that a manager has put in force, checked as an author's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domains.alarm import check as check_alarm
from domains.check import check_rule
from model import WORSE, Domain, Rule, SpecError
from model.tuning import TUNABLE, Values


def tuned(domain: Domain, tunings: Mapping[str, Values]) -> Domain:
    """The domain with `tunings`, by `<domain>/<key>`. One that does not fit its rule any more, which its author changed, is left out."""
    mine = {key.partition("/")[2]: values for key, values in tunings.items() if key.partition("/")[0] == domain.key and values}
    rules = {rule.key: rule for rule in domain.rules}
    for key, values in mine.items():
        if key in rules:
            rules |= _changed(domain, rules, key, values)
    return domain if list(rules.values()) == list(domain.rules) else replace(domain, rules=tuple(rules.values()))


def city(domains: Mapping[str, Domain], tunings: Mapping[str, Values]) -> dict[str, Domain]:
    """All domains so."""
    return {key: tuned(domain, tunings) for key, domain in domains.items()}


def proposed(domain: Domain, key: str, values: Values) -> Rule:
    """The domain's rule with these numbers. Raises SpecError naming the number that cannot be."""
    rule = next((rule for rule in domain.rules if rule.key == key), None)
    if rule is None or key.endswith(WORSE):
        raise SpecError(domain.key, key, "there is no such rule")
    if rule.on not in {metric.key for metric in domain.metrics} or rule.comparison == "no_data":
        raise SpecError(domain.key, key, "is not judged by the readings of one sensor, which are all that can be tried again")
    if unknown := set(values) - set(TUNABLE):
        raise SpecError(domain.key, key, f"{', '.join(sorted(unknown))}: only {', '.join(TUNABLE)} may be tuned")
    changed = replace(rule, **{name: int(value) if name == "times" else float(value) for name, value in values.items()})  # type: ignore[arg-type]

    def fail(field: str, reason: str) -> None:
        raise SpecError(domain.key, field, reason)

    check_rule(fail, key, changed, domain)
    check_alarm(fail, key, changed, domain)
    return changed


def _changed(domain: Domain, rules: Mapping[str, Rule], key: str, values: Values) -> dict[str, Rule]:
    """The rule and that of its worse limit, which has its deadband and delays."""
    try:
        rule = proposed(domain, key, values)
    except SpecError:
        return {}
    worse = rules.get(key + WORSE)
    shared = {name: getattr(rule, name) for name in values if name != "limit"}
    return {key: rule} | ({key + WORSE: replace(worse, **shared)} if worse else {})
