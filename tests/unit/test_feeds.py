"""What the system page says of feeds and processes: no figure outlives the process that told it."""

from __future__ import annotations

from model import Site
from store.process import Process
from store.view import View
from streams import compose
from streams.compose import Bureau
from streams.judge import DEAD_SECONDS
from tests.unit.city import START, domain, label

SITE = Site(
    folder="", label=label("City"), zone="Asia/Shanghai", areas=(), screens=(), extent=(114.0, 22.4, 114.7, 22.8), review_number="",
    sensors={},
)  # fmt: skip


def process(id: str, wall: float, feeds: dict[str, tuple[float, int | None]]) -> Process:
    return Process(id=id, kind="ingest", state="active", error=None, rate=3.0, wall=wall, started=START - 100, feeds=feeds)


def told(*processes: Process) -> list[tuple[float | None, int | None, int]]:
    """(rate, lag, refused) of the domain's two partitions, five seconds after START."""
    bureau = Bureau(domain(), SITE)
    bureau.views = [View(f"sea.{n}", meta={"rejects": "2", "rate": "9", "lag": "9", "newest": str(START)}) for n in range(2)]
    return [(row["rate"], row["lag"], row["rejects"]) for row in compose.feeds([bureau], processes, START, START + 5)]


def test_rate_and_lag_are_what_the_living_reader_says() -> None:
    old = process("a", START, {"sea.0": (8.0, 800), "sea.1": (8.0, 800)})
    new = process("b", START + 4, {"sea.0": (2.5, 0)})
    assert told(old, new) == [(2.5, 0, 2), (8, 800, 2)]
    assert told(new) == [(2.5, 0, 2), (None, None, 2)]
    assert told(process("c", START + 4, {"sea.0": (0.0, None)}))[0] == (0, None, 2)


def test_nobody_knows_the_rate_of_who_is_silent() -> None:
    dead = process("a", START + 5 - DEAD_SECONDS - 1, {"sea.0": (8.0, 800)})
    assert told(dead) == [(None, None, 2), (None, None, 2)]
    assert [row["rate"] for row in compose.processes([dead, process("b", START + 5, {})], START + 5)] == [None, 3.0]
