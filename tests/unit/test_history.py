"""The history process when its shelf fails it: what it can still do it does, and readings go on being written."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from domains.system import DAMAGED
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

OTHER = (PLACE[0], 1)
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
    given: set[tuple[str, int]] = field(default_factory=lambda: {PLACE, OTHER})
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

    state: str = ""
    lack: str = ""
    errors: list[Exception] = field(default_factory=list)

    def failed(self, error: Exception) -> None:
        self.errors.append(error)

    def lacks(self, what: str) -> None:
        self.lack = what

    def due(self) -> bool:
        return True

    def send(self, state: str, rate: float, wall: float) -> None:
        self.state = state


@dataclass
class Hands:
    """A clock that stands."""

    moment: float

    def now(self) -> float:
        return self.moment

    wall = now


class Endless:
    """Figures of days without end."""

    def tidy(self, domain: str, now: float) -> date:
        return FIRST


def process(shelf: Shelf, kafka: Kafka, heart: Heart, raw: int = 30, daily: Any = None) -> writer.History:
    archive, city = Archive(shelf, ZONE), domain()
    daily = daily or Daily(History(shelf, ZONE), {"sea": city}, site())
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
    kafka.given, kafka.batches, kafka.resting = {PLACE, OTHER}, [batch([message("a", 1.0, AFTER)], past.offset)], False
    turns(kept, lambda: held(shelf, date(2026, 11, 30)), "it is written")
    assert held(shelf, FIRST) == 0 and held(shelf, FIRST, "minute") == 1


def test_a_merge_for_which_there_is_no_room_keeps_nothing_that_is_too_old(past: Past) -> None:
    past.write([("s-0-1", "level", BEGIN + 8 * 86_400_000, 1.0)])
    shelf = Narrow(past.shelf.root, 0)
    with pytest.raises(OSError, match="no space"):
        Merger(Archive(shelf, ZONE), Kept(raw=3, minute=400)).tidy("sea", PLACE, METRICS, AFTER, AFTER)
    assert held(shelf, FIRST) == 0 and held(shelf, FIRST, "minute") == 1


def spoilt(shelf: Shelf, path: str) -> str:
    """Breaks a file off in the middle."""
    place = Path(shelf.path(path))
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    return path


def test_a_damaged_file_is_put_aside_and_all_else_is_merged_and_written(past: Past) -> None:
    later = date(2026, 11, 22)
    for partition in (0, 1, 0, 1):
        past.write([("s", "level", BEGIN + 2 * 86_400_000 + past.offset, 1.0)], partition)
    bad = spoilt(past.shelf, next(entry.path for entry in past.shelf.list(f"raw/domain=sea/date={later}")))
    kafka, heart = Kafka([batch([message("a", 1.0, AFTER)], past.offset)]), Heart()
    history = process(past.shelf, kafka, heart)
    turns(history, lambda: held(past.shelf, date(2026, 11, 30)) and held(past.shelf, later, "minute") == 2, "it is written and merged")
    turns(history, lambda: heart.state == DAMAGED and heart.lack == f"1 damaged and put aside: damaged/{bad}", "it says so")
    assert [one.kind for one in files(past.shelf, "raw", "sea")[later]] == ["whole", "whole"]
    past.shelf.delete(f"damaged/{bad}")
    turns(history, lambda: heart.state == "active" and not heart.lack, "it says that too")


def test_what_fails_in_one_partition_leaves_the_others_alone(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    free = Merger.free

    def fails(self: Merger, domain: str, place: tuple[str, int], now: float) -> Any:
        if place == PLACE:
            raise error
        return free(self, domain, place, now)

    monkeypatch.setattr(Merger, "free", fails)
    for number, error in enumerate((OSError("no answer"), RuntimeError("a mistake"))):
        for _ in range(2):
            past.write([("s", "level", BEGIN + (number + 3) * 86_400_000 + past.offset, 1.0)], 1)
        heart = Heart()
        history = process(past.shelf, Kafka(), heart)
        turns(history, lambda day=FIRST + timedelta(number + 3): held(past.shelf, day, "minute"), "the other is merged")  # type: ignore[misc]
        turns(history, lambda error=error, heart=heart: error in heart.errors, "it says so")  # type: ignore[misc]


def test_however_many_days_are_to_be_computed_merging_goes_on(past: Past) -> None:
    history = process(past.shelf, Kafka(), Heart(), daily=Endless())
    try:
        for number in (3, 4):
            past.write([("s", "level", BEGIN + number * 86_400_000, 1.0)])
            turns(history, lambda day=FIRST + timedelta(number): held(past.shelf, day, "minute"), "it is merged")  # type: ignore[misc]
    finally:
        history.stopping = True


def test_a_restart_reads_again_what_the_newest_file_held(past: Past) -> None:
    before = past.offset
    past.write([("s", "level", BEGIN + 5 * 86_400_000, 1.0)])
    spoilt(past.shelf, max(entry.path for entry in past.shelf.list("raw")))
    assert History(past.shelf, ZONE).minutes("sea", "s", METRICS["level"], AFTER - 9 * DAY, AFTER).num_rows == 0
    assert past.archive.resume("sea", PLACE) == before
