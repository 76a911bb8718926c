"""What a token permits: tokens as SQL has them, remembered by Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from model.person import Token, User
from store import Client
from store.known import Known, Record, here
from store.people import digest
from store.token import Tokens


class Permits:
    """The tokens of programs and of the wall's screens."""

    def __init__(
        self, client: Client, tokens: Tokens, wall: Callable[[], float] = time.time, run: Callable[[Callable[[], Any]], Any] = here
    ) -> None:
        self._wall = wall
        self._known = Known(client, "token", lambda digests: _records(tokens, digests), wall, run)

    def find(self, secret: str) -> tuple[Token, User] | None:
        """The token of that secret and its owner, while it may be used. Raises DatabaseAway when nobody can say."""
        record = self._standing([secret]).get(secret)
        if record is None:
            return None
        told = record["token"]
        return Token(**{**told, "scopes": tuple(told["scopes"])}), User(**record["owner"])

    def standing(self, secrets: Collection[str]) -> set[str]:
        """Which of them may still be used. Raises DatabaseAway when nobody can say."""
        return set(self._standing(secrets))

    def _standing(self, secrets: Collection[str]) -> dict[str, Record]:
        digests = {secret: digest(secret) for secret in secrets}
        records = self._known.find(list(digests.values()))
        now = self._wall()
        return {secret: records[each] for secret, each in digests.items() if each in records and now < records[each]["token"]["expires"]}


def _records(tokens: Tokens, digests: Collection[str]) -> dict[str, Record]:
    return {each: {"token": asdict(token), "owner": asdict(owner)} for each, (token, owner) in tokens.present(digests).items()}
