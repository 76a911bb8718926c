"""A small city of one domain, run by real processes, and a straight count to hold it against."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import redis
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from demo.tied import tied
from store.view import View, refresh

ROOT = Path(__file__).parents[2]

SITE = """
zone = "Asia/Shanghai"
extent = [114.2, 22.4, 114.7, 22.8]
bureaus = []
review_number = ""
[label]
en = "Test"
zh = "测试"
[[area]]
key = "bay"
en = "Bay"
zh = "湾"
"""

DOMAIN = """
from model import Domain, Figure, Kpi, Label, Layer, Metric, Rule

def name(text):
    return Label(en=text, zh=text)

LOOK = dict(unit="m", decimals=2, normal=(0.0, 500.0), scale=(-10.0, 1000.0))

def lowest(readings):
    return Figure(value=min(readings.latest("level").values(), default=None))

DOMAIN = Domain(
    label=name("Probe"), icon="<path d='M2 12h20'/>", topic="{topic}",
    metrics=(Metric(key="level", label=name("Level"), valid=(-10.0, 1000.0), **LOOK),),
    kpis=(Kpi(key="lowest", label=name("Lowest"), figure=lowest, metric="level", **LOOK),
          Kpi(key="again", label=name("Again"), figure=lowest, metric="level", **LOOK)),
    rules=(Rule(key="high", label=name("High"), on="level", comparison="high", limit=900.0, priority="high", deadband=10.0),),
    layer=Layer(kind="points", metric="level"), headline=("lowest", "again"), table="level", trends=("lowest",), interval=1.0,
    sample={{"sensor": "p-1", "metric": "level", "value": 1.0, "time": "2026-11-20T07:00:00Z", "unit": "m"}},
)
"""


class Line:
    """The line's processes over given servers; domain `probe` on a topic of its own."""

    def __init__(self, folder: Path, bootstrap: str, redis_url: str, topic: str, partitions: int) -> None:
        self.topic, self.partitions, self.bootstrap = topic, partitions, bootstrap
        (folder / "domains").mkdir(parents=True)
        (folder / "site.toml").write_text(SITE)
        (folder / "domains" / "probe.py").write_text(DOMAIN.format(topic=topic))
        self.environment = {
            "PATH": os.environ["PATH"],
            "CITYDECK_SITE": str(folder),
            "CITYDECK_KAFKA": bootstrap,
            "CITYDECK_REDIS": redis_url,
            "CITYDECK_KAFKA_GROUP_ID": topic,  # the broker of a test session has other members of the usual one
            "CITYDECK_KAFKA_SESSION_TIMEOUT_MS": "1500",
            "CITYDECK_KAFKA_HEARTBEAT_INTERVAL_MS": "300",
        }
        self.log = folder / "log"
        self.client = redis.Redis.from_url(redis_url)
        self.running: list[subprocess.Popen[bytes]] = []
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        admin.create_topics([NewTopic(topic, partitions, 1)])
        admin.close()

    def start(self, process: str = "ingest", *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                tied([sys.executable, "-m", "streams", process, *arguments]),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(child)
        return child

    def stop(self) -> None:
        for child in self.running:
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.kill()
            child.wait()
        self.client.close()

    def producer(self) -> KafkaProducer:
        return KafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=2, retries=100, max_block_ms=60_000)

    def caught_up(self, produced: Mapping[int, int]) -> bool:
        """Whether every partition's stored offset is what was produced to it."""
        return all(self.offset(number) == count for number, count in produced.items())

    def offset(self, number: int) -> int:
        return int(self.client.hget(f"city:{{probe.{number}}}:meta", "offset") or 0)

    def views(self) -> list[View]:
        views: dict[str, View] = {}
        refresh(self.client, views)
        return list(views.values())

    def windows(self, width: int = 60) -> dict[tuple[str, int], tuple[int, float]]:
        """(count, sum) by sensor and window start, over all partitions."""
        found: dict[tuple[str, int], tuple[int, float]] = {}
        for view in self.views():
            for (kind, start), rows in view.windows.items():
                for (sensor, _), row in zip(view.names, rows, strict=False):
                    if kind == width and row["n"]:
                        n, total = found.get((sensor, start), (0, 0.0))
                        found[sensor, start] = n + int(row["n"]), total + float(row["sum"])
        return found

    def counter(self, name: str) -> int:
        return sum(int(view.meta.get(name, 0)) for view in self.views())


def straight_count(readings: Iterable[tuple[str, float, float]], width: int = 60) -> dict[tuple[str, int], tuple[int, float]]:
    """(count, sum) by sensor and window start of distinct (sensor, time, value) readings; values are whole numbers."""
    held: dict[tuple[str, int], list[float]] = defaultdict(list)
    for sensor, time_, value in set(readings):
        held[sensor, int(time_ // width) * width].append(value)
    return {key: (len(values), float(sum(values))) for key, values in held.items()}


def record(sensor: str, time_: float, value: float) -> bytes:
    """One native message."""
    return json.dumps({"sensor": sensor, "metric": "level", "value": value, "time": round(time_ * 1000), "unit": "m"}).encode()
