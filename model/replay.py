"""The words of the time machine: what a person wishes to see again, and when that is over."""

from __future__ import annotations

from dataclasses import dataclass

SPEEDS = (1.0, 5.0, 10.0, 30.0, 60.0)
"""How many times faster than life a replay may run."""
ENDS_SECONDS = 1800.0
"""A replay ends by itself this long after a person last did something with it."""
UNSEEN_SECONDS = 60.0
"""And this long after a window last showed it."""
MOST = 8
"""Replays at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A moment of the past that somebody looks at, and how it goes on."""

    id: str
    who: str
    name: str
    """Of the person, as people call them."""
    event: float
    """Event time at `wall`."""
    wall: float
    """Wall clock at which that was wished."""
    rate: float = 1.0
    """How fast it goes on; 0 while it is held."""
    speed: float = 1.0
    """The rate at which it goes on when it is held no more."""
    whole: bool = False
    """Whether every screen of the wall shows it."""
    begun: float = 0.0
