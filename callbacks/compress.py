"""Answers are compressed once, however often they are asked for: the result is kept by what was compressed, not by who asked.

The drawing library and the component bundles are megabytes; compressing them at each request would hold up the live streams for
a tenth of a second. Live streams are not touched here, they arrive compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict

from flask import Flask, Response, request

from callbacks.aside import aside

TEXTS = frozenset(
    ("text/html", "text/css", "text/plain", "text/javascript", "application/javascript", "application/json", "application/geo+json")
) | {"image/svg+xml"}
SMALLEST = 1024
"""Bytes below which compressing saves nothing that matters."""
KEPT_BYTES = 64 << 20
LARGE = 256 << 10
"""Bytes from which on they are compressed in a thread of their own, for it takes milliseconds."""


class Compressed:
    """The newest compressed bodies, up to `most` bytes of them."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, body: bytes) -> bytes:
        """`body` in gzip."""
        name = hashlib.blake2b(body, digest_size=16).digest()
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        packed = aside(lambda: _packed(body)) if len(body) >= LARGE else _packed(body)
        with self._lock:
            self._size += len(packed) - len(self._kept.get(name, b""))  # another visitor may have been as quick
            self._kept[name] = packed
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
            return packed


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def register(server: Flask) -> None:
    """Compresses every complete text that the server answers to those who take gzip."""
    compressed = Compressed()

    @server.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TEXTS or response.status_code != 200 or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        if not request.accept_encodings["gzip"] or (response.content_length or SMALLEST) < SMALLEST:
            return response
        response.direct_passthrough = False  # a file is read whole
        response.set_data(compressed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)  # other bytes, the same content
        return response
