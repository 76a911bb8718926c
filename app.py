"""The web process: `create(settings)` makes the Dash app, `gunicorn app:server` serves it."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask
from flask_caching import Cache

import layouts.page
import log
from callbacks import api, compress, headers, health, live, page, rejects, static
from callbacks.hub import Hub
from callbacks.pulse import Beat, Figures
from domains import city
from settings import Settings, load
from store.command import RESEND, request
from store.connect import connect
from store.feed import feeds
from store.frame import Frames
from store.live import Live
from store.process import processes
from store.rejects import read
from streams.pulse import Pulse

WARM = ("/", "/_dash-layout", "/_dash-dependencies")
BEAT = "citydeck-beat"
"""Where the server keeps its beat, which the process manager starts and stops."""


def create(settings: Settings) -> Dash:
    """The app over Redis at `settings.redis` for the city at `settings.site`. Raises SpecError; Redis need not answer yet."""
    described, site = city.read(Path(settings.site))
    client = connect(settings.redis)
    frames, reader = Frames(client), Live(client)
    hub, figures = Hub(frames), Figures()
    server = _server(settings)
    app = _dash(server, f"{site.label.en} {site.label.zh}")
    cache = Cache(server, config={"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 0})
    state = health.City(frames, lambda: feeds(client), lambda: processes(client))
    page.register(app, cache, site, described, lambda path: layouts.page.layout(path, site, described, settings.lang))
    live.register(server, hub, site, described)
    static.mark(app)
    static.register(server, cache, site, described, reader)
    api.register(server, described, reader)
    rejects.register(server, lambda limit: read(client, limit), lambda id, body: request(client, id, RESEND, body))
    health.register(server, frames, state, figures.registry)
    compress.register(server)
    headers.register(server, app.csp_hashes())
    server.extensions[BEAT] = Beat(hub, Pulse(client, "web"), figures)
    _warm(server)
    return app


def _server(settings: Settings) -> Flask:
    server = Flask("citydeck", static_folder=None)
    server.secret_key = settings.secret_key.get_secret_value() or os.urandom(32)
    server.url_map.merge_slashes = False  # ids of sensors may hold slashes, also two in a row
    server.json.ensure_ascii = False  # type: ignore[attr-defined]
    return server


def _dash(server: Flask, title: str) -> Dash:
    app = Dash(
        "citydeck",
        server=server,  # type: ignore[arg-type]  # declared as a truth value or a function, and meant to be a server
        title=title,
        update_title="",  # no flicker of the window's title
        assets_folder=str(Path(__file__).parent / "assets"),
        assets_ignore=r"live-worker\.js",  # the body of a worker, started by assets/live.js
        external_scripts=[{"src": static.library(server), "defer": "defer"}],
        suppress_callback_exceptions=True,  # pages come by address: their elements are not in the first layout
    )
    app.layout = layouts.page.root()
    return app


def _warm(server: Flask) -> None:
    """One request of each kind before the first visitor's: a fresh Dash sets itself up in its first request, and
    concurrent first requests can be answered 500. It also compresses what is large while nobody waits.
    """
    client = server.test_client()
    texts = [client.get(path, headers={"Accept-Encoding": "gzip"}) for path in WARM]
    library = next(rule.rule for rule in server.url_map.iter_rules() if rule.rule.startswith("/vendor/"))
    texts.append(client.get(library, headers={"Accept-Encoding": "gzip"}))
    for answer in texts:
        answer.get_data()


def __getattr__(name: str) -> Any:
    """`server`, made from the environment when a process manager asks for it and not when a test imports this file."""
    if name != "server":
        raise AttributeError(name)
    log.setup("web", logging.INFO)
    globals()["server"] = create(load(os.environ)).server
    return globals()["server"]
