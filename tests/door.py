"""A deck's people for tests and benches: accounts in its database, and the cookies of a browser that has signed in through the form."""

from __future__ import annotations

from functools import cache
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from argon2 import PasswordHasher

from demo.port import LOOPBACK
from model.person import ROLES, Role, User
from store.database import connect, migrate
from store.people import People

PASSWORD = "a password for tests"
PATIENCE = 90.0
"""Seconds for an answer, on a machine that is busy with other things."""


def accounts(database: str, roles: tuple[Role, ...] = ROLES) -> None:
    """A user of each role, named as the role, in the database at that address; makes its tables first."""
    engine = connect(database)
    migrate(engine)
    for role in roles:
        People(engine).add(User(name=role, display=role.title(), role=role), cheap(PASSWORD), "test")
    engine.dispose()


@cache
def cheap(password: str) -> str:
    """A hash that costs little; the deck makes a dear one of it when it is first used."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


class Browser:
    """The cookies of one browser, and requests with them."""

    def __init__(self, port: int) -> None:
        self._port, self.cookies = port, dict[str, str]()

    def headers(self) -> dict[str, str]:
        """What a request of a page of the deck carries."""
        told = {"Origin": f"http://{LOOPBACK}:{self._port}", "X-CSRFToken": self.cookies.get("_csrf_token", "")}
        return told | ({"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {})

    def ask(
        self, method: str, path: str, sent: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of one request; its cookies are kept."""
        connection = HTTPConnection(LOOPBACK, self._port, timeout=PATIENCE)
        try:
            connection.request(method, path, sent, {**self.headers(), **(headers or {})})
            answer = connection.getresponse()
            self._keep(answer)
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def send(self, name: str, password: str, then: str = "/") -> tuple[int, dict[str, str], bytes]:
        """Sends the form."""
        form = urlencode({"name": name, "password": password, "next": then})
        return self.ask("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})

    def sign_in(self, name: str = "admin", password: str = PASSWORD) -> None:
        """Signs in, and opens a page to be given the token for what changes something."""
        status, _, body = self.send(name, password)
        assert status == 303, body
        self.ask("GET", "/")

    def _keep(self, answer: HTTPResponse) -> None:
        for header in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
