"""Which numbers the advisor tries by itself for a rule whose alarms are a nuisance, and which of them it proposes.

It changes as little as helps: a longer on-delay and a wider deadband, never the limit, which says what is dangerous. A delay is at most a
tenth of the time in which a person is to respond, and at most a minute for what is critical. Of what it tried it proposes what delays
least among those that save nine tenths of what the best of them saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from domains.tuned import proposed
from model import WORSE, Domain, Metric, Rule, SpecError
from model.tuning import Values

DELAYS = (15.0, 30.0, 60.0, 120.0, 300.0)
SHARES = (0.01, 0.02, 0.05)
"""Deadbands that are tried, of the metric's scale."""
OF_RESPONSE, UNGUIDED_SECONDS, CRITICAL_SECONDS = 0.1, 60.0, 60.0
NEAR_SHARE = 0.9
WORTH_SHARE, WORTH_ALARMS = 0.5, 5
"""What does not save at least this share of the alarms, and so many, is not proposed."""
LONGER = 1.5
"""Nor what would be true for so much longer in all: an alarm that hardly ever ends is no better than one that comes too often."""


class Tried(NamedTuple):
    """Numbers, and what `streams.trial.outcome` says of them."""

    values: Values
    outcome: Mapping[str, Any]


def candidates(domain: Domain, key: str) -> list[Values]:
    """Numbers to try for a rule, each set other than what it has."""
    rule = next(rule for rule in domain.rules if rule.key == key)
    metric = next(metric for metric in domain.metrics if metric.key == rule.on)
    delays = [rule.on_delay, *(delay for delay in DELAYS if rule.on_delay < delay <= longest(rule))]
    bands = [rule.deadband, *(band for band in _bands(rule, metric) if band > rule.deadband)]
    found = [{"on_delay": delay, "deadband": band} for delay in delays for band in bands]
    wanted = [{name: value for name, value in each.items() if value != getattr(rule, name)} for each in found]
    return [each for each in wanted if each and _fits(domain, key, each)]


def longest(rule: Rule) -> float:
    """The longest on-delay that is tried, in seconds."""
    most = rule.guidance.respond_within * OF_RESPONSE if rule.guidance else UNGUIDED_SECONDS
    critical = "critical" in (rule.priority, rule.worse.priority if rule.worse else "")
    return min(most, CRITICAL_SECONDS) if critical else most


def best(tried: Sequence[Tried]) -> Tried | None:
    """The gentlest of those that help about as much as any; None where none is worth it."""
    worth = [each for each in tried if _is_worth(each)]
    if not worth:
        return None
    most = max(_saved(each) for each in worth)
    near = [each for each in worth if _saved(each) >= NEAR_SHARE * most]
    return min(near, key=lambda each: (each.values.get("on_delay", 0.0), each.values.get("deadband", 0.0)))


def tunable(domain: Domain, key: str) -> bool:
    """Whether a rule can be tried at all."""
    return not key.endswith(WORSE) and _fits(domain, key, {})


def _saved(tried: Tried) -> int:
    return int(tried.outcome["before"]) - int(tried.outcome["after"])


def _is_worth(tried: Tried) -> bool:
    saved = _saved(tried)
    fewer = saved >= WORTH_ALARMS and saved >= WORTH_SHARE * tried.outcome["before"]
    return bool(fewer and tried.outcome["new"] == 0 and tried.outcome["lasts"] <= LONGER * tried.outcome["lasted"])


def _bands(rule: Rule, metric: Metric) -> list[float]:
    """Deadbands as a person would write them; a rule on seconds has none, and a rate's is in its own unit."""
    if rule.comparison not in ("high", "low"):
        return []
    width = metric.scale[1] - metric.scale[0]
    return sorted({each for share in SHARES if (each := round(width * share, metric.decimals)) > 0})


def _fits(domain: Domain, key: str, values: Values) -> bool:
    try:
        proposed(domain, key, values)
    except SpecError:
        return False
    return True
