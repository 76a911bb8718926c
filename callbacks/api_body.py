"""A long list as one JSON answer: made piece by piece, as the store reads it, and kept for a second for all who ask.

Not in a thread: one that works hard beside the loop takes the interpreter from it for five milliseconds at each of the loop's own system
calls, and every frame sent to a screen is one.
"""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Response, request

from callbacks.static import ASK_AGAIN

KEEP_SECONDS = 1.0
GZIP = 16 + zlib.MAX_WBITS

Pieces = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Body:
    """An answer as it is sent, in gzip or not, and a tag of what it says."""

    begun: float
    data: bytes
    tag: str


class Bodies:
    """The answers of the last second, by what was asked. One is made at a time; who asks for the same meanwhile gets the same."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._held: dict[Hashable, Body] = {}

    def answer(self, name: str, asked: Hashable, pieces: Callable[[], Pieces]) -> Response:
        """`{name: [all rows of the pieces]}`; 304 without it to who holds the same already. Raises what `pieces` raises."""
        gzip = request.accept_encodings["gzip"] > 0
        body = self._body((name, asked, gzip), lambda: _texts(name, pieces()), gzip)
        headers = {"Cache-Control": ASK_AGAIN, "Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if gzip else {})}
        response = Response(body.data, mimetype="application/json", headers=headers)
        response.set_etag(body.tag, weak=True)
        return response.make_conditional(request)  # type: ignore[return-value]

    def _body(self, key: Hashable, texts: Callable[[], Iterable[bytes]], gzip: bool) -> Body:
        with self._lock:
            now = self._clock()
            self._held = {each: body for each, body in self._held.items() if now - body.begun < KEEP_SECONDS}
            if key not in self._held:
                self._held[key] = Body(now, *_made(texts(), gzip))
            return self._held[key]


def _texts(name: str, pieces: Pieces) -> Iterator[bytes]:
    before = b'{"%b":[' % name.encode()
    for text in map(msgspec.json.encode, pieces):  # which keeps no piece while the next is made
        yield before + text[1:-1]
        before = b","
    yield b"]}" if before == b"," else before + b"]}"


def _made(texts: Iterable[bytes], gzip: bool) -> tuple[bytes, str]:
    """(body, tag of the text)."""
    digest, parts = hashlib.blake2b(digest_size=12), []
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for text in texts:
        digest.update(text)
        parts.append(packer.compress(text) if gzip else text)
    return b"".join([*parts, packer.flush()] if gzip else parts), digest.hexdigest()
