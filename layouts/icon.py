"""A domain's icon: its own paths as a mask, so that it takes the colour of the text around it and needs no request."""

from __future__ import annotations

from urllib.parse import quote

from dash import html

from layouts.data import aria

GRID = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='black' stroke-width='1.9'"
    " stroke-linecap='round' stroke-linejoin='round'>{}</svg>"
)


def icon(paths: str) -> html.Span:
    """Icon from inner SVG markup on a 24x24 grid. It is decoration: the name always stands beside it."""
    mask = f'url("data:image/svg+xml,{quote(GRID.format(paths))}")'
    return html.Span(className="icon", style={"--icon": mask}, **aria(hidden="true"))
