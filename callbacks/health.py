"""Whether the deck is well: for a supervisor of processes (`/healthz`), a load balancer (`/readyz`) and Prometheus (`/metrics`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from callbacks.problem import problem
from domains.system import PROCESS_DEAD
from store import Away
from store.frame import Frames
from store.process import Process, reader

PAGE = "overview"
"""The page that is always composed."""
OLD_SECONDS = 5.0

COUNTED = {
    "records": "Records read.",
    "readings": "Readings understood.",
    "rejects": "Records or elements of records refused.",
    "bad": "Readings kept with quality bad.",
    "missing": "Readings that measured nothing.",
    "duplicates": "Readings dropped because they were known.",
    "corrections": "Readings that took the place of another value for the same time.",
    "late": "Readings later than the domain's lateness.",
    "gap": "Records that Kafka no longer held.",
}
MEASURED = {
    "series": "Pairs of sensor and metric.",
    "newest": "Event time of the newest reading, seconds since 1970.",
    "arrived": "Wall clock when the newest record arrived, seconds since 1970.",
}
PACE = {"rate": "Readings per second, as its reader says.", "lag": "Records not read and stored yet, as its reader says."}
Feeds = Mapping[tuple[str, int], Mapping[str, str]]


class City(Collector):
    """The city's figures as the store holds them, read at each scrape; `citydeck_store_up` is 0 while it does not answer."""

    def __init__(self, frames: Frames, feeds: Callable[[], Feeds], processes: Callable[[], list[Process]]) -> None:
        self._frames, self._feeds, self._processes = frames, feeds, processes

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        up = GaugeMetricFamily("citydeck_store_up", "Whether Redis answers.", value=1)
        try:
            processes = self._processes()
            yield from [*self._frame(), *_feeds(self._feeds()), *_paces(processes, time.time()), *_processes(processes)]
        except Away:
            up = GaugeMetricFamily("citydeck_store_up", "Whether Redis answers.", value=0)
        yield up

    def _frame(self) -> Iterator[Metric]:
        age = self._frames.age(PAGE)
        if age is not None:
            yield GaugeMetricFamily("citydeck_frame_age_seconds", "Since the newest frame of the overview was composed.", value=age)


def _feeds(feeds: Feeds) -> Iterator[Metric]:
    for field, text in (COUNTED | MEASURED).items():
        kind = CounterMetricFamily if field in COUNTED else GaugeMetricFamily
        family = kind(f"citydeck_feed_{field}", text, labels=("domain", "partition"))
        for (domain, partition), meta in feeds.items():
            if field in meta:
                family.add_metric((domain, str(partition)), float(meta[field]))
        yield family


def _paces(processes: list[Process], wall: float) -> Iterator[Metric]:
    """Of the partitions whose reader is alive; of others nobody knows."""
    names = sorted({name for process in processes for name in process.feeds})
    found = [(name, told) for name in names if (told := reader(processes, name, wall, PROCESS_DEAD.limit))]
    for place, (field, text) in enumerate(PACE.items()):
        family = GaugeMetricFamily(f"citydeck_feed_{field}", text, labels=("domain", "partition"))
        for name, process in found:
            value = process.feeds[name][place]
            if value is not None:
                family.add_metric(name.rpartition(".")[::2], value)
        yield family


def _processes(processes: list[Process]) -> Iterator[Metric]:
    labels = ("id", "kind", "state")
    beat = GaugeMetricFamily("citydeck_process_beat", "Wall clock of the last heartbeat, seconds since 1970.", labels=labels)
    rate = GaugeMetricFamily("citydeck_process_rate", "What the process does per second.", labels=("id", "kind"))
    for process in processes:
        beat.add_metric((process.id, process.kind, process.state), process.wall)
        rate.add_metric((process.id, process.kind), process.rate)
    yield from (beat, rate)


def register(server: Flask, frames: Frames, city: Collector, own: CollectorRegistry) -> None:
    """Adds the three routes. `own` holds this process's metrics; under several workers those of all are gathered from their files."""

    @server.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"alive": True}

    @server.get("/readyz")
    def readyz() -> Response | dict[str, Any]:
        try:
            age = frames.age(PAGE)
        except Away:
            return problem(503, "the store does not answer")
        if age is None or age > OLD_SECONDS:
            return problem(503, "no frame is being composed" if age is None else f"the newest frame is {age:.1f} s old")
        return {"ready": True, "frame_age": age}

    @server.get("/metrics")
    def metrics() -> Response:
        shared = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        gathered = generate_latest(shared) if "PROMETHEUS_MULTIPROC_DIR" in os.environ else generate_latest(own)
        here = CollectorRegistry()
        here.register(city)
        return Response(gathered + generate_latest(here), content_type=CONTENT_TYPE_LATEST)
