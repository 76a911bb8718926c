"""KPIs of days that are over, computed once: by the process that reads the first partition of a domain, when all partitions were merged.

A day is computed again when its minutes change, or those of the day before, to which its first hours look back, or the units of the domain.
A day has a file even where no figure had a value, so that nobody asks for it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import groupby

from model import Domain, Site
from store import figure
from store.archive import files
from store.day import DAY, begin, day_of
from store.history import History
from store.stretch import standing
from streams.reckon import Name, Reckoner, names

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
        # One after the other: 25 hours of all metrics of a large domain at once would be more than a gigabyte.
        parts = [self._reckoner.figures(self._domains[domain], asked, first, last) for asked in self._names(domain)]
        figure.put(shelf, domain, day, name, figure.between(parts, first, last))
        return day

    def _names(self, domain: str) -> list[list[Name]]:
        """The figures of a domain by KPI."""
        return [list(each) for _, each in groupby(names(self._domains[domain], self._site), key=lambda name: name[0].key)]

    def _due(self, domain: str, now: float) -> tuple[date, str] | None:
        shelf, last = self._history.shelf, day_of(now - SETTLED_SECONDS, self._history.zone)
        held, minute = figure.held(shelf, domain), files(shelf, "minute", domain)
        for day in held.keys() - minute.keys():
            figure.forget(shelf, domain, day)
        asked = [f"{kpi.key}@{area}" for each in self._names(domain) for kpi, area in each]
        asked += [f"{metric.key} in {metric.unit}" for metric in self._domains[domain].metrics]
        for day, found in sorted(minute.items()):
            mine, before = figure.made_of(standing(found), asked), minute.get(day - DAY)
            name = f"{mine}-{figure.made_of(standing(before or ()))}"
            # That the day before is kept no more is no reason: it was seen while it was there.
            made = any(each == name or (before is None and each.startswith(mine)) for each in held.get(day, ()))
            if day < last and not made:
                return day, name
        return None
