"""A wall screen's page: the overview or one domain in wall size, or any other page of the deck enlarged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from layouts import kpi, overview, sensor, shell, system
from layouts.map import map_panel
from layouts.trend import trend
from model import Domain, Screen, Site


def layout(site: Site, domains: Mapping[str, Domain], screen: Screen) -> html.Div | None:
    """The screen as its record says, or None where the record names a page that does not exist."""
    body = _body(site, domains, screen.page)
    return None if body is None else shell.wall(site, screen, shell.main(screen.page, body))


def _body(site: Site, domains: Mapping[str, Domain], page: str) -> Any:
    kind, _, rest = page.partition("-")
    if page == "overview":
        return overview.body(site, domains, "wall")
    if kind == "domain" and rest in domains:
        return domain(site, domains, domains[rest])
    if kind == "sensor" and rest:
        return sensor.body(site, domains, rest)
    return system.body(site, domains) if page == "system" else None


def domain(site: Site, domains: Mapping[str, Domain], described: Domain) -> list[Any]:
    """One domain on a wall: its map, all its figures and, where there is room, its trends."""
    figures = [kpi.tile(described, each) for each in described.kpis if each.shown]
    trends = html.Div([trend(described, each) for each in described.trends], className="trends")
    card = html.Section([overview.head(described), html.Div(figures, className="figures"), trends], className="card whole")
    panel = map_panel(site, domains, f"domain-{described.key}", "wall")
    return [html.Div(panel, className="mapbox"), html.Aside(card)]
