"""Whether the history has got what the city had taken in when a day ended: before that the day's report would be mailed incomplete."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date

from store.archive import reached
from store.shelf import Shelf

LOOK_SECONDS, PATIENCE_SECONDS = 5.0, 3600.0
"""Between two looks at the files. And so long reports wait for the history: refused records at the end of a partition leave no file."""


class Arrival:
    """Compares how far ingest was at the first look of a day with the files there are. `topics` by domain."""

    def __init__(self, shelf: Shelf, topics: Mapping[str, str]) -> None:
        self._shelf, self._topics = shelf, topics
        self._day: date | None = None
        self._since = self._looked = float("-inf")
        self._lacks: dict[tuple[str, int], int] = {}

    def look(self, today: date, feeds: Mapping[tuple[str, int], Mapping[str, str]]) -> None:
        """Notes the offsets up to which partitions were taken in, once a day."""
        if today != self._day:
            self._day, self._since = today, time.monotonic()
            self._lacks = {place: int(said["offset"]) for place, said in feeds.items() if place[0] in self._topics and "offset" in said}

    def waits(self) -> bool:
        """Whether files are still to come, and may be waited for. Raises `OSError`."""
        if not self._lacks or time.monotonic() - self._since > PATIENCE_SECONDS:
            return False
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return True
        self._looked = time.monotonic()
        held = {domain: reached(self._shelf, domain) for domain in {domain for domain, _ in self._lacks}}
        for (domain, number), offset in list(self._lacks.items()):
            if held[domain].get((self._topics[domain], number), 0) >= offset:
                del self._lacks[domain, number]
        return bool(self._lacks)
