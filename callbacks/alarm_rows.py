"""The board as this web process holds it: by its revision, with every row encoded once and every answer made once, for all who look.

All rows of ten thousand alarms take some twenty milliseconds to pack. While the board changes many times a second they are not packed
again for everybody who opens a desk: who comes is given those of a moment ago, and asks for what changed since.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from callbacks.api_body import GZIP
from model import PRIORITIES
from model.alarm import Alarm
from store.board import Board

UNSEEN = ("edge", "worse_edge", "comings", "detail", "announced", "ends", "priority")
USUAL: Mapping[str, Any] = {
    "count": 1,
    "journalled": True,
    "marks": (),
    **dict.fromkeys(("worse", "latched", "escalated"), False),
    **dict.fromkeys(("returned", "acknowledgement", "shelf", "suppressed", "absence", "label")),
}
"""What is told only where it is something else."""
ALWAYS = tuple(each.name for each in fields(Alarm) if each.name not in UNSEEN and each.name not in USUAL)
STEPS = 1_000
"""Looks of which a screen can learn what changed; who is further behind takes all rows."""
WHOLE_SECONDS = 5.0
"""How long all rows are given to those who come, where what changed since can be told."""
PIECE, REST_SECONDS = 500, 1e-4
"""Rows after which others of the process have their turn, and for how long: it feeds the screens too."""


class Step(NamedTuple):
    """What one look at the board found: which alarms changed on the way from one revision to another."""

    before: int
    after: int
    ids: frozenset[str]


class Whole(NamedTuple):
    """All rows, packed."""

    rev: int
    made: float
    body: bytes


class Rows:
    """Every call raises `Away`."""

    def __init__(self, board: Board, clock: Callable[[], float] = time.monotonic) -> None:
        self._board, self._clock, self._lock, self._rev = board, clock, threading.Lock(), -1
        self._alarms: dict[str, Alarm] = {}
        self._rows: dict[str, bytes] = {}
        self._steps: deque[Step] = deque(maxlen=STEPS)
        self._whole = Whole(-1, 0.0, b"")
        self._changes: dict[int, bytes] = {}
        self._floods = b"[]"

    def alarms(self) -> Mapping[str, Alarm]:
        """The alarms on the board, by id."""
        with self._lock:
            self._look()
            return dict(self._alarms)

    def told(self, since: int) -> bytes:
        """In gzip: `{rev, floods, set, gone}` of what changed after revision `since`, or `{rev, floods, rows}` with all where that is not
        known. `floods` are those that are on, each `{desk, began, first, first_at, count}`.

        All rows may be some seconds old: what changed since can be asked for.
        """
        with self._lock:
            self._look()
            if not self._follows(since):
                return self._all()
            if since not in self._changes:
                self._changes[since] = self._changed(since)
            return self._changes[since]

    def _follows(self, rev: int) -> bool:
        """Whether it can be told what changed since."""
        return rev == self._rev or bool(self._steps and self._steps[0].before <= rev < self._rev)

    def _all(self) -> bytes:
        whole = self._whole
        if whole.rev != self._rev and not (self._follows(whole.rev) and self._clock() - whole.made < WHOLE_SECONDS):
            whole = self._whole = Whole(self._rev, self._clock(), packed(self._head(b"rows"), self._rows.values(), b"]}"))
        return whole.body

    def _changed(self, since: int) -> bytes:
        ids = {id for step in self._steps if step.after > since for id in step.ids}
        gone = msgspec.json.encode([id for id in ids if id not in self._rows])
        return packed(self._head(b"set"), [self._rows[id] for id in ids if id in self._rows], b'],"gone":%b}' % gone)

    def _head(self, name: bytes) -> bytes:
        return b'{"rev":%d,"floods":%b,"%b":[' % (self._rev, self._floods, name)

    def _look(self) -> None:
        change = self._board.changes(self._rev) if self._rev >= 0 else None
        if change is None:
            self._load()
        elif change.rev != self._rev:
            self._put(change.alarms, change.gone)
            self._steps.append(Step(self._rev, change.rev, frozenset([*(alarm.id for alarm in change.alarms), *change.gone])))
            self._rev, self._changes, self._floods = change.rev, {}, self._now_on()

    def _load(self) -> None:
        rev, alarms = self._board.load()
        self._rev, self._alarms, self._rows, self._changes = -1, {}, {}, {}  # should it break off, it begins anew
        self._steps.clear()
        self._put(alarms.values(), ())
        self._rev, self._floods = rev, self._now_on()

    def _now_on(self) -> bytes:
        """A flood's beginning and end are written as alarms are, under a revision of their own."""
        on = [{"desk": duty.desk, **msgspec.to_builtins(duty.flood)} for duty in self._board.duties() if duty.flood is not None]
        return msgspec.json.encode(on)

    def _put(self, alarms: Iterable[Alarm], gone: Iterable[str]) -> None:
        for piece in pieces(alarms):
            for alarm in piece:
                self._alarms[alarm.id], self._rows[alarm.id] = alarm, msgspec.json.encode(row(alarm))
        for id in gone:
            self._alarms.pop(id, None)
            self._rows.pop(id, None)


def told_then(rev: int, alarms: Sequence[Alarm], since: int) -> bytes:
    """What `Rows.told` says, of alarms as they stood at a moment that is revision `rev` of its replay."""
    if rev == since:
        return packed(b'{"rev":%d,"floods":[],"set":[' % rev, (), b'],"gone":[]}')
    return packed(b'{"rev":%d,"floods":[],"rows":[' % rev, (msgspec.json.encode(row(alarm)) for alarm in alarms), b"]}")


def row(alarm: Alarm) -> dict[str, Any]:
    """What a screen shows of an alarm: nothing that is as usual, and its priority as 1 (critical) to 4 (low), as frames have it."""
    told = {name: getattr(alarm, name) for name in ALWAYS}
    told["priority"] = PRIORITIES.index(alarm.priority) + 1
    for name, usual in USUAL.items():
        value = getattr(alarm, name)
        if value != usual:
            told[name] = value
    return told


def packed(head: bytes, rows: Iterable[bytes], tail: bytes) -> bytes:
    """Rows of JSON between `head` and `tail`, in gzip."""
    packer, found, comma = zlib.compressobj(1, zlib.DEFLATED, GZIP), [], b""
    found.append(packer.compress(head))
    for piece in pieces(rows):
        found.append(packer.compress(comma + b",".join(piece)))
        comma = b","
    return b"".join([*found, packer.compress(tail), packer.flush()])


def pieces(all: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """The same in pieces, with a rest between two."""
    left = iter(all)
    piece = list(islice(left, PIECE))
    while piece:
        yield piece
        piece = list(islice(left, PIECE))
        if piece:
            time.sleep(REST_SECONDS)
