"""The past of a percentile, over a real Redis: minutes are sketched some seconds after their readings, and figures are then redone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.memory import RedisServer
from domains.figure import exceeded
from model import Site
from store.connect import connect
from store.partition import Partition as Keys
from store.sketch import Sketches
from store.view import View, refresh
from streams.compose import Bureau
from streams.partition import Partition
from tests.unit.city import START, batch, domain, label, message

MINUTES = 20
NOW = START + 60 * MINUTES
SITE = Site(
    folder="", label=label("City"), zone="UTC", areas=(), screens=(), extent=(0, 0, 1, 1), review_number="", sensors={},
)  # fmt: skip
MEDIAN = replace(domain().kpis[0], key="median", figure=exceeded("oxygen", 900, 0.5))


class Line:
    """One partition and the composer's side of its bureau."""

    def __init__(self, url: str) -> None:
        self.client = connect(url)
        self.keys, self.declared = Keys(self.client, "sea", 0), replace(domain(), kpis=(MEDIAN,))
        self.partition, self.offset = Partition(self.declared, self.keys.load(), {}), 0
        self.views: dict[str, View] = {}
        self.bureau, self.sketches = Bureau(self.declared, SITE), Sketches(self.client)

    def commit(self, records: list[object], now: float) -> None:
        """Takes records in and writes."""
        if records:
            self.partition.take(batch(records, self.offset), now)
        self.keys.commit(self.partition.held, self.partition.offset or 0, self.partition.changes("test", now))
        self.partition.committed()
        self.offset += len(records)

    def minutes(self, now: float) -> list[float | None]:
        """The figure at the last minutes, the whole past computed."""
        refresh(self.client, self.views)

        def ask(metric: str, at: float, seconds: float) -> object:
            return self.sketches.of(list(self.views.values()), metric, at, seconds)

        self.bureau.look(list(self.views.values()), now, ask)  # type: ignore[arg-type]
        while self.bureau.figures.catch_up(self.bureau.at(ask), 60.0):  # type: ignore[arg-type]
            pass
        return self.bureau.figures.series("median", 60, now)[1]


@pytest.fixture
def line(redis_server: RedisServer) -> Line:
    """A line whose partition has just heard twenty minutes at once: nothing is sketched yet."""
    made = Line(redis_server.url)
    made.commit([message("a", float(second // 60), START + second) for second in range(0, 60 * MINUTES, 10)], NOW)
    return made


def test_slots_without_a_sketch_are_redone_when_it_comes(line: Line) -> None:
    assert set(line.minutes(NOW)) == {None}
    line.commit([], NOW + 60)
    found = line.minutes(NOW + 59)
    assert None not in found[-MINUTES:] and set(found[:-MINUTES]) == {None}
    assert (found[-MINUTES], found[-1]) == (0.0, 12.0)
    assert line.bureau.figures.series("median", 300, NOW + 59)[1][-4:] == [2.0, 5.0, 7.0, 12.0]


def test_a_late_reading_changes_the_slots_it_reaches(line: Line) -> None:
    line.commit([], NOW + 60)
    line.minutes(NOW + 61)
    line.commit([message("b", 100.0, START + second) for second in range(30)], NOW + 62)
    assert line.minutes(NOW + 62)[-MINUTES - 1] == 0.0
    line.commit([], NOW + 120)
    assert line.minutes(NOW + 119)[-MINUTES - 1] == 100.0


def test_a_sketch_is_read_once() -> None:
    class Counting:
        """A client that counts what is read."""

        read = 0

        def pipeline(self, transaction: bool) -> Counting:
            return self

        def hgetall(self, key: str) -> None:
            self.read += 1

        def execute(self) -> list[dict[bytes, bytes]]:
            return [{b"oxygen@": b"kll"}] * 15

    client = Counting()
    sketches, view = Sketches(client), View("sea.0", versions={(60, int(START)): 1})  # type: ignore[arg-type]
    for _ in range(2):
        assert len(list(sketches.of([view], "oxygen", NOW, 900))) == 15
    assert client.read == 15
