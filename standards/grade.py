"""A class decided by its worst item: what the water standards have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """The class (1 is best), the item that decided it, and the class of each item measured; None when nothing was measured."""

    value: int | None = None
    item: str | None = None
    items: Mapping[str, int] = field(default_factory=dict)


def worst(items: Mapping[str, int]) -> Grade:
    """The single-factor method: the worst item decides; of equals the first in the standard's own order."""
    if not items:
        return Grade()
    item = max(items, key=lambda key: items[key])
    return Grade(value=items[item], item=item, items=items)


def measured(value: float | None) -> TypeGuard[float]:
    """Whether there is a value at all: None and NaN are absent, zero is not."""
    return value is not None and value == value
