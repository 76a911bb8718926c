"""Charts over time: a Plotly graph drawn once, empty; `assets/paint-chart.js` gives it data, colours, limits and marks."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from layouts.data import data
from layouts.text import say, text, with_unit
from model import Domain, Kpi, Metric

NOTHING = "rgba(0,0,0,0)"
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": NOTHING,
        "plot_bgcolor": NOTHING,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x",
        "hoverdistance": -1,
        "autosize": True,
        "font": {"family": "inherit"},
        "xaxis": {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "", "showspikes": False},
        "yaxis": {"showgrid": True, "zeroline": False, "fixedrange": True, "ticks": "", "separatethousands": True},
    }
)
"""The ground is the page's own; colours and sizes are the style sheet's and are read in the browser."""
CONFIG: Any = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}


def figure() -> go.Figure:
    """Axes without data: nothing is drawn before something is known."""
    hidden = {"visible": False}
    return go.Figure(layout={"template": TEMPLATE, "xaxis": hidden, "yaxis": hidden, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}})


def chart() -> html.Div:
    """The empty graph with the place for the sentence that says why nothing is drawn in it."""
    graph = dcc.Graph(figure=figure(), config=CONFIG, responsive=True, className="graph")
    return html.Div([graph, html.P(className="waiting")], className="chart")


def trend(domain: Domain, key: str) -> html.Section:
    """The last 24 hours of the domain's KPI (or metric) `key`."""
    shown: dict[str, Kpi | Metric] = {each.key: each for each in domain.metrics} | {each.key: each for each in domain.kpis}
    title = html.H3([html.B(text(with_unit(shown[key].label, shown[key].unit))), " ", html.Span(say("24 h", "24 小时"))])
    return html.Section([title, chart()], className="trend-box", **data(trend=f"{domain.key}/{key}"))
