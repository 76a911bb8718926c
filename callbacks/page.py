"""Pages: the address of the window becomes a page, and an address that names nothing is answered as such."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from dash import Dash, Input, Output
from flask import Flask, Response, request
from flask_caching import Cache

from layouts import ids
from model import Domain, Site

CATCH_ALL = ("/", "/<path:path>")
"""Dash's endpoints for everything that is not its own."""


def register(app: Dash, cache: Cache, site: Site, domains: Mapping[str, Domain], layout: Callable[[str], Any]) -> None:
    """Draws `layout(path)` whenever the address changes; `path` is percent-encoded. What is drawn is the same for all viewers and kept."""

    @cache.memoize()
    def drawn(path: str) -> Any:
        return layout(path)

    @app.callback(Output(ids.PAGE, "children"), Input(ids.LOCATION, "pathname"))
    def page(path: str | None) -> Any:
        path = path or "/"
        return drawn(path) if exists(path, site, domains) else layout(path)

    server: Flask = app.server

    @server.after_request
    def missing(response: Response) -> Response:
        if request.endpoint in CATCH_ALL and response.status_code == 200 and not exists(_asked(), site, domains):
            response.status_code = 404
        return response


def exists(path: str, site: Site, domains: Mapping[str, Domain]) -> bool:
    """Whether `path` (percent-encoded) is the address of a page. Any sensor may speak up, so every sensor has one."""
    kind, _, rest = path.strip("/").partition("/")
    rest = unquote(rest)
    if kind == "wall":
        return any(screen.id == rest for screen in site.screens)
    return (kind in ("", "system") and not rest) or (kind == "domain" and rest in domains) or (kind == "sensor" and rest != "")


def _asked() -> str:
    return str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
