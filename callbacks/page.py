"""Pages: the address of the window becomes a page, and an address that names nothing is answered as such."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from dash import Dash, Input, Output
from flask import Flask, Response, request
from flask_caching import Cache

import layouts.page
from callbacks.guard import OURSELVES
from callbacks.rights import may_open
from callbacks.visitor import is_page, visitor
from layouts import ids
from model import Domain, Site


def register(
    app: Dash, cache: Cache, site: Site, domains: Mapping[str, Domain], layout: Callable[[str], Any], other: Callable[[int], Any]
) -> None:
    """Draws `layout(path)` whenever the address changes; `path` is percent-encoded. What is drawn is the same for all viewers and kept.

    Where there is no page, or it is not for who asks, `other(404)` or `other(403)` is drawn.
    """

    @cache.memoize()
    def drawn(path: str) -> Any:
        return layout(path)

    @app.callback(Output(ids.PAGE, "children"), Input(ids.LOCATION, "pathname"))
    def page(path: str | None) -> Any:
        path = path or "/"
        found = answer(path)
        return drawn(path) if found == 200 else other(found)

    def answer(path: str) -> int:
        allowed = may_open(visitor(), path)
        return 403 if allowed is False else 200 if allowed and exists(path, site, domains) else 404

    server: Flask = app.server

    @server.after_request
    def status(response: Response) -> Response:
        if is_page(request) and response.status_code == 200 and OURSELVES not in request.environ:
            response.status_code = answer(_asked())
        return response


def exists(path: str, site: Site, domains: Mapping[str, Domain]) -> bool:
    """Whether `path` (percent-encoded) is the address of a page. Any sensor may speak up, so every sensor has one."""
    kind, _, rest = path.strip("/").partition("/")
    rest = unquote(rest)
    if kind == "wall":
        return any(screen.id == rest for screen in site.screens)
    alone = kind in ("", "system") or kind in layouts.page.QUIET
    return (alone and not rest) or (kind == "domain" and rest in domains) or (kind == "sensor" and rest != "")


def _asked() -> str:
    return str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
