"""A line to PostgreSQL that breaks exactly at a commit: before the server has heard of it, or when it has done it and says so."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from demo.port import LOOPBACK

When = Literal["before", "after"]
Work = Callable[[socket.socket, socket.socket, threading.Event], None]
COMMIT = b"COMMIT\0"
"""The whole statement: a transaction may begin as READ COMMITTED."""


class CutLine:
    """Listens on `port` and passes everything to the server's socket. After `cut` the next commit ends its connection."""

    def __init__(self, server: Path) -> None:
        self._server, self._when = server, None  # type: Path, When | None
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._ends: list[socket.socket] = []

    def cut(self, when: When) -> None:
        """The next commit is never heard of, or done and never confirmed."""
        self._when = when

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _end(self._listener)
        for end in self._ends:
            _end(end)
        for thread in self._threads:
            thread.join()
        for end in (self._listener, *self._ends):
            end.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            self._ends += [client, server]
            lost = threading.Event()
            for work in ((self._ask, client, server, lost), (self._answer, client, server, lost)):
                self._threads.append(threading.Thread(target=_until_closed, args=work))
                self._threads[-1].start()

    def _ask(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while data := client.recv(65_536):
            if COMMIT in data and self._when is not None:
                when, self._when = self._when, None
                if when == "before":
                    return
                lost.set()
            server.sendall(data)

    def _answer(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while data := server.recv(65_536):
            if lost.is_set():  # so it has done what it was asked
                return
            client.sendall(data)


def _until_closed(work: Work, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
    """Does the work of one direction; whichever ends first ends the other."""
    with suppress(OSError):
        work(client, server, lost)
    _end(client)
    _end(server)


def _end(end: socket.socket) -> None:
    """Wakes whoever reads from it, here and at the other side."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
