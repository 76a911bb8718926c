"""The minutes of one partition: kept, compacted, sketched, thinned and forgotten as they age, and what of that is to be written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model import Domain
from store.partition import THINNED, Changes, Stored
from streams.percentile import sketches
from streams.recent import MINUTE, NOTHING, WHOLE_SECONDS, Minute, Run, chunks, restore, segment
from streams.series import Series

SETTLE_SECONDS = 15
"""A minute is compacted this long after its end, when most stragglers are in."""

QUIET_SECONDS = 600
"""An old minute is thinned when nothing has come into it for this long: a gateway may still be sending its backlog."""

SKETCH_SECONDS = 7_500
"""How long percentile sketches are kept."""

Times = NDArray[np.float64]


class Minutes:
    """All minutes within the domain's lateness."""

    def __init__(
        self,
        stored: Stored,
        series: Series,
        domain: Domain,
        area_of: Mapping[str, str],
    ) -> None:
        self.held = {
            minute: restore(segments, stored.chunks[minute], minute in stored.thinned) for minute, segments in stored.segments.items()
        }
        self._series, self._domain, self._area_of = series, domain, area_of
        self._groups: dict[str, int] = {}
        self._group = np.empty(0, np.int64)
        self._packed: dict[int, dict[int, bytes]] = {}
        self._appended: list[int] = []
        self._scanned = -1
        self.sketched: list[int] = []
        """Minutes whose sketches the last `write` added."""

    def readings(self, series: int, first: int, count: int) -> tuple[Times, NDArray[np.float32], NDArray[np.uint8]]:
        """(time, value, quality) of one series in `count` minutes from `first`, sorted by time."""
        parts = [(number, self.held[number].of(series)) for number in range(first, first + count) if number in self.held]
        time = [number * MINUTE + (run.key & 0xFFFF) / 1000 for number, run in parts]
        return (
            np.concatenate([np.empty(0), *time]),
            np.concatenate([NOTHING.value, *(run.value for _, run in parts)]),
            np.concatenate([NOTHING.quality, *(run.quality for _, run in parts)]),
        )

    def write(self, changes: Changes, now: float) -> None:
        """Adds what is new, compacted, thinned or too old to the changes of a commit."""
        self._packed, self._appended, self.sketched = {}, [], []
        everything = int(now // MINUTE) != self._scanned
        self._scanned = int(now // MINUTE)
        for number in sorted(number for number, minute in self.held.items() if everything or minute.fresh):
            minute = self.held[number]
            age, quiet = now - (number + 1) * MINUTE, now - minute.changed
            if age > self._domain.lateness:
                self._forget(number, changes)
            elif age > WHOLE_SECONDS and quiet > QUIET_SECONDS and not minute.thinned:
                self._settle(number, minute, minute.thin(), changes)
            elif age > SETTLE_SECONDS and quiet > SETTLE_SECONDS and not minute.settled:
                self._settle(number, minute, minute.whole(), changes)
                if age <= SKETCH_SECONDS:
                    self._sketch(number, minute.whole(), changes)
            elif minute.fresh:
                changes.appends.append((f"raw:{number}", segment(minute.fresh)))
                changes.fields.setdefault("minutes", {})[str(number)] = b""
                self._appended.append(number)

    def _settle(self, number: int, minute: Minute, whole: Run, changes: Changes) -> None:
        """One run in place of many."""
        changes.deleted += [f"raw:{number}", f"chunk:{number}"]
        self._packed[number] = chunks(whole)
        if len(whole.key):
            changes.fields[f"chunk:{number}"] = {str(i): data for i, data in self._packed[number].items()}
        changes.fields.setdefault("minutes", {})[str(number)] = THINNED if minute.thinned else b""

    def _sketch(self, number: int, run: Run, changes: Changes) -> None:
        good = run.quality < 2
        series = (run.key >> 16)[good]
        made = sketches(self._group_of()[series], run.value[good])
        names = list(self._groups)
        changes.deleted.append(f"sketch:{number}")
        self.sketched.append(number)
        if made:
            changes.fields[f"sketch:{number}"] = {names[group]: data for group, data in made.items()}

    def _group_of(self) -> NDArray[np.int64]:
        """The group, metric and area, of every series."""
        for sensor, metric in self._series.names[len(self._group) :]:
            group = self._groups.setdefault(f"{metric}@{self._area_of.get(sensor, '')}", len(self._groups))
            self._group = np.append(self._group, group)
        return self._group

    def _forget(self, number: int, changes: Changes) -> None:
        del self.held[number]
        changes.deleted += [f"raw:{number}", f"chunk:{number}", f"sketch:{number}"]
        changes.removed.setdefault("minutes", []).append(str(number))

    def written(self) -> None:
        """What the last `write` added is in the store."""
        for number, packed in self._packed.items():
            self.held[number].pack(packed)
        for number in (*self._packed, *self._appended):
            self.held[number].fresh = []
        self._packed, self._appended = {}, []
