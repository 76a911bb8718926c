"""`GET /desk/alarms?since=`: the rows of the alarm desk, all of them or what changed since a revision of the board."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from callbacks.alarm_rows import Rows


def register(server: Flask, rows: Rows) -> None:
    """Adds the route."""

    @server.get("/desk/alarms")
    def desk_alarms() -> Response:
        body = rows.told(request.args.get("since", -1, type=int))
        headers = {"Vary": "Accept-Encoding"}
        if request.accept_encodings["gzip"] <= 0:
            return Response(gzip.decompress(body), mimetype="application/json", headers=headers)
        return Response(body, mimetype="application/json", headers={**headers, "Content-Encoding": "gzip"})
