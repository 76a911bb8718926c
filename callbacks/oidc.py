"""Signing in at the site's provider: OpenID Connect, the code flow with PKCE, state and nonce, by Authlib.

Who comes for the first time becomes a user, and each time they have the role that the provider's claim gives them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, request, session
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as Answer

from callbacks.aside import aside
from model.person import ROLES, Provider, Role, User
from store.people import NAME, People, Taken

DISCOVERY = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10.0
SIGNED = ("RS", "ES", "PS", "Ed")
"""Beginnings of the algorithms that only the provider can sign with."""
THEN = "then"
WRONG = (AuthlibBaseError, JoseError, RequestException, RuntimeError, LookupError, ValueError, TypeError)
"""Whatever a provider, or somebody in its place, may answer."""


class Unsuccessful(Exception):
    """The provider does not answer, refuses, or says what cannot be believed."""


class NoRole(Exception):
    """The provider knows them, and the site gives them no role."""


class Oidc:
    """The provider at the address `url`; `origin` is the address of the deck, empty where browsers reach it by loopback."""

    def __init__(self, server: Flask, people: People, provider: Provider, url: str, client: tuple[str, str], origin: str) -> None:
        self._people, self._provider, self._origin = people, provider, origin
        self._client = OAuth(server).register(
            "provider",
            client_id=client[0],
            client_secret=client[1] or None,
            server_metadata_url=url if url.endswith(DISCOVERY) else url + DISCOVERY,
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
                **({} if client[1] else {"token_endpoint_auth_method": "none"}),
            },
        )

    def start(self, then: str) -> Answer:
        """The way to the provider. Raises Unsuccessful."""
        for key in [key for key in session if key.startswith("_state_")]:
            del session[key]  # of ways begun before: a cookie has no room for many
        try:
            answer: Answer = self._client.authorize_redirect((self._origin or request.host_url.rstrip("/")) + "/login/callback")
        except WRONG as error:
            raise Unsuccessful(_reason(error)) from error
        session[THEN] = then
        return answer

    def finish(self) -> tuple[str, str]:
        """Who has come back, as a name of ours, and where they wanted to go. Raises Unsuccessful, NoRole, DatabaseAway."""
        try:
            claims = self._claims()
            identity = f"{claims['iss']}|{claims['sub']}"
        except WRONG as error:
            raise Unsuccessful(_reason(error)) from error
        role = role_of(claims, self._provider)
        if role is None:
            raise NoRole(f"{identity} has no role")
        return aside(lambda: self._user(identity, claims, role)), str(session.get(THEN, "/"))

    def _claims(self) -> Mapping[str, Any]:
        metadata = self._client.load_server_metadata()
        algorithms = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
        metadata["id_token_signing_alg_values_supported"] = [name for name in algorithms if name.startswith(SIGNED)]
        expected = {"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": self._client.client_id}}
        token = self._client.authorize_access_token(claims_options=expected)
        claims: dict[str, Any] = dict(token["userinfo"])
        if _claim(claims, self._provider.claim) is None and "userinfo_endpoint" in metadata:
            more = self._client.userinfo(token=token)
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    def _user(self, identity: str, claims: Mapping[str, Any], role: Role) -> str:
        """The name of the user with that identity, made or brought up to date."""
        display = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])[:100]
        known = self._people.by_identity(identity)
        if known is not None:
            if (known.role, known.display) != (role, display):
                self._people.change(replace(known, role=role, display=display), "provider")
            return known.name
        for name in names(claims):
            try:
                self._people.add(User(name=name, display=display, role=role, identity=identity), "", "provider")
            except Taken:
                continue
            return name
        raise Unsuccessful(f"{identity}: its name is taken here")


def role_of(claims: Mapping[str, Any], provider: Provider) -> Role | None:
    """The highest role that the provider's claim gives."""
    told = _claim(claims, provider.claim)
    values = told if isinstance(told, list) else [told]
    found = [provider.roles[value] for value in values if isinstance(value, str) and value in provider.roles]
    return max(found, key=ROLES.index, default=None)


def names(claims: Mapping[str, Any]) -> list[str]:
    """What a user may be called here, best first: never the name of somebody who signs in with a password."""
    told = str(claims.get("preferred_username") or str(claims.get("email", "")).partition("@")[0] or claims["sub"]).lower()
    plain = re.sub(r"[^a-z0-9._@+-]+", "-", told).strip("-._@+")[:40]
    host = urlsplit(str(claims["iss"])).hostname or "provider"
    return [name for name in (plain, f"{plain}@{host}"[:64], f"{claims['sub']}@{host}"[:64].lower()) if NAME.fullmatch(name)]


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name; where there is none, a dot steps into an object."""
    if path in claims:
        return claims[path]
    first, dot, rest = path.partition(".")
    inner = claims.get(first)
    return _claim(inner, rest) if dot and isinstance(inner, Mapping) else None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
