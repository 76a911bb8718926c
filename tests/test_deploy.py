"""The deployment files, as far as they can be proved without a Docker engine: their schema, what they expose, what the image holds."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from settings import Settings
from tests.project import ROOT, modules, reached

COMPOSE = ROOT / "compose.yaml"
OURS = ("ingest", "frames", "alarms", "notify", "web")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(COMPOSE)["services"]
    return services


def test_the_compose_file_fits_the_schema() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, "-m", "check_jsonschema", *schema], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_schema_check_finds_a_mistake(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text().replace("restart: unless-stopped", "restart: [unless-stopped]", 1))
    schema = ["--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run([sys.executable, "-m", "check_jsonschema", *schema], capture_output=True, check=False).returncode == 1


def test_only_the_web_is_published_and_only_on_loopback(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_only_the_web_and_who_tells_others_reach_a_network_that_leads_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if service["networks"] != ["inside"]] == ["notify", "report", "web"]
    assert YAML(typ="safe").load(COMPOSE)["networks"]["inside"]["internal"] is True


def test_what_must_last_has_a_volume_and_everything_comes_back(services: dict[str, Any]) -> None:
    assert services["kafka"]["volumes"] and services["redis"]["volumes"]
    assert all("data:/data" in services[name]["volumes"] for name in OURS) and "-o 10001 /data" in (ROOT / "Dockerfile").read_text()
    assert "yes" == services["redis"]["command"][services["redis"]["command"].index("--appendonly") + 1]
    assert {name for name, service in services.items() if service["restart"] != "unless-stopped"} == {"topics"}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_get_only_settings_that_exist(services: dict[str, Any], name: str) -> None:
    given = {key for key in services[name]["environment"] if key.startswith("CITYDECK_")}
    assert given <= {f"CITYDECK_{field.upper()}" for field in Settings.model_fields}


def test_the_image_runs_without_rights_and_tells_its_health() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER 10001") > max(number for number, line in enumerate(lines) if line.startswith(("RUN", "COPY")))
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert len([line for line in lines if line.startswith("FROM python:3.11-slim")]) == 2


def test_the_image_holds_every_module_its_processes_reach() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    found = modules()
    needed = reached(found, "app") | reached(found, "streams.__main__") | {"gunicorn.conf"}
    assert {"app", "settings", "model", "streams.source"} <= needed
    assert [name for name in needed if any(fnmatch(re.split(r"\.(?!conf)", name)[0], pattern) for pattern in ignored)] == []
