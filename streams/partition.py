"""One partition's state: from a batch of raw records to everything that one commit writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from model import ORIGINS, Batch, Condition, Domain, Reject
from store.partition import Changes, Stored
from store.table import LATEST, Table
from streams.decode import FORMATS
from streams.minutes import Minutes
from streams.normalise import BAD, Readings, normalise
from streams.place import Places
from streams.refusal import damage, refusals
from streams.series import Series
from streams.sift import Sieve, Sifted
from streams.watch import Watch
from streams.window import FIVE, MINUTE, Windows, newest

FUTURE_MS = 60_000
ORIGIN_SECONDS = 3600.0
"""A series marks its whole partition as simulated or replayed for so long after its newest reading."""
COUNTERS = ("records", "readings", "rejects", "bad", "missing", "duplicates", "corrections", "late", "gap")


class Partition:
    """State of one partition, loaded from the store; `take` batches, then write `changes` with the offset and call `committed`."""

    def __init__(self, domain: Domain, stored: Stored, area_of: Mapping[str, str]) -> None:
        self.domain, self.offset, self.held = domain, stored.offset, stored.offset
        self.series = Series(domain, stored.series)
        self.latest = Table(LATEST, stored.latest, rows=len(self.series.names))
        self.windows = {width: Windows(width, self.series.summed) for width in (MINUTE, FIVE)}
        for (width, start), data in stored.windows.items():
            self.windows[width].tables[start] = Table(self.windows[width].table(start, 0).rows.dtype, data, len(self.series.names))
        self.minutes = Minutes(stored, self.series, domain, area_of)
        self._sieve = Sieve(self.minutes.held, self._unthinned)
        self.watch = Watch(domain, self.series, stored.state)
        self._unfounded = {name: decode(stored.conditions[name.encode()]) for name in self.watch.unfounded(stored.conditions)}
        self.counters = Counter({name: int(stored.meta.get(name.encode(), 0)) for name in COUNTERS})
        self.rejects: list[Reject] = []
        self._places = Places(stored.places, self._heard() if stored.places else {})
        self._seen: NDArray[np.int64] = self.latest.rows["seen"].copy()
        self._commit = int(stored.meta.get(b"number", 0))
        self.newest = float(stored.meta.get(b"newest", 0))

    def _heard(self) -> dict[str, float]:
        """Event time of the newest reading of each sensor."""
        heard: dict[str, float] = {}
        for (sensor, _), time in zip(self.series.names, self.latest.rows["time"].tolist(), strict=False):
            heard[sensor] = max(time, heard.get(sensor, 0.0))
        return heard

    def tune(self, domain: Domain) -> None:
        """From now on the rules are those of `domain`, which differs from the one before in their numbers only; where they stand stays."""
        self.domain = domain
        self.watch.tune(domain)

    # --- taking in -------------------------------------------------------------------------------------------------------------------

    def take(self, batch: Batch, now: float) -> None:
        """Takes in a batch at event time `now`. Bad data never raises."""
        self.counters["gap"] += batch.lost
        if batch.damaged is not None:
            self.counters["rejects"] += batch.damaged[1] - batch.damaged[0]
            self.rejects.append(damage(self.domain.key, batch))
        for origin, part in by_origin(batch):
            self._take(part, origin, now)
        self.offset = batch.next_offset

    def _take(self, batch: Batch, origin: int, now: float) -> None:
        columns, refused = FORMATS[self.domain.format](batch.values)
        readings, more, places = normalise(columns, self.series, now)
        self.counters["rejects"] += len(refused) + len(more)
        self.rejects += refusals(self.domain.key, batch, refused + more, len(self.rejects))
        self._grow()
        self.counters["records"] += len(batch.values)
        self.counters["readings"] += len(readings.series)
        self._places.take(places)
        self._accept(readings, origin, now)

    def _grow(self) -> None:
        rows = len(self.series.names)
        self.latest.grow(rows)
        if len(self._seen) < len(self.latest.rows):
            self._seen = np.append(self._seen, np.zeros(len(self.latest.rows) - len(self._seen), np.int64))

    def _accept(self, readings: Readings, origin: int, now: float) -> None:
        ahead = readings.ms > now * 1000 + FUTURE_MS
        late = readings.ms <= (now - self.domain.lateness) * 1000
        self.counters["late"] += int(late.sum())
        self._untrusted(readings)
        if (late | ahead).any():
            readings = readings.where(~(late | ahead))
        if not len(readings.series):
            return
        sifted = self._sieve.sift(readings, self._seen, now)
        self.counters.update(sifted.counts)
        self._add(sifted, origin, now)

    def _untrusted(self, readings: Readings) -> None:
        """Notes the newest bad and missing reading of each series: shown, never computed with."""
        odd = readings.quality >= BAD
        if not odd.any():
            return
        for code, time, value in ((BAD, "bad_time", "bad_value"), (BAD + 1, "missing_time", None)):
            these = readings.where(readings.quality == code)
            self.counters["bad" if code == BAD else "missing"] += len(these.series)
            self.latest.rows[time][these.series] = these.ms / 1000
            if value is not None:
                self.latest.rows[value][these.series] = these.value
            self.latest.touch(these.series)

    def _add(self, sifted: Sifted, origin: int, now: float) -> None:
        new, rows = sifted.new, len(self.series.names)
        if len(new.series):
            last = np.append(new.series[1:] != new.series[:-1], True)
            self._seen[new.series[last]] = np.maximum(self._seen[new.series[last]], new.ms[last])
            good = new.quality < BAD
            trusted = new if good.all() else new.where(good)
            time = trusted.ms / 1000
            for windows in self.windows.values():
                windows.add(trusted.series, time, trusted.value, rows, now)
            self._advance(trusted, time, origin)
        for i in range(len(sifted.corrected.series)):
            self._correct(sifted.corrected.where(np.array([i])), rows)

    def _advance(self, new: Readings, time: NDArray[np.float64], origin: int) -> None:
        """Newest readings and the rules on them; `new` is sorted by series, then time."""
        fresh = time > self.latest.rows["time"][new.series]
        if not fresh.all():
            new, time = new.where(fresh), time[fresh]
        if not len(time):
            return
        series, value, held = new.series, new.value, self.latest.rows
        first = np.append(True, series[1:] != series[:-1])
        last = np.append(first[1:], True)
        before = np.where(first, held["value"][series], np.append(0.0, value[:-1]))
        changed = (value != before) | (held["time"][series] == 0) & first
        since = unchanged_since(changed, first, time, held["same_since"][series])
        self.watch.check(series, time, value, since, partial(newest, self.windows))
        rows = series[last]
        gap = np.where(first, time - held["time"][series], np.append(0.0, np.diff(time)))[last]
        held["heard"][rows] = np.where(held["time"][rows] > 0, gap, 0)
        for name, column in (("time", time), ("value", value), ("same_since", since), ("quality", new.quality)):
            held[name][rows] = column[last]
        held["origin"][rows], held["seen"][rows] = origin, self._seen[rows]
        self.latest.touch(rows)
        self.newest = max(self.newest, float(time[last].max()))

    def _correct(self, reading: Readings, rows: int) -> None:
        """Computes the windows around one corrected reading again, from the readings themselves."""
        series, ms = int(reading.series[0]), int(reading.ms[0])
        for width, windows in self.windows.items():
            start = ms // (width * 1000) * width
            time, values, quality = self.minutes.readings(series, start // MINUTE, width // MINUTE)
            good = quality < BAD
            if start in windows.tables:
                windows.replace(series, start, time[good], values[good].astype(np.float64), rows)
        if reading.quality[0] < BAD and ms == round(self.latest.rows["time"][series] * 1000):
            self.latest.rows["value"][series] = reading.value[0]
            self.latest.touch(reading.series)

    def _unthinned(self, series: int, minute: int) -> bool:
        """Whether every reading that the five-minute window counts is still held."""
        start = minute * MINUTE // FIVE * FIVE
        table = self.windows[FIVE].tables.get(start)
        if table is None or series >= len(table.rows):
            return True
        _, _, quality = self.minutes.readings(series, start // MINUTE, FIVE // MINUTE)
        return int(table.rows["n"][series]) <= int((quality < BAD).sum())

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def changes(self, writer: str, now: float) -> Changes:
        """Everything since the last commit. Asking again without `committed` in between gives it all again."""
        changes = Changes()
        self._write_tables(changes, now)
        self.minutes.write(changes, now)
        self._touch_sketched(changes)
        self._write_conditions(changes, now)
        fresh = {str(i): "\0".join(self.series.names[i]) for i in self.series.fresh}
        if fresh:
            changes.fields["series"] = dict(fresh)
        places = self._places.fields()
        if places:
            changes.fields["places"] = places
        changes.meta = {
            **{name: self.counters[name] for name in COUNTERS},
            "newest": self.newest,
            "origin": self._origin(),
            "series": len(self.series.names),
            "number": self._commit + 1,
            "commit": f"{writer}:{self._commit + 1}",
        }
        return changes

    def _origin(self) -> int:
        """The most artificial origin of what was heard of late."""
        heard = self.latest.rows["time"] > self.newest - ORIGIN_SECONDS
        return int(self.latest.rows["origin"][heard].max(initial=0))

    def _write_tables(self, changes: Changes, now: float) -> None:
        changes.patches += [("latest", start, data) for start, data in self.latest.writes()]
        touched: dict[str, bytes | str] = {}
        for width, windows in self.windows.items():
            for start in windows.expire(now):
                changes.deleted.append(f"w{width}:{start}")
                changes.removed.setdefault("touched", []).append(f"{width}:{start}")
            for start, table in windows.tables.items():
                writes = table.writes()
                if writes:
                    touched[f"{width}:{start}"] = str(self._commit + 1)
                    changes.patches += [(f"w{width}:{start}", at, data) for at, data in writes]
        if touched:
            changes.fields["touched"] = touched

    def _touch_sketched(self, changes: Changes) -> None:
        """A minute that has been sketched counts as a change of its windows: who reads them computes percentiles again."""
        for width, windows in self.windows.items():
            starts = {number * MINUTE // width * width for number in self.minutes.sketched} & windows.tables.keys()
            if starts:
                changes.fields.setdefault("touched", {}).update({f"{width}:{start}": str(self._commit + 1) for start in starts})

    def _write_conditions(self, changes: Changes, now: float) -> None:
        kept, gone = self.watch.fields(self.watch.touched)
        if kept:
            changes.fields["state"] = kept
        if gone:
            changes.removed["state"] = gone
        if self._unfounded:
            changes.removed["conditions"] = sorted(self._unfounded)
        for condition in self.watch.changed.values():
            name = f"{condition.rule}|{condition.subject}"
            if condition.active:
                changes.fields.setdefault("conditions", {})[name] = encode(condition)
            else:
                changes.removed.setdefault("conditions", []).append(name)
        changes.edges = [encode(edge) for edge in (*(ended(one, now, None) for one in self._unfounded.values()), *self.watch.edges)]

    @property
    def outdated(self) -> bool:
        """Whether the store holds what this domain no longer declares: worth a commit without a reading."""
        return bool(self._unfounded)

    def committed(self) -> None:
        """The changes are written, together with the offset."""
        self.held = self.offset
        self._commit += 1
        self.latest.clean()
        for windows in self.windows.values():
            for table in windows.tables.values():
                table.clean()
        self.minutes.written()
        self._places.written()
        self.series.fresh = []
        self.watch.touched, self.watch.changed, self.watch.edges = set(), {}, []
        self._unfounded = {}


def by_origin(batch: Batch) -> list[tuple[int, Batch]]:
    """The batch's records by their origin's place in `ORIGINS`; nearly always they have one in common."""
    origins = batch.origins or ["live"]
    if len(set(origins)) == 1:
        return [(ORIGINS.index(origins[0]), batch)]
    places = [[place for place, one in enumerate(origins) if one == origin] for origin in ORIGINS]
    return [(code, _chosen(batch, chosen)) for code, chosen in enumerate(places) if chosen]


def _chosen(batch: Batch, places: list[int]) -> Batch:
    return replace(
        batch,
        offsets=[batch.offsets[place] for place in places],
        values=[batch.values[place] for place in places],
        keys=[batch.keys[place] for place in places],
    )


def encode(condition: Condition) -> bytes:
    """A condition as the store keeps it."""
    return json.dumps(asdict(condition), separators=(",", ":")).encode()


def decode(data: bytes) -> Condition:
    """The condition in the store's form. Raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(data, type=Condition)


def ended(condition: Condition, time: float, value: float | None) -> Condition:
    """The condition as no longer true; `value` is None when nobody knows it."""
    return replace(condition, active=False, value=value, since=time, observed=time)


def unchanged_since(
    changed: NDArray[np.bool_], first: NDArray[np.bool_], time: NDArray[np.float64], held: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Since when each value has been what it is: the time of the last change, or what was held before the batch."""
    start = np.where(changed, time, np.where(first, held, 0.0))
    at = np.maximum.accumulate(np.where(changed | first, np.arange(len(time)), 0))
    return start[at]
