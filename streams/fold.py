"""When a mailbox is written to: one letter for what came since the last look, and one letter for a whole flood.

A flood is counted as a desk counts it (ISA-18.2: above ten in ten minutes, until fewer than five), but over what this mailbox would be
told. Its one letter goes when it begins. What comes while it lasts is only counted, and the next letter after it says how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

WINDOW_SECONDS, BEGINS_ABOVE, ENDS_BELOW = 600.0, 10, 5
Step = Literal["nothing", "letter", "flood", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What is remembered from look to look. Wall clock."""

    recent: tuple[float, ...] = ()
    """When the newest came, of the last ten minutes, as many as tell a flood."""
    flood: float | None = None
    """Since when one lasts."""
    held: int = 0
    """How many came in the last flood after its letter, and were not told of yet."""


def step(fold: Fold, came: Sequence[float], now: float) -> tuple[Fold, Step]:
    """What to do at a look at `now` with what came since the last one, at those times."""
    recent = tuple(time for time in (*fold.recent, *came) if time > now - WINDOW_SECONDS)[-BEGINS_ABOVE - 1 :]
    kept = replace(fold, recent=recent)
    if fold.flood is not None and len(recent) >= ENDS_BELOW:
        return replace(kept, held=fold.held + len(came)), "held"
    if came and fold.flood is None and len(recent) > BEGINS_ABOVE:
        return Fold(recent=recent, flood=now), "flood"
    return (Fold(recent=recent), "letter") if came else (replace(kept, flood=None), "nothing")
