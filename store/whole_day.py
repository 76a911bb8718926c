"""The history as reports read it: whole days of all sensors, each reading once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from zoneinfo import ZoneInfo

import pyarrow as pa

from model import QUALITIES, Metric
from store.archive import folder
from store.day import DAY, begin
from store.history import History, counted, without_readings
from store.hour import DayHours, Roller, joined, sheets
from store.minute import roll_up
from store.sheet import merged, read
from store.shelf import Shelf
from store.stretch import Stretch

SHEET_ROWS = 1 << 18
"""Rows of a day taken at once: as many as are worth a call, and few enough to be forgotten soon."""

TRUSTED = list(QUALITIES[: QUALITIES.index("bad")])
_QUANTILES = """
WITH kept AS (SELECT sensor, time, coalesce(mean, last) AS value FROM minute WHERE metric = $metric AND "count" > 0),
     came AS (SELECT sensor, time, value FROM raw WHERE metric = $metric AND quality IN $trusted AND value IS NOT NULL)
SELECT (epoch_ms(time) - $first) // 3600000, quantile_cont(value, $share)
FROM (FROM kept UNION ALL FROM came ANTI JOIN kept ON came.sensor = kept.sensor AND date_trunc('minute', came.time) = kept.time)
WHERE epoch_ms(time) >= $first AND epoch_ms(time) < $last
GROUP BY 1
"""


class Days(History):
    """Reads days of the shelf, so many partitions of one at a time; 1 in a process whose threads are gevent's."""

    def __init__(self, shelf: Shelf, zone: ZoneInfo, threads: int = 2) -> None:
        super().__init__(shelf, zone)
        self._threads = threads

    def hours(self, domain: str, day: date, metrics: Mapping[str, Metric]) -> DayHours:
        """The hours of all sensors of a local day, of its minutes where it was rolled up and of its readings where it was not."""
        return self.again(lambda: self._hours(domain, day, metrics))

    def _hours(self, domain: str, day: date, metrics: Mapping[str, Metric]) -> DayHours:
        edges = begin(day, self.zone), begin(day + DAY, self.zone)
        raw, minute = counted(self._names("raw", domain, day), self._names("minute", domain, day))
        places = sorted({one[:2] for one in (*raw, *minute)})

        def part(place: tuple[str, int]) -> Roller:
            return self._place_hours(domain, day, place, raw, minute, metrics, edges)

        if self._threads == 1 or len(places) < 2:
            return joined(*edges, metrics, map(part, places))
        with ThreadPoolExecutor(self._threads) as pool:
            return joined(*edges, metrics, pool.map(part, places))

    def _place_hours(
        self,
        domain: str,
        day: date,
        place: tuple[str, int],
        raw: Iterable[Stretch],
        minute: Iterable[Stretch],
        metrics: Mapping[str, Metric],
        edges: tuple[int, int],
    ) -> Roller:
        """A partition's share: its minutes as they lie there, and those that its readings make."""
        roller = Roller(*edges, metrics)
        readings, held = ([one for one in kind if one[:2] == place] for kind in (raw, minute))
        if not readings and len(held) == 1:
            with self.shelf.open(f"{folder('minute', domain, day)}/{held[0].name}") as file:
                for table, always in sheets(file, SHEET_ROWS, metrics):
                    roller.add(table, always)
            return roller
        made = [self._sheets("minute", domain, day, one) for one in held]
        if readings:
            rows = merged([self._sheets("raw", domain, day, one) for one in readings])
            made.insert(0, (roll_up(table, metrics) for table in rows))
        for table in made[0] if len(made) == 1 else merged(made):
            roller.add(table)
        return roller

    def _sheets(self, kind: str, domain: str, day: date, one: Stretch) -> Iterator[pa.Table]:
        with self.shelf.open(f"{folder(kind, domain, day)}/{one.name}") as file:
            yield from read(file)

    def quantiles(self, domain: str, day: date, metric: Metric, share: float) -> dict[int, float]:
        """By hour of the day the quantile (linear between readings) of what all sensors read; of their minutes' means where only these are
        kept, and with these of readings that came later for minutes which had none.
        """
        return self.again(lambda: self._quantiles(domain, day, metric, share))

    def _quantiles(self, domain: str, day: date, metric: Metric, share: float) -> dict[int, float]:
        edges = begin(day, self.zone), begin(day + DAY, self.zone)
        raw = self._names("raw", domain, day)
        minute = without_readings(raw, self._names("minute", domain, day))
        with self._connected(domain, {day: raw}, {day: minute}, [metric]) as database:
            values = {"metric": metric.key, "share": share, "trusted": TRUSTED, "first": edges[0], "last": edges[1]}
            return dict(database.execute(_QUANTILES, values).fetchall())

    def version(self, domain: str, day: date) -> str:
        """What there is of a day: from which offset to which, by partition. Merging, rolling up and forgetting readings leave it as it is.

        Offsets between two files are none of the day's: merging joins over them.
        """
        found: dict[tuple[str, int], list[Stretch]] = {}
        for kind in ("raw", "minute"):
            for one in self._names(kind, domain, day):
                found.setdefault(one[:2], []).append(one)
        edges = {place: (min(one.first for one in there), max(one.next for one in there)) for place, there in sorted(found.items())}
        return " ".join(f"{place[0]}-{place[1]}:{first}..{following}" for place, (first, following) in edges.items())
