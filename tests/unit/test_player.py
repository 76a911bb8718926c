"""A page of a replay says of a moment what the live page said at it, and goes on with its clock; nothing needs to run for that."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.replay import Replay
from store.reel import Reel
from store.replay import stage
from store.table import LATEST, WINDOW
from store.view import View
from streams import frame
from streams.compose import Bureau
from streams.pages import Pages
from streams.ranking import Ranking
from streams.replay import Player
from streams.then import Fives
from tests.unit.city import START, domain
from tests.unit.story import Story, high, site
from tests.unit.test_bygone import Journal, outline
from tests.unit.then import GOOD, City

PAGES = ("overview", "domain-sea")
SPAN = (START - 86_400.0, START + 86_400.0)


class Lease:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def write(self, kept: Mapping[str, bytes], told: Sequence[tuple[str, bytes]] = (), seconds: int = 0) -> None:
        self.kept.update(kept)


class Show:
    """One replay of a city's three hours, and the alarms of a story."""

    def __init__(self, folder: Path) -> None:
        self.city, self.story, self.lease, self.wall = City(folder, 7, domain()), Story(high()), Lease(), 0.0
        self.city.live(START - 3 * 3600, START, 60.0)
        self.player: Player | None = None

    def at(self, moment: float, rate: float = 0.0, wanted: Sequence[str] = PAGES) -> dict[str, Any]:
        """By page the frame of a moment, when its figures are caught up with."""
        if self.player is None:
            fives, told = {"sea": Fives(self.city.domain, Reel(self.city.history, self.city.domain))}, outline(Journal(self.story.events))
            self.player = Player("r1", {"sea": self.city.domain}, site(), fives, told, self.lease, {})  # type: ignore[arg-type]
        self.wall += 100.0
        replay = Replay(id="r1", who="li", name="Li", event=moment, wall=self.wall, rate=rate)
        self.player.show(replay, wanted, self.wall, SPAN, False)
        while self.player.catch_up(1.0):
            pass
        self.player.show(replay, wanted, self.wall, SPAN, False)
        return {page: self.frame(page) for page in wanted}

    def frame(self, page: str) -> dict[str, Any]:
        kept = self.lease.kept[f"city:{{replay}}:frame:{stage('r1', page)}"]
        text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(kept.partition(b"\n")[2]).decode()
        return json.loads(text.partition("\ndata: ")[2])  # type: ignore[no-any-return]

    def live(self) -> dict[str, Any]:
        """By page the sections as the live composer makes them of what ingest holds."""
        held, view = self.city.keys.load(), View("sea.0")
        view.names = [held.series[place] for place in range(len(held.series))]
        view.latest = np.frombuffer(held.latest, LATEST)[: len(view.names)]
        view.windows = {window: np.frombuffer(data, WINDOW) for window, data in held.windows.items()}
        view.meta, view.changed = {name.decode(): text.decode() for name, text in held.meta.items()}, set(view.windows)
        bureau, ranking = Bureau(self.city.domain, site()), Ranking().settle()
        bureau.look([view], START, lambda metric, now, seconds: ())
        while bureau.figures.catch_up(bureau.at(lambda metric, now, seconds: ()), 1.0):
            pass
        bureau.roll.update([view], START, ranking)
        pages = Pages(lambda place, since, until: (), {"sea": bureau})
        made = pages.all(ranking, pages.common(ranking, {"alive": True, "heard": None}), (), (), START, START)
        return {page: json.loads(frame.full({}, sections))["s"] for page, sections in made.items()}


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return Show(tmp_path)


def test_every_section_is_what_the_live_composer_makes_of_that_moment(show: Show) -> None:
    live = show.live()
    show.city.take([("a", "oxygen", round((START + 600) * 1000), 0.25, GOOD)], START + 601)
    for page, told in show.at(START).items():
        assert {name: told["s"][name] for name in live[page]} == live[page]
        assert (told["now"], told["page"], told["s"]["replay"]["moment"]) == (START, stage("r1", page), START)


def test_wherever_it_came_from_the_pages_of_a_moment_are_the_same(show: Show, tmp_path: Path) -> None:
    moments = [START - 600, START - 7200, START - 5400, START - 60]
    there = [show.at(moment) for moment in (*moments, *reversed(moments))]
    for one, other in zip(there, reversed(there), strict=True):
        for page in PAGES:
            assert {**one[page]["s"], "replay": 0} == {**other[page]["s"], "replay": 0}


def test_alarms_floods_and_values_are_those_of_the_moment(show: Show) -> None:
    story = show.story
    story.edge("high", True, -600)
    story.at(-300)
    story.wish("acknowledge", "high|sensor:a", note="seen")
    story.edge("high", False, -100)
    for number in range(14):
        story.edge("high", True, -90 + number, subject=f"sensor:n{number}")
    states = {}
    for seconds in (-601, -599, -299, -99, -1):
        sections = show.at(START + seconds)["overview"]["s"]
        rows = [(row["id"].partition(":")[2], row["state"], row["by"]) for row in sections["conditions"]["rows"]]
        states[seconds] = rows[:1], len(rows), sections["flood"] and sections["flood"]["count"]
    assert states == {
        -601: ([], 0, None),
        -599: ([("a", 1, None)], 1, None),
        -299: ([("a", 2, "Wang")], 1, None),
        -99: ([], 0, None),
        -1: ([("n0", 1, None)], 14, 15),
    }


def test_what_nobody_recorded_is_told_as_unknown(show: Show) -> None:
    (feed,) = show.at(START, wanted=("system",))["system"]["s"]["feeds"]
    assert {name for name, value in feed.items() if value is None} == {
        "rate", "lag", "rejects", "bad", "duplicates", "corrections", "late", "gap", "error",
    }  # fmt: skip
    assert show.frame("system")["s"]["processes"] == []


def test_in_the_end_it_says_that_it_is_over(show: Show) -> None:
    show.at(START)
    assert show.player is not None
    show.player.end(START)
    assert [show.frame(page)["s"]["replay"]["over"] for page in PAGES] == [1, 1]
    deleted: list[str] = []
    show.player.forget(lambda *names: deleted.extend(names))
    assert sorted(deleted) == ["city:{replay}:alarms:r1", "city:{replay}:positions:sea:r1"]
