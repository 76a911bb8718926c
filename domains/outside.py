"""Reads what a site declares of the world outside: `[warnings]` and `[[notify]]` of `site.toml`, and `senders/*.pem`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from domains.site import SITE_FIELDS
from domains.table import Table, text, toml, unique
from model import PRIORITIES, Priority
from model.alarm import EventKind
from model.outside import LABELLED, SEVERITY, Mailbox, Outside, Recipient, Tls, Warnings, Webhook

STATUSES = ("Actual", "Exercise", "Test")
WARNING_FIELDS = ("unsigned", "statuses", "hours", "severity", "severity_label", "alertmanager", "geocodes", "sender")
FILTERS = ("language", "kinds", "priorities", "areas", "domains")
WEBHOOK_FIELDS = ("name", "webhook", "secret", *FILTERS)
MAIL_FIELDS = ("name", "mail", "sender", "server", "tls", "user", "password", *FILTERS)
URGENT_KINDS = ("raised", "worsened", "escalated")
"""What a mailbox is told that does not choose."""
ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")
SENDER = re.compile(r"[^\s,<&]{1,100}")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TLS_PORTS = {"starttls": 587, "tls": 465, "none": 25}
LONGEST_HOURS = 24.0 * 365


def read(folder: Path, areas: Collection[str], domains: Collection[str]) -> Outside:
    """What the site in `folder` says; `areas` and `domains` are the keys there are. Raises SpecError naming file, field and reason."""
    site = Table(str(folder / "site.toml"), toml(folder / "site.toml"), SITE_FIELDS)
    table = Table(site.file, site.get("warnings", dict, {}), WARNING_FIELDS, "warnings.")
    rows = [(row, f"notify[{place}].") for place, row in enumerate(site.rows("notify"))]
    recipients = tuple(_recipient(site.file, row, within, areas, domains) for row, within in rows)
    unique(site.file, "notify", [recipient.name for recipient in recipients])
    warnings = _warnings(table, _certificates(folder / "senders"), areas)
    return Outside(warnings=warnings, recipients=recipients, sender=_sender(table, folder.resolve().name))


def _warnings(table: Table, certificates: Mapping[str, tuple[str, ...]], areas: Collection[str]) -> Warnings:
    hours = table.number("hours") if "hours" in table.values else 24.0
    if not 0 < hours <= LONGEST_HOURS:
        raise table.error("hours", f"{hours:g} is not within 0 and {LONGEST_HOURS:g}")
    return Warnings(
        unsigned=table.get("unsigned", bool, False),
        statuses=_several(table, "statuses", STATUSES, ("Actual",)),
        lifetime=hours * 3600,
        severity={**SEVERITY, **_priorities(table, "severity")},
        label=table.get("severity_label", str, "severity"),
        labelled={**LABELLED, **{value.lower(): priority for value, priority in _priorities(table, "alertmanager").items()}},
        geocodes=_geocodes(table, areas),
        certificates=certificates,
    )


def _sender(table: Table, folder: str) -> str:
    """A name without what CAP forbids in it; that of the site's folder where none is given."""
    sender: str = table.get("sender", str, "") or "citydeck-" + re.sub(r"[^A-Za-z0-9.-]+", "-", folder)
    if not SENDER.fullmatch(sender):
        raise table.error("sender", f"{sender!r} is not 1 to 100 letters without spaces, commas, < and &")
    return sender


def _priorities(table: Table, name: str) -> dict[str, Priority]:
    inner = Table(table.file, table.get(name, dict, {}), list(table.get(name, dict, {})), f"{table.within}{name}.")
    return {key: inner.choice(key, PRIORITIES) for key in inner.values}


def _geocodes(table: Table, areas: Collection[str]) -> dict[str, tuple[str, ...]]:
    codes = table.get("geocodes", dict, {})
    inner = Table(table.file, codes, list(codes), f"{table.within}geocodes.")
    return {code: _several(inner, code, areas, ()) for code in codes}


def _several(table: Table, name: str, choices: Collection[str], default: tuple[str, ...]) -> tuple[Any, ...]:
    """The texts of a list, each one of `choices`."""
    values = table.get(name, list, list(default))
    for value in values:
        if value not in choices:
            raise table.error(name, f"{value!r} is none of {', '.join(choices)}")
    return tuple(values)


def _certificates(folder: Path) -> dict[str, tuple[str, ...]]:
    """By sender; a file is named as the sender calls itself, percent-encoded where a file name cannot hold a letter."""
    end = "-----END CERTIFICATE-----"
    texts = {unquote(file.stem): text(file) for file in sorted(folder.glob("*.pem"))}
    return {sender: tuple(part.strip() + "\n" + end + "\n" for part in pem.split(end)[:-1]) for sender, pem in texts.items()}


# [[notify]]


def _recipient(file: str, row: Mapping[str, Any], within: str, areas: Collection[str], domains: Collection[str]) -> Recipient:
    mail = "mail" in row
    table = Table(file, row, MAIL_FIELDS if mail else WEBHOOK_FIELDS, within)
    return Recipient(
        name=table.key("name"),
        via=mailbox(table) if mail else _webhook(table),
        language=table.choice("language", ("en", "zh")) if "language" in row else "en",
        kinds=_several(table, "kinds", get_args(EventKind), URGENT_KINDS if mail else ()),
        priorities=_several(table, "priorities", PRIORITIES, ()),
        areas=_several(table, "areas", areas, ()),
        domains=_several(table, "domains", [*domains, "system", "outside"], ()),
    )


def _webhook(table: Table) -> Webhook:
    url = table.text("webhook")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise table.error("webhook", f"{url!r} is not an address that begins with https://")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise table.error("webhook", "must begin with https://; only this machine is told without")
    return Webhook(url=url, secret=_variable(table, "secret"))


def mailbox(table: Table) -> Mailbox:
    """Where mail goes, and the server that takes it."""
    to, sender = table.get("mail", list), table.text("sender")
    if not to:
        raise table.error("mail", "is empty")
    for name, address in [*(("mail", one) for one in to), ("sender", sender)]:
        if not isinstance(address, str) or not ADDRESS.fullmatch(address):
            raise table.error(name, f"{address!r} is not an address")
    tls: Tls = table.choice("tls", get_args(Tls)) if "tls" in table.values else "starttls"
    host, _, port = table.text("server").partition(":")
    if port and not port.isdigit():
        raise table.error("server", f"{port!r} is not a port")
    if tls == "none" and host not in LOOPBACK:
        raise table.error("tls", "none is for a mail server on this machine only")
    user = table.get("user", str, "")
    password = _variable(table, "password") if user else ""
    return Mailbox(to=tuple(to), sender=sender, host=host, port=int(port or TLS_PORTS[tls]), tls=tls, user=user, password=password)


def _variable(table: Table, name: str) -> str:
    """The name of an environment variable: a secret itself never stands in the file."""
    variable = table.text(name)
    if not variable.isidentifier() or not variable.isupper() or variable.startswith("CITYDECK_"):
        raise table.error(name, "must be the name of an environment variable in upper case that does not begin with CITYDECK_")
    return variable
