"""The words of what goes in and out: how a site takes warnings from elsewhere, and whom it tells of its alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from model import Priority
from model.alarm import EventKind

SEVERITY: Mapping[str, Priority] = {"Extreme": "critical", "Severe": "high", "Moderate": "medium", "Minor": "low", "Unknown": "medium"}
"""CAP's severities where the site does not say otherwise."""
LABELLED: Mapping[str, Priority] = {
    "critical": "critical",
    "page": "critical",
    "error": "high",
    "major": "high",
    "high": "high",
    "warning": "medium",
    "minor": "low",
    "low": "low",
    "info": "low",
    "none": "low",
    "other": "medium",
}
"""Common values of Prometheus's severity label; `other` is for every other value and for none."""

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warnings:
    """How the site takes warnings from elsewhere: `[warnings]` of `site.toml`."""

    unsigned: bool = False
    """Take CAP messages without a signature, or of a sender whose certificate the site does not hold."""
    statuses: tuple[str, ...] = ("Actual",)
    """CAP statuses that become alarms."""
    lifetime: float = 86_400.0
    """Seconds that a CAP message stands which names no end."""
    severity: Mapping[str, Priority] = field(default_factory=lambda: SEVERITY)
    label: str = "severity"
    """The Prometheus label that says how bad it is."""
    labelled: Mapping[str, Priority] = field(default_factory=lambda: LABELLED)
    geocodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """CAP geocode value -> the site's areas in it."""
    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """CAP sender -> its certificates, PEM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that events are posted to, signed with a secret that stands in the environment variable `secret`."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where letters go, and the server that takes them; its password stands in the environment variable `password`."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody outside who is told of alarms: one `[[notify]]` of `site.toml`. An empty filter lets everything through."""

    name: str
    via: Webhook | Mailbox
    language: Literal["en", "zh"]
    kinds: tuple[EventKind, ...]
    priorities: tuple[Priority, ...]
    areas: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the site declares of the world outside."""

    warnings: Warnings
    recipients: tuple[Recipient, ...]
    sender: str
    """What the city's own CAP messages name as their sender."""
