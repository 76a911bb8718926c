"""What browsers fetch once: the drawing library, the catalogue, the positions of sensors, the base map."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, redirect, request
from flask_caching import Cache

from callbacks.declared import Declared
from callbacks.problem import problem
from domains.system import RULES
from model import Domain, Site
from store import Away
from store.live import Live
from store.replay import Replays

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
UNSENT = ("sample", "topic", "format", "lateness", "standards")
"""Of a domain: how it arrives, and what its reports hold it against, which no screen shows."""


Changed = Callable[[str, str], Mapping[str, Any] | None]
"""By domain and rule who gave it other numbers, when, why, and what its author wrote."""


def as_written(domain: str, rule: str) -> None:
    """No rule has other numbers than its author gave it."""


def register(server: Flask, cache: Cache, site: Site, declared: Declared, reader: Live, replays: Replays) -> None:
    """Adds `/catalogue`, `/positions/<domain>` and `/basemap/<name>.geojson`."""
    domains = declared.authored

    @cache.memoize()
    def catalogue_text(version: int) -> bytes:
        """As of that version of what is in force."""
        return json.dumps(catalogue(site, declared.domains(), declared.tuned), ensure_ascii=False, allow_nan=False).encode()

    @cache.memoize(timeout=60)  # a city may replace its map while the deck runs
    def layer_text(name: str) -> bytes | None:
        file = Path(site.folder, "basemap", f"{name}.geojson")
        return file.read_bytes() if name.replace("-", "").replace("_", "").isalnum() and file.is_file() else None

    @server.errorhandler(DependencyException)
    def no_such_script(error: DependencyException) -> Response:
        return problem(404, "there is no such script")

    @server.get("/catalogue")
    def catalogue_answer() -> Response:
        declared.domains()
        return answer(catalogue_text(declared.version))

    @server.get("/positions/<path:domain>")
    def positions(domain: str) -> Response:
        # Never from a cache: who is told of a new version and fetches an older one would put values on wrong places.
        try:
            replay = request.args.get("replay", "")
            found = (replays.positions(replay, domain) if replay else reader.positions(domain)) if domain in domains else None
        except Away:
            return problem(503, "the store does not answer")
        return problem(404, f"there are no positions of {domain!r}") if found is None else answer(found)

    @server.get("/basemap/<name>.geojson")
    def layer(name: str) -> Response:
        text = layer_text(name)
        return problem(404, f"the site has no layer {name!r}") if text is None else answer(text, "application/geo+json")


def library(server: Flask) -> str:
    """Adds the drawing library that comes with pydeck; returns its address, which names its content."""
    text = files("pydeck").joinpath("nbextension", "static", "index.js").read_bytes()
    own = f"deck-{hashlib.sha256(text).hexdigest()[:12]}.js"

    @server.get("/vendor/<name>")
    def vendor(name: str) -> Response:
        return Response(text, mimetype="text/javascript", headers={"Cache-Control": FOR_EVER}) if name == own else problem(404, "not here")

    return f"/vendor/{own}"


def mark(app: Dash) -> None:
    """The deck's mark on the browser's tab: named by every page, and found by who asks where browsers look without being told."""
    address = app.get_asset_url("favicon.svg")
    app.index_string = app.index_string.replace("{%favicon%}", f'<link rel="icon" type="image/svg+xml" href="{address}">')
    server: Flask = app.server

    @server.get("/favicon.ico")
    def favicon() -> Any:
        return redirect(address, 308)


def answer(text: bytes, mimetype: str = "application/json") -> Response:
    """`text` under a tag of its content; 304 without it to who holds it already."""
    response = Response(text, mimetype=mimetype, headers={"Cache-Control": ASK_AGAIN})
    response.set_etag(hashlib.blake2b(text, digest_size=12).hexdigest(), weak=True)
    return response.make_conditional(request)  # type: ignore[return-value]


def catalogue(site: Site, domains: Mapping[str, Domain], changed: Changed = as_written) -> dict[str, Any]:
    """Everything declared: `site` without its folder and sensors, `domains` without their functions, `rules` of every feed and process."""
    told = {name: value for name, value in asdict(site).items() if name not in ("folder", "sensors")}
    return {"site": _finite(told), "domains": described(domains, changed), "rules": [asdict(rule) for rule in RULES]}


def described(domains: Mapping[str, Domain], changed: Changed = as_written) -> list[dict[str, Any]]:
    """Every domain as JSON, in the order of the navigation; a rule that a manager gave other numbers says so under `tuned`."""
    ordered = sorted(domains.values(), key=lambda domain: (domain.order, domain.key))
    told = [_finite(_domain(domain)) for domain in ordered]
    for domain in told:
        for rule in domain["rules"]:
            if by := changed(domain["key"], rule["key"]):
                rule["tuned"] = by
    return told


def _domain(domain: Domain) -> dict[str, Any]:
    told = {name: getattr(domain, name) for name in domain.__slots__ if name not in (*UNSENT, "kpis")}
    plain = {name: _plain(value) for name, value in told.items()}
    kpis = [{name: _plain(getattr(kpi, name)) for name in kpi.__slots__ if name != "figure"} for kpi in domain.kpis]
    return {**plain, "kpis": kpis}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def _finite(value: Any) -> Any:
    """The same with null where a number is not finite, which JSON cannot say: a band that is open to one side."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
