"""Key figures: the empty tile of each; `assets/paint-kpi.js` fills it from frames and draws trend and bar."""

from __future__ import annotations

from dash import html

from layouts.data import data
from layouts.text import text
from model import Domain, Kpi


def tile(domain: Domain, kpi: Kpi) -> html.Div:
    """One figure with its place for age, value, unit, item, one-hour trend and analog bar."""
    figure = [html.B(className="value"), html.I(className="unit"), html.I(className="item")]
    return html.Div(
        [
            html.Div([html.Span(text(kpi.label), className="label"), html.Span(className="age")], className="top"),
            html.Div([html.Div(figure, className="figure"), html.Div(className="spark")], className="row"),
            html.Div(className="bar"),
        ],
        className="kpi",
        **data(kpi=f"{domain.key}/{kpi.key}"),
    )


def headline(domain: Domain) -> html.Div:
    """The two figures that stand for the domain on the overview."""
    by_key = {each.key: each for each in domain.kpis}
    return html.Div([tile(domain, by_key[key]) for key in domain.headline], className="figures")


def strip(domain: Domain) -> html.Div:
    """All figures the domain shows, side by side: the head of its page."""
    return html.Div([tile(domain, each) for each in domain.kpis if each.shown], className="strip")
