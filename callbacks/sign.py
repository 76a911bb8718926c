"""`/login`, `/logout` and `/me`: the routes of signing in, with a password or at the site's provider, and of signing out."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from werkzeug.wrappers import Response as Answer

from callbacks.attempt import Often, named
from callbacks.entrance import Busy, Entrance
from callbacks.guard import LOGIN, local
from callbacks.oidc import NoRole, Oidc, Unsuccessful
from callbacks.problem import problem
from callbacks.visitor import visitor
from layouts import sign
from layouts.sign import Look
from model import Label
from store.database import DatabaseAway
from store.people import Unknown

NEXT = "next"
THEMES, LANGUAGES = ("dark", "light"), ("en", "zh")


class Pages:
    """The pages of who is not signed in. `provider` is the name of the site's provider, if it has one."""

    def __init__(self, city: Label, language: str, provider: Label | None) -> None:
        self._city, self._language, self._provider = city, language, provider

    def form(self, status: int = 200, said: str = "", seconds: int = 0) -> Response:
        """The form, with what was typed before and a sentence above it."""
        then = local(request.values.get(NEXT, "")) or "/"
        answer = _page(sign.form(self._look(), then, request.form.get("name", "")[:64], said, seconds, self._provider), status)
        if seconds:
            answer.headers["Retry-After"] = str(seconds)
        return answer

    def notice(self, status: int) -> Response:
        """A page that says why there is none."""
        return _page(sign.notice(self._look(), status), status)

    def _look(self) -> Look:
        language, theme = request.args.get("language", ""), request.args.get("theme", "")
        return Look(
            city=self._city,
            language=language if language in LANGUAGES else request.accept_languages.best_match(LANGUAGES, self._language),
            theme=theme if theme in THEMES else THEMES[0],
        )


def _page(text: str, status: int) -> Response:
    return Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def register(server: Flask, often: Often, entrance: Entrance, pages: Pages) -> None:
    """Adds the routes for names and passwords, and for leaving."""

    def too_often(seconds: int) -> Response:
        entrance.doubt("password", "too often")
        return pages.form(429, "many", seconds)

    @server.get(LOGIN)
    def login_page() -> Response:
        return pages.form()

    @server.post(LOGIN)
    @often(too_often)
    def login() -> Answer:
        name = named()
        return _answered(pages, lambda: _by_password(entrance, pages, name, request.form.get("password", "")))

    @server.post("/logout")
    def logout() -> Answer:
        try:
            entrance.leave()
        except DatabaseAway:
            return problem(503, "nobody can be told that you sign out: close the browser")
        return Response(status=204)

    @server.get("/me")
    def me() -> Response:
        known = visitor()
        if known is None:
            return problem(401, "nobody is signed in")
        return jsonify(kind=known.kind, name=known.name, display=known.display, role=known.role, language=known.language)

    @server.post("/me/here")
    def here() -> Answer:
        """A person is at the page: that the request came, and was let pass, is all."""
        return Response(status=204)


def register_provider(server: Flask, entrance: Entrance, oidc: Oidc, pages: Pages) -> None:
    """Adds the way there and back of signing in at the provider."""

    @server.get(f"{LOGIN}/provider")
    def login_provider() -> Answer:
        return _answered(pages, lambda: oidc.start(local(request.args.get(NEXT, "")) or "/"))

    @server.get(f"{LOGIN}/callback")
    def login_callback() -> Answer:
        return _answered(pages, lambda: _by_provider(entrance, oidc))


def _by_password(entrance: Entrance, pages: Pages, name: str, password: str) -> Answer:
    if entrance.by_password(name, password):
        return entrance.enter(name, request.form.get(NEXT, ""), "password")
    entrance.fail(name)
    return pages.form(401, "wrong")


def _by_provider(entrance: Entrance, oidc: Oidc) -> Answer:
    try:
        name, then = oidc.finish()
    except (NoRole, Unsuccessful) as error:
        entrance.doubt("provider", str(error))
        raise
    return entrance.enter(name, then, "provider")


def _answered(pages: Pages, work: Callable[[], Answer]) -> Answer:
    """What came of signing in; what did not is told above the form."""
    try:
        return work()
    except Unknown:
        return pages.form(401, "wrong")
    except NoRole:
        return pages.form(403, "role")
    except Unsuccessful:
        return pages.form(502, "provider")
    except Busy:
        return pages.form(503, "busy")
    except DatabaseAway:
        return pages.form(503, "away")
