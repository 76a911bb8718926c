"""Reads what a site says of its reports: `[report]` of `site.toml`, with the logo beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from domains.outside import MAIL_FIELDS, mailbox
from domains.site import SITE_FIELDS
from domains.table import Table, toml, unique
from model import Label
from model.report import SPANS, Brand, Mailing

FIELDS = ("en", "zh", "colour", "logo", "mail")
MAILING_FIELDS = (*(name for name in MAIL_FIELDS if name not in ("kinds", "priorities", "areas", "domains")), "spans")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_LOGO = 1 << 20
LAYERS = ("land", "districts", "places")


def read(folder: Path) -> tuple[Brand, tuple[Mailing, ...]]:
    """How the reports of the site in `folder` look, and who gets them. Raises SpecError naming file, field and reason."""
    site = Table(str(folder / "site.toml"), toml(folder / "site.toml"), SITE_FIELDS)
    table = Table(site.file, site.get("report", dict, {}), FIELDS, "report.")
    mailings = tuple(_mailing(site.file, row, f"report.mail[{place}].") for place, row in enumerate(table.rows("mail")))
    unique(site.file, "report.mail", [mailing.name for mailing in mailings])
    logo, kind = _logo(table, folder)
    return Brand(name=_name(table), colour=_colour(table), logo=logo, logo_format=kind, basemap=_basemap(folder)), mailings


def _name(table: Table) -> Label | None:
    if "en" not in table.values and "zh" not in table.values:
        return None
    return table.label()


def _colour(table: Table) -> str:
    colour: str = table.get("colour", str, Brand().colour)
    if not COLOUR.fullmatch(colour):
        raise table.error("colour", f"{colour!r} is not like #1c262d")
    return colour


def _logo(table: Table, folder: Path) -> tuple[bytes, Literal["svg", "png", ""]]:
    name: str = table.get("logo", str, "")
    if not name:
        return b"", ""
    file = folder / name
    if file.resolve().parent != folder.resolve() or not file.is_file():
        raise table.error("logo", f"{name!r} is no file of the site's folder")
    data = file.read_bytes()
    if len(data) > LARGEST_LOGO:
        raise table.error("logo", f"{name!r} is larger than {LARGEST_LOGO >> 20} MiB")
    if data.startswith(PNG):
        return data, "png"
    try:
        ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise table.error("logo", f"{name!r} is neither PNG nor SVG: {error}") from error
    return data, "svg"


def _basemap(folder: Path) -> Mapping[str, Any]:
    files = {name: folder / "basemap" / f"{name}.geojson" for name in LAYERS}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}


def _mailing(file: str, row: Mapping[str, Any], within: str) -> Mailing:
    table = Table(file, row, MAILING_FIELDS, within)
    spans = table.get("spans", list, list(SPANS))
    for span in spans:
        if span not in SPANS:
            raise table.error("spans", f"{span!r} is none of {', '.join(SPANS)}")
    language: Literal["en", "zh"] = table.choice("language", ("en", "zh")) if "language" in row else "en"
    return Mailing(name=table.key("name"), via=mailbox(table), language=language, spans=tuple(spans))
