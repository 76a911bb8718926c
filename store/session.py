"""Who is signed in: sessions as SQL has them, remembered by Redis, with their two ends."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from model.person import Session, User
from store import Away, Client
from store.database import DatabaseAway
from store.known import Known, Record, here
from store.people import People, Unknown, digest
from store.presence import Presence

ID_BYTES = 32
SEEN_SECONDS = 300.0
"""How exactly the last use of a session is known; more exactly where one ends soon."""


class Sessions:
    """The sessions of the deck. One ends `idle` seconds after its last use and `longest` seconds after its beginning.

    Use is what a person does. What a page asks by itself, as its stream does, is none: it would hold an abandoned desk open for ever.
    """

    def __init__(
        self,
        client: Client,
        people: People,
        idle: float,
        longest: float,
        wall: Callable[[], float] = time.time,
        run: Callable[[Callable[[], Any]], Any] = here,
    ) -> None:
        self._people, self._idle, self._longest, self._wall, self._run = people, idle, longest, wall, run
        self._exact = min(SEEN_SECONDS, idle / 4)
        self._presence = Presence(client)
        self._known = Known(client, "session", lambda digests: _records(people, digests), wall, run)

    def open(self, name: str) -> str:
        """Signs somebody in; the new session's id, a secret. Raises Unknown, DatabaseAway."""
        id, now = secrets.token_urlsafe(ID_BYTES), self._wall()
        self._run(lambda: self._people.open(id, name))
        with suppress(DatabaseAway):
            self._run(lambda: self._people.forget(now - self._longest, now - self._idle))
        return id

    def find(self, id: str, used: bool = True) -> tuple[Session, User] | None:
        """The session of that id and whose it is, while it stands; whether that counts as use. Raises DatabaseAway when nobody can say."""
        record, now = self._standing([id]).get(id), self._wall()
        if record is None:
            return None
        if used and now - record["seen"] > self._exact:
            self._use(id, record, now)
        user = User(**{name: record[name] for name in ("name", "display", "role", "language")})
        return Session(user=user.name, created=record["created"], seen=record["seen"], desk=record.get("desk")), user

    def sit(self, id: str, desk: str | None) -> None:
        """The session takes a desk in place of the one before, or leaves it. Raises Unknown, DatabaseAway."""
        record = self._standing([id]).get(id)
        if record is None:
            raise Unknown("session")
        told = {"from": record.get("desk") or ""}
        self._run(lambda: self._people.sit(id, desk, record["name"], told))
        self._known.change(digest(id), {**record, "desk": desk})
        self.heard(id)

    def moved(self, digests: Collection[str], desk: str | None) -> None:
        """SQL has put these sessions at another desk, or at none: what is remembered of them follows. Raises Away."""
        for each, record in self._known.find(list(digests)).items():
            self._known.change(each, {**record, "desk": desk})

    def heard(self, id: str) -> None:
        """Its page asked for something by itself: somebody may be there. That is no use of the session."""
        self._presence.heard(digest(id))

    def sitting(self) -> list[tuple[str, User]]:
        """Who sits at which desk and was heard of within the last minute, each once for a desk. Raises Away, DatabaseAway."""
        now = self._wall()
        found: list[tuple[str, str, User]] = self._run(lambda: self._people.sitting(now - self._longest, now - self._idle - SEEN_SECONDS))
        present = self._presence.present([session for _, session, _ in found])
        return list(dict.fromkeys((desk, user) for desk, session, user in found if session in present))

    def standing(self, ids: Collection[str]) -> set[str]:
        """Which of them still stand; that is no use of them. Raises DatabaseAway when nobody can say."""
        return set(self._standing(ids))

    def close(self, id: str) -> None:
        """Signs out in this browser, at once and also when only one of Redis and SQL can be told. Raises DatabaseAway when neither can."""
        told = False
        with suppress(Away):
            self._known.end(digest(id), self._longest)
            told = True
        try:
            self._run(lambda: self._people.close(id))
        except DatabaseAway:
            if not told:
                raise

    def _standing(self, ids: Collection[str]) -> dict[str, Record]:
        digests = {id: digest(id) for id in ids}
        records = self._known.find(list(digests.values()))
        now = self._wall()
        return {id: records[each] for id, each in digests.items() if each in records and self._stands(records[each], now)}

    def _stands(self, record: Record, now: float) -> bool:
        return bool(now < record["created"] + self._longest and now < record["seen"] + self._idle)

    def _use(self, id: str, record: Record, now: float) -> None:
        record["seen"] = now
        self._known.change(digest(id), record)
        with suppress(DatabaseAway):  # Redis knows it
            self._run(lambda: self._people.seen(id))


def _records(people: People, digests: Collection[str]) -> dict[str, Record]:
    return {
        each: {**asdict(user), "created": one.created, "seen": one.seen, "desk": one.desk}
        for each, (one, user) in people.present(digests).items()
    }
