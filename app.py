"""The web process: `create(settings)` makes the Dash app, `gunicorn app:server` serves it."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash
from flask import Flask
from flask_caching import Cache
from spectree import SpecTree
from werkzeug.middleware.proxy_fix import ProxyFix

import layouts.page
import log
from callbacks import (
    alarm,
    alarm_desk,
    alarm_health,
    alarm_rows,
    api,
    attempt,
    bulletin,
    compress,
    desk,
    guard,
    handover,
    headers,
    health,
    history,
    hook,
    journal,
    letter,
    live,
    logbook,
    page,
    pair,
    rejects,
    replay,
    report,
    saved_view,
    sign,
    static,
    tuning,
    visitor,
)
from callbacks.aside import aside
from callbacks.attempt import Devices
from callbacks.csrf import Forgery
from callbacks.declared import Declared
from callbacks.entrance import Entrance
from callbacks.guard import Guard
from callbacks.history_past import Pasts
from callbacks.hub import Hub
from callbacks.oidc import Oidc
from callbacks.pack import Packer
from callbacks.pack import Sources as PackSources
from callbacks.problem import Json
from callbacks.pulse import Beat, Figures
from callbacks.tenure import Tenure
from callbacks.visitor import Doors
from callbacks.wish import Wishes
from callbacks.witness import Witness
from domains import city, oidc, outside
from domains import report as declared
from model import Domain, Site
from settings import Settings, load
from store import Client, database, exercise
from store.audit import Audit
from store.board import Board
from store.chain import Chains
from store.clock import Clock
from store.command import RESEND, request
from store.connect import connect
from store.feed import feeds
from store.feed_hour import FeedHours
from store.frame import Frames
from store.handover import Handovers
from store.health import Health
from store.history import History
from store.inforce import InForce
from store.journal import Journal
from store.letters import Letters
from store.live import Live
from store.logbook import LogBook
from store.people import People
from store.permit import Permits
from store.process import is_active, processes
from store.rejects import read
from store.replay import Replays
from store.report import Reports
from store.saved_view import SavedViews
from store.session import Sessions
from store.shelf import Shelf
from store.token import Tokens
from store.told import Told
from store.tuning import Tunings
from store.view import placed
from store.whole_day import Days
from streams.moment import moment
from streams.pulse import Pulse
from streams.reckon import Reckoner
from streams.report.compose import Sources

WARM = ("/", "/_dash-layout", "/_dash-dependencies")
LARGEST_BODY = 8 << 20
"""Bytes of a request that are read: a record of Kafka's longest, or 10,000 alarms, as JSON. Routes may set a lower limit."""
HOUR, RETRY_SECONDS = 3600.0, 5.0
PATIENCE_SECONDS = 3.0
"""How long a visitor waits for the database."""
Relief = Callable[[handover.Desks], None]
"""Adds the way in which the next shift signs in at the browser of the one before."""
BEAT, TABLES = "citydeck-beat", "citydeck-tables"
"""Where the server keeps its beat, which the process manager starts and stops, and what makes the tables of its database."""


def create(settings: Settings) -> Dash:
    """The app over Redis and SQL for the city at `settings.site`. Raises SpecError; neither need answer yet."""
    described, site = city.read(Path(settings.site), settings.exercise)
    client = connect(settings.redis)
    if settings.exercise:
        exercise.insist(client, settings.database, settings.exercise)
    frames, reader = Frames(client), Live(client)
    hub, figures = Hub(frames), Figures()
    server = _server(settings)
    app = _dash(server, f"{site.label.en} {site.label.zh}")
    engine = database.connect(settings.database, PATIENCE_SECONDS)
    doors, relief = _doors(server, settings, client, engine, site)
    cache = Cache(server, config={"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 0})
    state = health.City(frames, lambda: feeds(client), lambda: processes(client))
    draw, others = layouts.page.layout, {403: layouts.page.closed, 404: layouts.page.missing}
    instead = lambda status: others[status](site, described, settings.lang)  # noqa: E731
    page.register(app, cache, site, described, lambda path: draw(path, site, described, settings.lang), instead)
    live.register(server, hub, site, described, Tenure(doors.standing).stream)
    static.mark(app)
    declared = Declared(described, InForce(client))
    static.register(server, cache, site, declared, reader, Replays(client))
    spec = api.register(server, declared, reader)
    past = History(Shelf(settings.history), ZoneInfo(site.zone))
    history.register(server, spec, described, Pasts(past, Journal(engine), Reckoner(past, site).kpi, site))
    _reports(server, spec, settings, client, engine, described, site)
    rows = _alarms(server, spec, settings, client, engine, described, site, doors, past)
    _shift(server, spec, client, engine, described, site, doors, rows, relief)
    _records(server, spec, cache, client, engine, site)
    replay.register(server, spec, Replays(client), Witness(Audit(engine)))
    tuning.register(server, spec, declared, Tunings(engine), lambda: is_active(client, "tuning", time.time()))
    rejects.register(server, lambda limit: read(client, limit), lambda id, body: request(client, id, RESEND, body), Witness(Audit(engine)))
    health.register(server, frames, state, figures.registry)
    compress.register(server)
    headers.register(server, app.csp_hashes(), settings.address)
    server.extensions[TABLES] = lambda alive: _make_tables(engine, alive)
    server.extensions[BEAT] = Beat(hub, Pulse(client, "web"), figures)
    _warm(server, app.config.external_scripts[0]["src"])
    return app


def _server(settings: Settings) -> Flask:
    server = Flask("citydeck", static_folder=None)
    server.secret_key = settings.secret_key.get_secret_value() or secrets.token_urlsafe()
    secure = settings.address.startswith("https://")
    server.config.update(
        SESSION_COOKIE_NAME="__Host-citydeck" if secure else "citydeck",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",  # not Strict: who comes back from the provider brings the cookie along
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
    )
    if settings.proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    else:
        attempt.watch(server)
    server.url_map.merge_slashes = False  # ids of sensors may hold slashes, also two in a row
    server.json = Json(server)
    return server


def _alarms(
    server: Flask,
    spec: SpecTree,
    settings: Settings,
    client: Client,
    engine: database.Engine,
    described: Mapping[str, Domain],
    site: Site,
    doors: Doors,
    past: History,
) -> alarm_rows.Rows:
    """What is read and wished of alarms, at which desks, what comes in from elsewhere, and what others are told."""
    board = Board(client)
    rows, out = alarm_rows.Rows(board), outside.read(Path(settings.site), [area.key for area in site.areas], described)
    origin = lambda: max((int(meta.get("origin", 0)) for meta in feeds(client).values()), default=0)  # noqa: E731
    heard = partial(desk.heard, doors.sessions)
    alarm_desk.register(server, rows, Replays(client), described, Live(client), partial(moment, client), past.readings, heard)
    wishes = Wishes(board.request, site)
    alarm.register(server, spec, rows, Journal(engine), wishes)
    desk.register(server, spec, site, doors.sessions, board.duties, wishes)
    letter.register(server, spec, Letters(engine), out.recipients)
    hook.register(server, spec, site, described, out.warnings, Chains(engine), board.request, at=Clock(client, time.time).at)
    bulletin.register(server, spec, site, described, out.sender, Told(engine), lambda: rows.alarms().values(), origin)
    return rows


def _shift(
    server: Flask,
    spec: SpecTree,
    client: Client,
    engine: database.Engine,
    described: Mapping[str, Domain],
    site: Site,
    doors: Doors,
    rows: alarm_rows.Rows,
    relief: Relief,
) -> None:
    """What people write down, and how one shift hands over to the next."""
    book, live_state = LogBook(engine), Live(client)
    sources = PackSources(
        alarms=lambda: rows.alarms().values(),
        duties=Board(client).duties,
        silent=lambda key: live_state.sensors(key, silent=True),
        system=live_state.system,
        events=lambda **asked: aside(lambda: Journal(engine).search(**asked)),
        entries=lambda **asked: aside(lambda: book.search(**asked)),
    )
    logbook.register(server, spec, site, book)
    packer = Packer(site, described, desk.manned(site), sources)
    desks = handover.Desks(site, packer, Handovers(engine), doors.sessions, Clock(client, time.time).now)
    handover.register(server, spec, desks)
    relief(desks)


def _reports(
    server: Flask,
    spec: SpecTree,
    settings: Settings,
    client: Client,
    engine: database.Engine,
    described: Mapping[str, Domain],
    site: Site,
) -> None:
    """The reports of what is over."""
    shelf, clock = Shelf(settings.history), Clock(client, time.time)
    sources = Sources(
        domains=described,
        site=site,
        history=Days(shelf, ZoneInfo(site.zone), threads=1),
        reports=Reports(shelf),
        health=Health(engine),
        feeds=FeedHours(engine, ZoneInfo(site.zone)),
        positions=partial(placed, client),
    )
    report.register(server, spec, sources, declared.read(Path(settings.site))[0], clock.now, time.time)


def _records(server: Flask, spec: SpecTree, cache: Cache, client: Client, engine: database.Engine, site: Site) -> None:
    """What the journal tells of alarms, and the views of them that people have saved."""
    alarm_health.register(server, spec, cache, site, Health(engine), Board(client).duties, Clock(client, time.time).now)
    journal.register(server, spec, Journal(engine))
    saved_view.register(server, spec, SavedViews(engine))


def _doors(server: Flask, settings: Settings, client: Client, engine: database.Engine, site: Site) -> tuple[Doors, Relief]:
    """Who comes in, how, and what they may: before everything else that the server answers. And how a browser changes hands."""
    people, witness = People(engine), Witness(Audit(engine))
    sessions = Sessions(client, people, settings.idle_hours * HOUR, settings.session_hours * HOUR, run=aside)
    doors = Doors(sessions, Permits(client, Tokens(engine), run=aside))
    key = str(server.secret_key)
    forgery, devices = Forgery(key.encode(), settings.address), Devices(key)
    provider = oidc.read(Path(settings.site)) if settings.oidc_url else None
    pages = sign.Pages(site.label, settings.lang, provider.label if provider else None)
    entrance = Entrance(people, sessions, witness, devices)
    visitor.register(server, doors)
    pair.register(server, doors, witness, pages.notice)
    screens = {screen.id: screen.page for screen in site.screens}
    guard.register(server, Guard(forgery, witness, screens, pages.notice, near=not settings.public))
    often = attempt.limited(server, client, devices)
    sign.register(server, often, entrance, pages)
    if provider:
        given = (settings.oidc_client, settings.oidc_secret.get_secret_value())
        sign.register_provider(server, entrance, Oidc(server, people, provider, settings.oidc_url, given, settings.address), pages)
    return doors, lambda desks: handover.register_relief(server, often, entrance, people, desks)


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


def _make_tables(engine: database.Engine, alive: Callable[[], bool]) -> None:
    """Brings the database to this version where that takes a moment; it may come up later than the web."""
    while alive():
        try:
            return aside(lambda: database.migrate(engine))
        except database.DatabaseAway as error:
            logging.getLogger(__name__).warning("the database has not its tables yet", extra={"reason": str(error)})
            time.sleep(RETRY_SECONDS)


def _warm(server: Flask, library: str) -> None:
    """One request of each kind before the first visitor's: a fresh Dash sets itself up in its first request, and
    concurrent first requests can be answered 500. It also compresses what is large while nobody waits.
    """
    client = server.test_client()
    for path in (*WARM, library):
        client.get(path, headers={"Accept-Encoding": "gzip"}, environ_overrides={guard.OURSELVES: True}).get_data()


def __getattr__(name: str) -> Any:
    """`server`, made from the environment when a process manager asks for it and not when a test imports this file."""
    if name != "server":
        raise AttributeError(name)
    log.setup("web", logging.INFO)
    globals()["server"] = create(load(os.environ)).server
    return globals()["server"]
