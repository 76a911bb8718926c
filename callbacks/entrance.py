"""How people come in and leave: passwords are checked, sessions opened and ended, and all of it stands in the audit log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from flask import redirect, session
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response as Answer

from callbacks import password
from callbacks.aside import aside
from callbacks.attempt import Devices
from callbacks.csrf import COOKIE
from callbacks.guard import local
from callbacks.visitor import SCREEN_COOKIE, Known, person, visitor
from callbacks.witness import Witness
from model.person import User
from store import Away
from store.database import DatabaseAway
from store.people import People, Unknown
from store.session import Sessions

AT_ONCE = 2
"""Passwords that one worker hashes at the same time; each takes a core and 64 MiB."""
WAIT_SECONDS = 10.0
SESSION = "_user_id"
"""Where flask-login keeps the session's id in the signed cookie."""


class Busy(Exception):
    """Too many wait for their turn."""


class Entrance:
    """Who comes in, and how they leave."""

    def __init__(self, people: People, sessions: Sessions, witness: Witness, devices: Devices) -> None:
        self._people, self._sessions, self._witness, self._devices = people, sessions, witness, devices
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        password.matches(None, "")  # so that the first unknown name takes no longer than the next

    def by_password(self, name: str, typed: str) -> bool:
        """Whether that is somebody's password. Raises DatabaseAway, Busy."""
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise Busy
        try:
            return aside(lambda: self._check(name, typed))
        finally:
            self._turn.release()

    def _check(self, name: str, typed: str) -> bool:
        hash = self._people.password(name)
        if not password.matches(hash, typed):
            return False
        if hash is not None and password.outdated(hash):
            self._people.rehash(name, hash, password.hashed(typed))
        return True

    def enter(self, name: str, then: str, by: Literal["password", "provider"]) -> Answer:
        """Signs in, and leads to the page `then`. Raises DatabaseAway, and Unknown for one disabled meanwhile."""
        answer = redirect(local(then) or "/", 303)
        user = aside(lambda: self._people.user(name))
        if user is None:
            raise Unknown(name)
        id = self._sessions.open(name)
        self._witness.tell(name, "sign.in", f"user:{name}", by=by)
        self._welcome(user, id, answer)
        return answer

    def relieve(self, user: User, answer: Answer, sign: Callable[[str], None]) -> None:
        """Signs somebody in at the browser of who leaves, once `sign` has put the new session at the desk: nobody leaves before.

        Raises what `sign` raises, DatabaseAway and Unknown; then all is as before.
        """
        id = self._sessions.open(user.name)
        try:
            sign(id)
        except Exception:
            with suppress(DatabaseAway):
                self._sessions.close(id)
            raise
        self._witness.note(user.name, "sign.in", f"user:{user.name}", by="password")
        self._welcome(user, id, answer)

    def _welcome(self, user: User, id: str, answer: Answer) -> None:
        """The browser that gets the answer is theirs from now on; its session before, if any, ends."""
        if before := session.get(SESSION):
            with suppress(DatabaseAway, Away):  # it ends by itself
                self._sessions.close(before)
        session.clear()
        login_user(Known(person(user, id)))
        self._devices.remember(answer, user.name)
        answer.delete_cookie(COOKIE)
        answer.delete_cookie(SCREEN_COOKIE)

    def fail(self, name: str) -> None:
        """Notes a wrong password. Raises DatabaseAway.

        A name that nobody has is not written down: it may be a password in the wrong field.
        """
        known = aside(lambda: self._people.user(name))
        self._witness.tell(name if known else "unknown", "sign.fail", f"user:{name}" if known else "", by="password", reason="wrong")

    def doubt(self, by: str, reason: str) -> None:
        """Notes, once in a while, attempts of which there may be any number."""
        self._witness.mention("unknown", "sign.fail", by=by, reason=reason)

    def leave(self) -> None:
        """Ends the session of the browser that asks. Raises DatabaseAway when nobody can be told."""
        known = visitor()
        if known is not None:
            self._sessions.close(known.credential)
            self._witness.note(known.name, "sign.out", f"user:{known.name}")
        logout_user()
        session.clear()
