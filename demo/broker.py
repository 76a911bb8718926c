"""An embedded Kafka broker: librdkafka's mock cluster, which speaks the real protocol, in a process of its own.

It keeps its records in memory, the newest 5 MB or so of each partition, and forgets them when it stops.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

API_VERSION = "2.3"
"""What a client must assume of this broker, because it answers newer negotiation in a way that kafka-python does not accept."""
CLIENT = {"api_version": API_VERSION, "session_timeout_ms": "3000", "heartbeat_interval_ms": "500"}
"""Options that suit it, as text. When a member of a group joins or leaves it waits for all but the last second of the session
time-out before it deals out the partitions, so a long session would be a long silence."""

ROOT = Path(__file__).resolve().parents[1]


class Broker:
    """The broker's process as seen from outside: it ends with this object, or when the process holding it ends.

    `topics` gives the number of partitions by name; a topic not named comes into being on first use, with four.
    """

    def __init__(self, topics: Mapping[str, int] | None = None, log: IO[bytes] | None = None) -> None:
        command = [sys.executable, "-m", "demo.broker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        self.bootstrap = self._answer()
        for name, partitions in (topics or {}).items():
            self.create_topic(name, partitions)

    def create_topic(self, name: str, partitions: int) -> None:
        """Add a topic. ValueError when the broker refuses: it exists already, or the numbers make no sense."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name} {partitions}\n")
        self._process.stdin.flush()
        if answer := self._answer():
            raise ValueError(f"topic {name}: {answer}")

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"the embedded broker ended with code {self._process.wait()}")
        return line.strip()

    @property
    def running(self) -> bool:
        """Whether the broker's process lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process and with it every record. Stopping twice does nothing."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class _Cluster:
    """The mock cluster through librdkafka's own functions (rdkafka_mock.h): the Python package does not offer them."""

    def __init__(self) -> None:
        from confluent_kafka import cimpl  # here, so that only the broker's own process carries librdkafka

        self._library = library = ctypes.CDLL(cimpl.__file__)
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
            getattr(library, name).restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        library.rd_kafka_err2str.restype = ctypes.c_char_p
        error = ctypes.create_string_buffer(512)
        settings = ctypes.c_void_p(library.rd_kafka_conf_new())
        library.rd_kafka_conf_set(settings, b"log_level", b"3", error, ctypes.c_size_t(512))
        producer = ctypes.c_void_p(library.rd_kafka_new(0, settings, error, ctypes.c_size_t(512)))
        if not producer:
            raise RuntimeError(error.value.decode())
        self._cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(producer, 1))
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self.bootstrap: str = library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create(self, name: str, partitions: int) -> str:
        """Add a topic; empty, or why not."""
        code = self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        return self._library.rd_kafka_err2str(code).decode() if code else ""


def serve() -> None:
    """Print the address, then answer each `topic partitions` line, until standard input ends: then whoever asked has gone."""
    cluster = _Cluster()
    print(cluster.bootstrap, flush=True)
    for line in sys.stdin:
        name, partitions = line.split()
        print(cluster.create(name, int(partitions)), flush=True)


if __name__ == "__main__":
    serve()
