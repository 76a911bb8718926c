"""The overview of the city: the map and one card per domain; in a flood the cards make room for its causes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dash import html

from layouts import kpi
from layouts.data import data
from layouts.icon import icon
from layouts.map import map_panel
from layouts.text import text
from model import Domain, Site


def head(domain: Domain) -> html.H2:
    """Name of a domain with live and total sensors and the age of its newest reading."""
    return html.H2(
        [icon(domain.icon), html.Span(text(domain.label), className="name"), html.Em(className="live"), html.Span(className="age")],
        **data(head=domain.key),
    )


def card(domain: Domain) -> html.Section:
    """One domain on the overview: its head and its two headline figures."""
    return html.Section([html.Div([head(domain), kpi.headline(domain)], className="inner")], className="card")


def body(site: Site, domains: Mapping[str, Domain], size: Literal["wall", "desk"]) -> list[html.Div | html.Aside]:
    """The map and the cards, in the order of `domains`."""
    return [
        html.Div(map_panel(site, domains, "overview", size), className="mapbox"),
        html.Aside([*map(card, domains.values()), html.Div(className="flood", **data(flood_rows="1"))]),
    ]
