"""The hour around an alarm, over a real Redis: readings one by one as far as they are kept, then the five minutes of the last day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from demo.memory import RedisServer
from model import Domain
from store.connect import connect
from store.live import Live
from store.partition import Partition as Keys
from streams.moment import moment
from streams.partition import Partition
from tests.unit.city import START, batch, domain, message, metric

HOUR = 3600
NOW = START + 5 * HOUR
SPAN = (START - 600, START + 600)


def declared() -> Domain:
    """One plain metric, one in dB, and a direction."""
    loud, wind = metric("noise", "dB", (20.0, 140.0), energetic=True), metric("wind", "deg", (0.0, 360.0), circular=True)
    return replace(domain(), metrics=(*domain().metrics, loud, wind))


class Line:
    """A partition that took readings every `step` seconds around START, and what came until five hours later."""

    def __init__(self, url: str, step: int) -> None:
        self.client, self.domain = connect(url), declared()
        self.live, self.keys = Live(self.client), Keys(self.client, "sea", 0)
        partition, offset = Partition(self.domain, self.keys.load(), {}), 0
        told: list[tuple[str, Callable[[int], float]]] = [
            ("oxygen", lambda at: 5.0 + at / 1000),
            ("noise", lambda at: 80.0 if at % 300 else 20.0),
            ("wind", lambda at: (350 + at) % 360),
        ]
        for at in range(-900, 900, step):
            records = [message("a", tell(at), START + at, name) for name, tell in told]
            partition.take(batch(records, offset), START + at)
            offset += len(records)
        self._commit(partition, START + 900)
        for later in range(900, 5 * HOUR, 1800):
            partition.take(batch([message("a", 5.0, START + later, "temperature")], offset), START + later)
            offset += 1
            self._commit(partition, START + later)

    def _commit(self, partition: Partition, now: float) -> None:
        self.keys.commit(partition.held, partition.offset or 0, partition.changes("test", now))
        partition.committed()

    def told(self, key: str, sensor: str = "a", span: tuple[float, float] = SPAN) -> dict[str, list[float]]:
        """What the desk is told."""
        about = next(each for each in self.domain.metrics if each.key == key)
        found = moment(self.client, self.live.series("sea", sensor, key), about, *span)
        return {"t": found["t"], "v": found["v"], **{f"five {name}": values for name, values in found["five"].items()}}


def test_a_sensor_of_one_reading_a_minute_is_told_reading_by_reading_hours_later(redis_server: RedisServer) -> None:
    told = Line(redis_server.url, 60).told("oxygen")
    assert told["t"] == [START + at for at in range(-600, 600, 60)]
    assert told["v"] == pytest.approx([5.0 + at / 1000 for at in range(-600, 600, 60)], abs=1e-5)
    assert told["five t"] == []


def test_a_faster_one_is_told_by_its_five_minutes(redis_server: RedisServer) -> None:
    line = Line(redis_server.url, 20)
    told = line.told("oxygen")
    assert told["t"] == [] and told["five t"] == [START + at for at in (-450, -150, 150, 450)]
    assert told["five mean"] == pytest.approx([5.0 + (at - 10) / 1000 for at in (-450, -150, 150, 450)], abs=1e-4)
    assert told["five min"][0] == pytest.approx(4.4, abs=1e-4) and told["five max"][3] == pytest.approx(5.58, abs=1e-4)
    loud = line.told("noise")
    assert loud["five mean"][0] == pytest.approx(79.7, abs=0.1)  # of energies; of the levels it would be 76
    north = line.told("wind")
    assert north["five mean"][0] == 30.0 and set(north["five min"]) == {None}


def test_what_is_in_the_last_hour_is_told_whole(redis_server: RedisServer) -> None:
    line = Line(redis_server.url, 20)
    told = line.told("temperature", span=(NOW - HOUR, NOW))
    assert told["t"] == [START + 900 + 1800 * each for each in (8, 9)] and told["v"] == [5.0, 5.0]


@pytest.mark.parametrize(("key", "sensor"), [("oxygen", "nobody"), ("oxygen", "a/../b"), ("temperature", "a")])
def test_of_what_was_not_heard_then_nothing_is_told(redis_server: RedisServer, key: str, sensor: str) -> None:
    assert set(map(len, Line(redis_server.url, 60).told(key, sensor).values())) == {0}
