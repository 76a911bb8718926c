"""A page's numbers at one tick, and what of them changed since the last: pure, from what was judged to JSON (`docs/design.md`, Frames)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

VERSION = 1
Section = Any
"""What JSON can say, and numpy arrays, in which NaN is null. A columns section holds arrays only."""


def _array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a frame cannot hold {type(value)}")


_encode = msgspec.json.Encoder(enc_hook=_array).encode


def full(head: Mapping[str, Any], sections: Mapping[str, Section]) -> bytes:
    """The frame with every section."""
    return _encode({**head, "full": 1, "s": sections})


def delta(head: Mapping[str, Any], prev: int, before: Mapping[str, Section], sections: Mapping[str, Section]) -> bytes | None:
    """The frame with what changed since the frame `prev`; None when a section is gone, which only a full frame can say."""
    return None if set(before) - set(sections) else change(head, prev, before, sections)


def change(head: Mapping[str, Any], prev: int, before: Mapping[str, Section], sections: Mapping[str, Section]) -> bytes:
    """The same of a page whose sections are all still there."""
    changed = {}
    for name, section in sections.items():
        if name not in before:
            changed[name] = section
            continue
        held = before[name]
        if _is_columns(held) and _is_columns(section):
            rows = _columns(held["c"], section["c"])
            if rows is not None:
                changed[name] = rows
        elif held is not section and held != section:
            changed[name] = section
    return _encode({**head, "full": 0, "prev": prev, "s": changed})


def _is_columns(section: Section) -> bool:
    return isinstance(section, dict) and set(section) == {"c"}


def _columns(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rows that changed; None when none did, every row when their number did or when naming them would cost more."""
    if old is new:
        return None
    if old.keys() != new.keys() or any(len(old[name]) != len(new[name]) for name in new):
        return {"c": new}
    differs = np.any([_differs(old[name], new[name]) for name in new], axis=0)
    index = np.flatnonzero(differs)
    if 2 * len(index) > len(differs):
        return {"c": new}
    return {"i": index, "c": {name: column[index] for name, column in new.items()}} if len(index) else None


def _differs(old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
    """NaN is not equal to itself, but absent is equal to absent."""
    differs: NDArray[np.bool_] = (old != new) & ((old == old) | (new == new))
    return differs
