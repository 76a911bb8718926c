"""The readings themselves, by minute of event time: what tells a duplicate from a correction from something new (promise 2).

A reading's key is `series << 16 | milliseconds within its minute`. A minute holds sorted runs of keys; a reading newer than
everything its series has sent needs no look-up at all, so an orderly feed never pays for this. A minute is kept whole for an
hour. Older than that it is thinned: a series with one reading in the minute keeps it, a faster one keeps only its windows. So
every sensor that speaks once a minute or less is exact for the whole lateness; a faster one for an hour, and beyond it a
reading can only be proven new where its five-minute window holds nothing that was thinned away. What cannot be proven new is
counted as late and left out: a gateway that sends its day again must not count twice.

In Redis a minute is a list of appended segments while it is young, then one compacted chunk per 256 series (about 4.3 bytes a
reading at one per second): one sensor's hour is sixty small reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MINUTE = 60
WHOLE_SECONDS = 3600
CHUNK_SERIES = 256
MOST_RUNS = 8

SEGMENT = np.dtype([("series", "u4"), ("ms", "u2"), ("quality", "u1"), ("pad", "u1"), ("value", "f4")])

Keys = NDArray[np.int64]


class Run(NamedTuple):
    """Readings of one minute, sorted by key, each key once."""

    key: Keys
    value: NDArray[np.float32]
    quality: NDArray[np.uint8]


NOTHING = Run(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.uint8))


def merge(runs: Iterable[Run]) -> Run:
    """One run of several; of equal keys the last wins."""
    key, value, quality = (np.concatenate(column) for column in zip(*runs, strict=True))
    order = np.argsort(key, kind="stable")
    key = key[order]
    last = np.append(key[1:] != key[:-1], True)[: len(key)]
    order = order[last]
    return Run(key[last], value[order], quality[order])


def stretches(column: Keys) -> list[tuple[int, int]]:
    """[start, end) of each run of equal values."""
    edges = [0, *(np.flatnonzero(column[1:] != column[:-1]) + 1).tolist(), len(column)]
    return [(start, end) for start, end in zip(edges, edges[1:], strict=False) if end > start]


class Minute:
    """One minute's readings: packed when it is old, in sorted runs while readings come, with what is not yet in Redis."""

    def __init__(self, runs: list[Run], packed: Mapping[int, bytes] | None = None) -> None:
        self.runs = runs
        self.packed = dict(packed or {})
        self.fresh: list[Run] = []
        self.changed = 0.0
        self.settled = self.thinned = False

    def add(self, run: Run, now: float) -> None:
        """Takes a run in at event time `now`; of equal keys the newest run wins."""
        self.runs.append(run)
        self.fresh.append(run)
        self.changed = now
        self.settled = self.thinned = False

    def whole(self) -> Run:
        """Everything as one run."""
        runs = [of_chunk(number, data) for number, data in self.packed.items()] + self.runs
        if len(runs) == 1:
            return runs[0]
        whole = merge(runs) if runs else NOTHING
        if not self.packed:
            self.runs = [whole]
        return whole

    def find(self, keys: Keys) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """(held, value) of each key."""
        if len(self.runs) > MOST_RUNS:
            self._tidy()
        held = np.zeros(len(keys), np.bool_)
        value = np.zeros(len(keys), np.float32)
        wanted = np.unique(keys // (CHUNK_SERIES << 16))
        chunks = [of_chunk(int(number), self.packed[int(number)]) for number in wanted if int(number) in self.packed]
        for run in chunks + self.runs:
            if len(run.key):
                place = np.minimum(np.searchsorted(run.key, keys), len(run.key) - 1)
                same = run.key[place] == keys
                held |= same
                value[same] = run.value[place[same]]
        return held, value

    def _tidy(self) -> None:
        """Fewer runs: those up to the biggest as one, those after it as another, so that the big one is rarely copied."""
        big = max(range(len(self.runs)), key=lambda i: len(self.runs[i].key))
        after = self.runs[big + 1 :]
        self.runs = [merge(self.runs[: big + 1]), *([merge(after)] if after else [])]

    def of(self, series: int) -> Run:
        """The readings of one series."""
        number = series // CHUNK_SERIES
        runs = [of_chunk(number, self.packed[number])] if number in self.packed else []
        parts = [_part(run, series) for run in runs + self.runs]
        return merge(parts) if parts else NOTHING

    def thin(self) -> Run:
        """Keeps, and returns, the readings of series that sent one in this minute."""
        run = self.whole()
        series = run.key >> 16
        edge = series[1:] != series[:-1]
        alone = np.append(True, edge)[: len(series)] & np.append(edge, True)[: len(series)]
        self.runs, self.packed = [Run(run.key[alone], run.value[alone], run.quality[alone])], {}
        self.thinned = True
        return self.runs[0]

    def pack(self, packed: Mapping[int, bytes]) -> None:
        """Holds the minute as the chunks that Redis holds."""
        self.runs, self.packed, self.settled = [], dict(packed), True


def _part(run: Run, series: int) -> Run:
    low, high = np.searchsorted(run.key, [series << 16, (series + 1) << 16])
    return Run(run.key[low:high], run.value[low:high], run.quality[low:high])


def segment(runs: Iterable[Run]) -> bytes:
    """Readings as they came, for the end of the minute's list."""
    key, value, quality = (np.concatenate(column) for column in zip(*runs, strict=True))
    rows = np.zeros(len(key), SEGMENT)
    rows["series"], rows["ms"], rows["quality"], rows["value"] = key >> 16, key & 0xFFFF, quality, value
    return rows.tobytes()


def of_segment(data: bytes) -> Run:
    """The run in a segment."""
    rows = np.frombuffer(data, SEGMENT)
    key = (rows["series"].astype(np.int64) << 16) | rows["ms"]
    return merge([Run(key, rows["value"], rows["quality"])])


def chunks(run: Run) -> dict[int, bytes]:
    """The minute by chunks of 256 series: count, then the columns that compress to almost nothing, then the values."""
    number = run.key // (CHUNK_SERIES << 16)
    packed = {}
    for start, end in stretches(number):
        key = run.key[start:end]
        steps = np.diff(key & 0xFFFF, prepend=0).astype(np.uint16)
        columns = ((key >> 16) % CHUNK_SERIES).astype(np.uint8).tobytes() + steps.tobytes() + run.quality[start:end].tobytes()
        body = zlib.compress(columns, 1)
        head = np.array([end - start, len(body)], np.uint32).tobytes()
        packed[int(number[start])] = head + body + run.value[start:end].tobytes()
    return packed


def of_chunk(number: int, data: bytes) -> Run:
    """The run in one chunk."""
    count, size = (int(x) for x in np.frombuffer(data, np.uint32, 2))
    columns = zlib.decompress(data[8 : 8 + size])
    local = np.frombuffer(columns, np.uint8, count).astype(np.int64)
    ms = np.cumsum(np.frombuffer(columns, np.uint16, count, count), dtype=np.uint16)
    quality = np.frombuffer(columns, np.uint8, count, 3 * count)
    return Run(((number * CHUNK_SERIES + local) << 16) | ms, np.frombuffer(data, np.float32, count, 8 + size), quality)


def restore(segments: Iterable[bytes], packed: Mapping[bytes, bytes], thinned: bool) -> Minute:
    """A minute as Redis holds it."""
    minute = Minute([of_segment(data) for data in segments], {int(number): packed[number] for number in packed})
    minute.settled, minute.thinned = not minute.runs, thinned
    return minute
