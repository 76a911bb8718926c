"""Reading the history while its files go, are damaged, or do not answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from store import ten
from store.merge import Kept, Merger
from store.reel import Reel
from store.shelf import Entry, Shelf
from store.whole_day import Days
from tests.unit.city import domain
from tests.unit.past import BEGIN, METRICS, PLACE, ZONE, Past

BEGUN, FIRST, DAY_SECONDS = BEGIN / 1000, date(2026, 11, 20), 86_400
AFTER = BEGUN + 2 * DAY_SECONDS + 3600
LEVEL = METRICS["level"]
ALL = "SELECT time FROM raw UNION ALL SELECT time FROM minute"
ASKED: dict[str, Callable[[Days], Any]] = {
    "day": lambda days: len(days.day("sea", LEVEL, FIRST, BEGUN, AFTER).time),
    "quantiles": lambda days: len(days.quantiles("sea", FIRST, METRICS["level"], 0.5)),
    "query": lambda days: days.query("sea", list(METRICS.values()), BEGUN, BEGUN + DAY_SECONDS, ALL, {}).num_rows,
    "hours": lambda days: days.hours("sea", FIRST, METRICS).heard.sum(),
    "minutes": lambda days: days.minutes("sea", "s-0-1", LEVEL, BEGUN, AFTER).num_rows,
    "reel": lambda days: len(Reel(days, domain()).days(BEGUN, BEGUN)[0]),
}
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "short": lambda data: data[:100],
    "no end": lambda data: data[:-8] + bytes(8),
    "footer": lambda data: data[: (at := len(data) - 8 - int.from_bytes(data[-8:-4], "little"))] + bytes(40) + data[at + 40 :],
    "pages": lambda data: data[:4] + bytes(400) + data[404:],
}


class Moving(Shelf):
    """A shelf whose files are merged right after somebody looked which there are."""

    def __init__(self, past: Past, merges: int) -> None:
        super().__init__(past.shelf.root)
        self._past, self._merges = past, merges

    def list(self, folder: str) -> list[Entry]:
        found = super().list(folder)
        if found and self._merges:
            self._merges -= 1
            Merger(self._past.archive, Kept(raw=30, minute=60)).tidy("sea", PLACE, METRICS, AFTER, 1e12)
            self._past.send(1)
        return found


class Stuck(Shelf):
    """A shelf that says that there are these files."""

    def __init__(self, root: str, files: list[Entry]) -> None:
        super().__init__(root)
        self._files = files

    def list(self, folder: str) -> list[Entry]:
        return [entry for entry in self._files if f"{entry.path}/".startswith(f"{folder}/")]


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path)
    past.send(6)
    return past


asked = pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)


@asked
def test_files_merged_under_the_hands_of_a_reader_are_looked_for_anew(past: Past, ask: Callable[[Days], int]) -> None:
    assert ask(Days(Moving(past, 2), ZONE, 1)) > 0


@asked
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_put_aside_and_the_rest_is_read(
    past: Past, ask: Callable[[Days], int], damage: Callable[[bytes], bytes]
) -> None:
    found, begins = ask(Days(past.shelf, ZONE)), past.offset
    minutes = [(number, metric) for number in range(900) for metric in ("level", "noise")]
    past.write([(f"s-0-{number % 5}", metric, BEGIN + number * 60_000 + 7, 1.0) for number, metric in minutes])
    (path,) = (entry.path for entry in past.shelf.list("raw") if f"-0-{begins:020d}-" in entry.name)
    place = Path(past.shelf.path(path))
    place.write_bytes(damage(place.read_bytes()))
    assert ask(Days(past.shelf, ZONE)) == found > 0
    assert [entry.path for entry in past.shelf.list("damaged")] == [f"damaged/{path}"]


@asked
def test_a_store_that_does_not_answer_proves_no_damage(past: Past, ask: Callable[[Days], int]) -> None:
    files = past.shelf.list("")
    place = Path(past.shelf.path(files[0].path))
    place.unlink()
    (place / "some").mkdir(parents=True)  # a folder is what nobody can open, not even root
    with pytest.raises(OSError):
        ask(Days(Stuck(past.shelf.root, files), ZONE))
    assert past.shelf.list("damaged") == []


def test_copies_that_are_damaged_are_made_again(tmp_path: Path) -> None:
    past, day = Past(tmp_path), date(2026, 11, 21)
    past.write([("s", "level", BEGIN + number * 86_400_000, float(number)) for number in range(12)])
    end = BEGUN + 40 * DAY_SECONDS
    Merger(past.archive, Kept(raw=30, minute=400)).tidy("sea", PLACE, METRICS, end, end)

    def made() -> list[Entry]:
        while ten.tidy(past.shelf, "sea", date(2027, 1, 25), lambda: True):
            pass
        return past.shelf.list(f"ten/domain=sea/span={day}")

    def told() -> list[float]:
        return list(Days(past.shelf, ZONE).minutes("sea", "s", LEVEL, BEGUN, end)["mean"].to_pylist())

    sizes = {entry.path: entry.size for entry in made()}
    for path in sizes:
        Path(past.shelf.path(path)).write_bytes(b"no more")
        assert told() == [float(number) for number in range(12)], "of the days"
        assert {entry.path: entry.size for entry in made()} == sizes
    assert past.shelf.list("damaged") == []
