"""A real OpenID Connect provider over TLS, as strict as the standard lets it be, that can be told to misbehave.

    python -m tests.integration.provider PORT FOLDER

`FOLDER` holds `tls.pem` and `tls.key`. There is no form: `POST /person` says who signs in next, and with which trick.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import sys
import time
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Answer

CLIENT, SECRET = "deck", "a secret between deck and provider"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
PATIENCE = 90.0


class Provider:
    """What the provider knows while it runs."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}

    @property
    def trick(self) -> str:
        """What is done wrong for the person who signs in now."""
        return str(self.person.get("trick", ""))

    def claims(self, nonce: str) -> dict[str, Any]:
        """What the ID token says."""
        now = int(time.time())
        told = {"iss": self.issuer, "sub": self.person["sub"], "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        told |= self.person.get("claims", {})
        wrong: dict[str, dict[str, Any]] = {
            "nonce": {"nonce": "another"},
            "audience": {"aud": "another"},
            "issuer": {"iss": "https://evil.example"},
            "expired": {"iat": now - 9000, "exp": now - 8000},
        }
        if self.trick == "no nonce":
            del told["nonce"]
        return told | wrong.get(self.trick, {})

    def signed(self, claims: dict[str, Any]) -> str:
        """The ID token."""
        if self.trick == "unsigned":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": "one"}, claims)]
            return ".".join([base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts] + [""])
        if self.trick == "public key as secret":
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(KEY.as_pem(private=False)))
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER if self.trick == "other key" else KEY)


def serve(issuer: str) -> Flask:
    """The provider's addresses."""
    server, provider = Flask("provider"), Provider(issuer)
    told(server, provider)
    entered(server, provider)
    granted(server, provider)
    return server


def told(server: Flask, provider: Provider) -> None:
    """What the provider says of itself, and is told by a test."""
    issuer = provider.issuer

    @server.post("/person")
    def person() -> Response:
        provider.person = request.get_json()
        return jsonify(ok=True)

    @server.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            userinfo_endpoint=f"{issuer}/userinfo",
            jwks_uri=f"{issuer}/keys",
            response_types_supported=["code"],
            id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
        )

    @server.get("/keys")
    def keys() -> Response:
        return jsonify(keys=[KEY.as_dict(private=False)])


def entered(server: Flask, provider: Provider) -> None:
    """Where browsers come by."""

    @server.get("/authorize")
    def authorize() -> Answer:
        asked = request.args
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        assert "openid" in asked["scope"].split() and len(asked["state"]) >= 20 and len(asked["nonce"]) >= 20
        if provider.trick == "refused":
            return redirect(asked["redirect_uri"] + "?" + urlencode({"error": "access_denied", "state": asked["state"]}))
        code = secrets.token_urlsafe()
        provider.codes[code] = {name: asked[name] for name in ("code_challenge", "nonce", "redirect_uri")}
        state = "another" if provider.trick == "state" else asked["state"]
        return redirect(asked["redirect_uri"] + "?" + urlencode({"code": code, "state": state}))


def granted(server: Flask, provider: Provider) -> None:
    """What the deck itself asks for."""

    @server.post("/token")
    def token() -> Response | tuple[Response, int]:
        client = request.authorization
        if client is None or (client.username, client.password) != (CLIENT, SECRET):
            return jsonify(error="invalid_client"), 401
        begun = provider.codes.pop(request.form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if begun is None or begun["code_challenge"] != challenge or begun["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        if provider.trick == "broken":
            return Response("<h1>500", 500), 500
        access = secrets.token_urlsafe()
        provider.tokens[access] = {"sub": provider.person["sub"], **provider.person.get("userinfo", {})}
        id_token = {} if provider.trick == "no id token" else {"id_token": provider.signed(provider.claims(begun["nonce"]))}
        return jsonify(access_token=access, token_type="Bearer", expires_in=300, **id_token)

    @server.get("/userinfo")
    def userinfo() -> Response | tuple[Response, int]:
        known = provider.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return (jsonify(error="invalid_token"), 401) if known is None else jsonify(known)


class Client:
    """The side of the test: says who signs in next, and goes where a browser would."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self.folder = port, folder
        self._context = ssl.create_default_context(cafile=str(folder / "tls.pem"))
        self.issuer = f"https://localhost:{port}"

    def person(self, sub: str, trick: str = "", userinfo: dict[str, Any] | None = None, **claims: Any) -> None:
        """Who signs in next."""
        body = {"sub": sub, "trick": trick, "claims": claims, "userinfo": userinfo or {}}
        assert self.ask("POST", "/person", json.dumps(body))[0] == 200

    def follow(self, address: str) -> str:
        """Where the provider sends a browser that comes to `address`."""
        status, location = self.ask("GET", address.removeprefix(self.issuer))
        assert status == 302, status
        return location

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """(status, Location)."""
        connection = HTTPSConnection("localhost", self._port, context=self._context, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Location", "")
        finally:
            connection.close()


def main(port: int, folder: Path) -> None:
    """Serves until it is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    make_server("127.0.0.1", port, serve(f"https://localhost:{port}"), threaded=True, ssl_context=context).serve_forever()


def path_of(address: str) -> str:
    """Path and query of an address."""
    found = urlsplit(address)
    return f"{found.path}?{found.query}"


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
