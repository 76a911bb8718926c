"""The outline of the journal in memory: of each alarm event its place, time, alarm, kind and state, so that any moment is found at once.

A million events take 22 MB. What is told of an alarm is read from SQL for the few places that the outline names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from model.alarm import ALARM_STATES, Event, EventKind
from store.journal import Journal

KINDS: tuple[EventKind, ...] = get_args(EventKind)
LAYERS: tuple[tuple[EventKind, EventKind], ...] = (
    ("shelved", "unshelved"),
    ("suppressed", "unsuppressed"),
    ("out_of_service", "in_service"),
)
"""What is laid over an alarm, and lifted."""
REMARKS: tuple[EventKind, ...] = ("commented", "flood_began", "flood_ended", "handed_over")
"""Events that change no alarm."""
PAGE = 20_000
MOST_EVENTS = 50_000
"""Events held as they were read."""

UNKNOWN = len(KINDS)
"""The kind of an event that a newer version wrote."""
_KIND: dict[str, int] = {kind: place for place, kind in enumerate(KINDS)}
_STATE: dict[str, int] = {state: place for place, state in enumerate(ALARM_STATES)}
EVENT = np.dtype([("seq", "i8"), ("time", "f8"), ("alarm", "i4"), ("kind", "u1"), ("state", "u1")])


class Outline:
    """Every call raises DatabaseAway."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._alarms: dict[str, int] = {}
        self._rows: NDArray[np.void] = np.empty(0, EVENT)
        self._read: OrderedDict[int, Event] = OrderedDict()

    def refresh(self) -> None:
        """Takes in what the journal has got since."""
        parts = [self._rows]
        last = int(self._rows["seq"][-1]) if len(self._rows) else 0
        while page := self._journal.outline(last, PAGE):
            rows = np.empty(len(page), EVENT)
            for place, (seq, time, alarm, kind, state) in enumerate(page):
                rows[place] = seq, time, self._alarms.setdefault(alarm, len(self._alarms)), _KIND.get(kind, UNKNOWN), _STATE.get(state, 0)
            parts.append(rows)
            last = page[-1][0]
        if len(parts) > 1:
            self._rows = np.concatenate(parts)

    def standing(self, moment: float) -> list[Event]:
        """What must be known of the alarms that stood, or had something laid over them, at an event time: of each its last occurrence from
        the event with which it began, and what was laid over it; in the order of the journal.
        """
        rows = self._rows[(self._rows["time"] <= moment) & ~_among(self._rows["kind"], REMARKS)]
        count = len(self._alarms)
        newest = _newest(rows, np.ones(len(rows), np.bool_), count)
        stands = (newest >= 0) & (rows["state"][newest] != 0) if len(rows) else np.zeros(count, np.bool_)
        layers = np.concatenate([_laid(rows, on, off, count) for on, off in LAYERS])
        stands[rows["alarm"][layers]] = True
        began = _newest(rows, _among(rows["kind"], ("raised", "worsened")), count)
        mine = stands[rows["alarm"]] & (np.arange(len(rows)) >= began[rows["alarm"]])
        mine[layers] = True
        return self._events(rows["seq"][mine].tolist())

    def between(self, since: float, moment: float, kinds: Iterable[EventKind]) -> list[Event]:
        """The events of some kinds from one event time up to another, in the order of the journal."""
        rows = self._rows
        return self._events(rows["seq"][(rows["time"] >= since) & (rows["time"] <= moment) & _among(rows["kind"], kinds)].tolist())

    def _events(self, places: list[int]) -> list[Event]:
        missing = [seq for seq in places if seq not in self._read]
        for event in self._journal.at(missing) if missing else ():
            self._read[event.seq] = event
        found = [self._read[seq] for seq in places if seq in self._read]
        while len(self._read) > max(MOST_EVENTS, len(places)):
            self._read.popitem(last=False)
        return found


def _among(kinds: NDArray[np.uint8], wanted: Iterable[EventKind]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.isin(kinds, [_KIND[kind] for kind in wanted])
    return found


def _laid(rows: NDArray[np.void], on: EventKind, off: EventKind, count: int) -> NDArray[np.int64]:
    """The places of what was laid over alarms and not lifted since."""
    newest = _newest(rows, _among(rows["kind"], (on, off)), count)
    newest = newest[newest >= 0]
    found: NDArray[np.int64] = newest[rows["kind"][newest] == _KIND[on]]
    return found


def _newest(rows: NDArray[np.void], chosen: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """By alarm the place in `rows` of its newest chosen one; -1 where it has none."""
    newest = np.full(count, -1, np.int64)
    places = np.flatnonzero(chosen)
    newest[rows["alarm"][places]] = places  # of several for one alarm the last is kept
    return newest
