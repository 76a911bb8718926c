"""What a killed web process leaves in the temporary folder is gone when the next one serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.memory import RedisServer
from tests.integration.web import beating, web
from tests.until import until


def test_the_next_web_process_removes_what_a_killed_one_left(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    with web(redis_server.url, tmp_path, workers=1) as killed:
        killed.process.kill()
        killed.process.wait()
    left = list(place.glob("citydeck-*"))
    until(lambda: beating(redis_server.url) == 0, "its worker to end")
    with web(redis_server.url, place, workers=1):
        assert len(left) == 1 and len(list(place.glob("citydeck-*"))) == 1 and not left[0].exists()
    assert list(place.glob("citydeck-*")) == []
