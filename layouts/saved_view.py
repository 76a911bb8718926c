"""The menu of saved views beside the filters; `assets/alarm/views.js` fills it."""

from __future__ import annotations

from dash import html

from layouts.data import data
from layouts.text import say


def menu() -> html.Details:
    """What was saved, and below it a place to name what is asked for now."""
    return html.Details(
        [html.Summary([*say("Saved view", "保存的视图"), " ▾"]), html.Div(className="offered")], className="menu views", **data(views="1")
    )
