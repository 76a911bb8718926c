"""The servers that tests may ask for: a Redis of their own, the embedded broker, real Apache Kafka and PostgreSQL once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from demo.broker import Broker
from demo.memory import RedisServer
from store.database import connect, migrate
from tests.kafka.jars import NoKafka, jars
from tests.kafka.server import KafkaServer
from tests.postgres.server import NoPostgres, PostgresServer


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; a test makes databases of its own, and starts again what it stops."""
    try:
        server = PostgresServer()
    except NoPostgres as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    with server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database: a SQLite file, and PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deck.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """That database with its tables; calls give up after two seconds."""
    engine = connect(database, patience=2.0)
    migrate(engine)
    yield engine
    engine.dispose()
