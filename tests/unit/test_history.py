"""The history process when its shelf fails it: what it can still do it does, and readings go on being written."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from model import Batch
from store.archive import Archive, files
from store.history import History
from store.merge import Kept, Merger
from store.shelf import Shelf, Write
from streams import history as writer
from streams.daily import Daily
from tests.unit.city import batch, domain, message
from tests.unit.past import BEGIN, METRICS, PLACE, ZONE, Past
from tests.unit.story import site
from tests.until import until

DAY, FIRST = 86_400.0, date(2026, 11, 20)
AFTER = BEGIN / 1000 + 10 * DAY


class Narrow(Shelf):
    """A disk with room for so many bytes."""

    def __init__(self, root: str, room: int) -> None:
        super().__init__(root)
        self.room = room

    def put(self, path: str, write: Write) -> None:
        super().put(path, write)
        if sum(entry.size for entry in self.list("")) > self.room:
            self.delete(path)
            raise OSError(errno.ENOSPC, "no space left on device")


@dataclass
class Kafka:
    """A topic whose partitions are given at once; what stands in `batches` is polled next."""

    batches: list[Batch] = field(default_factory=list)
    given: set[tuple[str, int]] = field(default_factory=lambda: {PLACE})
    resting: bool = False

    def poll(self, seconds: float) -> list[Batch]:
        found, self.batches = ([], self.batches) if self.resting else (self.batches, [])
        return found

    def changes(self) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        given, self.given = self.given, set()
        return given, set()

    def end(self, topic: str, partition: int) -> int:
        return 1 << 40

    def start(self, topic: str, partition: int, offset: int | None) -> None: ...

    def rest(self, on: bool) -> None:
        self.resting = on

    def tell(self, positions: Mapping[tuple[str, int], int]) -> None: ...

    def lack(self) -> str:
        return ""


@dataclass
class Heart:
    """What a process said of itself."""

    said: list[str] = field(default_factory=list)

    def failed(self, error: Exception) -> None:
        self.said.append(str(error))

    def lacks(self, what: str) -> None: ...

    def due(self) -> bool:
        return False


@dataclass
class Hands:
    """A clock that stands."""

    moment: float

    def now(self) -> float:
        return self.moment

    wall = now


def process(shelf: Shelf, kafka: Kafka, heart: Heart, raw: int = 30) -> writer.History:
    archive, city = Archive(shelf, ZONE), domain()
    daily = Daily(History(shelf, ZONE), {"sea": city}, site())
    asked: Any = kafka, archive, {"sea": city}, Hands(AFTER), heart, Kept(raw=raw, minute=400), 0.0, daily
    return writer.History(*asked)


def turns(history: writer.History, true: Callable[[], object], told: str) -> None:
    def turned() -> bool:
        history.turn()
        return bool(true())

    until(turned, told)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MERGE_SECONDS", "AGAIN_SECONDS"):
        monkeypatch.setattr(f"streams.history.{name}", 0.0)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """A day that was merged and rolled up, and more is to come."""
    past = Past(tmp_path)
    past.send(20, days=1)
    Merger(past.archive, Kept(raw=30, minute=400)).tidy("sea", PLACE, METRICS, AFTER, AFTER)
    return past


def held(shelf: Shelf, day: date, kind: str = "raw") -> int:
    return len(files(shelf, kind, "sea").get(day, {}))


def test_on_a_full_disk_what_is_too_old_still_goes_and_makes_room(past: Past) -> None:
    shelf = Narrow(past.shelf.root, sum(entry.size for entry in past.shelf.list("")))
    kafka = Kafka([batch([message("a", 1.0, AFTER)], past.offset)])
    history = process(shelf, kafka, Heart(), raw=100)
    turns(history, lambda: kafka.resting, "the disk is full")
    kept = process(shelf, kafka, Heart(), raw=3)
    kafka.given, kafka.batches, kafka.resting = {PLACE}, [batch([message("a", 1.0, AFTER)], past.offset)], False
    turns(kept, lambda: held(shelf, date(2026, 11, 30)), "it is written")
    assert held(shelf, FIRST) == 0 and held(shelf, FIRST, "minute") == 1


def test_a_merge_for_which_there_is_no_room_keeps_nothing_that_is_too_old(past: Past) -> None:
    past.write([("s-0-1", "level", BEGIN + 8 * 86_400_000, 1.0)])
    shelf = Narrow(past.shelf.root, 0)
    with pytest.raises(OSError, match="no space"):
        Merger(Archive(shelf, ZONE), Kept(raw=3, minute=400)).tidy("sea", PLACE, METRICS, AFTER, AFTER)
    assert held(shelf, FIRST) == 0 and held(shelf, FIRST, "minute") == 1
