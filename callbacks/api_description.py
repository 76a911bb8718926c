"""What is true of every address of the API, put into its OpenAPI description: who may ask, and which problems may be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from callbacks.rights import RIGHTS, Right

PROBLEM = {"$ref": "#/components/schemas/Problem"}
ALWAYS, WITH_BODY = (401, 403, 503), (400, 413, 415, 422)
"""Problems that may be answered to anything, and to what brings a body along."""
DOCUMENT = "application/problem+json"
BODIES: Mapping[str, tuple[str, ...]] = {"/api/v1/hooks/cap": ("application/cap+xml", "application/xml")}
"""Addresses whose body is a text of another kind than JSON."""
ANSWERS: Mapping[str, str] = {"/api/v1/cap": "application/atom+xml", "/api/v1/handovers/{id}/pdf": "application/pdf"}
"""Addresses whose answer is one, or a file."""
REPORT = ("application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")
FILES: Mapping[str, tuple[str, ...]] = {f"/api/v1/reports/{span}": REPORT for span in ("daily", "weekly", "monthly")}
"""Addresses that may also answer a file."""
FILE = {"schema": {"type": "string", "format": "binary"}}
SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "citydeck",
        "description": "of a person who signed in; what changes something asks for the header X-CSRFToken as well",
    },
    "token": {"type": "http", "scheme": "bearer"},
}
TOO_LONG = {"414": {"description": "URI Too Long: the server before the API reads 8,190 bytes of it"}}
NOBODY = Right("nobody")
TEXT = {"schema": {"type": "string"}}


def complete(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The description `spec` of the routes, with what is true of all of them."""
    rights = {_key(rule): right for rule, right in RIGHTS.items()}
    paths = {
        path: {method: _operation(path, told, rights.get(f"{method.upper()} {path}", NOBODY)) for method, told in methods.items()}
        for path, methods in spec["paths"].items()
    }
    return {**spec, "paths": paths, "components": {**spec["components"], "securitySchemes": SCHEMES}}


def _key(rule: str) -> str:
    """`GET /sensors/<path:id>` as the description writes it: `GET /sensors/{id}`."""
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule)


def _operation(path: str, told: Mapping[str, Any], right: Right) -> dict[str, Any]:
    body = {"requestBody": {"required": True, "content": dict.fromkeys(BODIES[path], TEXT)}} if path in BODIES else {}
    operation: dict[str, Any] = {**told, **body}
    common = ALWAYS + (WITH_BODY if "requestBody" in operation else ())
    answers = {status: _answer(path, status, answer, common) for status, answer in told["responses"].items()}
    if any(each["in"] == "query" for each in operation["parameters"]):
        answers |= TOO_LONG
    missing = {str(status): _problem(status) for status in common if str(status) not in answers}
    return {**operation, "responses": dict(sorted({**answers, **missing}.items())), "security": _security(right)}


def _answer(path: str, status: str, answer: Mapping[str, Any], common: tuple[int, ...]) -> Mapping[str, Any]:
    """One answer of the route's own, which may be that of every route as well."""
    if int(status) < 400:
        if path in FILES:
            return {**answer, "content": {**answer["content"], **dict.fromkeys(FILES[path], FILE)}}
        return {**answer, "content": {ANSWERS[path]: TEXT}} if path in ANSWERS else answer
    schema = answer["content"]["application/json"]["schema"]
    if int(status) == 422 and schema["$ref"].endswith("/ValidationError"):  # the library's own, which is not what is answered
        schema = PROBLEM
    if int(status) in common and schema != PROBLEM:
        schema = {"anyOf": [schema, PROBLEM]}
    return {**answer, "content": {DOCUMENT: {"schema": schema}}}


def _problem(status: int) -> Mapping[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {DOCUMENT: {"schema": PROBLEM}}}


def _security(right: Right) -> list[dict[str, list[str]]]:
    """Who may: a person of a role, and a program with a scope where one may."""
    program = [{"token": [right.scope]}] if right.scope else []
    return [{"session": [right.least]}, *program]
