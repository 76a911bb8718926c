"""What is remembered: the newest, and no more of it than was said."""

from __future__ import annotations

from store.lately import Lately


def test_the_oldest_goes_for_the_newest() -> None:
    held = Lately[str](10)
    for name, size in (("a", 4), ("b", 4), ("c", 6)):
        held.keep(name, name.upper(), size)
    assert [held.get(name) for name in "abc"] == [None, "B", "C"]
    held.keep("b", "B again", 5)
    assert [held.get(name) for name in "bc"] == [None, "C"], "what is kept once more is as old as it was"


def test_what_is_larger_than_everything_is_not_kept() -> None:
    held = Lately[str](10)
    held.keep("a", "A", 11)
    assert held.get("a") is None
