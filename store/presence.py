"""Which sessions were heard of within the last minute: who closes a browser without signing out is not at the desk any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from store import Away, Client

WRITTEN_SECONDS = 15.0
"""How often it is written that a session was heard."""
PRESENT_SECONDS = 60 + int(WRITTEN_SECONDS)
"""What is heard until the next writing is not written: a minute from there."""


class Presence:
    """Sessions by their digests. `clock` tells seconds of any origin."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._written: dict[str, float] = {}

    def heard(self, digest: str) -> None:
        """The session asked for something; nothing while Redis is away."""
        now = self._clock()
        if now - self._written.get(digest, float("-inf")) < WRITTEN_SECONDS:
            return
        with suppress(Away):
            self._client.set(_key(digest), b"1", ex=PRESENT_SECONDS)
            self._written = {each: at for each, at in self._written.copy().items() if now - at < WRITTEN_SECONDS} | {digest: now}

    def present(self, digests: Sequence[str]) -> set[str]:
        """Those heard within the last minute. Raises Away."""
        found = self._client.mget([_key(each) for each in digests]) if digests else []
        return {each for each, told in zip(digests, found, strict=True) if told is not None}


def _key(digest: str) -> str:
    return f"city:present:{digest}"
