"""The Kafka client's side of the line on real Kafka: jumps in the offsets, damage, and a broker that does not answer in between."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaTimeoutError

from model import Batch
from streams import source as module
from streams.source import BrokerError, Sink, Source
from tests.kafka.server import KafkaServer
from tests.until import until

PARTITIONS = 2
COMMITTED = {"isolation_level": "read_committed"}


class Reader:
    """Reads a topic as ingest does, through failures, and keeps what it was handed."""

    def __init__(self, kafka: KafkaServer, topic: str, options: dict[str, Any]) -> None:
        own = {"group_id": topic, "session_timeout_ms": 1500, "heartbeat_interval_ms": 300}
        self.source = Source(kafka.bootstrap, [topic], {**own, **options})
        self.batches: list[Batch] = []
        self.failures = 0

    def turn(self) -> bool:
        """Polls once; whether it was answered."""
        try:
            self.batches += self.source.poll(0.1)
            for topic, partition in self.source.changes()[0]:
                self.source.start(topic, partition, None)
        except BrokerError:
            self.failures += 1
            return False
        return True

    def values(self) -> list[bytes]:
        return sorted(value for batch in self.batches for value in batch.values if value)

    def until(self, values: list[bytes]) -> None:
        until(lambda: self.turn() and self.values() == values, f"{values}, not {self.values()}")

    def damaged(self) -> list[tuple[int, int, int]]:
        return [(batch.partition, *batch.damaged) for batch in self.batches if batch.damaged]


@pytest.fixture
def topic(kafka: KafkaServer, tmp_path: Path) -> str:
    name = f"source-{tmp_path.name}"
    kafka.create_topic(name, PARTITIONS)
    return name


@pytest.fixture
def read(kafka: KafkaServer, topic: str) -> Iterator[Callable[..., Reader]]:
    opened: list[Reader] = []

    def reader(**options: Any) -> Reader:
        opened.append(Reader(kafka, topic, options))
        return opened[-1]

    yield reader
    for one in opened:
        one.source.close()


def produce(kafka: KafkaServer, topic: str, partition: int, *values: bytes, transaction: str = "") -> None:
    """One batch. `transaction` is `commit` or `abort`: a marker follows it."""
    own = {"transactional_id": f"{topic}-{partition}-{values[0]!r}"} if transaction else {}
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=200, **own)
    if transaction:
        producer.init_transactions()
        producer.begin_transaction()
    for value in values:
        producer.send(topic, value=value, partition=partition)
    producer.flush()
    if transaction:
        getattr(producer, f"{transaction}_transaction")()
    producer.close()


def corrupt(kafka: KafkaServer, topic: str, partition: int, value: bytes) -> None:
    """Turns one byte of a record on the broker's disk."""
    kafka.stop()
    (segment,) = kafka.segments(topic, partition)
    data = bytearray(segment.read_bytes())
    data[data.index(value)] ^= 0xFF
    segment.write_bytes(data)
    kafka.start()


def test_a_jump_is_no_loss_also_when_kafka_does_not_say_so_at_once(
    kafka: KafkaServer, topic: str, read: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ([b"%d-%d" % (partition, n) for partition in range(PARTITIONS)] for n in range(2))
    for partition, value in enumerate(first):
        produce(kafka, topic, partition, value, transaction="commit")
    reader = read()
    reader.until(first)
    ask, asked = KafkaConsumer.beginning_offsets, 0

    def at_the_third_time(self: KafkaConsumer, places: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise KafkaTimeoutError("too slow")
        return ask(self, places)

    monkeypatch.setattr(KafkaConsumer, "beginning_offsets", at_the_third_time)
    for partition, value in enumerate(second):
        produce(kafka, topic, partition, value, transaction="commit")
    reader.until(sorted(first + second))
    assert asked >= 3 and reader.failures == 2
    assert [batch.lost for batch in reader.batches] == [0] * len(reader.batches)


def test_what_holds_nothing_to_read_is_not_damaged(kafka: KafkaServer, topic: str, read: Callable[..., Reader]) -> None:
    produce(kafka, topic, 0, b"good", b"also good")
    produce(kafka, topic, 0, b"to be damaged", b"with it")
    produce(kafka, topic, 0, b"never meant", transaction="abort")
    produce(kafka, topic, 1, b"nor this", transaction="abort")
    corrupt(kafka, topic, 0, b"to be damaged")
    reader = read(**COMMITTED)
    reader.until([b"also good", b"good"])
    assert all([reader.turn() for _ in range(5)])  # finds the damage and steps over it
    produce(kafka, topic, 0, b"after", transaction="commit")
    produce(kafka, topic, 1, b"here too", transaction="commit")
    reader.until([b"after", b"also good", b"good", b"here too"])
    assert reader.damaged() == [(0, 2, 4)]
    assert sum(batch.lost for batch in reader.batches) == 0


def test_a_broker_too_slow_to_say_is_asked_again(
    kafka: KafkaServer, topic: str, read: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    produce(kafka, topic, 0, b"good")
    produce(kafka, topic, 0, b"to be damaged", b"with it")
    produce(kafka, topic, 0, b"good too")
    corrupt(kafka, topic, 0, b"to be damaged")
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.0)
    reader = read()
    until(lambda: not reader.turn() and reader.failures >= 3, "three failures")
    assert reader.damaged() == [] and reader.values() in ([], [b"good"])
    monkeypatch.setattr(module, "PROBE_SECONDS", 5.0)
    reader.until([b"good", b"good too"])
    assert reader.damaged() == [(0, 1, 3)]


def test_an_error_that_is_nobodys_damage_is_told_and_everything_read_again(
    kafka: KafkaServer, topic: str, read: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    for partition in range(PARTITIONS):
        produce(kafka, topic, partition, b"%d" % partition)
    reader = read()
    poll, failures = KafkaConsumer.poll, 0

    def at_first_wrong(self: KafkaConsumer, **options: Any) -> Any:
        nonlocal failures
        found = poll(self, **options)
        if found and failures < 2 and self.config["group_id"]:
            failures += 1
            raise ValueError("a codec's own")
        return found

    monkeypatch.setattr(KafkaConsumer, "poll", at_first_wrong)
    reader.until([b"0", b"1"])
    assert reader.damaged() == []
    assert reader.failures == failures == 2


def test_a_sink_tells_what_kafka_never_takes_and_raises_what_it_does_not_take_now(kafka: KafkaServer, topic: str) -> None:
    sink = Sink(kafka.bootstrap, {"max_request_size": 4_000_000})
    records = [(None, b"good"), (None, b"x" * 4_000_001), (b"k" * 3_000_000, b"y"), (None, gzip.compress(b"good too"))]
    assert sorted(sink.deliver(topic, records)) == [1, 2]
    assert sink.deliver(topic, records[:1]) == []
    with pytest.raises(BrokerError):
        sink.deliver("__consumer_offsets", [(None, b"x")])
    sink.close()
