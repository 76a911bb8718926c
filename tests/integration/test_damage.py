"""What Kafka cannot give any more: a corrupt batch and offsets it has thrown away, on real Kafka."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from demo.memory import RedisServer
from tests.integration.line import Line, record, until
from tests.kafka.server import KafkaServer


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
