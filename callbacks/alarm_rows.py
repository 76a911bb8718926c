"""The board as this web process holds it: by its revision, with every row encoded once, for all who look."""

from __future__ import annotations

import threading
import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from callbacks.api_body import GZIP
from model import PRIORITIES
from model.alarm import Alarm
from store.board import Board

UNSEEN = ("edge", "worse_edge", "comings", "detail", "announced", "escalated", "ends")
FLAGS = ("worse", "latched")
OPTIONAL = ("returned", "acknowledgement", "shelf", "suppressed", "absence", "label")
STEPS = 1_000
"""Looks of which a screen can learn what changed; who is further behind takes all rows."""


class Step(NamedTuple):
    """What one look at the board found: which alarms changed on the way from one revision to another."""

    before: int
    after: int
    ids: frozenset[str]


class Rows:
    """Every call raises `Away`."""

    def __init__(self, board: Board) -> None:
        self._board, self._lock, self._rev = board, threading.Lock(), -1
        self._alarms: dict[str, Alarm] = {}
        self._rows: dict[str, bytes] = {}
        self._steps: deque[Step] = deque(maxlen=STEPS)
        self._packed: tuple[int, bytes] = (-1, b"")

    def alarms(self) -> Mapping[str, Alarm]:
        """The alarms on the board, by id."""
        with self._lock:
            self._look()
            return dict(self._alarms)

    def told(self, since: int) -> bytes:
        """In gzip: `{rev, set, gone}` of what changed after revision `since`, or `{rev, rows}` with all rows where that is not known."""
        with self._lock:
            self._look()
            if since == self._rev:
                return packed(b'{"rev":%d,"set":[],"gone":[]}' % since)
            if self._steps and self._steps[0].before <= since < self._rev:
                return self._changed(since)
            if self._packed[0] != self._rev:
                self._packed = (self._rev, packed(b'{"rev":%d,"rows":[%b]}' % (self._rev, b",".join(self._rows.values()))))
            return self._packed[1]

    def _changed(self, since: int) -> bytes:
        ids = {id for step in self._steps if step.after > since for id in step.ids}
        rows = b",".join(self._rows[id] for id in ids if id in self._rows)
        gone = msgspec.json.encode([id for id in ids if id not in self._rows])
        return packed(b'{"rev":%d,"set":[%b],"gone":%b}' % (self._rev, rows, gone))

    def _look(self) -> None:
        change = self._board.changes(self._rev) if self._rev >= 0 else None
        if change is None:
            self._load()
        elif change.rev != self._rev:
            self._put(change.alarms, change.gone)
            self._steps.append(Step(self._rev, change.rev, frozenset([*(alarm.id for alarm in change.alarms), *change.gone])))
            self._rev = change.rev

    def _load(self) -> None:
        self._rev, alarms = self._board.load()
        self._alarms, self._rows = {}, {}
        self._steps.clear()
        self._put(alarms.values(), ())

    def _put(self, alarms: Iterable[Alarm], gone: Iterable[str]) -> None:
        for alarm in alarms:
            self._alarms[alarm.id], self._rows[alarm.id] = alarm, msgspec.json.encode(row(alarm))
        for id in gone:
            self._alarms.pop(id, None)
            self._rows.pop(id, None)


def row(alarm: Alarm) -> dict[str, Any]:
    """What a screen shows of an alarm: nothing that is as usual, and its priority as 1 (critical) to 4 (low), as frames have it."""
    told: dict[str, Any] = msgspec.to_builtins(alarm)
    for unseen in UNSEEN:
        del told[unseen]
    usual = {"count": 1, "journalled": True, "marks": (), **dict.fromkeys(OPTIONAL), **dict.fromkeys(FLAGS, False)}
    kept = {name: value for name, value in told.items() if name not in usual or usual[name] != value}
    return kept | {"priority": PRIORITIES.index(alarm.priority) + 1}


def packed(text: bytes) -> bytes:
    """`text` in gzip."""
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    return packer.compress(text) + packer.flush()
