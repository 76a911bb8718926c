"""Many small files to one a day, days to minutes, and what is too old away: what an owner of a partition does beside writing.

Each step leaves the files such that the rule of `store.stretch` counts every reading once, whenever the process dies: a merged file is
there whole before what it holds is deleted, and the next who looks at the folder goes on from what he finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from model import Metric
from store.archive import Archive, files, folder
from store.day import DAY, begin, day_of
from store.minute import MINUTE, roll_up
from store.sheet import RAW, merged, read
from store.shelf import Entry
from store.stretch import Stretch, standing

MANY = 10
"""Files of a day that wait before they are merged while the day lasts: ten minutes', at one a minute."""
FEW = 6
"""Of what was merged so, so many of about the same size are merged again: a partition's running day is then some twenty files at most."""
MANY_LATE = 30
"""Files that came after a day was merged are merged into it, which writes the whole day anew, when there are so many of them."""
CLOSED_SECONDS = 120.0
"""After its end a day is merged; what comes later also once the oldest of it is"""
LATE_SECONDS = 3600.0
"""so old."""
Found = Mapping[Stretch, Entry]
Days = Mapping[date, Found]


class Stopped(Exception):
    """The process is to end; what was begun was not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Days that each class of the history is kept."""

    raw: int
    minute: int


class Merger:
    """Merges, rolls up and deletes files of the partitions of a city. `going` says whether to go on."""

    def __init__(self, archive: Archive, kept: Kept, going: Callable[[], bool] = lambda: True) -> None:
        self._archive, self._shelf, self._kept, self._going = archive, archive.shelf, kept, going

    def tidy(self, domain: str, place: tuple[str, int], metrics: Mapping[str, Metric], now: float, wall: float) -> int:
        """Does all that is due for a partition at event time `now`; the number of files made. Raises `OSError`, `Stopped`."""
        raw, minute = self.free(domain, place, now)
        committed = max((one.next for day in (*raw.values(), *minute.values()) for one in day if one.kind != "part"), default=0)
        made = 0
        for day in sorted(raw.keys() | minute.keys()):
            made += self._day(domain, day, raw.get(day, {}), minute.get(day, {}), committed, metrics, now, wall)
        return made

    def free(self, domain: str, place: tuple[str, int], now: float) -> tuple[dict[date, Found], dict[date, Found]]:
        """Deletes what was merged and what is too old, which needs no room; by day the (readings, minutes) left. Raises `OSError`."""
        raw, minute = (dict[date, Found](files(self._shelf, kind, domain, place)) for kind in ("raw", "minute"))
        for kind, held in (("raw", raw), ("minute", minute)):
            for day, found in held.items():
                self._drop_superseded(found, folder(kind, domain, day))
        self._forget(raw, minute, day_of(now, self._archive.zone))
        return raw, minute

    def _day(
        self,
        domain: str,
        day: date,
        raw: Found,
        minute: Found,
        committed: int,
        metrics: Mapping[str, Metric],
        now: float,
        wall: float,
    ) -> int:
        # What a killed writer left of a stretch that was not finished waits until the stretch has been taken again.
        held = [one for one in standing(raw) if one.next <= committed]
        over = now >= begin(day + DAY, self._archive.zone) / 1000 + CLOSED_SECONDS
        small = [one for one in held if one.kind != "whole"]
        if over and (small or len(held) > 1) and (not minute or _is_due([raw[one].changed for one in small], wall)):
            held = [self._merge(domain, day, held, raw)]
        elif not over:
            return self._merge_some(domain, day, held, raw)
        if over and len(held) == 1 and held[0].kind == "whole" and not any(one.holds(held[0]) for one in minute):
            self._roll(domain, day, held[0], minute, metrics)
            return 1
        return 0

    def _merge_some(self, domain: str, day: date, held: list[Stretch], raw: Found) -> int:
        """Of a day that goes on; the number of files made."""
        small = [one for one in held if one.kind != "whole"]
        if len(small) < MANY:
            return 0
        made = [one for one in held if one.kind == "whole"] + [self._merge(domain, day, small, raw)]
        count = 1
        while some := _alike(made):
            made = [*made[: -len(some)], self._merge(domain, day, some, (*raw, *made))]
            count += 1
        return count

    def _merge(self, domain: str, day: date, chosen: list[Stretch], raw: Iterable[Stretch]) -> Stretch:
        whole = _over(chosen)
        self._archive.put("raw", domain, day, whole, RAW, merged([self._read("raw", domain, day, one) for one in chosen]))
        self._drop_superseded((*raw, whole), folder("raw", domain, day))
        return whole

    def _roll(self, domain: str, day: date, whole: Stretch, minute: Found, metrics: Mapping[str, Metric]) -> None:
        """The day's minutes; those whose readings are no more stay as they are."""
        before = [one for one in standing(minute) if not whole.holds(one)]
        sources = [self.minutes(domain, day, [whole], metrics), *(self._read("minute", domain, day, one) for one in before)]
        stretch = _over([whole, *before])
        self._archive.put("minute", domain, day, stretch, MINUTE, merged(sources) if before else sources[0])
        self._drop_superseded((*minute, stretch), folder("minute", domain, day))

    def minutes(self, domain: str, day: date, chosen: Iterable[Stretch], metrics: Mapping[str, Metric]) -> Iterator[pa.Table]:
        """Minutes of the readings of some files, without those that only lie there because of a wrong clock."""
        zone = self._archive.zone
        first, last = (pa.scalar(begin(each, zone), RAW.field("time").type) for each in (day, day + DAY))
        for rows in merged([self._read("raw", domain, day, one) for one in chosen]):
            yield roll_up(rows.filter(pc.and_(pc.greater_equal(rows["time"], first), pc.less(rows["time"], last))), metrics)

    def _read(self, kind: str, domain: str, day: date, stretch: Stretch) -> Iterator[pa.Table]:
        with self._shelf.open(f"{folder(kind, domain, day)}/{stretch.name}") as file:
            for table in read(file):
                if not self._going():
                    raise Stopped
                yield table

    def _drop_superseded(self, found: Iterable[Stretch], place: str) -> None:
        """Deletes what a merged file of the same folder holds."""
        whole = [one for one in found if one.kind == "whole"]
        for one in found:
            if any(other != one and other.holds(one) for other in whole):
                self._shelf.delete(f"{place}/{one.name}")

    def _forget(self, raw: dict[date, Found], minute: dict[date, Found], today: date) -> None:
        """Deletes what is too old: readings only once their minutes stand."""
        for day in [each for each in raw if each < today - timedelta(self._kept.raw)]:
            rolled = minute.get(day, {})
            if all(any(two.holds(one) for two in rolled) for one in raw[day]):
                self._delete(raw.pop(day))
        for day in [each for each in minute if each < today - timedelta(self._kept.minute)]:
            self._delete(minute.pop(day))

    def _delete(self, found: Found) -> None:
        for entry in found.values():
            self._shelf.delete(entry.path)


def _over(chosen: list[Stretch]) -> Stretch:
    """The stretch that holds them all."""
    return chosen[0]._replace(first=min(one.first for one in chosen), next=max(one.next for one in chosen), kind="whole")


def _alike(made: list[Stretch]) -> list[Stretch]:
    """The newest of the merged files, where so many follow each other of which none is much larger than those after it."""
    run: list[Stretch] = []
    for one in reversed(made):
        if run and one.next - one.first > 2 * sum(each.next - each.first for each in run) / len(run):
            break
        run.insert(0, one)
    return run if len(run) >= FEW else []


def _is_due(changed: list[float], wall: float) -> bool:
    """Whether what came after a day was merged is worth merging it again."""
    return len(changed) >= MANY_LATE or not changed or wall - min(changed) >= LATE_SECONDS
