"""A span of the history goes through the full line a second time, on topics of its own, and the city's own are left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from kafka import KafkaConsumer, TopicPartition

from demo.memory import RedisServer
from demo.tied import tied
from model.alarm import Event
from store.archive import Archive, Taken
from store.clock import read
from store.connect import connect
from store.database import connect as connect_database
from store.database import migrate
from store.journal import Journal
from store.process import processes
from store.shelf import Shelf
from tests.integration.line import Line, straight_count
from tests.kafka.server import KafkaServer
from tests.project import ROOT
from tests.unit.city import START
from tests.unit.past import ZONE
from tests.until import until

NUMBERS = count()
OWN = "exercise.drill."
READINGS = [(f"p-{number % 3}", START + 10.0 * number, float(number)) for number in range(60)]
BEGIN, END = START + 200, START + 590
SPAN = ("--from", datetime.fromtimestamp(BEGIN, UTC).isoformat(), "--to", datetime.fromtimestamp(END, UTC).isoformat())


def keep(folder: Path) -> None:
    """The history of the city."""
    names = sorted({("level", sensor) for sensor, _, _ in READINGS})
    ms = np.array([round(time * 1000) for _, time, _ in READINGS], np.int64)
    nothing = np.zeros(len(READINGS), np.uint8)
    taken = Taken(
        names=names, units={"level": "m"}, series=np.array([names.index(("level", sensor)) for sensor, _, _ in READINGS], np.int64),
        ms=ms, filed=ms, value=np.array([value for _, _, value in READINGS]), quality=nothing, origin=nothing,
    )  # fmt: skip
    Archive(Shelf(str(folder)), ZONE).write("probe", ("city.probe", 0), 0, len(READINGS), taken)


@pytest.fixture
def number() -> int:
    """Another one for each test: a topic is made once."""
    return next(NUMBERS)


@pytest.fixture
def line(tmp_path: Path, kafka: KafkaServer, redis_server: RedisServer, number: int) -> Iterator[Line]:
    keep(tmp_path / "history")
    topic = f"exercised-{number}"
    kafka.create_topic(OWN + topic, 2)
    line = Line(tmp_path / "site", kafka.bootstrap, redis_server.url, topic, 1)
    line.environment |= {"CITYDECK_HISTORY": str(tmp_path / "history"), "CITYDECK_DATABASE": f"sqlite:///{tmp_path / 'drill.db'}"}
    yield line
    line.stop()


def test_what_was_read_is_told_again_by_the_clock_of_then(line: Line) -> None:
    line.environment["CITYDECK_EXERCISE"] = "drill"
    line.start()
    line.start("exercise", *SPAN, "--speed", "60")
    wanted = straight_count([reading for reading in READINGS if reading[1] <= END])
    until(lambda: line.windows() == wanted, f"every reading once: {line.log.read_text()[-2000:]}")
    clock = read(line.client)
    assert clock is not None and (clock.event, clock.rate) == (BEGIN, 60.0)
    assert {view.meta["origin"] for view in line.views() if "newest" in view.meta and float(view.meta["newest"]) > 0} == {"2"}
    consumer, place = KafkaConsumer(bootstrap_servers=line.bootstrap), TopicPartition(line.topic, 0)
    assert consumer.end_offsets([place])[place] == 0
    consumer.close()


class Deck:
    """Processes of a deck over a Redis and a database, without Kafka."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self.client, self.database = connect(redis.url), f"sqlite:///{folder / 'deck.db'}"
        self._told = {"SITE": str(ROOT / "demo" / "site"), "REDIS": redis.url, "DATABASE": self.database, "HISTORY": str(folder)}

    def start(self, process: str, exercise: str = "") -> subprocess.Popen[str]:
        told = self._told | ({"EXERCISE": exercise} if exercise else {})
        environment = {"PATH": os.environ["PATH"]} | {f"CITYDECK_{name}": text for name, text in told.items()}
        command = tied([sys.executable, "-m", "streams", process])
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def refuses(self, process: str, exercise: str = "") -> str:
        """What it says; nothing where it went to work."""
        child = self.start(process, exercise)
        try:
            _, said = child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            said = ""
        finally:
            child.kill()
            child.wait()
        assert said == "" or child.returncode == 2
        return said

    def works(self, process: str, exercise: str) -> None:
        """It sends heartbeats."""
        child = self.start(process, exercise)
        try:
            until(lambda: any(one.kind == process for one in processes(self.client)), "its heartbeat")
        finally:
            child.kill()
            child.communicate()


def test_an_exercise_makes_an_empty_redis_its_own_and_no_other_deck_works_there(tmp_path: Path, redis_server: RedisServer) -> None:
    deck = Deck(tmp_path, redis_server)
    deck.works("frames", "drill")
    deck.works("frames", "drill")
    assert "CITYDECK_REDIS: is that of the exercise 'drill'" in deck.refuses("frames", "other")
    assert "CITYDECK_REDIS: is that of the exercise 'drill'" in deck.refuses("frames")


@pytest.mark.parametrize("process", ["frames", "replay", "tuning"])
def test_no_process_of_an_exercise_works_on_the_citys_redis(tmp_path: Path, redis_server: RedisServer, process: str) -> None:
    deck = Deck(tmp_path, redis_server)
    deck.client.sadd("city:partitions", "sea.0")
    assert "CITYDECK_REDIS: is a city's" in deck.refuses(process, "drill")


def test_an_exercise_leaves_the_citys_database_alone(tmp_path: Path, redis_server: RedisServer) -> None:
    deck = Deck(tmp_path, redis_server)
    engine = connect_database(deck.database)
    migrate(engine)
    journal = Journal(engine)
    said = Event(
        kind="raised", alarm="sea/x|y", rule="sea/x", subject="y", domain="sea", occurrence=1, priority="low", time=1.0, source="1"
    )
    journal.record(journal.take_over("t"), events=[said])
    assert "CITYDECK_DATABASE: is a city's" in deck.refuses("frames", "drill")
    engine.dispose()


@pytest.mark.parametrize("process", ["history", "notify", "report"])
def test_an_exercise_is_not_kept_and_tells_nobody_outside(line: Line, process: str) -> None:
    line.environment["CITYDECK_EXERCISE"] = "drill"
    assert line.start(process).wait(60) == 2
    assert "CITYDECK_EXERCISE" in line.log.read_text()


def test_without_its_name_the_city_is_left_alone(line: Line) -> None:
    assert line.start("exercise", *SPAN).wait(60) == 2
    assert "must name the exercise" in line.log.read_text()
