"""The Kafka of compose.yaml without its container: its settings and its topics script on a real broker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from ruamel.yaml import YAML

from tests.integration.echo import records, send
from tests.kafka.server import KafkaServer
from tests.project import ROOT

TOOL = "/opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092"
PLACES = ("LISTENERS", "LISTENER_", "QUORUM_VOTERS", "LOG_DIRS")
"""Settings that name addresses and folders of the container."""


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")["services"]
    return services


@pytest.fixture(scope="module")
def composed(kafka_jars: Path, services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    environment = services["kafka"]["environment"]
    server = KafkaServer(kafka_jars, tmp_path_factory.mktemp("composed"), properties(environment), cluster=environment["CLUSTER_ID"])
    server.start()
    yield server
    server.kill()


def properties(environment: dict[str, Any]) -> dict[str, str]:
    """Broker properties as the image makes them of its environment: KAFKA_NUM_PARTITIONS is num.partitions."""
    named = {name: str(value) for name, value in environment.items() if name.startswith("KAFKA_")}
    own = {name: value for name, value in named.items() if not any(place in name for place in PLACES)}
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): _default(value) for name, value in own.items()}


def _default(value: str) -> str:
    """What `${NAME:-default}` is where NAME is not set."""
    return value.partition(":-")[2].rstrip("}") if value.startswith("${") else value


def test_the_topics_script_creates_what_the_deck_uses_and_may_run_again(composed: KafkaServer, services: dict[str, Any]) -> None:
    (script,) = services["topics"]["command"]
    here = " ".join(composed.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", composed.bootstrap))
    assert TOOL in script
    shell = ["bash", "-euc", script.replace("$$", "$").replace(TOOL, here.replace("*", "\\*"))]
    for _ in range(2):
        done = subprocess.run(shell, env={**os.environ, "PARTITIONS": "3"}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    consumer = KafkaConsumer(bootstrap_servers=composed.bootstrap)
    found = {topic: len(consumer.partitions_for_topic(topic) or ()) for topic in consumer.topics()}
    consumer.close()
    assert found == {**dict.fromkeys(["city.sea", "city.land", "city.air", "city.traffic"], 3), "city.rejects": 1, "city.alarms": 1}


def test_a_topic_of_a_domain_added_later_comes_with_the_same_partitions(composed: KafkaServer) -> None:
    send({"bootstrap_servers": composed.bootstrap}, "city.added-later", records(1))
    consumer = KafkaConsumer(bootstrap_servers=composed.bootstrap)
    assert len(consumer.partitions_for_topic("city.added-later") or ()) == 4
    consumer.close()
