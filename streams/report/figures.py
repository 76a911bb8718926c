"""What is told of one domain's day, all of it from its declaration: key figures by hour, verdicts of its standards, how much there was.

The outcome is plain JSON: numbers, texts, lists. Absent is null.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from model import NO_VERDICT, Domain, Figure, Kpi, Label, Rule, Sensor, Standard, Verdict
from standards.noise import laeq
from streams.readings import STALE_INTERVALS
from streams.report.day import HOUR, Past

log = logging.getLogger(__name__)
Told = dict[str, Any]
Worst = Literal["high", "low", "mean"]
NOTHING = Figure(value=None)
ENOUGH = 0.75
"""Share of a domain's sensors that must have spoken for an hour to be told without a mark."""
MORE_DECIMALS = 2
"""Beyond those shown: so that what is computed on from a report is not computed from rounded numbers."""
FEW = 10


def of_domain(domain: Domain, past: Past, sensors: Mapping[str, Sensor]) -> Told:
    """The facts of a domain's day."""
    return {
        "kpis": [_kpi(kpi, domain, past) for kpi in domain.kpis],
        "standards": [_standard(standard, domain, past) for standard in domain.standards],
        "metrics": [_metric(key, domain, past) for key in (metric.key for metric in domain.metrics) if key in past.found.metrics],
        "feed": _feed(domain, past, sensors),
        "origins": sorted(past.found.origins),
        "foreign": dict(sorted(past.found.foreign.items())),
    }


def told(label: Label) -> dict[str, str]:
    """A label as JSON."""
    return {"en": label.en, "zh": label.zh}


def rounded(value: float | None, decimals: int) -> float | None:
    """A value as it is kept; None of what is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), decimals + MORE_DECIMALS) + 0.0


def mean(values: Sequence[float], energetic: bool) -> float | None:
    """Over hours, sensors or days; of levels in dB the energy mean (`model.Metric`). None of nothing."""
    return laeq(values) if energetic else float(np.mean(values)) if values else None


# --- key figures -----------------------------------------------------------------------------------------------------------------------


def rules_of(kpi: Kpi, domain: Domain) -> tuple[Rule | None, Rule | None]:
    """The rule on a key figure itself, and that on its metric in the same unit."""
    units = {metric.key: metric.unit for metric in domain.metrics}
    limits = [rule for rule in domain.rules if rule.comparison in ("high", "low")]
    own = next((rule for rule in limits if rule.on == kpi.key), None)
    shared = next((rule for rule in limits if rule.on == kpi.metric), None)
    return own, shared if units.get(kpi.metric or "") == kpi.unit else None


def worst_of(kpi: Kpi, domain: Domain) -> Worst:
    """Which hour stands for the day: the highest or the lowest, as a rule has it or as its normal band leaves room on one side only;
    else the mean of the hours.
    """
    own, shared = rules_of(kpi, domain)
    if rule := own or shared:
        return "high" if rule.comparison == "high" else "low"
    room = kpi.normal[0] > kpi.scale[0], kpi.normal[1] < kpi.scale[1]
    return "high" if room == (False, True) else "low" if room == (True, False) else "mean"


def _kpi(kpi: Kpi, domain: Domain, past: Past) -> Told:
    figures = [_figure(kpi, domain, past, hour) for hour in range(len(past.hours))]
    values = [rounded(figure.value, kpi.decimals) for figure in figures]
    worst, rule = worst_of(kpi, domain), _limit(kpi, domain, figures)
    known = {hour: value for hour, value in enumerate(values) if value is not None}
    hour = None if worst == "mean" or not known else (max if worst == "high" else min)(known, key=known.__getitem__)
    energetic = _is_level(kpi, domain)
    decided = figures[hour] if hour is not None else NOTHING
    return {
        "key": kpi.key,
        "label": told(kpi.label),
        "unit": kpi.unit,
        "decimals": kpi.decimals,
        "shown": kpi.shown,
        "worst": worst,
        "energetic": energetic,
        "value": rounded(mean(list(known.values()), energetic), kpi.decimals) if hour is None else known[hour],
        "hour": hour,
        "sensor": decided.sensor,
        "item": decided.item,
        "hours": values,
        "scale": list(kpi.scale),
        "normal": list(kpi.normal),
        "limit": rule.limit if rule else None,
        "over": sum(_beyond(value, rule) for value in known.values()) if rule else None,
    }


def _is_level(kpi: Kpi, domain: Domain) -> bool:
    """Whether a key figure is in the unit of an energetic metric and speaks about it."""
    return any(metric.key == kpi.metric and metric.unit == kpi.unit and metric.energetic for metric in domain.metrics)


def _limit(kpi: Kpi, domain: Domain, figures: Sequence[Figure]) -> Rule | None:
    """The rule that limits a key figure; one on its metric does where the figure is one sensor's value, and not a mean of many."""
    own, shared = rules_of(kpi, domain)
    known = [figure for figure in figures if figure.value is not None]
    alone = all(figure.sensor is not None and figure.by_sensor.get(figure.sensor) == figure.value for figure in known)
    return own or (shared if known and alone else None)


def _beyond(value: float, rule: Rule) -> bool:
    return value > rule.limit if rule.comparison == "high" else value < rule.limit


def _figure(kpi: Kpi, domain: Domain, past: Past, hour: int) -> Figure:
    try:
        return kpi.figure(past.at(hour))
    except Exception as error:  # a domain file's function is the author's; one wrong figure must not cost the report
        log.exception("figure failed", extra={"kpi": f"{domain.key}/{kpi.key}"}, exc_info=error)
        return NOTHING


# --- standards -------------------------------------------------------------------------------------------------------------------------


def _standard(standard: Standard, domain: Domain, past: Past) -> Told:
    verdict = _verdict(standard, domain, past)
    beyond = sorted(verdict.by_sensor.items(), key=lambda each: (-each[1], each[0]))[:FEW]
    return {
        "key": standard.key,
        "label": told(standard.label),
        "source": verdict.source or standard.source,
        "unit": standard.unit,
        "decimals": standard.decimals,
        "value": rounded(verdict.value, standard.decimals),
        "grade": told(verdict.grade) if verdict.grade else None,
        "classed": standard.classed,
        "within": verdict.within,
        "limit": told(verdict.limit) if verdict.limit else None,
        "sensor": verdict.sensor,
        "items": list(verdict.items),
        "hour": verdict.hour,
        "passed": list(verdict.passed) if verdict.passed else None,
        "by_sensor": [[sensor, rounded(value, standard.decimals)] for sensor, value in beyond],
    }


def _verdict(standard: Standard, domain: Domain, past: Past) -> Verdict:
    try:
        return standard.verdict(past)
    except Exception as error:  # as of a figure
        log.exception("verdict failed", extra={"standard": f"{domain.key}/{standard.key}"}, exc_info=error)
        return NO_VERDICT


# --- what there was --------------------------------------------------------------------------------------------------------------------


def _metric(key: str, domain: Domain, past: Past) -> Told:
    """The day's mean over sensors, least and greatest reading with their sensors and hours."""
    metric = next(metric for metric in domain.metrics if metric.key == key)
    found = past.found.metrics[key]
    base = {"key": key, "label": told(metric.label), "unit": metric.unit, "decimals": metric.decimals, "sensors": len(found.sensors)}
    base |= {"energetic": metric.energetic, "readings": int(found.count.sum()), "mean": None, "least": None, "greatest": None}
    if metric.circular or np.isnan(found.least).all():
        return base
    base["mean"] = rounded(mean(list(past.means(key).values()), metric.energetic), metric.decimals)
    for name, place in (("least", np.nanargmin(found.least)), ("greatest", np.nanargmax(found.greatest))):
        row, hour = divmod(int(place), past.found.hours)
        base[name] = {"value": rounded(getattr(found, name)[row, hour], metric.decimals), "sensor": found.sensors[row], "hour": hour}
    return base


def _feed(domain: Domain, past: Past, sensors: Mapping[str, Sensor]) -> Told:
    """How whole the day is: readings against what the sensors' intervals promise, who was heard, how long nobody was.

    Of each metric that a sensor sent, an hour promises as many readings as intervals; more than that makes up for no other hour. A listed
    sensor that sent nothing at all promises one metric.
    """
    promised = held = 0.0
    spoke = np.zeros(past.found.hours)
    seen: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = {}
    hours = past.found.hours
    for key, found in past.found.metrics.items():
        span = past.span(key)
        rows = [span.place[sensor] for sensor in found.sensors]
        expected = HOUR / past.intervals(span)[rows]
        lone = (found.count.sum(axis=1) == 1) & np.array([name not in sensors for name in found.sensors])
        expected[lone] = 1 / hours  # of an unlisted sensor that spoke once nobody knows how often it speaks
        whole = np.maximum(expected, 1.0)  # one that speaks more seldom than hourly is asked by the day
        got = np.minimum(found.count, whole[:, None]).sum(axis=1)
        promised += float((expected * hours).sum())
        held += float(np.minimum(got, expected * hours).sum())
        for sensor, told_ in zip(found.sensors, found.count > 0, strict=True):
            seen[sensor] = seen[sensor] | told_ if sensor in seen else told_
    silent = sorted(set(sensors) - set(seen))
    promised += sum(HOUR / sensors[name].interval * hours for name in silent)
    total = len(seen) + len(silent)
    for told_ in seen.values():
        spoke += told_
    seldom = sum(1 for name in seen if name in sensors and sensors[name].interval > HOUR)
    return {
        "listed": len(sensors),
        "heard": len(seen),
        "silent": silent,
        "unlisted": sorted(set(seen) - set(sensors)),
        "silent_count": len(silent),
        "readings": int(sum(found.count.sum() for found in past.found.metrics.values())),
        "promised": round(promised, 3),
        "held": round(held, 3),
        "speaking": [round(min(float(each) + seldom, total) / total, 4) if total else None for each in spoke],
        **_fresh(past),
    }


def _fresh(past: Past) -> Told:
    """Share of the day's minutes in which some reading was no older than three intervals of the sensor that speaks most often, and the
    longest silence.
    """
    heard = past.found.heard
    reach = max(math.ceil(STALE_INTERVALS * past.shortest / 60), 1)
    at = np.flatnonzero(heard)
    if not len(at):
        return {"fresh": 0.0 if len(heard) else None, "longest": len(heard) * 60}
    age = np.arange(len(heard)) - np.maximum.accumulate(np.where(heard, np.arange(len(heard)), -len(heard)))
    gaps = np.diff(np.concatenate([[-1], at, [len(heard)]])) - 1
    return {"fresh": round(float((age < reach).mean()), 4), "longest": int(gaps.max()) * 60}
