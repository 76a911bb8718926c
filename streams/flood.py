"""Alarm floods: more new alarms at a desk than a person can handle. ISA-18.2-2016 and EEMUA 191: it begins above ten annunciated alarms
in ten minutes, and has ended when ten minutes brought fewer than five.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from model.alarm import Event, EventKind, Flood

WINDOW_SECONDS = 600.0
BEGINS_ABOVE = 10
ENDS_BELOW = 5


class Floods:
    """Annunciated alarms of the last ten minutes by desk, as (event time, alarm id), and the floods that are on."""

    def __init__(self, floods: dict[str, Flood], recent: Iterable[tuple[str, float, str]] = ()) -> None:
        self.on = dict(floods)
        self._recent: dict[str, list[tuple[float, str]]] = {desk: [] for desk in floods}
        for desk, time, alarm in recent:
            insort(self._recent.setdefault(desk, []), (time, alarm))

    def copy(self) -> Floods:
        """One that changes by itself."""
        other = Floods(self.on)
        other._recent = {desk: list(recent) for desk, recent in self._recent.items()}
        return other

    def came(self, desk: str, time: float, alarm: str) -> Event | None:
        """Counts an annunciated alarm; the event when a flood begins with it."""
        recent = self._recent.setdefault(desk, [])
        insort(recent, (time, alarm))
        # Of a flood that is on, those that tell when it ends are kept whatever their age.
        kept = ENDS_BELOW if desk in self.on else 0
        del recent[: max(0, min(_old(recent), len(recent) - kept))]
        if desk in self.on:
            self.on[desk] = replace(self.on[desk], count=self.on[desk].count + 1)
            return None
        if len(recent) <= BEGINS_ABOVE:
            return None
        self.on[desk] = Flood(began=recent[-1][0], first=recent[0][1], first_at=recent[0][0], count=len(recent))
        return _event("flood_began", desk, recent[-1][0], self.on[desk])

    def advance(self, now: float) -> list[Event]:
        """The floods that have ended by event time `now`."""
        ended = []
        for desk, flood in list(self.on.items()):
            recent = self._recent[desk]
            # It ends when the fifth newest is ten minutes old: from then on there are four.
            ends = recent[-ENDS_BELOW][0] + WINDOW_SECONDS if len(recent) >= ENDS_BELOW else flood.began + WINDOW_SECONDS
            if ends <= now:
                del self.on[desk]
                ended.append(_event("flood_ended", desk, ends, flood))
        return sorted(ended, key=lambda event: event.time)


def began(marks: Iterable[Event]) -> dict[str, Event]:
    """By desk the beginning of the flood that is on; `marks` are beginnings and ends, newest first."""
    newest: dict[str, Event] = {}
    for mark in marks:
        newest.setdefault(mark.desk, mark)
    return {desk: mark for desk, mark in newest.items() if mark.kind == "flood_began"}


def restored(marks: Iterable[Event], calls: Sequence[Event], desk: Callable[[str], str]) -> Floods:
    """The floods as the journal tells them; `calls` are annunciated alarms in any order."""
    on = {}
    for id, mark in began(marks).items():
        later = sum(desk(call.area) == id and call.seq > mark.seq for call in calls)
        told = mark.detail
        on[id] = Flood(began=mark.time, first=told["first"], first_at=told["first_at"], count=told["count"] + later)
    return Floods(on, [(desk(call.area), call.time, call.alarm) for call in calls])


def _old(recent: list[tuple[float, str]]) -> int:
    """How many are ten minutes older than the newest."""
    return bisect_right(recent, recent[-1][0] - WINDOW_SECONDS, key=lambda one: one[0])


def _event(kind: EventKind, desk: str, time: float, flood: Flood) -> Event:
    return Event(
        kind=kind,
        alarm="",
        occurrence=0,
        time=time,
        source=f"flood:{desk}:{flood.began!r}:{kind}",
        desk=desk,
        detail={"first": flood.first, "first_at": flood.first_at, "began": flood.began, "count": flood.count},
    )
