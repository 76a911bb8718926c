"""Finds the author's mistakes in a domain before anything starts: every name, limit, unit and figure, and the sample record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from xml.etree import ElementTree

from domains import alarm, trial
from domains.shape import ShapeError, expect
from model import QUALITIES, Domain, Guidance, Kpi, Label, Metric, Rule, SpecError, Standard
from standards.unit import IncompatibleUnit, canonical, convert

Fail = Callable[[str, str], None]

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
RESERVED_TOPICS = ("city.rejects", "city.alarms")
DRAWING = frozenset({"path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "g"})
KPI_SECONDS = 85_800
"""How long a KPI can be seen to stay the same or to be missing: its five minutes of the last day."""
SECONDS_BELOW = 1e11
"""A number below this is a time in seconds; the wire has milliseconds."""


def check(file: str, domain: Domain) -> None:
    """Raises SpecError(file, field, reason) for the first mistake found."""

    def fail(field: str, reason: str) -> None:
        raise SpecError(file, field, reason)

    try:
        expect(domain, Domain, "")
    except ShapeError as error:
        raise SpecError(file, error.field, error.reason) from error
    _label(fail, "label", domain.label)
    _icon(fail, domain.icon)
    _keys(fail, domain)
    for place, metric in enumerate(domain.metrics):
        _metric(fail, f"metrics[{place}] ({metric.key})", metric)
    for place, kpi in enumerate(domain.kpis):
        _kpi(fail, f"kpis[{place}] ({kpi.key})", kpi, domain)
    for place, standard in enumerate(domain.standards):
        _standard(fail, f"standards[{place}] ({standard.key})", standard, domain)
    for place, rule in enumerate(domain.rules):
        check_rule(fail, f"rules[{place}] ({rule.key})", rule, domain)
        alarm.check(fail, f"rules[{place}] ({rule.key})", rule, domain)
    _drawn(fail, domain)
    _feed(fail, domain)
    if domain.format == "native":
        _sample(fail, domain)


def _keys(fail: Fail, domain: Domain) -> None:
    """Metrics and KPIs share their names, because `on` and `table` name either."""
    if not domain.metrics:
        fail("metrics", "is empty")
    _unique(fail, (("metrics", metric.key) for metric in domain.metrics))
    _unique(fail, (("kpis", key) for key in [metric.key for metric in domain.metrics] + [kpi.key for kpi in domain.kpis]))
    _unique(fail, (("rules", rule.key) for rule in domain.rules))
    _unique(fail, (("standards", standard.key) for standard in domain.standards))


def _unique(fail: Fail, names: Iterable[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for field, key in names:
        if not KEY.fullmatch(key):
            fail(f"{field}.key", f"{key!r} must be a to z, 0 to 9 and _ and begin with a letter")
        if key in seen:
            fail(f"{field}.key", f"{key!r} is taken" + (": metrics and KPIs share their names" if field == "kpis" else ""))
        seen.add(key)


def _label(fail: Fail, field: str, label: Label | None) -> None:
    if label is not None:
        for language in ("en", "zh"):
            if not getattr(label, language).strip():
                fail(f"{field}.{language}", "is empty")


def _icon(fail: Fail, markup: str) -> None:
    try:
        root = ElementTree.fromstring(f"<svg>{markup}</svg>")
    except ElementTree.ParseError as error:
        fail("icon", f"is not well-formed SVG: {error}")
        return
    if len(root) == 0:
        fail("icon", "draws nothing")
    for element in root.iter():
        if element is not root and element.tag not in DRAWING:
            fail("icon", f"<{element.tag}> is none of {', '.join(sorted(DRAWING))}")


def _range(fail: Fail, field: str, ends: tuple[float, float]) -> None:
    if not ends[0] < ends[1]:
        fail(field, f"{ends[0]:g} to {ends[1]:g} is not ascending")


def _display(fail: Fail, field: str, shown: Metric | Kpi) -> None:
    """What metrics and KPIs have in common: label, unit, decimals, scale and normal band."""
    _label(fail, f"{field}.label", shown.label)
    try:
        canonical(shown.unit)
    except IncompatibleUnit as error:
        fail(f"{field}.unit", str(error))
    if not 0 <= shown.decimals <= 9:
        fail(f"{field}.decimals", f"{shown.decimals} is not within 0 to 9")
    _range(fail, f"{field}.scale", shown.scale)
    _range(fail, f"{field}.normal", shown.normal)
    if shown.normal[0] < shown.scale[0] or shown.normal[1] > shown.scale[1]:
        fail(f"{field}.normal", f"{shown.normal} is outside the scale {shown.scale}")


def _metric(fail: Fail, field: str, metric: Metric) -> None:
    _display(fail, field, metric)
    _label(fail, f"{field}.short", metric.short)
    _range(fail, f"{field}.valid", metric.valid)
    if metric.circular and (canonical(metric.unit) != "deg" or metric.valid != (0, 360)):
        fail(f"{field}.circular", "a direction is in degrees from 0 to 360")
    if metric.energetic and canonical(metric.unit) != "dB":
        fail(f"{field}.energetic", "a level is in dB")


def _kpi(fail: Fail, field: str, kpi: Kpi, domain: Domain) -> None:
    _display(fail, field, kpi)
    if kpi.metric is not None and kpi.metric not in {metric.key for metric in domain.metrics}:
        fail(f"{field}.metric", f"{kpi.metric!r} is no metric")
    if reason := trial.figure(kpi, domain.metrics):
        fail(f"{field}.figure", reason)


def _standard(fail: Fail, field: str, standard: Standard, domain: Domain) -> None:
    _label(fail, f"{field}.label", standard.label)
    try:
        canonical(standard.unit)
    except IncompatibleUnit as error:
        fail(f"{field}.unit", str(error))
    if not standard.source.strip():
        fail(f"{field}.source", "is empty")
    if not 0 <= standard.decimals <= 9:
        fail(f"{field}.decimals", f"{standard.decimals} is not within 0 to 9")
    if reason := trial.verdict(standard, domain.metrics):
        fail(f"{field}.verdict", reason)


def check_rule(fail: Fail, field: str, rule: Rule, domain: Domain) -> None:
    """Calls `fail` for the first mistake in what the rule says of its condition."""
    for within, told in ((field, rule), (f"{field}.worse", rule.worse)):
        if told is not None and told.label is not None:
            _label(fail, f"{within}.label", told.label)
        if told is not None and told.guidance is not None:
            _guidance(fail, f"{within}.guidance", told.guidance)
    for name in ("deadband", "on_delay", "off_delay"):
        if getattr(rule, name) < 0:
            fail(f"{field}.{name}", f"{getattr(rule, name):g} is negative")
    metric = next((metric for metric in domain.metrics if metric.key == rule.on), None)
    kpi = next((kpi for kpi in domain.kpis if kpi.key == rule.on), None)
    if metric is None and kpi is None:
        fail(f"{field}.on", f"{rule.on!r} is no metric and no KPI")
    elif rule.comparison in ("high", "low"):
        _limit(fail, field, rule, metric.valid if metric else kpi.scale if kpi else (0.0, 0.0), "valid range" if metric else "scale")
    else:
        _duration(fail, field, rule, metric)


def _limit(fail: Fail, field: str, rule: Rule, ends: tuple[float, float], name: str) -> None:
    if not ends[0] <= rule.limit <= ends[1]:
        fail(f"{field}.limit", f"{rule.limit:g} is outside the {name} {ends[0]:g} to {ends[1]:g}")
    if rule.worse and not ends[0] <= rule.worse.limit <= ends[1]:
        fail(f"{field}.worse.limit", f"{rule.worse.limit:g} is outside the {name} {ends[0]:g} to {ends[1]:g}")
    clears = rule.limit + (rule.deadband if rule.comparison == "low" else -rule.deadband)
    if not ends[0] <= clears <= ends[1]:
        fail(f"{field}.deadband", f"clears only at {clears:g}, outside the {name} {ends[0]:g} to {ends[1]:g}")


def _duration(fail: Fail, field: str, rule: Rule, metric: Metric | None) -> None:
    """The limits of `rate`, `stuck` and `no_data`."""
    if metric is None and rule.comparison != "rate" and rule.limit > KPI_SECONDS:
        fail(f"{field}.limit", f"{rule.limit:g} s is longer than the past of a KPI, {KPI_SECONDS} s")
    if rule.limit <= 0:
        fail(f"{field}.limit", f"{rule.limit:g} is not positive")
    if rule.deadband >= rule.limit:
        fail(f"{field}.deadband", f"{rule.deadband:g} is not below the limit {rule.limit:g}: it would never clear")
    if rule.comparison == "rate" and (rule.span % 60 or not 60 <= rule.span <= 7200):
        fail(f"{field}.span", f"{rule.span:g} is not a multiple of 60 from 60 to 7200 s")


def _guidance(fail: Fail, field: str, guidance: Guidance) -> None:
    for name in ("cause", "consequence", "action"):
        _label(fail, f"{field}.{name}", getattr(guidance, name))
    if guidance.respond_within <= 0:
        fail(f"{field}.respond_within", f"{guidance.respond_within:g} is not positive")


def _drawn(fail: Fail, domain: Domain) -> None:
    """What screens show names what there is."""
    metrics, kpis = {metric.key for metric in domain.metrics}, {kpi.key for kpi in domain.kpis}
    for field, names in (("headline", domain.headline), ("trends", domain.trends)):
        for name in names:
            if name not in kpis:
                fail(field, f"{name!r} is no KPI")
        if len(set(names)) < len(names):
            fail(field, f"{names[0]!r} is there twice")
    if not 1 <= len(domain.trends) <= 2:
        fail("trends", f"has {len(domain.trends)} members, not 1 or 2")
    if domain.table not in metrics | kpis:
        fail("table", f"{domain.table!r} is no metric and no KPI")
    if domain.layer.metric not in metrics:
        fail("layer.metric", f"{domain.layer.metric!r} is no metric")
    if domain.layer.height <= 0:
        fail("layer.height", f"{domain.layer.height:g} is not positive")


def _feed(fail: Fail, domain: Domain) -> None:
    if not TOPIC.fullmatch(domain.topic) or domain.topic in RESERVED_TOPICS:
        fail("topic", f"{domain.topic!r} is reserved or no name that Kafka takes")
    if not domain.format:
        fail("format", "is empty")
    for name in ("interval", "lateness"):
        if getattr(domain, name) <= 0:
            fail(name, f"{getattr(domain, name):g} is not positive")


def _sample(fail: Fail, domain: Domain) -> None:
    """The sample must be understood, and trusted, as a reading from Kafka would be."""
    sample = domain.sample
    for name in ("sensor", "metric"):
        if not isinstance(sample.get(name), str) or not sample[name]:
            fail(f"sample.{name}", "is missing or no text")
    metric = next((metric for metric in domain.metrics if metric.key == sample["metric"]), None)
    if metric is None:
        fail("sample.metric", f"{sample['metric']!r} is no metric")
        return
    _sample_value(fail, metric, sample.get("value"), sample.get("unit"))
    _sample_time(fail, sample.get("time"))
    for name, most in (("lon", 180), ("lat", 90)):
        degrees = sample.get(name)
        if degrees is not None and not (_is_number(degrees) and -most <= degrees <= most):
            fail(f"sample.{name}", f"{degrees!r} is not within -{most} to {most} degrees")
    if sample.get("quality", "good") not in QUALITIES:
        fail("sample.quality", f"{sample['quality']!r} is none of {', '.join(QUALITIES)}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sample_value(fail: Fail, metric: Metric, value: object, unit: object) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        fail("sample.value", f"{value!r} is no number")
        return
    try:
        converted = convert(value, metric.unit if unit is None else str(unit), metric.unit)
    except IncompatibleUnit as error:
        fail("sample.unit", str(error))
        return
    if not metric.valid[0] <= converted <= metric.valid[1]:
        fail("sample.value", f"{converted:g} {metric.unit} is outside the valid range {metric.valid[0]:g} to {metric.valid[1]:g}")


def _sample_time(fail: Fail, time: object) -> None:
    if isinstance(time, str):
        try:
            if datetime.fromisoformat(time).tzinfo is None:
                fail("sample.time", f"{time!r} names no zone")
        except ValueError as error:
            fail("sample.time", str(error))
    elif not _is_number(time) or not float(str(time)) >= SECONDS_BELOW:
        fail("sample.time", f"{time!r} is neither RFC 3339 nor milliseconds since 1970")
