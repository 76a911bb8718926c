"""The words of people: who may sign in, what they may do, and the programs that act for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from model import Label

Role = Literal["viewer", "operator", "supervisor", "manager", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "supervisor", "manager", "admin")
"""Each may do all that the ones before it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person. `name` is what they sign in with and what the journal calls them; the password's hash is not carried about."""

    name: str
    """Lower case."""
    display: str
    role: Role
    language: Literal["en", "zh"] = "en"
    disabled: bool = False
    identity: str | None = None
    """Issuer and subject of the OIDC provider, for one who signs in there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which somebody is signed in. Wall clock."""

    user: str
    created: float
    seen: float
    desk: str | None = None
    """The desk they have taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program's leave to use the API. `id` is public: it names the token in lists and does not open anything. Wall clock."""

    id: str
    label: str
    owner: str
    """A user: their token dies with them, and may do no more than they may."""
    scopes: tuple[str, ...]
    created: float
    expires: float
    revoked: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """Filters of the alarm desk under a name that somebody gave them."""

    id: str
    owner: str
    label: str
    query: str
    """The address's query, without the question mark."""
    shared: bool
    """Whether everybody is offered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who makes a request: a person who is signed in, a program with a token, or a paired screen of the wall."""

    kind: Literal["person", "program", "screen"]
    name: str
    """What the journal and the audit log call them: a user's name; for a program its owner's name, a slash and its label."""
    display: str
    role: Role
    language: Literal["en", "zh"] = "en"
    scopes: tuple[str, ...] = ()
    """Of a program: what its token is for."""
    screen: str = ""
    """Of a screen: its id."""
    desk: str = ""
    """Of a person: the desk they took in this browser, which the site need not have any more; empty for none."""
    credential: str = field(repr=False)
    """The session's id or the token: a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What a site says of the OpenID Connect provider: its name on the button, and whom it makes what."""

    label: Label
    claim: str
    """The claim that says what somebody is: a text or a list of texts; a dot steps into an object."""
    roles: Mapping[str, Role]
    """Role by value of that claim; of several the highest counts. Who has none may not sign in."""
