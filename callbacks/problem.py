"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response
from flask.json.provider import DefaultJSONProvider


def problem(status: int, detail: str, **members: Any) -> Response:
    """An answer that says in one sentence what is wrong; `members` are further ones of the document."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return Response(json.dumps(body, ensure_ascii=False).encode(errors="replace"), status, mimetype="application/problem+json")


class Json(DefaultJSONProvider):
    """JSON in UTF-8. Halves of a pair, which a request may hold and an error repeat, cannot be written: a question mark stands for them."""

    ensure_ascii = False

    def dumps(self, obj: Any, **more: Any) -> str:
        """`obj` as JSON."""
        return super().dumps(obj, **more).encode(errors="replace").decode()
