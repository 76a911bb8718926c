"""Sends readings to Kafka in the native format, marked as what they are; the simulator and the replay both use it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.partitioner.default import murmur2

from model import Origin

TOPIC = "city."
FULL = 200
"""Readings in one gathered message."""

log = logging.getLogger(__name__)


def connect(bootstrap: str, **options: Any) -> KafkaProducer:
    """A producer to `bootstrap` (host:port, separated by commas). Options are the client's own, a consumer's are passed over."""
    servers = [server.strip() for server in bootstrap.split(",")]
    # Compressed, the day of history that a start sends fits into the few megabytes which the embedded broker keeps of a partition.
    ours: dict[str, Any] = {"compression_type": "lz4", "linger_ms": 5, "batch_size": 262_144}
    known = {name: value for name, value in options.items() if name in KafkaProducer.DEFAULT_CONFIG}
    return KafkaProducer(**{**ours, **known, "bootstrap_servers": servers})


class Feed:
    """Readings on their way to the city's topics. A sensor keeps one partition, the one that Kafka's own rule gives its id."""

    def __init__(self, producer: KafkaProducer, origin: Origin) -> None:
        self._producer = producer
        self._headers = [("citydeck-origin", origin.encode())]
        self._places: dict[tuple[str, str], int] = {}
        self._gathered: dict[tuple[str, int], tuple[str, list[str]]] = {}
        self.sent = 0
        """Readings handed to the client."""
        self.failed = 0
        """Messages that Kafka did not take; said in the log at the first and at every thousandth."""

    def send(self, domain: str, sensor: str, readings: Sequence[str], *, single: bool = False) -> None:
        """One message of one sensor, readings being JSON objects; `single` sends each alone. KafkaError when there is no broker."""
        values = readings if single else [f"[{','.join(readings)}]"]
        for value in values:
            self._put(domain, self._partition(domain, sensor), sensor.encode(), value.encode())
        self.sent += len(readings)

    def gather(self, domain: str, sensor: str, readings: Sequence[str]) -> None:
        """Send together with others of the same partition, many to a message: for a past that is sent at once. End with `flush`."""
        at = domain, self._partition(domain, sensor)
        _, waiting = self._gathered.setdefault(at, (sensor, []))
        waiting += readings
        if len(waiting) >= FULL:
            self._release(at)

    def send_raw(self, domain: str, value: bytes) -> None:
        """A record as it is, understood or not."""
        self._put(domain, self._partition(domain, ""), None, value)

    def flush(self) -> None:
        """Return when everything has been taken by Kafka. KafkaTimeoutError when it does not come to that."""
        for at in list(self._gathered):
            self._release(at)
        self._producer.flush(60)

    def _release(self, at: tuple[str, int]) -> None:
        sensor, waiting = self._gathered.pop(at)
        self._put(*at, sensor.encode(), f"[{','.join(waiting)}]".encode())
        self.sent += len(waiting)

    def _put(self, domain: str, partition: int, key: bytes | None, value: bytes) -> None:
        future = self._producer.send(TOPIC + domain, value, key=key, headers=self._headers, partition=partition)
        future.add_errback(self._missed)

    def _missed(self, error: BaseException) -> None:
        self.failed += 1
        if self.failed % 1000 == 1:
            log.warning("kafka did not take a message", extra={"reason": str(error), "failed": self.failed})

    def _partition(self, domain: str, sensor: str) -> int:
        # Worked out once per sensor: the client would hash the key anew, in Python, for every message.
        if (domain, sensor) not in self._places:
            partitions = sorted(self._producer.partitions_for(TOPIC + domain))
            self._places[domain, sensor] = partitions[(murmur2(sensor.encode()) & 0x7FFFFFFF) % len(partitions)]
        return self._places[domain, sensor]
