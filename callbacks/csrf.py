"""Keeps other sites from acting through a visitor's browser: where a change comes from, and a token that only our own pages can read.

The token is made of the session's id, so it needs no place of its own and ends with the session. It travels in a cookie that scripts
may read and comes back in a header, by the names that Dash's own requests use.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Request

from callbacks.headers import LOOPBACK
from callbacks.visitor import SAFE
from model.person import Visitor

COOKIE, HEADER = "_csrf_token", "X-CSRFToken"


class Forgery:
    """The check. `key` is the secret key, `address` the origin by which browsers reach the deck, empty where that is loopback."""

    def __init__(self, key: bytes, address: str) -> None:
        self._key, self._address = key, address

    def token(self, visitor: Visitor) -> str:
        """What requests of this visitor's pages bring along."""
        return hmac.new(self._key, b"csrf:" + visitor.credential.encode(), hashlib.sha256).hexdigest()

    def refused(self, request: Request, visitor: Visitor | None) -> str:
        """Why a request may be forged; empty when it is not, changes nothing, or comes from a program, which no site can make speak."""
        if request.method in SAFE or visitor is not None and visitor.kind == "program":
            return ""
        if not self._from_here(request):
            return "it does not come from a page of the deck"
        if visitor is not None and not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self.token(visitor).encode()):
            return f"the header {HEADER} does not hold what the cookie {COOKIE} holds"
        return ""

    def _from_here(self, request: Request) -> bool:
        told = request.headers.get("Origin") or request.headers.get("Referer", "")
        source = urlsplit(told)
        origin = f"{source.scheme}://{source.netloc}".lower()
        here = f"{request.scheme}://{request.host}".lower()
        return bool(self._address) and origin == self._address or origin == here and _name(request.host) in LOOPBACK


def _name(host: str) -> str:
    """Without the port."""
    return host if host.endswith("]") else host.rsplit(":", 1)[0]
