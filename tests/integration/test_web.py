"""Everything the web process answers beside the live streams, as browsers, load balancers and programs ask for it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.memory import RedisServer
from domains import city
from model import Label
from store.connect import connect
from store.process import beat, leave, processes
from streams.roll import Roll
from tests.integration.web import SITE, Web, press, web
from tests.until import PATIENCE, until

OWNER = Label(en="Marine", zh="海洋局")
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis of this file."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def deck(memory: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One worker over it."""
    with web(memory.url, tmp_path_factory.mktemp("web"), workers=1) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/domain/sea", 200),
        ("/domain/fire", 404),
        ("/sensor/a%2F%2Fb%3Fc", 200),
        ("/sensor/", 404),
        ("/system", 200),
        ("/system/x", 404),
        ("/wall/nothing", 404),
        ("/nothing", 404),
        ("/basemap/..%2Fsite.geojson", 404),
    ],
)
def test_an_address_is_a_page_or_not_found(deck: Web, path: str, status: int) -> None:
    assert deck.get(path)[0] == status


def test_every_screen_of_the_site_has_its_page(deck: Web) -> None:
    for screen in deck.json("/catalogue")["site"]["screens"]:
        assert deck.get(f"/wall/{screen['id']}")[0] == 200


def test_a_page_is_drawn_by_its_address(deck: Web) -> None:
    call = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "location", "property": "pathname", "value": "/domain/sea"}],
        "changedPropIds": ["location.pathname"],
    }
    status, _, body = deck.get("/_dash-update-component", {"Content-Type": "application/json"}, "POST", json.dumps(call))
    assert status == 200
    assert json.loads(body)["response"]["page"]["children"]["props"]["data-page"] == "domain-sea"


def test_nothing_on_the_page_comes_from_elsewhere(deck: Web) -> None:
    _, headers, body = deck.get("/")
    addresses = re.findall(r'(?:src|href)="([^"]*)"', body.decode())
    assert addresses and all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert not any("live-worker" in address for address in addresses)
    rules = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in rules["script-src"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_tab_s_icon_is_the_deck_s_own_also_for_who_guesses_its_address(deck: Web) -> None:
    page = deck.get("/")[2].decode()
    (address,) = re.findall(r'<link rel="icon" type="image/svg\+xml" href="([^"]*)"', page)
    status, headers, body = deck.get(address)
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "image/svg+xml") and body.startswith(b"<svg")
    assert page.count('rel="icon"') == 1
    status, headers, _ = deck.get("/favicon.ico")
    assert (status, headers["Location"]) == (308, address)


def test_scripts_are_admitted_by_what_the_policy_names(deck: Web) -> None:
    _, headers, body = deck.get("/")
    shown = re.sub(r"<!--.*?-->", "", body.decode(), flags=re.DOTALL)
    inline = [text for text in re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>", shown, re.DOTALL) if text]
    assert inline
    for text in inline:
        assert f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}" in headers["Content-Security-Policy"]


def test_the_drawing_library_is_served_compressed_and_for_ever(deck: Web) -> None:
    address = re.findall(r'"(/vendor/deck-[0-9a-f]{12}\.js)"', deck.get("/")[2].decode())[0]
    status, headers, body = deck.get(address, GZIP)
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in headers["Cache-Control"]
    assert len(body) < 1_300_000
    text = gzip.decompress(body)
    assert text == deck.get(address)[2]
    assert b"JSONConverter" in text


def test_every_script_of_the_page_is_compressed_for_who_takes_it(deck: Web) -> None:
    for address in re.findall(r'src="([^"]*\.js[^"]*)"', deck.get("/")[2].decode()):
        _, headers, body = deck.get(address, GZIP)
        plain = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        assert headers.get("Content-Encoding") == "gzip" or len(plain) < 1024
        assert plain == deck.get(address)[2]


@pytest.mark.parametrize("path", ["/catalogue", "/basemap/land.geojson", "/basemap/places.geojson"])
def test_what_does_not_change_is_not_sent_twice(deck: Web, path: str) -> None:
    status, headers, _ = deck.get(path, GZIP)
    assert status == 200
    status, again, body = deck.get(path, {**GZIP, "If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert deck.get(path, {"If-None-Match": '"other"'})[0] == 200


def test_the_catalogue_declares_everything_a_screen_needs(deck: Web) -> None:
    catalogue = deck.json("/catalogue")
    assert {"label", "zone", "areas", "screens", "extent"} <= set(catalogue["site"])
    assert not {"folder", "sensors"} & set(catalogue["site"])
    sea = next(domain for domain in catalogue["domains"] if domain["key"] == "sea")
    assert {"en", "zh"} == set(sea["label"])
    assert all({"unit", "decimals", "normal", "scale"} <= set(metric) for metric in sea["metrics"])
    assert all("figure" not in kpi for kpi in sea["kpis"])
    assert any(rule["guidance"]["action"]["zh"] for rule in sea["rules"] if rule["guidance"])
    assert [domain["order"] for domain in catalogue["domains"]] == sorted(domain["order"] for domain in catalogue["domains"])


def test_positions_are_what_the_judge_stored_and_change_at_once(deck: Web, memory: RedisServer) -> None:
    client = connect(memory.url)
    for version in (1, 2):
        client.set("city:{judge}:positions:sea", json.dumps({"version": version, "ids": ["x"] * version}))
        assert deck.json("/positions/sea")["version"] == version
    assert deck.get("/positions/fire")[0] == 404
    client.delete("city:{judge}:positions:sea")
    assert deck.get("/positions/sea")[0] == 404


def test_the_api_names_a_sensor_s_owner_in_both_languages(deck: Web, memory: RedisServer) -> None:
    described, site = city.read(SITE)
    first, *_ = listed = [replace(sensor, owner=owner) for sensor, owner in zip(site.sensors["sea"], (OWNER, None), strict=False)]
    with connect(memory.url) as client:
        client.set("city:{judge}:positions:sea", Roll(described["sea"], listed).positions)
        rows = deck.json("/api/v1/sensors?domain=sea")["sensors"]
        assert [(row["id"] == first.id, row["owner"]) for row in rows] == [(True, {"en": "Marine", "zh": "海洋局"}), (False, None)]
        client.delete("city:{judge}:positions:sea")


def test_health_says_alive_always_and_ready_only_with_fresh_frames(deck: Web, memory: RedisServer) -> None:
    client = connect(memory.url)
    client.delete("city:{judge}:frame:overview")
    assert deck.get("/healthz")[0] == 200
    assert deck.get("/readyz")[0] == 503

    def ready() -> bool:
        press(client).publish("overview", "e-1", b"{}", None)
        return deck.get("/readyz")[0] == 200

    until(ready, "readiness")
    client.pexpire("city:{judge}:frame:overview", 60_000 - 5_001)  # as it is when nothing was composed for five seconds
    assert deck.get("/readyz")[0] == 503


def test_metrics_tell_of_this_process_and_of_the_city(deck: Web, memory: RedisServer) -> None:
    client = connect(memory.url)
    client.sadd("city:partitions", "sea.0")
    client.hset("city:{sea.0}:meta", mapping={"readings": 41})
    beat(client, "frames-1", "frames", "active", None, 9.0, 1000.0)
    beat(client, "ingest-1", "ingest", "active", None, 2.5, time.time() + PATIENCE, {"sea.0": (2.5, 7), "sea.1": (0.5, None)})
    beat(client, "ingest-2", "ingest", "active", None, 1.0, 1000.0, {"sea.0": (1.0, 1), "sea.2": (1.0, 1)})
    press(client).publish("overview", "e-1", b"{}", None)
    text = until(lambda: "citydeck_live_clients 0.0" in (told := deck.get("/metrics")[2].decode()) and told, "the first beat")
    lines = text.splitlines()
    assert "citydeck_store_up 1.0" in lines
    assert 'citydeck_feed_readings_total{domain="sea",partition="0"} 41.0' in lines
    assert 'citydeck_feed_lag{domain="sea",partition="0"} 7.0' in lines
    assert 'citydeck_feed_rate{domain="sea",partition="0"} 2.5' in lines
    assert 'citydeck_feed_rate{domain="sea",partition="1"} 0.5' in lines
    assert not any(line.startswith('citydeck_feed_lag{domain="sea",partition="1"}') or 'partition="2"' in line for line in lines)
    assert 'citydeck_process_rate{id="frames-1",kind="frames"} 9.0' in lines
    assert any(line.startswith("citydeck_frame_age_seconds ") for line in lines)
    for process in ("frames-1", "ingest-1", "ingest-2"):
        leave(client, process)


def test_a_process_is_listed_from_its_first_beat_until_it_leaves(memory: RedisServer) -> None:
    client = connect(memory.url)
    beat(client, "ingest-1", "ingest", "active", None, 1.0, 100.0)
    beat(client, "ingest-1", "ingest", "active", "坏", 2.0, 101.5)
    found = next(process for process in processes(client) if process.id == "ingest-1")
    assert (found.started, found.wall, found.error, found.rate) == (100.0, 101.5, "坏", 2.0)
    leave(client, "ingest-1")
    assert "ingest-1" not in [process.id for process in processes(client)]


def test_who_calls_the_deck_by_a_foreign_name_is_refused(deck: Web) -> None:
    assert deck.get("/catalogue", {"Host": "deck.example"})[0] == 400
    assert deck.get("/catalogue", {"Host": f"localhost:{deck.port}"})[0] == 200


def test_the_interface_lists_domains_and_describes_itself(deck: Web) -> None:
    assert "sea" in [row["key"] for row in deck.json("/api/v1/domains")["domains"]]
    description = deck.json("/api/v1/openapi.json")
    assert description["openapi"].startswith("3.")
    assert {"/api/v1/domains", "/api/v1/sensors", "/api/v1/sensors/{id}", "/api/v1/kpis", "/api/v1/alarms"} <= set(description["paths"])
    schema = description["paths"]["/api/v1/sensors"]["get"]
    assert {parameter["name"] for parameter in schema["parameters"]} == {"domain", "stale"}


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/sensors?domain=fire", 404, "fire"),
        ("/api/v1/kpis?domain=fire", 404, "fire"),
        ("/api/v1/sensors?stale=perhaps", 422, "stale"),
        ("/api/v1/sensors?colour=red", 422, "colour"),
        ("/api/v1/sensors/no%2Fsuch", 404, "no/such"),
        ("/api/v1/nothing", 404, "nothing"),
    ],
)
def test_errors_are_problem_documents(deck: Web, path: str, status: int, word: str) -> None:
    found, headers, body = deck.get(path)
    problem = json.loads(body)
    assert (found, headers["Content-Type"], problem["status"]) == (status, "application/problem+json", status)
    assert word in problem["detail"]


def test_without_redis_the_process_lives_and_says_what_is_missing(redis_server: RedisServer, tmp_path: Path) -> None:
    with web(redis_server.url, tmp_path, workers=1) as deck:
        redis_server.stop()
        assert deck.get("/healthz")[0] == 200
        assert deck.get("/readyz")[0] == 503
        assert deck.get("/positions/sea")[0] == 503
        assert b"citydeck_store_up 0.0" in deck.get("/metrics")[2]
        assert deck.get("/")[0] == deck.get("/catalogue")[0] == 200
