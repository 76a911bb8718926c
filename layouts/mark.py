"""The places of the four priority marks; `assets/mark.js` draws them, so that map, lists and counts have one set."""

from __future__ import annotations

from dash import html

from layouts.data import data
from model import PRIORITIES, Priority


def mark(priority: Priority) -> html.Span:
    """The mark of a priority, filled."""
    return html.Span(className="sign", **data(mark=str(PRIORITIES.index(priority) + 1)))


def counts() -> html.Div:
    """Active conditions by priority, worst first; a count of zero is grey."""
    pairs = [html.Span([mark(each), html.B(**data(count=str(place)))], className="pair zero") for place, each in enumerate(PRIORITIES, 1)]
    return html.Div(pairs, className="counts")
