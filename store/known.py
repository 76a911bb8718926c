"""Whom a secret belongs to, as SQL says it, remembered in Redis for a day: who is signed in stays so while SQL is away (promise 5).

A secret is known by its SHA-256 alone. What SQL said is believed for a few seconds, so that a person who is disabled, or a token that is
revoked, is out everywhere within that time; while SQL does not answer it is believed for as long as Redis keeps it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from store import Away, Client
from store.database import DatabaseAway

KEPT_SECONDS = 86_400
BELIEVED_SECONDS = 10.0
"""How long what SQL said is not asked again, and how long SQL rests after it did not answer."""
ENDED = b"ended"
"""Stands in place of a record whose end SQL may not have heard of."""

_KEEP = """
local before = redis.call('get', KEYS[1])
if before == ARGV[1] then return 0 end
if ARGV[3] ~= '' then redis.call('set', KEYS[1], ARGV[2], 'ex', ARGV[3])
elseif before then redis.call('set', KEYS[1], ARGV[2], 'keepttl') end
return 1
"""
"""Writes a record, in place of the one before when no time is given; never over an end."""

T = TypeVar("T")
Record = dict[str, Any]
Ask = Callable[[Collection[str]], Mapping[str, Record]]
"""What SQL holds under each of these digests; none for what it does not hold."""


def here(work: Callable[[], T]) -> T:
    """Does the work where it is asked for."""
    return work()


class Known:
    """The records of one kind of secret. `run` does work that blocks: a process with an event loop gives one that leaves the loop free."""

    def __init__(
        self, client: Client, kind: str, ask: Ask, wall: Callable[[], float] = time.time, run: Callable[[Callable[[], Any]], Any] = here
    ) -> None:
        self._client, self._kind, self._ask, self._wall, self._run = client, kind, ask, wall, run
        self._keep = client.register_script(_KEEP)
        self._resting = float("-inf")

    def find(self, digests: Collection[str]) -> dict[str, Record]:
        """The records there are. Raises DatabaseAway when neither Redis nor SQL can say whether one is missing."""
        kept, ended = self._kept(digests)
        now = self._wall()
        due = [each for each in digests if each not in ended and not 0 <= now - kept.get(each, {}).get("asked", 0.0) < BELIEVED_SECONDS]
        if not due or (now < self._resting and all(each in kept for each in due)):
            return kept
        try:
            found = self._run(lambda: self._ask(due))
        except DatabaseAway:
            self._resting = now + BELIEVED_SECONDS
            if all(each in kept for each in due):
                return kept
            raise
        self._learn(due, kept, found, now)
        return kept

    def change(self, digest: str, record: Record) -> None:
        """Another record for as long as the one before would have been kept; nothing while Redis is away."""
        try:
            self._keep([self._key(digest)], [ENDED, json.dumps(record), ""])
        except Away:
            return

    def end(self, digest: str, seconds: float) -> None:
        """Whatever SQL says, the secret belongs to nobody for so long. Raises Away."""
        self._client.set(self._key(digest), ENDED, ex=max(int(seconds), KEPT_SECONDS))

    def _kept(self, digests: Collection[str]) -> tuple[dict[str, Record], set[str]]:
        try:
            asked = self._client.pipeline(transaction=False)
            for each in digests:
                asked.get(self._key(each))
            pairs = [(each, text) for each, text in zip(digests, asked.execute(), strict=True) if text is not None]
        except Away:
            return {}, set()
        return {each: json.loads(text) for each, text in pairs if text != ENDED}, {each for each, text in pairs if text == ENDED}

    def _learn(self, asked: Collection[str], kept: dict[str, Record], found: Mapping[str, Record], now: float) -> None:
        """Puts what SQL said in place of what was kept; a time that only Redis knows to be later stays."""
        for each in asked:
            before = kept.pop(each, {})
            if each in found:
                seen = max(found[each].get("seen", 0.0), before.get("seen", 0.0))
                kept[each] = {**found[each], "seen": seen, "asked": now}
        try:
            for each in asked:
                if each in kept:
                    self._keep([self._key(each)], [ENDED, json.dumps(kept[each]), KEPT_SECONDS])
                else:
                    self._client.delete(self._key(each))
        except Away:
            return

    def _key(self, digest: str) -> str:
        return f"city:{self._kind}:{digest}"
