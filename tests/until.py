"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 90.0
LOOK = 0.05
"""Seconds between two looks."""


def until(true: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `true` gives as soon as it is something."""
    deadline = time.monotonic() + patience
    while not (found := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}")
        time.sleep(LOOK)
    return found
