"""The overview as a Dash page is usually written: a `dcc.Interval`, and one callback that draws everything anew for every screen.

The same content as a frame of `bench.screens`: four maps of sensors, eight key figures with their hour. The numbers come from the same
Redis; what is drawn is made of them at every call. `gunicorn bench.plain:server` serves it, with BENCH_REDIS for the address.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html

from store.connect import connect
from store.frame import Frames

STATES = ("#7f8c8d", "#d0021b", "#f5a623", "#f8e71c", "#4a90d9", "#b8b8b8", "#9b9b9b", "#c8c8c8")
"""Colour by state code."""


def create(redis_url: str) -> Dash:
    """The app over the frames in that Redis."""
    app, frames = Dash("plain"), Frames(connect(redis_url))
    app.layout = html.Div([dcc.Interval(id="tick", interval=1000), html.Div(id="page")])

    @app.callback(Output("page", "children"), Input("tick", "n_intervals"))
    def draw(_: int) -> list[Any]:
        found = frames.last("overview")
        return page(json.loads(found.text.split(b"data: ", 1)[1])["s"]) if found else []

    return app


def page(sections: dict[str, Any]) -> list[Any]:
    """Everything of the page as components."""
    maps = [section["c"] for name, section in sections.items() if name.startswith("map.")]
    sparks = {name: values for name, values in sections.items() if name.startswith("spark.")}
    return [dcc.Graph(figure=chart(maps)), *(tile(name, values) for name, values in sparks.items())]


def chart(maps: list[dict[str, list[Any]]]) -> go.Figure:
    """All sensors on one map, coloured by state."""
    figure = go.Figure()
    for number, columns in enumerate(maps):
        places = range(len(columns["v"]))
        figure.add_trace(
            go.Scattermap(
                lon=[114.2 + number / 10 + i % 50 / 500 for i in places],
                lat=[22.4 + i // 50 / 500 for i in places],
                text=columns["v"],
                marker={"color": [STATES[state] for state in columns["s"]]},
            )
        )
    return figure.update_layout(map={"style": "white-bg", "zoom": 9}, margin={"l": 0, "r": 0, "t": 0, "b": 0})


def tile(name: str, values: list[float]) -> html.Div:
    """A key figure with its last hour."""
    line = go.Figure(go.Scatter(y=values, mode="lines")).update_layout(height=60, showlegend=False)
    newest = next((value for value in reversed(values) if value is not None and math.isfinite(value)), None)
    return html.Div([html.H4(name), html.B("-" if newest is None else f"{newest:.1f}"), dcc.Graph(figure=line)])


def __getattr__(name: str) -> Any:
    """`server`, made when the process manager asks for it."""
    if name != "server":
        raise AttributeError(name)
    globals()["server"] = create(os.environ["BENCH_REDIS"]).server
    return globals()["server"]
