"""A server of one's own: a process that is started, stopped or killed, and started again with its files."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.launch import Child
from demo.tied import tied

PATIENCE = 60.0
"""Seconds to wait for a server to answer or to end."""
LAST_WORDS = 2000
"""Characters of its log told when it ends by itself."""


class Server(ABC):
    """One server called `name`, with `folder` for its files and its log. Start it from a thread that lives on."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """What runs."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether clients are served."""

    def start(self) -> None:
        """Start, and return when it answers. ChildProcessError when it ends instead, TimeoutError when it does neither."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(tied(self.command), cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        self.wait(self._process)

    def wait(self, process: Child) -> None:
        """Return when `process`, which runs `command`, answers; the errors are those of `start`."""
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if (code := process.poll()) is not None:
                words = self._log.read_text(errors="replace")[-LAST_WORDS:] if self._log.exists() else ""
                raise ChildProcessError(f"{self.name} ended with code {code} {words}".strip())
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not answer")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an administrator would; its files stay."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut would; what it wrote stays."""
        if self._process:
            self._process.kill()
            self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
