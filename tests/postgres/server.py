"""A real PostgreSQL with a cluster of its own that a test can stop, kill, halt and start again with its rows."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from demo.tied import tied

PATIENCE = 60.0
"""Seconds to wait for the server to answer or to end."""
OWNERS = ("postgres", "nobody")
"""Who runs it when the tests are run by root, whom PostgreSQL refuses."""
# A killed process loses nothing that it has written, so the disk need not be waited for.
OPTIONS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "100", "log_checkpoints": "off"}


class NoPostgres(Exception):
    """Why there is no PostgreSQL on this machine."""


def programs() -> Path:
    """The folder of the newest `initdb` and `postgres`. Raises NoPostgres."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda found: float(found.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("postgres")
    if found is None:
        raise NoPostgres("there is no program postgres: install the package postgresql")
    return Path(found).parent


class PostgresServer:
    """One server that listens on a socket in `folder` only. Start it from a thread that lives on; `remove` when done."""

    def __init__(self) -> None:
        self._programs = programs()
        self._owner = _owner() if os.getuid() == 0 else None
        # Not in a test's own folder: only its owner may enter that, and a socket's path may have 107 letters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="citydeck-pg-"))
        if self._owner:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count()
        initdb = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), "-U", "citydeck", "-A", "trust"]
        subprocess.run(self._as_owner([*initdb, "-E", "UTF8", "--no-locale", "--no-sync"]), check=True, capture_output=True, cwd="/")

    def _as_owner(self, command: Sequence[str]) -> list[str]:
        """`command`, run by who may run it, ending with this process."""
        if self._owner is None:
            return tied(command)
        who = ["--reuid", str(self._owner.pw_uid), "--regid", str(self._owner.pw_gid), "--clear-groups"]
        return ["setpriv", *who, "--pdeathsig", "QUIT", *command]

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """The address of a new and empty database, for SQLAlchemy; it is dropped at the end of the block."""
        name = f"deck_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        yield f"postgresql://citydeck@/{name}?host={self.folder}"
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start, and return when it answers. ChildProcessError when it ends instead, TimeoutError when it does neither."""
        settings = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(self._as_owner(command), cwd="/", stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None:
                raise ChildProcessError(f"PostgreSQL ended: {(self.folder / 'postgres.log').read_text()[-2000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL does not answer")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Runs one statement as the administrator, outside any transaction."""
        with psycopg.connect(f"host={self.folder} user=citydeck dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """End it as an administrator would, without waiting for clients; the rows stay."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)

    def kill(self) -> None:
        """End it, the processes of its connections too, as a power cut would; what was committed stays."""
        if self._process is None or self._process.poll() is not None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._process.kill()
        self._process.wait(PATIENCE)
        for child in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while any(_lives(child) for child in children):  # it does not start again while one of them holds its memory
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL does not end")
            time.sleep(0.01)

    @contextmanager
    def halted(self, connection: int = 0) -> Iterator[None]:
        """Within the block the process of one connection, or the one that takes new ones, stands still and holds the line."""
        process = connection or (self._process.pid if self._process else 0)
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def remove(self) -> None:
        """End it and leave nothing behind."""
        self.kill()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()


def _lives(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _owner() -> pwd.struct_passwd:
    if shutil.which("setpriv") is None:
        raise NoPostgres("PostgreSQL does not run as root, and there is no program setpriv")
    for name in OWNERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres(f"PostgreSQL does not run as root, and there is no user {' or '.join(OWNERS)}")
