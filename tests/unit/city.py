"""A small declared domain, and native messages for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from model import Batch, Comparison, Condition, Domain, Figure, Kpi, Label, Layer, Metric, Rule
from model.alarm import Alarm
from streams.partition import encode
from streams.ranking import Ranking

START = 1_795_203_000.0
"""2026-11-20T19:30:00Z, a whole minute."""


def label(text: str) -> Label:
    return Label(en=text, zh=text)


def metric(key: str, unit: str = "mg/L", valid: tuple[float, float] = (0.0, 100.0), **more: Any) -> Metric:
    return Metric(key=key, label=label(key), unit=unit, valid=valid, decimals=2, normal=(0.0, 50.0), scale=(0.0, 100.0), **more)


def rule(key: str, on: str, comparison: Comparison, limit: float, **more: Any) -> Rule:
    return Rule(**{"key": key, "label": label(key), "on": on, "comparison": comparison, "limit": limit, "priority": "high", **more})


def domain(rules: Sequence[Rule] = (), **more: Any) -> Domain:
    kpi = Kpi(
        key="oxygen_lowest",
        label=label("lowest"),
        unit="mg/L",
        decimals=1,
        figure=lambda readings: Figure(value=min(readings.latest("oxygen").values(), default=None)),
        normal=(5.0, 9.0),
        scale=(0.0, 10.0),
        metric="oxygen",
    )
    return Domain(
        key="sea",
        topic="city.sea",
        label=label("Sea"),
        icon="",
        metrics=(metric("oxygen"), metric("temperature", "degC", (-5.0, 50.0))),
        kpis=(kpi,),
        rules=tuple(rules),
        layer=Layer(kind="points", metric="oxygen"),
        headline=("oxygen_lowest", "oxygen_lowest"),
        table="oxygen",
        trends=("oxygen_lowest",),
        sample={},
        **more,
    )


def message(sensor: str, value: float | None, time: float, metric: str = "oxygen", **more: Any) -> dict[str, Any]:
    return {"sensor": sensor, "metric": metric, "value": value, "time": round(time * 1000), **more}


def batch(records: Sequence[Any], offset: int = 0, **more: Any) -> Batch:
    """A batch of records; bytes go as they are, everything else as JSON."""
    values = [record if isinstance(record, bytes) or record is None else json.dumps(record).encode() for record in records]
    return Batch(
        topic="city.sea",
        partition=0,
        offsets=range(offset, offset + len(values)),
        values=values,
        keys=[None] * len(values),
        next_offset=offset + len(values),
        arrived=START,
        **more,
    )


def ranked(
    alarms: Iterable[Alarm] = (), conditions: Iterable[Condition] = (), calendar: Callable[[str], bool | None] | None = None
) -> Ranking:
    """What pages tell of a board and of conditions that a partition stored."""
    made = Ranking(calendar) if calendar else Ranking()
    made.board({alarm.id: alarm for alarm in alarms})
    made.stored({"sea.0": [encode(condition) for condition in conditions]})
    return made.settle()
