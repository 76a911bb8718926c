"""The time machine over real Redis and SQL: a moment looks as the live composer showed it, and nothing live is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from demo.memory import RedisServer
from model import Screen
from model.replay import ENDS_SECONDS, Replay
from store import Client
from store.clock import Clock
from store.connect import connect
from store.frame import Frames
from store.journal import Journal
from store.partition import Partition as Keys
from store.replay import WALL, Replays, stage
from store.view import View, refresh
from streams.frames import Composer
from streams.pulse import Pulse
from streams.replays import Projector
from tests.unit.city import START, domain
from tests.unit.story import Story, high, site
from tests.unit.then import GOOD, MISSING, City

BEHIND = 10.0
SCREEN = Screen(id="one", page="overview", language="en", theme="dark", distance=6.0)
ALARM = "sea/high|sensor:a"
WISHED = Replay(id="r1", who="li", name="Li", event=START, wall=0.0, rate=0.0)
COMPARED = ("kpi.sea/oxygen_lowest", "map.sea", "trend.sea/oxygen_lowest", "stations.sea", "spark.sea/oxygen_lowest")


class Wall:
    """A wall clock that is set."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Machine:
    """A city of one bureau that has run for three hours, with its live composer, and the process of the replays beside."""

    def __init__(self, client: Client, engine: Engine, folder: Path) -> None:
        self.client, self.wall = client, Wall(START)
        described = domain()  # no rule: what stands as an alarm is the journal's word
        self.city = City(folder, 7, described, Keys(client, "sea", 0))
        self.city.live(START - 3 * 3600, START, 60.0)
        self.story = Story(high())
        self.journal = Journal(engine)
        self.composer = Composer(client, {"sea": described}, site(screens=(SCREEN,)), Clock(client, self.wall), Pulse(client, "frames"))
        self.projector = self.another()
        self.replays, self.frames = Replays(client), Frames(client)

    def another(self) -> Projector:
        clock, pulse = Clock(self.client, self.wall), Pulse(self.client, "replay")
        history = self.city.history
        return Projector(self.client, history, self.journal, {"sea": self.city.domain}, site(screens=(SCREEN,)), clock, pulse, BEHIND)

    def look(self) -> None:
        """A tick of the elected process."""
        assert self.projector._lease.hold()
        with self.projector._working():
            self.projector.tick()

    def wish(self, **change: Any) -> None:
        self.replays.wish(replace(WISHED, **{"wall": self.wall.now, "begun": self.wall.now, **change}), new=True)

    def page(self, name: str = "overview", id: str = "r1") -> dict[str, Any]:
        """The page of the replay, after its process looked, and caught up with the figures of the past."""
        self.frames.want(stage(id, name))
        self.look()
        while any([player.catch_up(1.0) for player in self.projector._players.values()]):
            pass
        self.look()
        return text(self.frames, stage(id, name))

    def record(self) -> None:
        fence = self.journal.take_over("test")
        self.journal.record(fence, events=self.story.events)

    def held(self) -> dict[bytes, Any]:
        """Every key that is not the replays' own."""
        keys: list[bytes] = self.client.keys("*")  # type: ignore[assignment]
        return {key: self.client.dump(key) for key in sorted(keys) if b"{replay}" not in key and key != b"city:wanted"}


def text(frames: Frames, name: str) -> dict[str, Any]:
    found = frames.last(name)
    assert found is not None, name
    return json.loads(found.text.decode().partition("\ndata: ")[2])  # type: ignore[no-any-return]


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Client]:
    with connect(redis_server.url) as client:
        yield client


@pytest.fixture
def machine(client: Client, engine: Engine, tmp_path: Path) -> Machine:
    return Machine(client, engine, tmp_path / "history")


def caught_up(work: Callable[[float], bool]) -> None:
    while work(1.0):
        pass


def test_a_moment_shows_what_the_live_composer_showed_at_it(machine: Machine) -> None:
    composer = machine.composer
    composer._lease.hold()
    composer.tick()
    caught_up(composer.catch_up)
    composer.tick()
    live = {page: text(machine.frames, page) for page in ("overview", "domain-sea")}
    machine.wall.now = START + 3600
    machine.city.take([("a", "oxygen", round((START + 600) * 1000), 0.25, GOOD)], START + 601)
    machine.wish(event=START)
    for page, told in live.items():
        shown = machine.page(page)
        assert shown["now"] == told["now"] == START and shown["rate"] == 0
        for name in COMPARED:
            if name in told["s"]:
                assert shown["s"][name] == told["s"][name], name
        head, before = shown["s"]["head.sea"], told["s"]["head.sea"]
        assert {**head, "positions": ""} == {**before, "positions": "", "state": "live"}


def test_nothing_of_the_live_city_is_written(machine: Machine) -> None:
    machine.story.edge("high", True, -600)
    machine.story.at(0)
    machine.record()
    before = machine.held()
    assert len(before) > 20
    machine.wish(event=START - 1800, rate=60.0, speed=60.0, whole=True)
    for _ in range(5):
        for page in ("overview", "domain-sea", "system", "sensor-a"):
            machine.page(page)
        machine.wall.now += 10
    machine.replays.end("r1")
    machine.look()
    assert machine.held() == before
    views: dict[str, View] = {}
    refresh(machine.client, views)
    assert views["sea.0"].meta["newest"] == str(machine.city.partition.newest)


def test_the_alarms_stand_as_they_stood(machine: Machine) -> None:
    story = machine.story
    story.edge("high", True, -600)
    story.at(-300)
    story.wish("acknowledge", "high|sensor:a", note="seen")
    story.edge("high", False, -100)
    machine.record()
    states = {-601: [], -599: [(1, None)], -299: [(2, "Wang")], -99: []}
    for seconds, expected in states.items():
        machine.wish(event=START + seconds)
        rows = machine.page()["s"]["conditions"]["rows"]
        assert [(row["state"], row["by"]) for row in rows if row["id"] == ALARM] == expected, seconds
        version, alarms = machine.replays.alarms("r1") or (0, [])
        assert len(alarms) == len(expected) and version >= 0


def test_it_goes_on_with_its_speed_and_stops_where_the_history_ends(machine: Machine) -> None:
    machine.wish(event=START - 600, rate=60.0, speed=60.0)
    assert machine.page()["now"] == START - 600
    machine.wall.now += 5
    shown = machine.page()
    assert (shown["now"], shown["rate"]) == (START - 300, 60.0)
    machine.wall.now += 60
    shown = machine.page()
    assert (shown["now"], shown["rate"]) == (machine.wall.now - BEHIND - 5, 1.0)
    machine.wish(event=0.0)
    first = machine.page()
    assert first["now"] == first["s"]["replay"]["first"] == machine.replays.span()[0]  # type: ignore[index]


def test_changes_build_on_what_was_shown_and_a_jump_begins_anew(machine: Machine) -> None:
    machine.wish(event=START - 600, rate=1.0)
    first = machine.page()
    machine.wall.now += 1
    second = machine.page()
    assert second["epoch"] == first["epoch"] and second["seq"] > first["seq"]
    machine.wish(event=START - 7200, rate=1.0)
    assert machine.page()["epoch"] != first["epoch"]


def test_the_whole_wall_is_told_and_told_again_when_it_is_over(machine: Machine) -> None:
    machine.look()
    assert text(machine.frames, WALL)["s"]["wall"] is None
    machine.wish(whole=True)
    machine.page()
    assert text(machine.frames, WALL)["s"]["wall"] == {"id": "r1", "name": "Li"}
    machine.wall.now += ENDS_SECONDS + 1
    machine.look()
    assert text(machine.frames, WALL)["s"]["wall"] is None and machine.replays.all() == []
    assert text(machine.frames, stage("r1", "overview"))["s"]["replay"]["over"] == 1
    assert machine.replays.alarms("r1") is None


def test_what_the_whole_wall_shows_is_composed_before_its_screens_ask_for_it(machine: Machine) -> None:
    machine.frames.want("overview")  # a screen shows it live
    machine.frames.want("system")  # and a desk this
    machine.wish(whole=True)
    machine.look()
    assert text(machine.frames, stage("r1", "overview"))["s"]["replay"]["whole"] is True
    assert machine.frames.last(stage("r1", "system")) is None


def test_a_wish_for_a_replay_that_is_over_does_nothing(machine: Machine) -> None:
    machine.wish()
    assert machine.replays.wish(WISHED) is True
    machine.replays.end("r1")
    assert machine.replays.wish(WISHED) is False and machine.replays.all() == []


def test_who_takes_over_shows_the_same(machine: Machine) -> None:
    machine.wish(event=START - 600)
    before = machine.page()
    machine.projector._lease.release()
    machine.projector = machine.another()
    after = machine.page()
    assert after["epoch"] != before["epoch"] and after["s"]["map.sea"] == before["s"]["map.sea"]


def test_a_sensors_page_has_its_last_hour_reading_by_reading(machine: Machine) -> None:
    machine.wish(event=START - 3600)
    metric = machine.page("sensor-a")["s"]["sensor"]["metrics"]["oxygen"]
    sent = {round(row[2] / 1000, 3) for row in machine.city.sent if row[:2] == ("a", "oxygen") and row[4] in (GOOD, MISSING)}
    hour = {time for time in sent if START - 7200 <= time <= START - 3600}
    assert {round(time, 3) for time in metric["hour"]["t"]} == hour and metric["time"] <= START - 3600
