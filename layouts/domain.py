"""The page of one domain: key figures, map, the last 24 hours, and its stations or its active conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from layouts import table
from layouts.data import aria, data
from layouts.kpi import tile
from layouts.map import map_panel
from layouts.text import say
from layouts.trend import trend
from model import Domain, Site


def body(site: Site, domain: Domain, domains: Mapping[str, Domain] | None = None) -> list[Any]:
    """The parts of the page on a desk. With `domains` the map shows the links (roads) of all of them."""
    panel = map_panel(site, {domain.key: domain, **(domains or {})}, f"domain-{domain.key}", "desk")
    mapbox, trends = html.Div(panel, className="mapbox"), html.Div([trend(domain, key) for key in domain.trends], className="trends")
    side = [tabs(), table.stations(domain), conditions(domain), table.every_station(domain)]
    return [strip(domain), html.Div([mapbox, trends, html.Aside(side, className="side", **data(side="stations"))], className="panes")]


def strip(domain: Domain) -> html.Div:
    """The figures the domain shows, and how many of its stations are live."""
    return html.Div([*(tile(domain, each) for each in domain.kpis if each.shown), live(domain)], className="strip")


def live(domain: Domain) -> html.Div:
    """How many stations are live, as one more figure."""
    return html.Div(
        [
            html.Div([html.Span(say("Stations live", "在线站点"), className="label"), html.Span(className="age")], className="top"),
            html.Div(html.Div(html.B(className="value"), className="figure"), className="row"),
            html.Div(className="bar"),
        ],
        className="kpi",
        **data(live=domain.key),
    )


def tabs() -> html.Div:
    """What the right pane shows. Worst mark and number of the active conditions stand there whichever is chosen."""
    number = [html.Span(className="sign"), html.B(className="total")]
    return html.Div(
        [
            html.Button(say("Stations", "站点"), type="button", role="tab", **data(show="stations")),
            html.Button([*say("Conditions", "异常"), *number], type="button", role="tab", **data(show="conditions")),
        ],
        className="tabs",
        role="tablist",
    )


def conditions(domain: Domain) -> html.Div:
    """The active conditions of the domain, and what to do about the one that is selected."""
    rows = html.Ol(role="listbox", tabIndex=0, **aria(label="Conditions 异常"))
    return html.Div([rows, html.P(className="waiting"), guidance()], className="conditions", **data(conditions=domain.key))


def guidance() -> html.Div:
    """The place for a condition's guidance; `data-say` names what the browser writes there."""
    words = [("cause", say("Cause", "原因")), ("consequence", say("Consequence", "后果")), ("action", say("Do", "处置"))]
    words.append(("within", say("Respond within", "响应时限")))
    advice = html.Dl([part for name, word in words for part in (html.Dt(word), html.Dd(**data(say=name)))])
    link = html.A(say("Open", "打开"), href="", **data(go="1"))
    return html.Div([html.H3(), html.P(className="measure"), advice, html.P(className="tuned"), link], className="guidance", hidden=True)
