"""The words of reports: how a site's own look, and who gets them by mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from model import Label
from model.outside import Mailbox

Span = Literal["day", "week", "month"]
SPANS: tuple[Span, ...] = ("day", "week", "month")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """How the site's reports look: `[report]` of `site.toml`."""

    name: Label | None = None
    """Who reports, at the foot of every page; citydeck where it is not said."""
    colour: str = "#1c262d"
    """Of the title and the line below it."""
    logo: bytes = b""
    logo_format: Literal["svg", "png", ""] = ""
    basemap: Mapping[str, Any] = field(default_factory=dict)
    """`land`, `districts`, `places`: GeoJSON, as far as the site has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """Who gets which reports by mail: one `[[report.mail]]`."""

    name: str
    via: Mailbox
    language: Literal["en", "zh"]
    spans: tuple[Span, ...]
