"""Nothing is lost and nothing is counted twice: kills, rebalances, stopped servers and garbage, on real Kafka and real Redis."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from demo.memory import RedisServer
from tests.integration.line import Line, record, straight_count
from tests.kafka.server import KafkaServer
from tests.until import until

PARTITIONS = 2
Reading = tuple[str, float, float]


@pytest.fixture
def line(tmp_path: Path, kafka: KafkaServer, redis_server: RedisServer, request: pytest.FixtureRequest) -> Iterator[Line]:
    line = Line(tmp_path / "site", kafka.bootstrap, redis_server.url, f"probe-{abs(hash(request.node.nodeid))}", PARTITIONS)
    yield line
    line.stop()


class Load:
    """Produces readings of 40 sensors, in order per sensor, with a few duplicates, and remembers what it sent where."""

    def __init__(self, line: Line, seed: int) -> None:
        self.line, self.random = line, random.Random(seed)
        self.producer: KafkaProducer = line.producer()
        self.readings: list[Reading] = []
        self.offsets = dict.fromkeys(range(PARTITIONS), 0)
        self.start = time.time() // 60 * 60 - 300
        self.tick = 0

    def send(self, ticks: int) -> None:
        for _ in range(ticks):
            self.tick += 1
            for sensor in range(40):
                reading = (f"p-{sensor}", self.start + self.tick * 0.25, float(self.random.randrange(800)))
                copies = 2 if self.random.random() < 0.03 else 1
                for _ in range(copies):
                    self.raw(record(*reading), sensor % PARTITIONS)
                self.readings.append(reading)
        self.producer.flush()

    def raw(self, value: bytes, partition: int) -> None:
        self.producer.send(self.line.topic, value=value, partition=partition)
        self.offsets[partition] += 1

    def wait(self) -> None:
        self.producer.flush()
        until(lambda: self.line.caught_up(self.offsets), f"offsets {self.offsets}; log:\n{self.line.log.read_text()[-3000:]}")

    def check(self) -> None:
        assert self.line.windows() == straight_count(self.readings)
        assert self.line.windows(300) == straight_count(self.readings, 300)
        total = sum(self.offsets.values())
        assert self.line.counter("records") == total
        assert self.line.counter("duplicates") == total - len(self.readings)


def test_killed_at_random_moments_with_another_taking_over(line: Line) -> None:
    load = Load(line, seed=1)
    first, second = line.start(), line.start()
    load.send(20)
    until(lambda: sum(line.offset(number) for number in range(PARTITIONS)) > 0, "a first commit")
    for _ in range(4):
        load.send(load.random.randrange(5, 40))
        time.sleep(load.random.random() * 0.4)  # where in its work the kill finds it is what is being varied
        first.kill()
        first.wait()
        load.send(20)
        first, second = second, line.start()
    load.wait()
    load.check()


def test_one_paused_past_its_time_cannot_write(line: Line) -> None:
    load = Load(line, seed=2)
    slow = line.start()
    load.send(10)
    until(lambda: line.offset(0) and line.offset(1), "both partitions read")
    slow.send_signal(signal.SIGSTOP)
    line.start()
    load.send(40)
    load.wait()
    slow.send_signal(signal.SIGCONT)
    load.send(40)
    load.wait()
    load.check()


def test_redis_stopped_and_back(line: Line, redis_server: RedisServer) -> None:
    load = Load(line, seed=3)
    line.start()
    load.send(40)
    redis_server.stop()
    load.send(40)
    redis_server.start()
    load.send(10)
    load.wait()
    load.check()


def test_redis_killed_and_emptied_is_rebuilt(line: Line) -> None:
    load = Load(line, seed=4)
    first = line.start()
    load.send(40)
    load.wait()
    first.kill()
    first.wait()
    line.client.flushall()
    line.start()
    load.send(10)
    load.wait()
    load.check()


def test_broker_killed_and_back(line: Line, kafka: KafkaServer) -> None:
    load = Load(line, seed=5)
    line.start()
    load.send(30)
    kafka.kill()
    kafka.start()
    load.send(30)
    load.wait()
    load.check()


def test_hostile_records_among_good_ones(line: Line) -> None:
    load = Load(line, seed=6)
    child = line.start()
    hostile = 0
    for _ in range(100):
        load.send(1)
        for _ in range(100):
            load.raw(_hostile(load.random), load.random.randrange(PARTITIONS))
            hostile += 1
    load.wait()
    assert child.poll() is None
    assert line.windows() == straight_count(load.readings)
    assert line.counter("rejects") == hostile
    refused = _read(line, "city.rejects", hostile)
    assert all(one["reason"] and one["topic"] == line.topic for one in refused)
    assert len({(one["partition"], one["offset"]) for one in refused}) == hostile


def _hostile(source: random.Random) -> bytes:
    kind = source.randrange(5)
    good = record("p-1", time.time(), 1.0)
    if kind == 0:
        return source.randbytes(source.randrange(1, 200))
    if kind == 1:
        return good[: source.randrange(1, len(good) - 1)]
    if kind == 2:
        return good.replace(b'"level"', b'"nonsense"')
    if kind == 3:
        return b"[" * source.randrange(1, 2000)
    return good.replace(b'"m"', b'"furlong"')


def _read(line: Line, topic: str, count: int) -> list[dict[str, object]]:
    """The records of this line's topic on `topic`, until `count` are seen."""
    consumer = KafkaConsumer(bootstrap_servers=line.bootstrap, auto_offset_reset="earliest")
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    found: list[dict[str, object]] = []

    def enough() -> bool:
        for records in consumer.poll(timeout_ms=200, max_records=5000).values():
            found.extend(told for one in records if (told := json.loads(one.value))["topic"] == line.topic)
        return len(found) >= count

    until(enough, f"{count} records on {topic}")
    consumer.close()
    return found
