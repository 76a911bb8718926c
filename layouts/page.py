"""The single door of the layouts: an address in, a page out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import dash_mantine_components as dmc
from dash import dcc, html

from layouts import alarm, domain, handover, history, ids, logbook, overview, report, screen, sensor, shell, system, tuning
from layouts.text import say
from model import Domain, Site

QUIET: Mapping[str, Callable[[], Any]] = {
    "alarms": alarm.body,
    "history": history.body,
    "reports": report.body,
    "log": logbook.body,
    "handover": handover.body,
    "tuning": tuning.body,
}
"""Pages that no frame is about: they listen to those of the system's."""


def root() -> dmc.MantineProvider:
    """What the app lays out once: the address and the place where its page stands."""
    return dmc.MantineProvider([dcc.Location(id=ids.LOCATION), html.Div(id=ids.PAGE)])


def layout(path: str, site: Site, domains: Mapping[str, Domain], language: str = "en") -> html.Div:
    """The page at `path` (percent-encoded, as the browser has it). `language` is the default where the browser remembers none."""
    domains = dict(sorted(domains.items(), key=lambda each: (each[1].order, each[0])))
    kind, _, rest = path.strip("/").partition("/")
    rest = unquote(rest)
    if kind == "wall":
        return _wall(rest, site, domains, language)
    if kind in QUIET and not rest:
        return shell.desk(site, domains, "system", shell.main(kind, QUIET[kind]()), language)
    page, body = _desk(kind, rest, site, domains)
    return shell.desk(site, domains, page, shell.main(page, body), language) if page else missing(site, domains, language)


def _desk(kind: str, rest: str, site: Site, domains: Mapping[str, Domain]) -> tuple[str, Any]:
    if kind == "" and not rest:
        return "overview", overview.body(site, domains, "desk")
    if kind == "domain" and rest in domains:
        return f"domain-{rest}", domain.body(site, domains[rest], domains)
    if kind == "sensor" and rest:
        return f"sensor-{rest}", sensor.body(site, domains, rest)
    if kind == "system" and not rest:
        return "system", system.body(site, domains)
    return "", None


def _wall(name: str, site: Site, domains: Mapping[str, Domain], language: str) -> html.Div:
    record = next((each for each in site.screens if each.id == name), None)
    page = screen.layout(site, domains, record) if record else None
    return page or missing(site, domains, language)


def missing(site: Site, domains: Mapping[str, Domain], language: str) -> html.Div:
    """The page for an address under which nothing is known; its header and alarm line are as live as elsewhere."""
    return _instead(site, domains, language, html.B(say("There is no such page", "没有这个页面")))


def closed(site: Site, domains: Mapping[str, Domain], language: str) -> html.Div:
    """The page for an address that is not for who asks."""
    return _instead(site, domains, language, html.B(say("This page is not for your role", "您的角色无权查看此页面")))


def _instead(site: Site, domains: Mapping[str, Domain], language: str, word: html.B) -> html.Div:
    words = [word, dcc.Link(say("Back to the overview", "返回总览"), href="/")]
    return shell.desk(site, domains, "overview", shell.main("missing", words), language)
