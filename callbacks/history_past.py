"""What is known of the past of a series that somebody asks for: its rows as they are drawn, and the alarms of the rules on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import WORSE, Domain, Kpi, Metric, Site
from model.alarm import Event
from store.history import History
from store.journal import CAME, CEASED, Journal
from store.trace import Rows, broken, columns, thinned, trusted

APART, DAY, FIVE = 3.0, 86_400.0, 300.0
RAW_SECONDS = 2 * DAY
"""Up to so long a span is told by its readings, a longer one by minutes."""
MOST_EVENTS = 500
"""The newest of a series that are told."""

Reckon = Callable[[Domain, Kpi, str, float, float], Rows]
"""A KPI of an area, or of the city where that is empty, from a time up to another."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric of a sensor, a KPI (of an area, or empty), or one alarm."""

    of: str
    domain: Domain
    shown: Metric | Kpi | None
    place: str
    """The sensor's id, or the area; the alarm's id where nothing is `shown`."""

    @property
    def subject(self) -> str:
        """As alarms name it."""
        if isinstance(self.shown, Metric):
            return f"sensor:{self.place}"
        return f"kpi:{self.shown.key}" + (f"@{self.place}" if self.place else "") if self.shown else self.place.partition("|")[2]

    @property
    def rules(self) -> frozenset[str]:
        """Those on it."""
        if self.shown is None:
            return frozenset({self.place.partition("|")[0]})
        return frozenset(f"{self.domain.key}/{rule.key}" for rule in self.domain.rules if rule.on == self.shown.key)


def understand(of: str, domains: Mapping[str, Domain]) -> Asked | None:
    """What is asked for; None where there is no such thing."""
    kind, _, rest = of.partition(":")
    key, _, rest_ = rest.partition("/")
    domain = domains.get(key)
    if domain is None:
        return None
    if kind == "alarm":
        return Asked(of, domain, None, rest) if "|" in rest_ else None
    name, _, place = rest_.partition("/" if kind == "sensor" else "@")
    of_kind: Iterable[Metric | Kpi] = domain.metrics if kind == "sensor" else domain.kpis if kind == "kpi" else ()
    shown = next((each for each in of_kind if each.key == name), None)
    return None if shown is None or kind == "sensor" and not place else Asked(of, domain, shown, place)


@dataclass(frozen=True, slots=True)
class Pasts:
    """Reads the past of series. Every call takes milliseconds to a second."""

    history: History
    journal: Journal
    reckon: Reckon
    site: Site

    def rows(self, asked: Asked, since: float, until: float, points: int) -> tuple[str, int, Rows]:
        """(kind, how many there are, those that are drawn). Raises `OSError`."""
        if isinstance(asked.shown, Kpi):
            kind, rows, apart = "figure", self.reckon(asked.domain, asked.shown, asked.place, since, until), 2 * FIVE
        elif until - since <= RAW_SECONDS:
            kind, apart = "raw", APART * self._interval(asked)
            rows = trusted(self.history.series(asked.domain.key, asked.place, self._metric(asked), since, until))
        else:
            kind, apart = "minute", max(APART * self._interval(asked), 120.0)
            rows = self.history.minutes(asked.domain.key, asked.place, self._metric(asked), since, until)
        return kind, rows.num_rows, columns(broken(rows, thinned(rows, points), apart))

    def _metric(self, asked: Asked) -> Metric:
        assert isinstance(asked.shown, Metric)
        return asked.shown

    def _interval(self, asked: Asked) -> float:
        listed = (sensor.interval for sensor in self.site.sensors.get(asked.domain.key, ()) if sensor.id == asked.place)
        return next(listed, asked.domain.interval)

    def alarms(self, asked: Sequence[Asked], since: float, until: float) -> tuple[list[dict[str, Any]], float | None]:
        """Comings and ends of alarms on these series, by time; those of before too that stood as the span began.

        And the moment from which on all are told, where of a series there are more than `MOST_EVENTS`. Raises `DatabaseAway`.
        """
        told, cuts = list[dict[str, Any]](), list[float]()
        for each in asked:
            events, cut = self._events(each, since, until)
            told += [_told(each.of, event) for event in events]
            cuts += [] if cut is None else [cut]
        return sorted(told, key=lambda event: event["time"]), max(cuts, default=None)

    def _events(self, asked: Asked, since: float, until: float) -> tuple[list[Event], float | None]:
        what: dict[str, Any] = {"domain": asked.domain.key, "subjects": [asked.subject], "kinds": (*CAME, *CEASED)}
        if not asked.rules:
            return [], None
        within = self.journal.search(**what, since=since, until=until, limit=MOST_EVENTS + 1)
        cut = within[MOST_EVENTS - 1].time if len(within) > MOST_EVENTS else None
        before = [self.journal.search(**what, rule=rule, until=since, limit=1) for rule in sorted(asked.rules)]
        standing = [event for events in before for event in events if event.kind in CAME]
        told = [event for event in (*within[:MOST_EVENTS], *standing) if event.rule.removesuffix(WORSE) in asked.rules]
        return told, cut


def _told(of: str, event: Event) -> dict[str, Any]:
    return {"of": of} | {name: getattr(event, name) for name in ("alarm", "kind", "time", "priority", "value", "limit")}
