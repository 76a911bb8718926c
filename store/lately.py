"""What was read lately and may be asked for again, as much of it as memory is spared for."""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """The newest of what was kept, by name, of at most so much altogether. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._lock = most, dict[str, tuple[T, int]](), Lock()

    def get(self, name: str) -> T | None:
        """What is kept by that name."""
        found = self._held.get(name)
        return found[0] if found else None

    def keep(self, name: str, value: T, size: int) -> None:
        """Keeps it, and lets go of the oldest for it."""
        with self._lock:
            self._held[name] = value, size
            while sum(each for _, each in self._held.values()) > self._most:
                del self._held[next(iter(self._held))]
