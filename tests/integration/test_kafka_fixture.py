"""The real Apache Kafka that other tests rely on: every codec, partitions, and its records through a stop and a power cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.integration.echo import CODECS, HEADERS, receive, records, send
from tests.kafka.server import KafkaServer


@pytest.mark.parametrize("codec", [None, *CODECS])
def test_what_is_sent_comes_back(kafka: KafkaServer, codec: str | None) -> None:
    topic = f"city.echo-{codec}"
    kafka.create_topic(topic, 1)
    send({"bootstrap_servers": kafka.bootstrap}, topic, records(500), codec)
    found = receive({"bootstrap_servers": kafka.bootstrap}, topic, 500)
    assert [record.value for record in found] == records(500)
    assert found[0].headers == HEADERS


def test_topics_have_the_partitions_asked_for(kafka: KafkaServer) -> None:
    kafka.create_topic("city.three", 3)
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
    assert consumer.partitions_for_topic("city.three") == {0, 1, 2}
    consumer.close()


@pytest.mark.parametrize("end", [KafkaServer.stop, KafkaServer.kill], ids=["stopped", "killed"])
def test_records_outlive_the_broker(kafka: KafkaServer, end: Callable[[KafkaServer], None]) -> None:
    topic, options = f"city.outlive-{end.__name__}", {"bootstrap_servers": kafka.bootstrap}
    kafka.create_topic(topic, 1)
    send(options, topic, records(100))
    end(kafka)
    kafka.start()
    send(options, topic, records(50))
    assert [record.value for record in receive(options, topic, 150)] == records(100) + records(50)


def test_a_client_that_was_connected_finds_the_broker_again(kafka: KafkaServer) -> None:
    kafka.create_topic("city.again", 1)
    options = {"bootstrap_servers": kafka.bootstrap}
    consumer = KafkaConsumer(auto_offset_reset="earliest", **options)
    consumer.assign([TopicPartition("city.again", 0)])
    consumer.poll(100)
    kafka.kill()
    consumer.poll(100)
    kafka.start()
    send(options, "city.again", records(1))
    found = [consumer.poll(500) for _ in range(40) if not consumer.position(TopicPartition("city.again", 0))]
    assert sum(len(batch) for polled in found for batch in polled.values()) == 1
    consumer.close()
