"""Reads what Prometheus Alertmanager posts to a webhook (payload version 4)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError

from callbacks.plain import link, plain
from callbacks.refusal import Refused
from model import Priority
from model.alarm import Message
from model.outside import Warnings

RULE = "outside/alertmanager"
MOST_ALERTS, MOST_LABELS = 1000, 100
SHORT, LONG = 300, 4000
FINGERPRINT = re.compile(r"[0-9A-Za-z_-]{1,64}")
ZERO_TIME = datetime.fromisoformat("0002-01-01T00:00:00+00:00")
"""An `endsAt` before is Go's zero time: none was given."""


def _few(texts: Mapping[str, str]) -> Mapping[str, str]:
    return {plain(name, SHORT): plain(text, LONG) for name, text in list(texts.items())[:MOST_LABELS]}


Texts = Annotated[dict[str, str], AfterValidator(_few)]


class Alert(BaseModel):
    """One alert of the group."""

    status: Literal["firing", "resolved"]
    labels: Texts
    annotations: Texts = Field(default_factory=dict)
    startsAt: AwareDatetime
    endsAt: AwareDatetime | None = None
    generatorURL: str = ""
    fingerprint: str = Field("", description="identity of the label set; made from the labels where it is missing")


class Payload(BaseModel):
    """A group of alerts, as a webhook receiver is told of it."""

    version: Literal["4"]
    groupKey: str
    externalURL: str = ""
    truncatedAlerts: int = Field(0, ge=0)
    alerts: list[Alert] = Field(max_length=MOST_ALERTS)


def read(body: bytes) -> Payload:
    """The payload. Raises Refused naming what is wrong with which field."""
    try:
        return Payload.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(400 if first["type"] == "json_invalid" else 422, f"{where}: {first['msg']}".removeprefix(": ")) from error


def subject(alert: Alert) -> str:
    """What the alarm is about: the same for the same labels."""
    mark = alert.fingerprint
    if not FINGERPRINT.fullmatch(mark):
        mark = hashlib.blake2b(
            "\n".join(f"{name}={alert.labels[name]}" for name in sorted(alert.labels)).encode(), digest_size=8
        ).hexdigest()
    return f"outside:alertmanager:{mark}"


def since(alert: Alert, now: float) -> float:
    """Event time of what the alert says: when it began, or when it ended."""
    if alert.status == "firing":
        return alert.startsAt.timestamp()
    return alert.endsAt.timestamp() if alert.endsAt is not None and alert.endsAt > ZERO_TIME else now


def message(payload: Payload, alert: Alert, rules: Warnings, areas: Collection[str], domains: Collection[str]) -> Message:
    """The alarm to raise for one that fires. Labels `area` and `domain` place it where the site knows their values."""
    labels, annotations = alert.labels, alert.annotations
    name = annotations.get("summary") or labels.get("alertname") or "Prometheus alert"
    area, domain = labels.get("area", ""), labels.get("domain", "")
    return Message(
        since=alert.startsAt.timestamp(),
        rule=RULE,
        subject=subject(alert),
        domain=domain if domain in domains else "outside",
        area=area if area in areas else "",
        priority=_priority(alert, rules),
        label={"en": plain(name, SHORT), "zh": plain(annotations.get("summary_zh") or name, SHORT)},
        ends=None,
        told={
            "source": "alertmanager",
            "sender": plain(payload.externalURL, SHORT),
            "group": plain(payload.groupKey, SHORT),
            "link": link(annotations.get("runbook_url", "")) or link(alert.generatorURL),
            "areas": [area] if area in areas else [],
            "text": {
                "en": annotations.get("description", ""),
                "zh": annotations.get("description_zh") or annotations.get("description", ""),
            },
            "labels": dict(labels),
        },
    )


def _priority(alert: Alert, rules: Warnings) -> Priority:
    return rules.labelled.get(alert.labels.get(rules.label, "").lower(), rules.labelled["other"])
