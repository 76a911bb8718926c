"""CPU per reading of `python -m streams ingest` on real Kafka: 10,000 series, everything on, against a bare loop of the same client.

`python -m bench.ingest` fills two topics first (one reading a message, and fifty), then lets a fresh ingest process drain each
while its processor time is read from /proc. What a process spends before its first commit (imports, joining the group) is taken
off by draining the first fifth before the count begins. The bare loop polls the same topic with the same client, decodes the same
structs and keeps a sum: what no design of ours can avoid.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Producer
from kafka import KafkaConsumer, TopicPartition

from bench.machine import cpu_seconds, machine, resident
from demo.memory import RedisServer
from streams.decode import native
from tests.integration.line import Line
from tests.kafka.jars import jars
from tests.kafka.server import KafkaServer

SENSORS = 10_000
WARM = 0.2


def readings(count: int, start: float) -> Iterator[str]:
    """Every sensor once a second of event time, values that vary."""
    for i in range(count):
        tick, sensor = divmod(i, SENSORS)
        moment = start + tick + (sensor % 1000) / 1000
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
        value = 100 + (i * 7919 % 10_000) / 100
        yield (
            f'{{"sensor":"probe-{sensor:05d}","metric":"level","value":{value:.2f},'
            f'"time":"{stamp}.{int(moment * 1000) % 1000:03d}Z","unit":"m"}}'
        )


def fill(bootstrap: str, topic: str, count: int, per_message: int) -> int:
    """Produces, returns the number of messages."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    sent, held = 0, []
    for text in readings(count, time.time() - count / SENSORS):
        held.append(text)
        if len(held) == per_message:
            value = held[0] if per_message == 1 else "[" + ",".join(held) + "]"
            while True:
                try:
                    producer.produce(topic, value.encode(), partition=0)
                    break
                except BufferError:
                    producer.poll(0.1)
            sent, held = sent + 1, []
    producer.flush()
    return sent


def drain(line: Line, messages: int, readings_in_all: int) -> tuple[float, float, float]:
    """(us CPU per reading, readings per second, MiB resident) of one ingest process."""
    child = line.start()
    while line.offset(0) < messages * WARM:
        time.sleep(0.01)
    first, cpu, began = line.offset(0), cpu_seconds(child.pid), time.perf_counter()
    while line.offset(0) < messages:
        time.sleep(0.005)
    share = (messages - first) / messages * readings_in_all
    spent, took = cpu_seconds(child.pid) - cpu, time.perf_counter() - began
    memory = resident(child.pid)
    child.terminate()
    child.wait()
    return spent / share * 1e6, share / took, memory


def bare(bootstrap: str, topic: str, messages: int, readings_in_all: int) -> float:
    """us CPU per reading of polling and decoding alone."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, max_poll_records=20_000, max_partition_fetch_bytes=4 << 20)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    seen, cpu, total = 0, time.process_time(), 0.0
    while seen < messages:
        for records in consumer.poll(timeout_ms=200).values():
            columns, _ = native([record.value for record in records])
            total += float(columns.value.sum())
            seen += len(records)
    spent = time.process_time() - cpu
    consumer.close()
    return spent / readings_in_all * 1e6


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        server = KafkaServer(jars(), Path(folder))
        server.start()
        try:
            for per_message, count in ((1, asked.readings), (50, 4 * asked.readings)):
                measure(server, Path(folder), per_message, count, asked.rounds)
        finally:
            server.kill()


def measure(server: KafkaServer, folder: Path, per_message: int, count: int, rounds: int) -> None:
    """One line per round: ingest, the bare loop, and their ratio."""
    for turn in range(rounds):
        home = folder / f"{per_message}-{turn}"
        with RedisServer(made(home / "redis")) as redis:
            line = Line(home / "site", server.bootstrap, redis.url, f"bench-{per_message}-{turn}", 1)
            line.environment["CITYDECK_KAFKA_SESSION_TIMEOUT_MS"] = "10000"
            messages = fill(server.bootstrap, line.topic, count, per_message)
            ours, rate, memory = drain(line, messages, count)
            alone = bare(server.bootstrap, line.topic, messages, count)
            print(
                f"{per_message:3d} a message: ingest {ours:.2f} us/reading, {rate / 1000:.0f}k readings/s, {memory:.0f} MiB; "
                f"bare loop {alone:.2f} us; ratio {ours / alone:.2f}",
                flush=True,
            )
            line.stop()


def made(folder: Path) -> Path:
    """The folder, which there is now."""
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    main()
