"""An exercise: names of its own, and a span of the history told again as it came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domains import city
from domains.city import prefix
from model import Origin, SpecError
from settings import load
from store.reel import Reel
from streams.decode import FORMATS
from streams.exercise import Exercise, moment
from streams.source import BrokerError
from tests.project import ROOT
from tests.unit.city import START, domain
from tests.unit.then import BAD, GOOD, MISSING, City

SITE = ROOT / "demo" / "site"
OWN = {"CITYDECK_SITE": "x", "CITYDECK_EXERCISE": "storm", "CITYDECK_REDIS": "redis://h/1", "CITYDECK_DATABASE": "sqlite:///x"}


class Sink:
    """Takes what is sent, by topic."""

    def __init__(self) -> None:
        self.most, self.left = 0, 1_000_000
        """Readings that came at once, and calls until the broker dies."""
        self.sent: list[tuple[str, bytes | None, dict[str, Any]]] = []

    def deliver(self, topic: str, records: Sequence[tuple[bytes | None, bytes]], origin: Origin) -> list[int]:
        assert origin == "replay"
        self.left -= 1
        if self.left < 0:
            raise BrokerError("away")
        came = [(topic, key, told) for key, value in records for told in json.loads(value)]
        self.sent, self.most = self.sent + came, max(self.most, len(came))
        return []


class Pulse:
    """Notes nothing."""

    def failed(self, error: Exception) -> None:
        """Is heard by nobody."""


def exercise(folder: Path, span: tuple[float, float]) -> tuple[City, Exercise, Sink]:
    past, sink = City(folder, 1, domain()), Sink()
    past.live(START - 7200, START, 60.0)
    past.take([("a", "oxygen", round(START * 1000) - 500, 9.5, BAD), ("b", "oxygen", round(START * 1000) - 400, None, MISSING)], START)
    reels = {"sea": Reel(past.history, past.domain)}
    return past, Exercise(None, sink, reels, {"sea": past.domain}, span, 1.0, Pulse()), sink  # type: ignore[arg-type]


def test_topics_are_its_own_and_pages_say_so() -> None:
    live, plain = city.read(SITE)
    named, site = city.read(SITE, "storm")
    assert {domain.topic for domain in named.values()} == {"exercise.storm." + domain.topic for domain in live.values()}
    assert (plain.exercise, site.exercise, prefix("")) == ("", "storm", "")


@pytest.mark.parametrize("missing", ["CITYDECK_REDIS", "CITYDECK_DATABASE"])
def test_it_must_name_a_redis_and_a_database_of_its_own(missing: str) -> None:
    assert load(OWN).exercise == "storm"
    with pytest.raises(SpecError, match=missing):
        load({name: text for name, text in OWN.items() if name != missing})


@pytest.mark.parametrize("name", ["Storm", "a b", "x" * 33, "a.b"])
def test_its_name_must_fit_into_a_topics(name: str) -> None:
    with pytest.raises(SpecError, match="EXERCISE"):
        load({**OWN, "CITYDECK_EXERCISE": name})


def test_a_span_is_told_as_it_came_and_once(tmp_path: Path) -> None:
    past, told, sink = exercise(tmp_path, (START - 3600, START))
    for since, until in ((START - 3600, START - 1800), (START - 1800, START)):
        assert told._tell(since, until) == until
    wanted = {row[:3]: row for row in past.sent if START - 3600 < row[2] / 1000 <= START}
    assert {topic for topic, _, _ in sink.sent} == {"city.sea"} and told.sent == len(sink.sent) == len(wanted)
    for _, key, reading in sink.sent:
        assert key == reading["sensor"].encode()
        _, _, _, value, quality = wanted[reading["sensor"], reading["metric"], reading["time"]]
        assert reading["value"] == value and ("good", "", "bad", "missing")[quality] == reading["quality"]
    assert {quality for *_, quality in wanted.values()} == {GOOD, BAD, MISSING}
    columns, refused = FORMATS["native"]([json.dumps(reading).encode() for _, _, reading in sink.sent])
    assert not refused and len(columns.value) == len(wanted)


def test_a_sensors_readings_are_told_in_their_order(tmp_path: Path) -> None:
    _, told, sink = exercise(tmp_path, (START - 7200, START))
    told._tell(START - 7200, START)
    times = [reading["time"] for _, key, reading in sink.sent if key == b"a"]
    assert times == sorted(times) and len(times) > 100


def test_the_time_before_is_told_newest_first_and_again_where_the_broker_was_away(tmp_path: Path) -> None:
    _, told, sink = exercise(tmp_path, (START - 1800, START))
    parts = [(START - 5400 + 600 * number, START - 4800 + 600 * number) for number in range(6)]
    sink.left = 15
    left = told._recall(parts)
    assert left == parts[: len(left)] and 0 < len(left) < len(parts)
    sink.left = 1_000_000
    assert told._recall(left) == []
    first = [reading["time"] / 1000 for _, _, reading in sink.sent][: len(sink.sent) // 12]
    assert min(first) > parts[-1][0]
    assert {reading["time"] for _, _, reading in sink.sent} == {row[2] for row in told_by(told, parts)}


def told_by(told: Exercise, parts: list[tuple[float, float]]) -> list[tuple[str, str, int]]:
    """(sensor, metric, time) of the readings of some parts."""
    some = [message for part in parts for _, messages in told._between(*part) for _, texts in messages for message in texts]
    return [(reading["sensor"], reading["metric"], reading["time"]) for reading in map(json.loads, some)]


def test_a_long_span_is_told_in_slices_and_goes_on_after_the_last_that_came(tmp_path: Path) -> None:
    _, told, sink = exercise(tmp_path, (START - 7200, START))
    sink.left = 20
    reached = told._tell(START - 7200, START)
    assert START - 7200 < reached < START and told.sent == len(sink.sent) > 0
    sink.left = 1_000_000
    assert told._tell(reached, START) == START and sink.most < len(sink.sent) / 10
    times = [(key, reading["metric"], reading["time"]) for _, key, reading in sink.sent]
    assert len(times) == len(set(times))


def test_moments_are_the_citys_own() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert moment("2026-11-21T03:30", zone) == moment("2026-11-20 19:30:00+00:00", zone) == START
    with pytest.raises(ValueError, match="isoformat"):
        moment("yesterday", zone)
