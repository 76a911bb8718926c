"""What the documents tell people to type, typed: each example is taken from its page as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from kafka import KafkaConsumer, TopicPartition

from demo.broker import Broker
from streams.decode import native
from tests.kafka.server import KafkaServer
from tests.project import ROOT

INTEGRATOR = (ROOT / "docs" / "integrator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def sent(bootstrap: str, topic: str, **options: object) -> list[bytes]:
    """The values of all records in the topic's first partition."""
    with KafkaConsumer(bootstrap_servers=bootstrap, **options) as consumer:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        return [record.value for record in consumer.poll(timeout_ms=20_000)[place]]


def test_the_producer_of_the_integrators_page_sends_to_a_real_kafka(kafka: KafkaServer) -> None:
    kafka.create_topic("city.example", 1)
    (example,) = [text for text in re.findall(r"```python\n(.*?)```", INTEGRATOR, re.DOTALL) if "KafkaProducer" in text]
    mended = example.replace("kafka.city:9092", kafka.bootstrap).replace("city.sea", "city.example")
    subprocess.run([sys.executable, "-c", mended], check=True, timeout=60)
    readings, refused = native(sent(kafka.bootstrap, "city.example"))
    assert readings.sensor == ("sea-buoy-03",) and not refused


def test_the_producer_of_the_readme_sends_to_the_embedded_broker() -> None:
    example = re.findall(r"<<'END'\n(.*?)END", README, re.DOTALL)[0]
    with Broker({"city.air": 1}) as broker:
        environment = {**os.environ, "CITYDECK_KAFKA": broker.bootstrap}
        subprocess.run([sys.executable, "-c", example], env=environment, check=True, timeout=60)
        readings, refused = native(sent(broker.bootstrap, "city.air", api_version=(2, 3)))
    assert readings.sensor == ("my-roof",) and not refused
