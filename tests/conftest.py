"""The servers that tests may ask for: a Redis of their own, the embedded broker, and a real Apache Kafka once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.broker import Broker
from demo.memory import RedisServer
from tests.kafka.jars import NoKafka, jars
from tests.kafka.server import KafkaServer


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """An empty Redis with an append-only file, which `stop` or `kill` and then `start` bring back with all it acknowledged."""
    with RedisServer(tmp_path_factory.mktemp("redis"), durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The embedded broker; a test names topics of its own."""
    with Broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """Folder of Apache Kafka's jars; skips with the reason where they cannot be had."""
    try:
        return jars()
    except NoKafka as reason:
        pytest.skip(f"no Apache Kafka: {reason}")


@pytest.fixture(scope="session")
def kafka(kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A running Apache Kafka; a test names topics of its own, and starts again what it stops."""
    server = KafkaServer(kafka_jars, tmp_path_factory.mktemp("kafka"))
    server.start()
    yield server
    server.kill()
