"""The launcher: what ends is started again later and later, what may finish is let go, and stopping goes backwards."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass, field

from demo.launch import LONGEST_PAUSE, SETTLED, Child, Launch, Process, pause


@dataclass
class FakeChild:
    name: str
    calls: list[str]
    stubborn: bool = False
    pid: int = 1
    code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        if self.code is None:
            raise subprocess.TimeoutExpired(self.name, timeout or 0)
        return self.code

    def send_signal(self, sig: int, /) -> None:
        self.calls.append(f"{signal.Signals(sig).name} {self.name}")
        if sig == signal.SIGKILL or not self.stubborn:
            self.code = -sig


@dataclass
class Stage:
    """Children by order of start, and everything that was said or done."""

    children: list[FakeChild] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def spawn(self, process: Process) -> Child:
        self.children.append(FakeChild(process.name, self.calls, stubborn=process.name == "stubborn"))
        return self.children[-1]

    def launch(self, *processes: Process) -> Launch:
        launch = Launch(self.spawn, lambda name: f" ({name} said why)", self.said.append)
        for process in processes:
            launch.start(process, now=0.0)
        return launch


def process(name: str, *, finite: bool = False) -> Process:
    return Process(name=name, command=(name,), finite=finite)


def test_the_pause_doubles_up_to_the_longest() -> None:
    assert [pause(failures) for failures in range(7)] == [1, 1, 2, 4, 8, 16, LONGEST_PAUSE]


def test_what_ends_is_started_again_after_its_pause_and_said_so() -> None:
    stage = Stage()
    launch = stage.launch(process("ingest"), process("web"))
    stage.children[0].code = 3
    launch.watch(now=10.0)
    assert launch.running() == ("web",)
    assert stage.said == ["ingest ended with code 3 and is started again in 1 s (ingest said why)"]
    launch.watch(now=10.9)
    assert len(stage.children) == 2
    launch.watch(now=11.0)
    assert launch.running() == ("ingest", "web")


def test_failing_at_once_waits_longer_and_settling_forgives() -> None:
    stage = Stage()
    launch = stage.launch(process("ingest"))
    stage.children[-1].code = 1
    launch.watch(now=0.0)
    launch.watch(now=1.0)
    stage.children[-1].code = 1
    launch.watch(now=1.5)
    assert "again in 2 s" in stage.said[-1]
    launch.watch(now=3.5)
    stage.children[-1].code = 1
    launch.watch(now=3.5 + SETTLED)
    assert "again in 1 s" in stage.said[-1]


def test_a_finite_process_may_finish_but_not_fail() -> None:
    stage = Stage()
    launch = stage.launch(process("feed", finite=True), process("other", finite=True))
    stage.children[0].code, stage.children[1].code = 0, 1
    launch.watch(now=1.0)
    launch.watch(now=100.0)
    assert launch.running() == ("other",)
    assert stage.said[0] == "feed has finished"


def test_a_process_that_is_not_finite_is_started_again_even_after_code_0() -> None:
    stage = Stage()
    launch = stage.launch(process("web"))
    stage.children[0].code = 0
    launch.watch(now=1.0)
    launch.watch(now=2.0)
    assert launch.running() == ("web",)


def test_stopping_goes_backwards_and_ends_the_stubborn_by_force() -> None:
    stage = Stage()
    launch = stage.launch(process("redis"), process("stubborn"), process("web"))
    launch.stop()
    assert stage.calls == ["SIGTERM web", "SIGTERM stubborn", "SIGKILL stubborn", "SIGTERM redis"]
    launch.watch(now=100.0)
    assert len(stage.children) == 3
    assert launch.running() == ()


def test_what_waits_to_be_started_again_is_not_started_by_stopping() -> None:
    stage = Stage()
    launch = stage.launch(process("web"))
    stage.children[0].code = 1
    launch.watch(now=1.0)
    launch.stop()
    assert stage.calls == []
