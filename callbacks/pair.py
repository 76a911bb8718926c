"""Pairing a screen of the wall: its page is opened once with a token in the address, which a cookie then keeps.

The token is one with the scope `screen:<id>`; an administrator makes it and can revoke it.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as Answer

from callbacks.visitor import SCREEN_COOKIE, Doors
from callbacks.witness import Witness
from store.database import DatabaseAway
from store.people import digest
from store.token import ID_LETTERS

WALL, TOKEN = "/wall/", "token"
LONGEST_SECONDS = 400 * 86_400
"""What browsers keep a cookie for; each visit begins it anew."""


def register(server: Flask, doors: Doors, witness: Witness, notice: Callable[[int], Response]) -> None:
    """Before every request: a screen's page with a token becomes the same page without it."""

    @server.before_request
    def pair() -> Answer | None:
        secret, screen = request.args.get(TOKEN, ""), request.path.removeprefix(WALL)
        if request.method != "GET" or not request.path.startswith(WALL) or not secret:
            return None
        try:
            known = doors.by_screen(secret)
        except DatabaseAway:
            return notice(503)
        if known is None or known.screen != screen:
            witness.mention("unknown", "screen.refuse", f"screen:{screen[:64]}", token=digest(secret)[:ID_LETTERS])
            return notice(401)
        witness.note(known.name, "screen.pair", f"screen:{screen}")
        answer = redirect(WALL + quote(screen), 303)
        _keep(answer, secret)
        return answer

    @server.after_request
    def renew(response: Response) -> Response:
        secret = request.cookies.get(SCREEN_COOKIE, "")
        if secret and request.path.startswith(WALL) and response.status_code == 200:
            _keep(response, secret)
        return response


def _keep(answer: Answer, secret: str) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(SCREEN_COOKIE, secret, max_age=LONGEST_SECONDS, httponly=True, samesite="Lax", secure=secure)
