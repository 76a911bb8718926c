"""The simulator and the replay on a real line: what they send to Kafka arrives, can be read, and says what it is."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.partitioner.default import DefaultPartitioner

from demo.broker import API_VERSION, Broker
from demo.memory import RedisServer
from demo.produce import Feed, connect
from demo.readers.recording import Recording
from demo.readers.tape import tape
from demo.replay import Player, follow
from demo.simulate import Simulator, flat_out, natural_rate
from demo.simulation.city import readings
from demo.simulation.moment import Town
from demo.simulation.roster import KINDS, town_of
from model import Label, ReplayClock, Sensor, Site
from store import clock as store_clock
from streams.decode import native

OPTIONS: dict[str, Any] = {"api_version": tuple(int(part) for part in API_VERSION.split("."))}
PATIENCE = 90.0
AT = 1_795_334_400.0
"""2026-11-22T08:00:00Z."""


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """A broker of its own, because the feeds' topics have the names they have."""
    with Broker({f"city.{domain}": 4 for domain in KINDS}) as broker:
        yield broker


@pytest.fixture
def producer(own_broker: Broker) -> Iterator[KafkaProducer]:
    made = connect(own_broker.bootstrap, **OPTIONS)
    yield made
    made.close(5)


def town() -> Town:
    """A small town with every kind of sensor."""
    sensors = {
        domain: tuple(
            Sensor(
                id=f"{domain}-{kind}-{n}", domain=domain, label=Label(en="", zh=""), lon=114.3 + n / 50, lat=22.5, area="", interval=10.0,
                owner=None, extra={"kind": kind},
            )
            for kind in kinds for n in range(4)
        )
        for domain, kinds in KINDS.items()
    }  # fmt: skip
    site = Site(
        folder="", label=Label(en="", zh=""), zone="Asia/Shanghai", areas=(), screens=(), extent=(114.2, 22.4, 114.7, 22.8),
        review_number="", sensors=sensors,
    )  # fmt: skip
    return town_of(site, seed=3)


def everything(broker: Broker, topics: list[str], count: int) -> list[Any]:
    """The records of the topics, once they hold `count` readings that can be read."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap, fetch_max_wait_ms=20, **OPTIONS)
    places = [TopicPartition(topic, partition) for topic in topics for partition in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(places)
    consumer.seek_to_beginning()
    found: list[Any] = []
    read, deadline = 0, time.monotonic() + PATIENCE
    while read < count and time.monotonic() < deadline:
        fresh = [record for records in consumer.poll(100).values() for record in records]
        read += len(native([record.value for record in fresh])[0].value)
        found += fresh
    consumer.close()
    assert read == count
    return found


def made(town: Town, start: float, end: float, step: float | None = None) -> int:
    return sum(sample.values.size for sample in readings(town, start, end, step=step))


def test_simulated_readings_arrive_and_can_be_read(own_broker: Broker, producer: KafkaProducer) -> None:
    city, feed = town(), Feed(producer, "simulated")
    Simulator(city, feed).present(AT, AT + 60)
    feed.flush()
    assert feed.sent == made(city, AT, AT + 60) > 1000 and feed.failed == 0
    records = everything(own_broker, [f"city.{domain}" for domain in KINDS], feed.sent)
    assert {tuple(record.headers) for record in records} == {(("citydeck-origin", b"simulated"),)}
    for record in records:
        if record.key is not None:
            elements = json.loads(record.value)
            assert {element["sensor"] for element in elements} == {record.key.decode()}
            assert record.topic == f"city.{record.key.decode().partition('-')[0]}"
    columns, refused = native([record.value for record in records])
    assert len(refused) == sum(record.key is None for record in records)
    assert set(columns.metric) == {channel.key for kinds in KINDS.values() for kind in kinds.values() for channel in kind.channels}


def test_the_past_and_the_present_of_a_sensor_share_one_partition_which_is_kafkas_own(own_broker: Broker, producer: KafkaProducer) -> None:
    city, feed = town(), Feed(producer, "simulated")
    Simulator(city, feed).past(AT - 7200, AT)
    feed.flush()
    assert feed.sent == made(city, AT - 7200, AT - 900, 300.0) + made(city, AT - 900, AT)
    records = everything(own_broker, ["city.sea", "city.traffic"], _of(city, ("sea", "traffic")))
    homes, times, sizes = defaultdict(set), defaultdict(list), []
    for record in records:
        if record.key is None:
            continue
        elements = json.loads(record.value)
        sizes.append(len(elements))
        for element in elements:
            homes[element["sensor"]].add(record.partition)
            times[element["sensor"], element["metric"]].append(element["time"])
    assert max(sizes) >= 200 and all(len(partitions) == 1 for partitions in homes.values())
    for sensor, (partition,) in homes.items():
        assert partition == _kafkas_own(producer, f"city.{sensor.partition('-')[0]}", sensor)
    late = sum(int((np.diff(moments) < 0).sum()) for moments in times.values())
    assert 0 < late < 0.02 * sum(map(len, times.values()))


def _of(city: Town, domains: tuple[str, ...]) -> int:
    coarse = [s for s in readings(city, AT - 7200, AT - 900, step=300.0)]
    return sum(s.values.size for s in [*coarse, *readings(city, AT - 900, AT)] if s.group.domain in domains)


def _kafkas_own(producer: KafkaProducer, topic: str, sensor: str) -> int:
    class Cluster:
        """What the client's partitioner asks of the cluster."""

        def topics(self) -> set[str]:
            return {topic}

        def partitions_for_topic(self, _: str) -> set[int]:
            return set(producer.partitions_for(topic))

        available_partitions_for_topic = partitions_for_topic

    return int(DefaultPartitioner().partition(topic, sensor, sensor.encode(), None, None, Cluster()))


def test_single_readings_go_one_to_a_message(own_broker: Broker, producer: KafkaProducer) -> None:
    city, feed = town(), Feed(producer, "simulated")
    Simulator(city, feed, single=True).present(AT, AT + 10)
    feed.flush()
    records = everything(own_broker, [f"city.{domain}" for domain in KINDS], feed.sent)
    objects = [json.loads(record.value) for record in records if record.key is not None]
    assert len(objects) == feed.sent and all(isinstance(found, dict) for found in objects)


def test_the_simulator_goes_on_from_where_its_past_ended_until_it_is_stopped(own_broker: Broker, producer: KafkaProducer) -> None:
    city, feed, stop = town(), Feed(producer, "simulated"), threading.Event()
    simulator = Simulator(city, feed)
    moments = iter([AT + 0.3, AT + 5.0, AT + 4.0, AT + 12.0])  # a clock that once goes back

    def clock() -> float:
        moment = next(moments)
        if moment == AT + 12.0:
            stop.set()
        return moment

    simulator.run(AT, clock, stop)
    feed.flush()
    assert feed.sent == made(city, AT, AT + 12.0)
    records = everything(own_broker, ["city.air"], sum(s.values.size for s in readings(city, AT, AT + 12.0) if s.group.domain == "air"))
    assert all(record.timestamp >= 0 for record in records)


def test_flat_out_says_how_fast_it_was(own_broker: Broker, producer: KafkaProducer, capsys: pytest.CaptureFixture[str]) -> None:
    city, feed = town(), Feed(producer, "simulated")
    flat_out(Simulator(city, feed).gathered, feed, AT - 300, AT)
    assert f"{feed.sent} readings in" in capsys.readouterr().out
    assert feed.sent == pytest.approx(300 * natural_rate(city), rel=0.1)


def recorded(domain: str, sensor: str, first: float, step: float, count: int) -> Recording:
    times = first + step * np.arange(count)
    table = pd.DataFrame({"sensor": sensor, "metric": "speed", "value": np.arange(count) + 0.5, "time": times, "unit": "mph"})
    return Recording(domain=domain, name=sensor, readings=table)


def test_a_replay_sends_what_is_past_at_once_and_the_rest_when_its_clock_gets_there(own_broker: Broker, producer: KafkaProducer) -> None:
    played = tape([recorded("traffic", "old", AT - 1000 * 86_400.0 - 3600, 600.0, 30), recorded("air", "young", AT, 600.0, 10)])
    feed = Feed(producer, "replay")
    player = Player(played, feed)
    player.backlog()
    assert feed.sent == player.place == 6
    player.play(AT - 1)
    assert player.place == 6
    player.play(AT)
    assert player.place == 8  # a reading leaves when the clock reaches it
    stop, wall = threading.Event(), iter([100.0, 130.0, 150.0, 500.0])

    def now() -> float:
        moment = next(wall)
        if moment == 500.0:
            stop.set()
        return moment

    follow(player, ReplayClock(wall=100.0, event=AT, rate=60.0), now, stop)
    feed.flush()
    assert player.over and feed.sent == 40
    records = everything(own_broker, ["city.traffic", "city.air"], 40)
    assert {tuple(record.headers) for record in records} == {(("citydeck-origin", b"replay"),)}
    columns, refused = native([record.value for record in records])
    assert not refused and Counter(columns.sensor) == {"old": 30, "young": 10}
    old = np.array([name == "old" for name in columns.sensor])
    assert columns.value[old].tolist() == (np.arange(30) + 0.5).tolist()
    assert set((columns.time[old] - (AT - 1000 * 86_400.0 - 3600)) % 86_400.0 // 600.0) == set(range(30))


def test_the_clock_of_a_replay_can_be_read_by_every_process(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        clock = ReplayClock(wall=100.0, event=AT, rate=60.0)
        store_clock.publish(client, clock)
        assert store_clock.read(client) == clock
        assert store_clock.Clock(client, lambda: 110.0).now() == AT + 600.0
        store_clock.publish(client, None)
        assert store_clock.read(client) is None
