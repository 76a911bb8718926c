"""Processes that come up before what they need: each waits, says so once, and goes on by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.broker import CLIENT, Broker
from demo.memory import RedisServer
from demo.port import free_port
from demo.tied import tied
from store.connect import connect
from store.process import Process, processes
from tests.integration.line import DOMAIN, SITE
from tests.kafka.server import KafkaServer
from tests.project import ROOT
from tests.until import until

REPAIRED = {"topic": "city.sea", "value": json.dumps({"sensor": "a", "metric": "ph", "value": 8, "time": "2026-11-20T07:00:00Z"})}

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `python -m streams` for a small city; its log is `log` in the folder."""
    (tmp_path / "site.toml").write_text(SITE.replace("bureaus = []\n", ""))
    started = []

    def run(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        told = {f"CITYDECK_{name.upper()}": text for name, text in settings.items()}
        environment = {"PATH": os.environ["PATH"], "CITYDECK_SITE": str(tmp_path), **told}
        command = tied([sys.executable, "-m", "streams", *arguments])
        with (tmp_path / "log").open("ab") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True))
        return started[-1]

    yield run
    for child in started:
        child.kill()
        child.communicate()


def told(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]


def beating(redis: RedisServer, kind: str) -> Process | None:
    with connect(redis.url) as client:
        return next((process for process in processes(client) if process.kind == kind), None)


def test_frames_waits_for_redis(start: Start, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    child = start("frames", redis=redis.url)
    until(lambda: len(told(tmp_path)) > 0, "a word about it")
    assert child.poll() is None
    redis.start()
    try:
        until(lambda: (found := beating(redis, "frames")) and found.state == "active", "a composer at work")
        child.send_signal(signal.SIGTERM)
        assert child.wait(90) == 0
    finally:
        redis.stop()
    assert [line["message"] for line in told(tmp_path)] == ["failed"]


def test_ingest_waits_for_kafka_and_says_so(redis_server: RedisServer, start: Start, tmp_path: Path) -> None:
    servers = f"127.0.0.1:{free_port()}"
    child = start("ingest", redis=redis_server.url, kafka=servers)
    until(lambda: beating(redis_server, "ingest"), "a heartbeat")
    waiting = beating(redis_server, "ingest")
    assert waiting and (waiting.state, waiting.error) == ("waiting", f"Kafka at {servers} does not answer")
    child.send_signal(signal.SIGTERM)
    assert child.wait(90) == 0
    assert beating(redis_server, "ingest") is None
    assert [line["message"] for line in told(tmp_path)] == ["waiting"]


def test_kafka_may_come_later_and_go_again(kafka: KafkaServer, redis_server: RedisServer, start: Start, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(SITE)  # none of the bureaus whose records other tests have left on this Kafka
    (tmp_path / "domains").mkdir()
    (tmp_path / "domains" / "probe.py").write_text(DOMAIN.format(topic="city.comes-later"))

    def state() -> tuple[str, str | None]:
        found = beating(redis_server, "ingest")
        return (found.state, found.error) if found else ("", None)

    lack = f"Kafka at {kafka.bootstrap} does not answer"
    kafka.stop()
    try:
        start("ingest", redis=redis_server.url, kafka=kafka.bootstrap, kafka_group_id="comes-later")
        until(lambda: state() == ("waiting", lack), "a process that waits")
        kafka.start()
        until(lambda: state() == ("active", None), "a process that reads")
        kafka.stop()
        until(lambda: state() == ("active", lack), "that Kafka has gone")
    finally:
        kafka.start()
    until(lambda: state()[1] is None, "that Kafka is back")


def test_what_is_sent_again_is_looked_at_before_kafka_is_asked(start: Start, tmp_path: Path) -> None:
    servers = f"127.0.0.1:{free_port()}"
    child = start("rejects", "--send", kafka=servers)
    child.communicate("broken\n", timeout=90)
    child_with_one = start("rejects", "--send", kafka=servers)
    child_with_one.communicate(json.dumps(REPAIRED) + '\n{"topic": "city.nowhere"}\n', timeout=90)
    assert (child.returncode, child_with_one.returncode) == (1, 1)
    first, second, third = (tmp_path / "log").read_text().splitlines()
    assert first.startswith("line 1: Expecting value")
    assert second == "line 2: topic 'city.nowhere' belongs to no domain"
    assert third == f"citydeck: Kafka at {servers} does not answer"


def test_a_broker_that_speaks_otherwise_is_one_sentence(broker: Broker, start: Start, tmp_path: Path) -> None:
    child = start("rejects", "--send", kafka=broker.bootstrap)
    child.communicate(json.dumps(REPAIRED) + "\n", timeout=90)
    assert child.returncode == 1
    (said,) = (tmp_path / "log").read_text().splitlines()
    assert said.startswith(f"citydeck: Kafka at {broker.bootstrap} answers, but cannot be used: ")
    options = {f"kafka_{name}": text for name, text in CLIENT.items()}
    again = start("rejects", "--send", kafka=broker.bootstrap, **options)
    again.communicate(json.dumps(REPAIRED) + "\n", timeout=90)
    assert again.returncode == 0


def test_listing_refused_records_needs_redis_only(start: Start, tmp_path: Path) -> None:
    port = free_port()
    child = start("rejects", redis=f"redis://127.0.0.1:{port}/0")
    assert child.wait(90) == 1
    (said,) = (tmp_path / "log").read_text().splitlines()
    assert said.startswith(f"citydeck: Redis at redis://127.0.0.1:{port}/0: ")
