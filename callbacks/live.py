"""`/live/<names>`: the server-sent events of one browser, of one or several pages or screens joined by `+`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from flask import Flask, Response, request

from callbacks.hub import Hub
from callbacks.problem import problem
from callbacks.tenure import Still
from callbacks.visitor import visitor
from model import Domain, Site
from model.person import Visitor
from store.replay import WALL, stage, staged

PREFIX = "/live/"
MOST = 64
"""Names in one address."""
Stream = Callable[[Visitor, Callable[[Still], Iterator[bytes]]], Iterator[bytes]]
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "Vary": "Accept-Encoding"}


def register(server: Flask, hub: Hub, site: Site, domains: Mapping[str, Domain], stream: Stream) -> None:
    """Adds the route. `stream` makes a body of the question whether its viewer may still look."""

    @server.get("/live/<path:names>")
    def live(names: str) -> Response:
        known, asked = visitor(), split(request.environ.get("RAW_URI", ""), names)
        pages = [page_of(name, site, domains) for name in asked[:MOST]]
        if known is None:
            return problem(401, "nobody is signed in")
        unknown = [name for name, page in zip(asked, pages, strict=False) if page is None]
        if unknown or len(asked) > MOST:
            return problem(404, f"there is no page or screen {unknown[0]!r}" if unknown else f"more than {MOST} names")
        gzip = request.accept_encodings["gzip"] > 0
        named, last_id = [page for page in pages if page], request.headers.get("Last-Event-ID")
        body = stream(known, lambda still: hub.stream(named, last_id, gzip, still))
        encoding = {"Content-Encoding": "gzip"} if gzip else {}
        return Response(body, mimetype="text/event-stream", headers={**HEADERS, **encoding}, direct_passthrough=True)


def split(raw: str, path: str) -> list[str]:
    """The names in an address. `raw` is the address as it was sent, where a `+` inside a name is still `%2B`; `path` is it decoded."""
    _, found, names = raw.partition("?")[0].partition(PREFIX)
    return [unquote(name) for name in names.split("+")] if found else path.split("+")


def page_of(name: str, site: Site, domains: Mapping[str, Domain]) -> str | None:
    """The page that `name` means: itself, or what the screen of that name shows, live or in a replay. None when there is neither."""
    replay, shown = staged(name)
    if replay:
        page = page_of(shown, site, domains)
        return page and stage(replay, page)
    if name == WALL or is_page(name, domains):
        return name
    return next((screen.page for screen in site.screens if screen.id == name), None)


def is_page(name: str, domains: Mapping[str, Domain]) -> bool:
    """Whether frames of a page of that id can exist. Any sensor may speak up, so every sensor's page can."""
    kind, _, rest = name.partition("-")
    return name in ("overview", "system") or (kind == "domain" and rest in domains) or (kind == "sensor" and rest != "")
