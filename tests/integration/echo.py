"""What both brokers are tried with: send numbered records with one codec and read them all back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

CODECS = ("gzip", "snappy", "lz4", "zstd")
HEADERS = [("citydeck-origin", b"simulated")]
POLLS = 100
"""Each waits at most 100 ms."""


def records(count: int) -> list[bytes]:
    """So many records, which compress well, each different."""
    return [b'{"sensor": "sea-buoy-03", "metric": "dissolved_oxygen", "value": %d}' % number for number in range(count)]


def send(options: Mapping[str, Any], topic: str, values: Sequence[bytes], codec: str | None = None) -> None:
    """Produce them in their order to partition 0, each acknowledged."""
    producer = KafkaProducer(compression_type=codec, linger_ms=20, acks="all", **options)
    try:
        sent = [producer.send(topic, value, key=b"sea-buoy-03", headers=HEADERS, partition=0) for value in values]
        producer.flush(30)
        for future in sent:
            future.get(timeout=90)
    finally:
        producer.close()


def receive(options: Mapping[str, Any], topic: str, count: int) -> list[Any]:
    """The first `count` records of partition 0, or as many as came in ten seconds."""
    consumer = KafkaConsumer(fetch_max_wait_ms=20, enable_auto_commit=False, **options)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    found: list[Any] = []
    for _ in range(POLLS):
        if len(found) >= count:
            break
        found += consumer.poll(100).get(partition, [])
    consumer.close()
    return found
