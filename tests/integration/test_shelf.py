"""The history in an object store: the same files, seen whole or not at all."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO

import pytest
import requests

from demo.port import LOOPBACK, free_port
from store.history import History
from store.merge import Kept, Merger
from store.report import Reports
from store.shelf import Shelf
from store.whole_day import Days
from tests.unit.past import BEGIN, METRICS, PLACE, ZONE, Past
from tests.until import until


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket."""
    address = f"{LOOPBACK}:{free_port()}"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", LOOPBACK, "-p", address.partition(":")[2]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until(lambda: _made(address), "a bucket")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        yield f"s3://city/history?endpoint_override={address}&scheme=http&region=us-east-1"
        server.terminate()


def _made(address: str) -> bool:
    try:
        return requests.put(f"http://{address}/city", timeout=5, headers={"Host": f"{LOOPBACK}"}).ok
    except requests.ConnectionError:
        return False


@pytest.mark.slow
def test_it_is_the_same_in_an_object_store(bucket: str) -> None:
    past = Past(bucket)
    past.send(6)
    after = BEGIN / 1000 + 3 * 86_400
    history = History(Shelf(bucket), ZONE)
    for _ in range(2):
        with history.connect("sea", date(2026, 11, 20), date(2026, 11, 22)) as database:
            rows = database.execute("SELECT sensor, metric, epoch_ms(time), value FROM raw").fetchall()
        assert {row[:3]: row[3] for row in rows} == past.found and len(rows) == len(past.found)
        hours = Days(Shelf(bucket), ZONE).hours("sea", date(2026, 11, 20), METRICS)
        assert hours.metrics["level"].count.sum() == sum(name[1] == "level" and name[2] < BEGIN + 86_400_000 for name in past.found)
        sensor = history.series("sea", "s-0-1", METRICS["level"], BEGIN / 1000, after)
        assert sensor.num_rows == sum(name[:2] == ("s-0-1", "level") for name in past.found)
        Merger(past.archive, Kept(raw=30, minute=60)).tidy("sea", PLACE, METRICS, after, 0.0)
    assert past.archive.resume("sea", PLACE) == past.offset
    assert len(past.shelf.list("raw")) == len(past.shelf.list("minute")) == 2


@pytest.mark.slow
def test_a_damaged_object_is_put_aside(bucket: str) -> None:
    past = Past(bucket)
    past.send(1, days=1)
    (good,) = past.shelf.list("raw")
    bad = good.path.replace("-0-", "-1-")
    past.shelf.put(bad, lambda file: file.write(b"no more"))
    days, day = Days(Shelf(bucket), ZONE, 1), date(2026, 11, 20)
    for ask in (lambda: days.quantiles("sea", day, METRICS["level"], 0.5), lambda: days.hours("sea", day, METRICS)):
        assert ask()
        assert [entry.path for entry in past.shelf.list("")] == [f"damaged/{bad}", good.path]
        past.shelf.move(f"damaged/{bad}", bad)


@pytest.mark.slow
def test_reports_are_kept_there_too(bucket: str) -> None:
    reports, day = Reports(Shelf(bucket)), date(2026, 11, 19)
    assert reports.newest("day", day) is None and reports.read("day", day, 1) is None
    first = reports.keep("day", day, {"value": 1.5}, 10.0, "a")
    assert reports.keep("day", day, {"value": 1.5}, 20.0, "b") == first
    second = reports.keep("day", day, {"value": None}, 30.0, "c")
    assert (second.number, second.changed) == (2, [{"path": ["value"], "before": 1.5, "after": None}])
    assert reports.numbers("day", day) == [1, 2] and reports.read("day", day, 1) == first and reports.days("day") == [day]
    assert reports.drawn(first, "en", "pdf", lambda: b"one") == reports.drawn(first, "en", "pdf", lambda: b"two") == b"one"
    assert reports.mark("day/x") and not reports.mark("day/x") and reports.marked("day/x") and not reports.marked("day/y")


@pytest.mark.slow
def test_what_cannot_be_sent_whole_is_not_sent(bucket: str, tmp_path: Path) -> None:
    shelf, device = Shelf(bucket), os.open(tmp_path / "device", os.O_CREAT | os.O_WRONLY)

    def write(file: IO[bytes]) -> None:
        os.write(device, b"half")
        os.dup2(device, file.fileno())  # the disk on which it waits can be read no more

    with pytest.raises(OSError):
        shelf.put("raw/some", write)
    os.close(device)
    gc.collect()
    assert shelf.list("") == []
    shelf.put("raw/some", lambda file: file.write(bytes(20 << 20)))
    shelf.put("raw/none", lambda file: None)
    assert [(entry.path, entry.size) for entry in shelf.list("")] == [("raw/none", 0), ("raw/some", 20 << 20)]
