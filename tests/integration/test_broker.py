"""The embedded broker and Redis: the real protocol, every codec, and nothing left when they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from kafka import KafkaConsumer, TopicPartition

from demo.broker import API_VERSION, CLIENT, Broker
from demo.memory import RedisServer
from demo.port import LOOPBACK, free_port, is_free
from demo.tied import tied
from tests.integration.echo import CODECS, HEADERS, receive, records, send


@pytest.fixture
def options(broker: Broker) -> dict[str, Any]:
    return {"bootstrap_servers": broker.bootstrap, "api_version": tuple(int(part) for part in API_VERSION.split("."))}


@pytest.mark.parametrize("codec", [None, *CODECS])
def test_what_is_sent_comes_back(broker: Broker, options: dict[str, Any], codec: str | None) -> None:
    topic = f"city.echo-{codec}"
    broker.create_topic(topic, 1)
    send(options, topic, records(500), codec)
    found = receive(options, topic, 500)
    assert [record.value for record in found] == records(500)
    assert [record.offset for record in found] == list(range(500))
    assert found[0].headers == HEADERS


def test_topics_have_the_partitions_asked_for(broker: Broker, options: dict[str, Any]) -> None:
    broker.create_topic("city.three", 3)
    consumer = KafkaConsumer(**options)
    assert consumer.partitions_for_topic("city.three") == {0, 1, 2}
    consumer.close()
    with pytest.raises(ValueError, match="city.three"):
        broker.create_topic("city.three", 3)


def test_a_group_continues_where_it_committed(broker: Broker, options: dict[str, Any]) -> None:
    broker.create_topic("city.group", 1)
    send(options, "city.group", records(10))
    assert _read_as_group(options, 10) == list(range(10))
    send(options, "city.group", records(5))
    assert _read_as_group(options, 5) == list(range(10, 15))


def _read_as_group(options: dict[str, Any], count: int) -> list[int]:
    session = {name: int(CLIENT[name]) for name in ("session_timeout_ms", "heartbeat_interval_ms")}
    group = {"group_id": "readers", "auto_offset_reset": "earliest", "enable_auto_commit": False}
    consumer = KafkaConsumer(**group, **session, **options)
    assert consumer.partitions_for_topic("city.group") == {0}  # a client that joins before it knows the topic is given nothing
    consumer.subscribe(["city.group"])
    found: list[int] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += [record.offset for record in consumer.poll(200).get(TopicPartition("city.group", 0), [])]
    consumer.commit()
    consumer.close()
    return found


def test_the_broker_ends_when_it_is_stopped_and_when_its_owner_is_killed() -> None:
    with Broker() as own:
        assert not _free(own.bootstrap)
    assert not own.running and _free(own.bootstrap)
    code = "import time; from demo.broker import Broker; print(Broker().bootstrap, flush=True); time.sleep(600)"
    address = _killed_owner(code)
    _until(lambda: _free(address))


def test_redis_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from demo.memory import RedisServer; "
        f"server = RedisServer(pathlib.Path({str(tmp_path)!r})); server.start(); print(f'x:{{server.port}}', flush=True); time.sleep(600)"
    )
    address = _killed_owner(code)
    _until(lambda: _free(address))


def test_a_durable_redis_brings_back_what_it_acknowledged(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("kept", "by stop")
        redis_server.stop()
        redis_server.start()
        assert client.get("kept") == b"by stop"
        client.set("kept", "by kill")
        redis_server.kill()
        redis_server.start()
        assert client.get("kept") == b"by kill"


def test_a_tied_command_does_not_start_without_its_parent() -> None:
    command = tied([sys.executable, "-c", "print('ran')"])
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "ran\n"
    command[command.index(str(os.getpid()))] = "1"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "") and "parent has gone" in done.stderr


def test_ports_stay_below_those_of_outgoing_connections() -> None:
    port = free_port()
    assert is_free(port) and port < 32_768
    with pytest.raises(OSError, match="assign|not known|service"):
        is_free(port, "203.0.113.1")


def _killed_owner(code: str) -> str:
    """The address a server printed, after the process that owned it was killed."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as owner:
        assert owner.stdout is not None
        address = owner.stdout.readline().strip()
        assert not _free(address)
        owner.kill()
    return address


def _free(address: str) -> bool:
    return is_free(int(address.rpartition(":")[2]), LOOPBACK)


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
