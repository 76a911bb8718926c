"""Every request passes here first: who makes it, and whether the table of `callbacks/rights.py` lets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import quote

from flask import Flask, Request, Response, current_app, redirect, request
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as Answer

from callbacks.csrf import COOKIE, Forgery
from callbacks.live import split
from callbacks.problem import problem
from callbacks.rights import CALLBACKS, PUBLIC, READ, RIGHTS, Right, may
from callbacks.visitor import SAFE, bearer, is_page, visitor
from callbacks.witness import Witness
from model.person import Visitor
from store import Away
from store.database import DatabaseAway
from store.people import digest
from store.replay import WALL, staged
from store.token import ID_LETTERS

OURSELVES = "citydeck.ourselves"
"""In the environment of a request that the server makes to itself: no client can set a name without `HTTP_`."""
LOGIN, LIVE, CALLBACK = "/login", "/live/<path:names>", "/_dash-update-component"
METHODS = {"HEAD": ("GET",), "OPTIONS": ("GET", "POST", "PUT", "PATCH", "DELETE")}
"""Which rows speak for a method that has none of its own."""
NOBODY = Right("nobody")
NO_SUCH = READ
"""What asking for an address asks for that there is not."""

Notice = Callable[[int], Response]
"""A page for people that says why there is none, by status: 401 for a screen that is not paired, 503."""


class Guard:
    """The decision on one request. `screens` is by a screen's id the page it shows; `near`: no proxy stands between us and who asks."""

    def __init__(self, forgery: Forgery, witness: Witness, screens: Mapping[str, str], notice: Notice, *, near: bool) -> None:
        self._forgery, self._witness, self._screens, self._notice, self._near = forgery, witness, screens, notice, near

    def check(self) -> Answer | None:
        """The refusal of the request under way; None to let it pass."""
        if OURSELVES in request.environ or isinstance(request.routing_exception, SecurityError):  # called by a foreign name: 400
            return None
        right = asked(request)
        try:
            known = None if right == PUBLIC else visitor()
        except (DatabaseAway, Away):
            return self._notice(503) if is_page(request) else problem(503, "it cannot be said at the moment who you are")
        if not may(known, right) and not (right.near and self._is_near()):
            return self._refuse(known, right)
        if known is not None and known.kind == "screen" and not self._is_own(known):
            return problem(403, "a screen of the wall sees its own page only")
        reason = self._forgery.refused(request, known)
        return problem(403, reason) if reason else None

    def remember(self, response: Response) -> Response:
        """Gives a page's visitor the token for what its scripts will ask, and keeps answers that are not for everybody out of caches."""
        if OURSELVES in request.environ or asked(request) == PUBLIC:
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        known = visitor() if is_page(request) and response.status_code < 500 else None
        if known is not None and known.kind != "program" and request.cookies.get(COOKIE) != (token := self._forgery.token(known)):
            response.set_cookie(COOKIE, token, secure=current_app.config["SESSION_COOKIE_SECURE"], samesite="Strict")
        return response

    def _refuse(self, known: Visitor | None, right: Right) -> Answer:
        if known is None and is_page(request):
            return redirect(f"{LOGIN}?next={quote(raw_path(request), safe='/')}")
        token = bearer(request)
        if token:
            actor = known.name if known else "unknown"
            self._witness.mention(actor, "token.refuse", f"token:{digest(token)[:ID_LETTERS]}", path=request.path, method=request.method)
        if known is not None:
            return problem(403, "this is not for your role" if known.kind == "person" else _needed(right))
        answer = problem(401, "the token is unknown, over or revoked" if token else "nobody is signed in")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    def _is_own(self, screen: Visitor) -> bool:
        if request.url_rule is None or request.url_rule.rule != LIVE:
            return True
        names = split(request.environ.get("RAW_URI", ""), (request.view_args or {})["names"])
        own = {screen.screen, self._screens.get(screen.screen, screen.screen)}
        return all(name == WALL or staged(name)[1] in own for name in names)

    def _is_near(self) -> bool:
        """Whether this machine itself asks. Behind a proxy every request seems to come from near."""
        forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
        return self._near and not forwarded and _is_loopback(request.remote_addr or "")


def _needed(right: Right) -> str:
    if not right.scope:
        return "no token is for this"
    return f"this needs a token of scope {right.scope} whose owner is {right.least} at least"


def asked(request: Request) -> Right:
    """What the table says of a request."""
    rule = request.url_rule
    if rule is None:
        return NO_SUCH
    keys = [f"{method} {rule.rule}" for method in METHODS.get(request.method, (request.method,))]
    right = next((RIGHTS[key] for key in keys if key in RIGHTS), NOBODY)
    return _callback(request, right) if rule.rule == CALLBACK else right


def _callback(request: Request, right: Right) -> Right:
    if request.method in SAFE:
        return right
    body = request.get_json(silent=True)
    output = body.get("output") if isinstance(body, dict) else None
    return CALLBACKS.get(output, NOBODY) if isinstance(output, str) else NOBODY


def raw_path(request: Request) -> str:
    """Path and query as they were sent: ids of sensors hold encoded slashes."""
    return local(str(request.environ.get("RAW_URI", ""))) or quote(request.path, safe="/")


def local(address: str) -> str:
    """`address` where it is a path of this server; empty for one that leads elsewhere, as browsers read it, or may."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() else ""


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:  # a socket file has no address
        return False


def register(server: Flask, guard: Guard) -> None:
    """Puts the guard before every request of the server."""
    server.before_request(guard.check)
    server.after_request(guard.remember)
