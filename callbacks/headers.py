"""What every answer forbids the browser: foreign scripts, requests to elsewhere, being framed, guessing types."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response

YEAR_SECONDS = 31_536_000
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


def policy(script_hashes: Iterable[str]) -> str:
    """The content security policy. Dash's own inline scripts are admitted by hash; Plotly's maps start workers from blobs."""
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def register(server: Flask, script_hashes: Iterable[str], address: str = "") -> None:
    """Adds the headers to every answer, and refuses every request that calls the server by another name than its own.

    The second keeps a page from elsewhere from reading the deck through a name that it lets point to this machine. `address` is the
    origin by which browsers reach the deck, empty where that is loopback.
    """
    fixed = {
        "Content-Security-Policy": policy(script_hashes),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    place = urlsplit(address)
    if place.scheme == "https":
        fixed["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}"
    server.config["TRUSTED_HOSTS"] = [*LOOPBACK, *([place.hostname] if place.hostname else [])]

    @server.after_request
    def secure(response: Response) -> Response:
        response.headers.update(fixed)
        return response
