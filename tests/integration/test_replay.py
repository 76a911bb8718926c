"""One recorded file per domain through the whole line: what Redis holds equals values read straight from the files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from demo.broker import API_VERSION, Broker
from demo.memory import RedisServer
from store.clock import read
from store.connect import connect
from store.view import View, refresh
from tests.integration.line import ROOT
from tests.until import until

DATA = ROOT.parent / "shared" / "data"
FILES = (
    "sea/noaa_currents_s08010.json",
    "land/river_USGS_08313000_Jan2019_instantaneous.json",
    "air/hk_aqhi_weather_hourly_2026.csv",
    "air/hk_aqhi_stations.csv",
    "traffic/metr_la_speed_5min.csv",
    "traffic/metr_la_sensor_locations.csv",
)
HOURS = 5
SPEED = 1800
DAY = 86_400.0

Values = dict[tuple[str, str], dict[float, float]]
"""By (sensor, metric): value by recorded time."""

if not all((DATA / name).exists() for name in FILES):
    pytest.skip("no recorded files beside the checkout", allow_module_level=True)


def currents() -> Values:
    told = json.loads((DATA / FILES[0]).read_text())
    return {("noaa-s08010", "current_speed"): {int(ms) / 1000: value / 100 for ms, value in told["s"].items()}}


def river() -> Values:
    told = json.loads((DATA / FILES[1]).read_text())
    found = {}
    for value in told["value"]["timeSeries"][0]["values"][0]["value"]:
        found[datetime.fromisoformat(value["dateTime"]).timestamp()] = float(value["value"]) * 0.3048**3
    return {("usgs-08313000", "discharge"): found}


def health() -> Values:
    found: Values = defaultdict(dict)
    with (DATA / FILES[2]).open() as rows:
        for row in csv.DictReader(rows):
            moment = datetime.strptime(row["Date"], "%Y-%m-%d %H:%M").replace(tzinfo=timezone(timedelta(hours=8))).timestamp()
            for name, text in row.items():
                if name.startswith("AQHI_") and text:
                    found["hk-aqhi-" + name.removeprefix("AQHI_"), "health_index"][moment] = float(text)
    return found


def speeds() -> Values:
    """The file has no times: row i is i times five minutes after midnight of 1 March 2012 in Los Angeles, then UTC-8."""
    found: Values = defaultdict(dict)
    begin = datetime(2012, 3, 1, tzinfo=timezone(timedelta(hours=-8))).timestamp()
    with (DATA / FILES[4]).open() as rows:
        for i, row in enumerate(csv.DictReader(rows)):
            for name, text in row.items():
                if float(text) > 0:
                    found["metr-la-" + name, "speed"][begin + i * 300] = float(text) * 1.609344
    return found


@pytest.fixture
def replayed(tmp_path: Path, redis_server: RedisServer) -> Iterator[tuple[float, list[View]]]:
    """(when the replay began, what the partitions hold five hours later)."""
    for name in FILES:
        (tmp_path / "feed" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "feed" / name).symlink_to(DATA / name)
    client = connect(redis_server.url)
    with Broker() as broker, (tmp_path / "log").open("wb") as log:
        environment = {
            "PATH": os.environ["PATH"],
            "CITYDECK_SITE": str(ROOT / "demo" / "recorded"),
            "CITYDECK_KAFKA": broker.bootstrap,
            "CITYDECK_KAFKA_API_VERSION": API_VERSION,
            "CITYDECK_REDIS": redis_server.url,
        }
        commands = (["streams", "ingest"], ["demo.replay", str(tmp_path / "feed"), "--speed", str(SPEED)])
        children = [
            subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log) for command in commands
        ]
        until(lambda: read(client) is not None, "a published clock")
        clock = read(client)
        assert clock is not None
        views: dict[str, View] = {}

        def far_enough() -> bool:
            refresh(client, views)
            newest = {view.domain: float(view.meta.get("newest", 0)) for view in views.values()}
            return min((max_(views, domain) for domain in newest), default=0) >= clock.event + (HOURS + 1) * 3600 and len(newest) == 4

        until(far_enough, f"{HOURS} hours of replay; log: {(tmp_path / 'log').read_text()[-2000:]}")
        yield clock.event, list(views.values())
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(90)


def max_(views: dict[str, View], domain: str) -> float:
    return max(float(view.meta.get("newest", 0)) for view in views.values() if view.domain == domain)


def shifted(values: Values, begin: float) -> Values:
    """Moved by whole days so that the first reading falls into the day that ends where the replay begins."""
    first = min(min(column) for column in values.values())
    days = (begin - first) // DAY * DAY
    return {name: {moment + days: value for moment, value in column.items()} for name, column in values.items()}


def held(views: list[View], begin: float, end: float) -> dict[tuple[str, str], tuple[int, float]]:
    """(count, sum) of five-minute windows within [begin, end)."""
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for view in views:
        for (width, start), rows in view.windows.items():
            for name, row in zip(view.names, rows, strict=False):
                if width == 300 and begin <= start < end and row["n"]:
                    n, total = found.get(name, (0, 0.0))
                    found[name] = n + int(row["n"]), total + float(row["sum"])
    return found


def test_a_file_of_every_domain_equals_its_own_values(replayed: tuple[float, list[View]]) -> None:
    begin, views = replayed
    end = begin + HOURS * 3600
    found = held(views, begin, end)
    for values in (currents(), river(), health(), speeds()):
        expected = 0
        for name, column in shifted(values, begin).items():
            inside = [value for moment, value in column.items() if begin <= moment < end]
            expected += len(inside)
            if inside:
                count, total = found[name]
                assert count == len(inside), name
                assert total == pytest.approx(sum(inside), rel=1e-6), name
        assert expected > 0
