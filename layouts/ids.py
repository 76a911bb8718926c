"""The ids of components that callbacks speak to: one function each, so that a page and its callback cannot disagree."""

from __future__ import annotations

LOCATION = "location"
"""The address of the window (`dcc.Location`)."""

PAGE = "page"
"""The element whose children are the page that the address names."""


def body(page: str) -> str:
    """Id of a page's body. It differs from page to page so that a navigation never reuses elements that scripts have painted."""
    return f"body-{page}"
