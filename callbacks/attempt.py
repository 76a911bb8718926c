"""How often somebody may try to sign in: as often as people do, and much less often than machines would like.

Attempts are counted by network address, and by address and name. Nobody can lock another person out from elsewhere, and not from
behind the same address either: a browser in which that person has signed in before has a count of its own. Many attempts on a name
make the next ones slow and never impossible, for a control room may be one address to us.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import parse
from werkzeug.wrappers import Response as Answer

from store import Client
from store.people import digest

PER_ADDRESS = "60 per minute"
PER_NAME = "5 per minute"
"""Of one address, and of one browser that is known for the name."""
MANY, SLOWLY = "30 per hour", "1 per 30 second"
"""Beyond the one it is the other, likewise."""
DEVICE_COOKIE = "citydeck-device"
DEVICE_SECONDS = 400 * 86_400
MOST_NAMES = 30
"""People remembered by one browser: a desk has several shifts."""
NAME_LETTERS = 16
LARGEST_FORM = 16 << 10
"""Bytes."""
View = Callable[..., Answer]
Often = Callable[[Callable[[int], Response]], Callable[[View], View]]
"""Of what answers who must wait, a wrapper for a view."""

log = logging.getLogger(__name__)


class Devices:
    """Which names have signed in from a browser, kept by the browser itself in a signed cookie."""

    def __init__(self, key: str | bytes) -> None:
        self._signer = URLSafeTimedSerializer(key, salt="citydeck-device")

    def known(self, name: str) -> str:
        """What the browser that asks is called, where this name has signed in from it; else empty."""
        told = self._read()
        return str(told["id"]) if _short(name) in told["names"] else ""

    def remember(self, response: Any, name: str) -> None:
        """Notes in the browser that this name has signed in from it."""
        told = self._read()
        names = [_short(name), *(each for each in told["names"] if each != _short(name))][:MOST_NAMES]
        text = self._signer.dumps({"id": told["id"] or secrets.token_urlsafe(16), "names": names})
        response.set_cookie(
            DEVICE_COOKIE,
            text,
            max_age=DEVICE_SECONDS,
            path="/login",
            httponly=True,
            samesite="Strict",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )

    def _read(self) -> dict[str, Any]:
        try:
            found = self._signer.loads(request.cookies.get(DEVICE_COOKIE, ""), max_age=DEVICE_SECONDS)
        except BadSignature:
            return {"id": "", "names": []}
        return dict(found)


def limited(server: Flask, client: Client, devices: Devices) -> Often:
    """Makes wrappers for views that take a name and a password, all of them counted together; `refused(seconds)` answers who must wait.

    Counted in Redis for all workers, and by each for itself while Redis is away.
    """
    limiter = Limiter(
        _address,
        app=server,
        storage_uri="redis://",
        storage_options={"connection_pool": client.connection_pool, "key_prefix": "city:attempts"},  # type: ignore[dict-item]
        in_memory_fallback_enabled=True,
    )

    many = parse(MANY)

    def who() -> str:
        return f"{devices.known(named()) or _address()}/{_short(named())}"

    def seldom() -> bool:
        if "citydeck_seldom" not in g:  # each limit asks
            g.citydeck_seldom = limiter.limiter.hit(many, "many", who())
        return bool(g.citydeck_seldom)

    def often(refused: Callable[[int], Response]) -> Callable[[View], View]:
        limit = partial(limiter.shared_limit, scope="password", on_breach=lambda limit: refused(_wait(limit)))

        def wrapped(view: View) -> View:
            view = limit(PER_ADDRESS, key_func=_address, exempt_when=lambda: bool(devices.known(named())))(view)
            view = limit(PER_NAME, key_func=who)(view)
            return limit(SLOWLY, key_func=who, exempt_when=seldom)(view)

        return wrapped

    return often


def watch(server: Flask) -> None:
    """Says once that a proxy stands before the deck which no setting names: behind it everybody is one address."""

    @server.before_request
    def forwarded() -> None:
        if "X-Forwarded-For" in request.headers and not server.config.get("CITYDECK_FORWARDED"):
            server.config["CITYDECK_FORWARDED"] = True
            log.warning("X-Forwarded-For is not believed: set CITYDECK_PROXIES if a proxy of yours stands before the deck")


def named() -> str:
    """The name that is tried. A larger form is refused before it is read."""
    request.max_content_length = LARGEST_FORM
    return request.form.get("name", "").strip().lower()


def _short(name: str) -> str:
    return digest(name)[:NAME_LETTERS]


def _address() -> str:
    """Who asks; of IPv6 the network, for a house has as many addresses as it likes."""
    told = request.remote_addr or ""
    try:
        found = ip_address(told)
    except ValueError:
        return told
    return told if found.version == 4 else f"{ip_address(int(found) >> 64 << 64)}/64"


def _wait(limit: RequestLimit) -> int:
    return max(1, round(limit.reset_at - time.time()))
