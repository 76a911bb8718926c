"""A place to type into, which `assets/shift/record.js` fills with a plain field: one of Dash would tell the server of every letter."""

from __future__ import annotations

from dash import html

from layouts.data import data


def field(kind: str, name: str, longest: int = 200) -> html.Span:
    """An `input` of that type and name for at most so many letters."""
    return html.Span(className="field", **data(field=kind, name=name, longest=str(longest)))
