"""KPIs of days that are over, computed once: by the process that reads the first partition of a domain, when all partitions were merged.

A day is computed again when its minutes change. A day has a file even where no figure had a value, so that nobody asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from model import Domain, Site
from store import figure
from store.archive import files
from store.day import DAY, begin, day_of
from store.history import History
from store.stretch import standing
from streams.reckon import Reckoner, names

SETTLED_SECONDS = 900.0
"""After its end a day is computed: by then every owner of a partition has merged it."""


class Daily:
    """Keeps the files of figures of a city's domains up to date."""

    def __init__(self, history: History, domains: Mapping[str, Domain], site: Site) -> None:
        self._history, self._domains, self._site = history, domains, site
        self._reckoner = Reckoner(history, site)

    def tidy(self, domain: str, now: float) -> date | None:
        """Computes the oldest day that is due at event time `now`; None where none is. Raises `OSError`."""
        due = self._due(domain, now)
        if due is None:
            return None
        day, name = due
        zone, shelf = self._history.zone, self._history.shelf
        first, last = (begin(each, zone) / 1000 for each in (day, day + DAY))
        rows = self._reckoner.figures(self._domains[domain], names(self._domains[domain], self._site), first, last)
        figure.put(shelf, domain, day, name, rows)
        if figure.stands(shelf, domain, day + DAY):  # its first hours look back to this one
            figure.forget(shelf, domain, day + DAY)
        return day

    def _due(self, domain: str, now: float) -> tuple[date, str] | None:
        shelf, last = self._history.shelf, day_of(now - SETTLED_SECONDS, self._history.zone)
        held = figure.held(shelf, domain)
        for day, found in sorted(files(shelf, "minute", domain).items()):
            name = figure.made_of(standing(found))
            if day < last and name not in held.get(day, ()):
                return day, name
        return None
