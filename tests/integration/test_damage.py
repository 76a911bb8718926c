"""What Kafka cannot give any more: a corrupt batch and offsets it has thrown away, on real Kafka."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from demo.memory import RedisServer
from store.process import processes
from tests.integration.line import Line, record
from tests.kafka.server import KafkaServer
from tests.until import until


@pytest.fixture
def line(tmp_path: Path, kafka: KafkaServer, redis_server: RedisServer) -> Iterator[Line]:
    line = Line(tmp_path / "site", kafka.bootstrap, redis_server.url, f"damage-{tmp_path.name}", 1)
    yield line
    line.stop()


def produce(line: Line, first: int, count: int) -> None:
    """One batch of records of one sensor each second."""
    producer = line.producer()
    for i in range(first, first + count):
        producer.send(line.topic, value=record("p-1", time.time() // 60 * 60 - 300 + i, float(i)), partition=0)
    producer.flush()
    producer.close()


def test_a_corrupt_batch_is_stepped_over_and_told(line: Line, kafka: KafkaServer) -> None:
    for batch in range(3):
        produce(line, batch * 7, 7)
    kafka.stop()
    (segment,) = kafka.segments(line.topic, 0)
    data = bytearray(segment.read_bytes())
    second = data.index(b'"value": 7.0')
    data[second] ^= 0xFF
    segment.write_bytes(data)
    kafka.start()
    child = line.start()
    until(lambda: line.offset(0) == 21, f"all three batches passed; {line.log.read_text()[-3000:]}")
    assert child.poll() is None
    assert line.counter("readings") == 14
    assert line.counter("rejects") == 7
    told = json.loads(line.client.lrange("city:{probe.0}:rejects", 0, -1)[0])
    assert (told["reason"], told["offset"]) == ("corrupt_batch: offsets 7 to 13", 7)


def test_offsets_that_kafka_threw_away_are_a_counted_gap(line: Line) -> None:
    produce(line, 0, 10)
    child = line.start()
    until(lambda: line.offset(0) == 10, "the first ten")
    child.terminate()
    child.wait()
    produce(line, 10, 10)
    admin = KafkaAdminClient(bootstrap_servers=line.bootstrap)
    admin.delete_records({TopicPartition(line.topic, 0): 15})
    admin.close()
    line.start()
    until(lambda: line.offset(0) == 20, "the rest")
    assert line.counter("gap") == 5
    assert line.counter("readings") == 15


GOOD = {"sensor": "p-1", "metric": "level", "value": 1.0, "time": round(time.time() * 1000), "unit": "m"}
HUGE: dict[str, tuple[bytes | None, bytes]] = {
    "not text": (None, b"\xff" * 800_000),
    "control letters": (None, b"\x01" * 1_000_000),
    "a long unit": (None, json.dumps({**GOOD, "unit": "x" * 1_000_000}).encode()),
    "a long sensor": (None, json.dumps({**GOOD, "sensor": "é" * 160_000}).encode()),
    "a long key": (b"\xfe" * 500_000, b"\xff" * 500_000),
    "very many elements": (None, b"[" + b"1," * 499_999 + b"1]"),
}


def test_records_of_a_megabyte_that_nobody_understands_stop_nothing(line: Line) -> None:
    producer = line.producer()
    for n, (key, value) in enumerate(HUGE.values()):
        producer.send(line.topic, key=key, value=value, partition=0)
        producer.send(line.topic, value=record("p-1", time.time() // 60 * 60 - 300 + n, float(n)), partition=0)
        producer.flush()
    producer.close()
    child = line.start()
    until(lambda: line.offset(0) == 2 * len(HUGE), f"all of them passed; {line.log.read_text()[-3000:]}")
    assert child.poll() is None
    assert line.counter("readings") == len(HUGE)
    assert line.counter("rejects") == len(HUGE) - 1 + 500_000
    told = [one for one in refused(line) if one["index"] is None]
    assert [(one["offset"], one["length"], one["cut"]) for one in told] == [
        (2 * n, len(value), True) for n, (_, value) in enumerate(HUGE.values())
    ]
    assert all(one["topic"] == line.topic and one["partition"] == 0 and len(one["value"]) <= 90_000 for one in told)
    kept = sum(line.client.memory_usage(f"city:{{probe.0}}:{name}") or 0 for name in ("rejects", "rejects:large"))
    assert kept < 5_000_000
    (process,) = processes(line.client)
    assert (process.state, process.error) == ("active", None)


def test_a_kafka_that_takes_only_short_records_is_sent_short_ones(line: Line) -> None:
    line.environment["CITYDECK_KAFKA_MAX_REQUEST_SIZE"] = "5000"
    producer = line.producer()
    producer.send(line.topic, value=b"\xff" * 800_000, partition=0)
    producer.flush()
    producer.close()
    produce(line, 0, 1)
    line.start()
    until(lambda: line.offset(0) == 2, f"both passed; {line.log.read_text()[-3000:]}")
    (told,) = refused(line)
    assert (told["length"], len(told["value"])) == (800_000, 1368)  # 1,024 bytes in base64


def refused(line: Line) -> list[dict[str, Any]]:
    """What `city.rejects` holds of this line's topic, by offset."""
    consumer = KafkaConsumer(bootstrap_servers=line.bootstrap)
    places = [TopicPartition("city.rejects", number) for number in consumer.partitions_for_topic("city.rejects") or ()]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends, found = consumer.end_offsets(places), []
    while any(consumer.position(place) < ends[place] for place in places):
        found += [json.loads(one.value) for records in consumer.poll(timeout_ms=200).values() for one in records]
    consumer.close()
    return sorted((one for one in found if one["topic"] == line.topic), key=lambda one: one["offset"])
