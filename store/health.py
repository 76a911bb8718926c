"""The figures of alarm health, counted in the journal: ISA-18.2-2016 / IEC 62682 clause 16, per desk by its areas.

Rates count annunciated alarms only. What stands now (stale, shelved, longest unacknowledged) is read off the board, not here.
With a million events in 30 days, rates and the top ten take under half a second, the others one or two; `bench/journal.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Subquery, case, func, select

from model import PRIORITIES, Priority
from model.alarm import EventKind
from store.database import reading
from store.schema import event

BECAME: tuple[EventKind, ...] = ("raised", "repeated")
CEASED: tuple[EventKind, ...] = ("returned", "latched")
CHATTER_CYCLES, CHATTER_SECONDS = 3, 60.0
"""A chattering alarm comes so often within that time."""
FLEETING_SECONDS = 10.0
"""A fleeting alarm is gone again within that time."""
EACH_ALARM: dict[str, Any] = {"partition_by": event.c.alarm, "order_by": (event.c.time, event.c.seq)}


EVENT = (
    "time", "seq", "kind", "alarm", "occurrence", "rule", "subject", "domain", "area", "priority", "actor", "desk", "note", "value",
    "limit", "annunciated",
)  # fmt: skip
"""What `Health.events` tells of each event."""
CHUNK = 500
"""Values asked for at once: databases limit how many a statement may hold."""


class Times(NamedTuple):
    """An alarm's id and how often."""

    alarm: str
    times: int


class Without(frozenset[str]):
    """All areas but these, and what belongs to no area: what is left for the supervisor."""


class Health:
    """Figures over [since, until), event time; `areas` None is the whole city. Every call raises DatabaseAway."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rates(self, since: float, until: float, areas: Collection[str] | None = None) -> Mapping[Priority, int]:
        """Annunciated alarms by priority, every priority named."""
        count = select(event.c.priority, func.count()).where(*_within(since, until, areas), event.c.annunciated)
        with reading(self._engine) as connection:
            found = {row[0]: row[1] for row in connection.execute(count.group_by(event.c.priority))}
        return {priority: found.get(priority, 0) for priority in PRIORITIES}

    def top(self, since: float, until: float, areas: Collection[str] | None = None, limit: int = 10) -> list[Times]:
        """The alarms that were annunciated most often."""
        return self._times(event.c.alarm, [*_within(since, until, areas), event.c.annunciated], limit)

    def chattering(self, since: float, until: float, areas: Collection[str] | None = None, limit: int = 50) -> list[Times]:
        """Alarms that came three times within a minute, and how often they came so, for the third time or later."""
        third = event.c.time - func.lag(event.c.time, CHATTER_CYCLES - 1).over(**EACH_ALARM)
        rows = _cycles(third, BECAME, since - CHATTER_SECONDS, until, areas)
        return self._times(rows.c.alarm, [rows.c.time >= since, rows.c.gap < CHATTER_SECONDS], limit)

    def fleeting(self, since: float, until: float, areas: Collection[str] | None = None, limit: int = 50) -> list[Times]:
        """Alarms that were gone again within ten seconds, and how often."""
        came = case((event.c.kind.in_(BECAME), event.c.time))
        lasted = event.c.time - func.lag(came).over(**EACH_ALARM)
        rows = _cycles(lasted, (*BECAME, *CEASED), since - FLEETING_SECONDS, until, areas)
        return self._times(rows.c.alarm, [rows.c.time >= since, rows.c.kind.in_(CEASED), rows.c.gap < FLEETING_SECONDS], limit)

    def flooded(self, since: float, until: float, desk: str | None = None) -> float:
        """Seconds in which the desk was in flood; without one, in which any desk was."""
        marks = [event.c.alarm == "", event.c.kind.in_(("flood_began", "flood_ended")), event.c.time < until]
        asked = select(event.c.time, event.c.kind, event.c.desk).where(*marks, *([event.c.desk == desk] if desk is not None else []))
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(event.c.time, event.c.seq)).all()
        total, on, before = 0.0, set[str](), since
        for time, kind, where in [*rows, (until, "", "")]:
            moment = max(time, since)
            total += moment - before if on else 0.0
            on, before = on | {where} if kind == "flood_began" else on - {where}, moment
        return total

    def mark(self, since: float, until: float) -> list[int]:
        """What tells whether more of that time was written since: how many events there are, and the place of the newest."""
        asked = select(func.count(), func.coalesce(func.max(event.c.seq), 0)).where(*_within(since, until, None))
        with reading(self._engine) as connection:
            return [int(each) for each in connection.execute(asked).one()]

    def events(self, since: float, until: float) -> Sequence[Any]:
        """Everything of the time, as rows of `EVENT`, in order."""
        with reading(self._engine) as connection:
            asked = select(*(event.c[name] for name in EVENT)).where(*_within(since, until, None))
            return connection.execute(asked.order_by(event.c.time, event.c.seq)).all()

    def came(self, alarms: Collection[str], since: float, until: float) -> Sequence[Any]:
        """(alarm, occurrence, when it was first annunciated) of occurrences of some alarms that began in that time."""
        found: list[Any] = []
        key = (event.c.alarm, event.c.occurrence)
        with reading(self._engine) as connection:
            for some in _chunks(sorted(alarms)):
                asked = select(*key, func.min(event.c.time)).where(
                    event.c.alarm.in_(some), *_within(since, until, None), event.c.annunciated
                )
                found += connection.execute(asked.group_by(*key)).all()
        return found

    def standing(self, until: float, began: Collection[EventKind], ended: Collection[EventKind]) -> Sequence[Any]:
        """(alarm, since when) of the alarms of which one of `began` happened before `until` and none of `ended` after it."""
        start, end = (func.max(case((event.c.kind.in_(kinds), event.c.seq))) for kinds in (began, ended))
        when = func.max(case((event.c.kind.in_(began), event.c.time)))
        asked = select(event.c.alarm, when).where(event.c.kind.in_((*began, *ended)), event.c.time < until, event.c.alarm != "")
        with reading(self._engine) as connection:
            return connection.execute(asked.group_by(event.c.alarm).having(start > func.coalesce(end, -1)).order_by(event.c.alarm)).all()

    def _times(self, alarm: ColumnElement[str], asked: list[ColumnElement[bool]], limit: int) -> list[Times]:
        often = func.count()
        found = select(alarm, often).where(*asked).group_by(alarm).order_by(often.desc(), alarm).limit(limit)
        with reading(self._engine) as connection:
            return [Times(row[0], row[1]) for row in connection.execute(found)]


def _within(since: float, until: float, areas: Collection[str] | None) -> list[ColumnElement[bool]]:
    asked = [event.c.time >= since, event.c.time < until]
    if areas is None:
        return asked
    return [*asked, event.c.area.not_in(areas) if isinstance(areas, Without) else event.c.area.in_(areas)]


def _cycles(gap: ColumnElement[float], kinds: Collection[EventKind], since: float, until: float, areas: Collection[str] | None) -> Subquery:
    """Comings and goings, each with its `gap` to an earlier one of its alarm. In the order of an index, so nothing is sorted."""
    asked = [*_within(since, until, areas), event.c.kind.in_(kinds)]
    return select(event.c.alarm, event.c.time, event.c.kind, gap.label("gap")).where(*asked).subquery()


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
