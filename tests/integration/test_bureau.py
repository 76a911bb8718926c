"""One file more is one bureau more: its stream, figures, conditions, map and API rows; a wrong file stops every start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from demo.memory import RedisServer
from demo.port import free_port
from tests.e2e.deck import COMMANDS, Deck
from tests.integration.bureau import METER, NOISE, city
from tests.integration.web import Stream
from tests.kafka.server import KafkaServer
from tests.project import ROOT
from tests.until import until

TOPIC = "city.noise"
CRITICAL = 1


@pytest.fixture(scope="module")
def deck(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """The whole line over a city with the bureau, which has heard one quiet meter."""
    folder = tmp_path_factory.mktemp("bureau")
    kafka.create_topic(TOPIC, 2)
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis:
        deck = Deck(folder, city(folder), kafka.bootstrap, redis.url, {})
        try:
            for name in COMMANDS:
                deck.start(name)
            deck.ready()
            deck.send("noise", "meter-1", "level", 61.5, **METER)
            deck.arrived("meter-1", "level", 61.5)
            yield deck
        finally:
            deck.stop()


def test_the_api_tells_the_bureau(deck: Deck) -> None:
    keys = [domain["key"] for domain in deck.json("/api/v1/domains")["domains"]]
    assert keys == ["sea", "land", "air", "traffic", "noise"]
    assert deck.json("/catalogue")["domains"][-1]["label"] == {"en": "Noise", "zh": "噪声"}


def test_the_api_tells_its_sensors(deck: Deck) -> None:
    (meter,) = deck.json("/api/v1/sensors?domain=noise")["sensors"]
    assert meter["metrics"]["level"]["value"] == 61.5
    assert (meter["id"], meter["listed"], meter["lon"], meter["lat"]) == ("meter-1", False, METER["lon"], METER["lat"])


def test_the_api_tells_its_figures(deck: Deck) -> None:
    def told() -> dict[str, float]:
        return {kpi["key"]: kpi["value"] for kpi in deck.json("/api/v1/kpis?domain=noise")["kpis"]}

    deck.send("noise", "meter-1", "level", 61.5)
    deck.send("noise", "meter-2", "level", 70.5)
    until(lambda: told() == {"loudest": 70.5, "mean": 66.0}, "the figures of two meters")


def test_its_live_stream_carries_figures_map_and_condition(deck: Deck) -> None:
    with Stream(deck, "domain-noise") as stream:
        first = stream.frame()
        assert first["full"] == 1 and first["page"] == "domain-noise"
        parts = {"head.noise", "kpi.noise/loudest", "spark.noise/mean", "trend.noise/loudest", "map.noise", "stations.noise"}
        assert parts <= set(first["s"])
    deck.send("noise", "meter-3", "level", 97.0)

    def condition() -> bool:
        with Stream(deck, "domain-noise") as again:
            sections = again.frame()["s"]
        rows = {row["subject"]: row for row in sections["conditions"]["rows"]}
        row = rows.get("sensor:meter-3", {})
        return (row.get("rule"), row.get("priority")) == ("noise/loud", CRITICAL) and CRITICAL in sections["map.noise"]["c"]["s"]

    until(condition, "the condition in a frame")
    assert b'citydeck_feed_readings_total{domain="noise"' in deck.get("/metrics")[1]


def test_its_page_exists_and_another_does_not(deck: Deck) -> None:
    assert deck.get("/domain/noise")[0] == 200
    assert deck.get("/positions/noise")[0] == 200
    assert deck.get("/domain/smell")[0] == 404


MISTAKES = {
    "unit": ('unit="dB"', 'unit="furlong"', "metrics[0] (level).unit"),
    "limit": ("limit=90", "limit=900", "rules[0] (loud).limit: 900 is outside the valid range"),
    "name": ('table="loudest"', 'tables="loudest"', "Domain.tables"),
    "syntax": ("order=50,", "order=50", "line "),
}


@pytest.mark.parametrize(("process", "mistake"), list(zip(COMMANDS, cycle(MISTAKES), strict=False)))  # all read the site by one loader
def test_a_wrong_file_stops_the_start(tmp_path: Path, process: str, mistake: str) -> None:
    before, after, field = MISTAKES[mistake]
    assert before in NOISE
    site = city(tmp_path, NOISE.replace(before, after))
    environment = {"PATH": os.environ["PATH"], "CITYDECK_SITE": str(site), "CITYDECK_PORT": str(free_port()), "TMPDIR": str(tmp_path)}
    ended = subprocess.run([sys.executable, *COMMANDS[process]], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert str(site / "domains" / "noise.py") in ended.stderr
    assert field in ended.stderr
    assert "Traceback" not in ended.stderr.splitlines()[0]
    if process != "web":  # its manager has exit codes of its own
        assert ended.returncode == 2
        assert len(ended.stderr.splitlines()) == 1
