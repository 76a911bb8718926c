"""Keep a list of processes running: start them in order, start again what ends, stop them all in reverse order."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from demo.tied import tied

LONGEST_PAUSE = 30.0
"""Seconds; the pause before starting again doubles from one second up to this."""
SETTLED = 60.0
"""A process that ran this many seconds has recovered: the next pause is one second again."""
LAST_WORDS = 5
"""Lines of its log shown when a process ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process to keep. `finite` may end by itself with code 0; `grace` is how many seconds it is given to stop."""

    name: str
    command: tuple[str, ...]
    finite: bool = False
    grace: float = 10.0


class Child(Protocol):
    """What is used of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code when it has ended; subprocess.TimeoutExpired when it has not after `timeout` seconds."""

    def send_signal(self, sig: int, /) -> None:
        """Send it a signal; nothing when it has ended."""


@dataclass(slots=True, kw_only=True)
class _Kept:
    process: Process
    child: Child | None
    """None while it waits to be started again."""
    started: float
    failures: int = 0
    due: float = field(default=0.0)


class Launch:
    """The processes kept. `spawn` starts one, `last_words` gives the end of its log, `say` tells a person what happened."""

    def __init__(self, spawn: Callable[[Process], Child], last_words: Callable[[str], str], say: Callable[[str], None]) -> None:
        self._spawn, self._last_words, self._say = spawn, last_words, say
        self._kept: list[_Kept] = []

    def start(self, process: Process, now: float) -> Child:
        """Start `process` and keep it from now on. OSError when there is no such command."""
        child = self._spawn(process)
        self._kept.append(_Kept(process=process, child=child, started=now))
        return child

    def watch(self, now: float) -> None:
        """Notice what has ended and start what is due; to be called several times a second."""
        for kept in tuple(self._kept):
            if kept.child is None:
                if now >= kept.due:
                    kept.child, kept.started = self._spawn(kept.process), now
            elif (code := kept.child.poll()) is not None:
                self._ended(kept, code, now)

    def _ended(self, kept: _Kept, code: int, now: float) -> None:
        name = kept.process.name
        if kept.process.finite and code == 0:
            self._kept.remove(kept)
            self._say(f"{name} has finished")
            return
        kept.failures = 0 if now - kept.started >= SETTLED else kept.failures + 1
        kept.child, kept.due = None, now + pause(kept.failures)
        self._say(f"{name} ended with code {code} and is started again in {pause(kept.failures):.0f} s{self._last_words(name)}")

    def running(self) -> tuple[str, ...]:
        """The names of what runs, in the order started."""
        return tuple(kept.process.name for kept in self._kept if kept.child is not None)

    def stop(self) -> None:
        """Ask each to end, the last started first, and end it by force when its grace is over."""
        while self._kept:
            kept = self._kept.pop()
            if kept.child is not None:
                _end(kept.child, kept.process.grace)


def pause(failures: int) -> float:
    """Seconds to wait before starting again after so many failures in a row."""
    return min(LONGEST_PAUSE, 2.0 ** max(0, failures - 1))


def _end(child: Child, grace: float) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Starts real processes: in `folder`, with `environment`, each writing to its own file in `logs`."""

    folder: Path
    environment: Mapping[str, str]
    logs: Path

    def spawn(self, process: Process) -> Child:
        """Start it in a session of its own, so that Ctrl-C reaches only the launcher, which then stops it in order."""
        with self._log(process.name).open("ab") as log:
            return subprocess.Popen(
                tied(process.command),
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def last_words(self, name: str) -> str:
        """The last lines of its log, indented, each on a line of its own."""
        lines = self._log(name).read_text(errors="replace").splitlines()
        return "".join(f"\n      {line}" for line in _tail(lines))

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _tail(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()][-LAST_WORDS:]
