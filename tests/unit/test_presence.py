"""Who closes a browser without signing out is not at the desk any more."""

from __future__ import annotations

from collections.abc import Sequence

from store import Away
from store.presence import PRESENT_SECONDS, WRITTEN_SECONDS, Presence


class Kept:
    """Keys that expire by a clock of their own, as Redis keeps them."""

    def __init__(self) -> None:
        self.now, self.writes, self.away = 0.0, 0, False
        self.ends: dict[str, float] = {}

    def clock(self) -> float:
        return self.now

    def set(self, key: str, value: bytes, ex: int) -> None:
        if self.away:
            raise Away
        self.writes += 1
        self.ends[key] = self.now + ex

    def mget(self, keys: Sequence[str]) -> list[bytes | None]:
        return [b"1" if self.ends.get(key, 0.0) > self.now else None for key in keys]


def test_a_session_is_present_for_a_minute_after_it_was_last_heard() -> None:
    kept = Kept()
    presence = Presence(kept, kept.clock)  # type: ignore[arg-type]
    assert presence.present(["a"]) == set() == presence.present([])
    while kept.now < WRITTEN_SECONDS:
        presence.heard("a")
        kept.now += 1
    assert kept.writes == 1
    presence.heard("b")
    kept.now = WRITTEN_SECONDS - 1 + 60
    assert presence.present(["a", "b"]) == {"a", "b"}, "the last time it was heard is a minute ago"
    kept.now = PRESENT_SECONDS
    assert presence.present(["a", "b"]) == {"b"}


def test_a_session_that_could_not_be_written_is_written_when_it_is_heard_again() -> None:
    kept = Kept()
    presence = Presence(kept, kept.clock)  # type: ignore[arg-type]
    kept.away = True
    presence.heard("a")
    kept.away = False
    presence.heard("a")
    assert presence.present(["a"]) == {"a"}
