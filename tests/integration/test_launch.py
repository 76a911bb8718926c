"""`python -m demo` from outside: what it says when it cannot start, and that a signal leaves no process and no folder behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.launch import Launch, Process, Shell
from demo.memory import RedisServer
from demo.port import free_port
from demo.readers.folder import READERS
from store import Client
from store.connect import connect
from store.view import View, refresh
from tests.project import ROOT

PATIENCE = 90.0
SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
READING = {"sensor": "another-terminal", "metric": "no2", "value": 20, "time": round(time.time() * 1000)}
STUBBORN = (*SLEEPER[:2], f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER[2]}")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A clean one, whose temporary folders can be seen."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CITYDECK_")}
    return {**own, "TMPDIR": str(tmp_path), "CITYDECK_PORT": str(free_port())}


@pytest.fixture
def demo(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The demo, just started; no matter what it does, its end is seen to."""
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def mentioning(text: str) -> list[str]:
    """Processes whose environment or command holds `text`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if text.encode() in told and int(folder.name) != os.getpid():
            found.append(folder.name)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(demo: subprocess.Popen[str], tmp_path: Path, number: signal.Signals) -> None:
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if "running" in line:
            break
    assert "redis, ingest, frames, alarms, history, replay, report, tuning, web, feed" in lines[-1], lines
    until(lambda: len(mentioning(str(tmp_path))) >= 8)  # the last one may not have its environment yet
    demo.send_signal(number)
    assert demo.wait(PATIENCE) == 0
    assert mentioning(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_killed_launcher_leaves_no_process(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    assert demo.stdout is not None
    assert any("running" in line for line in demo.stdout)
    demo.kill()
    demo.wait()
    until(lambda: mentioning(str(tmp_path)) == [])


def test_the_next_start_removes_what_a_killed_launcher_left(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo"]
    for _ in range(2):
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as started:
            assert started.stdout is not None
            assert any("running" in line for line in started.stdout)
            started.kill()
        until(lambda: mentioning(str(tmp_path)) == [])
        assert len(list(tmp_path.iterdir())) == 1


def test_servers_of_ones_own_are_used(environment: dict[str, str], tmp_path: Path) -> None:
    own = {"CITYDECK_KAFKA": f"127.0.0.1:{free_port()}", "CITYDECK_REDIS": f"redis://127.0.0.1:{free_port()}/0"}
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env={**environment, **own}, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        lines = [next(started.stdout) for _ in range(4)]
        started.send_signal(signal.SIGINT)
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["kafka", own["CITYDECK_KAFKA"], "(yours)"],
        ["redis", own["CITYDECK_REDIS"], "(yours)"],
    ]
    assert lines[3].split()[1:] == ["ingest,", "frames,", "alarms,", "history,", "replay,", "report,", "tuning,", "web,", "feed"]
    assert mentioning(str(tmp_path)) == []


def test_a_taken_port_is_said_before_anything_starts(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", int(environment["CITYDECK_PORT"]))):
        assert "is taken" in refusal(environment)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_wrong_setting_are_said(environment: dict[str, str]) -> None:
    assert "there is no folder" in refusal(environment, "--feed", "nowhere")
    assert "CITYDECK_LANG" in refusal({**environment, "CITYDECK_LANG": "xx"})


def test_a_speed_is_of_recorded_files_and_above_zero(environment: dict[str, str], tmp_path: Path) -> None:
    assert refusal(environment, "--speed", "60") == "SPEED is of recorded files: make demo FEED=folder SPEED=60\n"
    assert refusal(environment, "--feed", str(tmp_path), "--speed", "0") == "SPEED=0 is not above 0\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_recorded_files_is_said_with_what_can_be_read(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    said = refusal(environment, "--feed", str(tmp_path))
    assert said.startswith(f"no file in {tmp_path} is of a kind that can be replayed: ") and said.count("\n") == 1
    assert all(reader.KIND in said for reader in READERS)


def test_ready_is_said_when_readings_are_read_and_another_terminal_can_join_in(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line.strip())
        if line.startswith("ready"):
            break
    (lent,) = [line.partition(":  ")[2] for line in said if "another terminal" in line]
    record = json.dumps({"topic": "city.air", "value": json.dumps(READING)})
    command = f"{lent}; printf '%s\\n' '{record}' | {shlex.quote(sys.executable)} -m streams rejects --send"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = subprocess.run(["bash", "-c", f"{lent}; env"], capture_output=True, text=True, check=True).stdout
    client = connect(next(line.partition("=")[2] for line in told.splitlines() if line.startswith("CITYDECK_REDIS=")))
    with client:
        until(lambda: any(sensor == READING["sensor"] for view in seen(client) for sensor, _ in view.names))


def seen(client: Client) -> list[View]:
    views: dict[str, View] = {}
    refresh(client, views)
    return list(views.values())


def test_what_the_deck_waits_for_is_said(environment: dict[str, str], redis_server: RedisServer) -> None:
    with connect(redis_server.url) as client:
        client.sadd("city:partitions", "sea.0")
    servers = f"127.0.0.1:{free_port()}"
    own = {"CITYDECK_KAFKA": servers, "CITYDECK_REDIS": redis_server.url}
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env={**environment, **own}, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        said = []
        for line in started.stdout:
            said.append(line)
            if line.startswith("not ready"):
                break
        started.send_signal(signal.SIGINT)
    assert f": Kafka at {servers} does not answer;" in said[-1]
    assert any("already holds a city" in line for line in said)


def refusal(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "demo", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    return done.stdout


def test_real_processes_are_restarted_and_the_stubborn_ended(tmp_path: Path) -> None:
    said: list[str] = []
    shell = Shell(folder=tmp_path, environment={"MARK": str(tmp_path)}, logs=tmp_path)
    launch = Launch(shell.spawn, shell.last_words, said.append)
    sleeper = launch.start(Process(name="sleeper", command=SLEEPER), now=0.0)
    launch.start(Process(name="stubborn", command=STUBBORN, grace=0.2), now=0.0)
    until(lambda: all((tmp_path / f"{name}.log").read_text() == "up\n" for name in ("sleeper", "stubborn")))
    sleeper.send_signal(signal.SIGKILL)
    sleeper.wait()
    launch.watch(now=1.0)
    launch.watch(now=2.0)
    assert said == ["sleeper ended with code -9 and is started again in 1 s\n      up"]
    until(lambda: (tmp_path / "sleeper.log").read_text() == "up\nup\n")
    assert len(mentioning(str(tmp_path))) == 2
    launch.stop()
    assert mentioning(str(tmp_path)) == []
