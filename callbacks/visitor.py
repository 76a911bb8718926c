"""Who makes a request: the session of a browser, the token of a program, or the cookie of a paired screen, in this order."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Flask, Request, request
from flask_login import LoginManager, UserMixin, current_user

from callbacks.rights import SCREEN_SCOPE
from model.person import Token, User, Visitor
from store.permit import Permits
from store.session import Sessions

SCREEN_COOKIE = "citydeck-screen"
BEARER = "bearer "
CATCH_ALL = ("/", "/<path:path>")
"""Dash's endpoints for everything that is not its own: pages."""
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""


class Known(UserMixin):  # type: ignore[misc]
    """A visitor as flask-login has it; it keeps the session's id in the signed cookie."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def get_id(self) -> str:
        """What stands in the cookie."""
        return self.visitor.credential


class Doors:
    """The ways in. Every call raises DatabaseAway when neither Redis nor SQL can say."""

    def __init__(self, sessions: Sessions, permits: Permits) -> None:
        self.sessions, self._permits = sessions, permits

    def by_session(self, id: str, acts: bool = True) -> Visitor | None:
        """The person of a session, and whether they do something."""
        found = self.sessions.find(id, acts)
        if found is None:
            return None
        session, user = found
        return person(user, id, session.desk or "")

    def by_token(self, secret: str) -> Visitor | None:
        """The program of a token; a token that pairs a screen is none."""
        found = self._permits.find(secret)
        return None if found is None or screen_of(found[0]) else _program(*found, secret)

    def by_screen(self, secret: str) -> Visitor | None:
        """The screen of a token."""
        found = self._permits.find(secret)
        id = screen_of(found[0]) if found else ""
        if not id:
            return None
        return Visitor(kind="screen", name=f"screen:{id}", display=id, role="viewer", screen=id, credential=secret)

    def standing(self, visitors: Collection[Visitor]) -> set[Visitor]:
        """Which of them may still be served."""
        ids = self.sessions.standing({each.credential for each in visitors if each.kind == "person"})
        tokens = self._permits.standing({each.credential for each in visitors if each.kind != "person"})
        return {each for each in visitors if each.credential in (ids if each.kind == "person" else tokens)}


def person(user: User, id: str, desk: str = "") -> Visitor:
    """A user who is signed in with the session `id` and has taken the desk `desk`."""
    return Visitor(kind="person", name=user.name, display=user.display, role=user.role, language=user.language, desk=desk, credential=id)


def screen_of(token: Token) -> str:
    """The id of the screen that a token pairs; empty for a token of another kind."""
    return next((scope.removeprefix(SCREEN_SCOPE) for scope in token.scopes if scope.startswith(SCREEN_SCOPE)), "")


def _program(token: Token, owner: User, secret: str) -> Visitor:
    name = f"{owner.name}/{token.label}"
    return Visitor(kind="program", name=name, display=name, role=owner.role, scopes=token.scopes, credential=secret)


def register(server: Flask, doors: Doors) -> None:
    """Lets flask-login ask at the doors."""
    manager = LoginManager()
    # Not by its init_app, which would look into the cookie at every answer: then nothing could be cached whatever the cookie.
    server.login_manager = manager  # type: ignore[attr-defined]
    manager.session_protection = None  # a session is a secret of its own; a desk may change its network address

    @manager.user_loader  # type: ignore[untyped-decorator]
    def by_session(id: str) -> Known | None:
        return _known(doors.by_session(id, acts(request)))

    @manager.request_loader  # type: ignore[untyped-decorator]
    def by_request(request: Request) -> Known | None:
        return _known(_by_request(doors, request))


def _by_request(doors: Doors, request: Request) -> Visitor | None:
    if token := bearer(request):
        return doors.by_token(token)
    cookie = request.cookies.get(SCREEN_COOKIE, "")
    return doors.by_screen(cookie) if cookie else None


def bearer(request: Request) -> str:
    """The token in the request's header; empty when there is none."""
    told = request.headers.get("Authorization", "")
    return told[len(BEARER) :].strip() if told.lower().startswith(BEARER) else ""


def is_page(request: Request) -> bool:
    """Whether a person's browser asks for a document."""
    return request.endpoint in CATCH_ALL and request.method in SAFE


def acts(request: Request) -> bool:
    """Whether a person does something, who opens a page or changes something. What a page asks by itself it only gets."""
    return is_page(request) or request.method not in SAFE


def visitor() -> Visitor | None:
    """Who makes the request under way. Raises DatabaseAway when nobody can say."""
    known: Any = current_user
    return known.visitor if known.is_authenticated else None


def _known(visitor: Visitor | None) -> Known | None:
    return Known(visitor) if visitor else None
