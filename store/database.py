"""Opens the SQL database, a SQLite file or PostgreSQL: the journal, people and the audit log stand in it.

One transaction is one `with writing(engine)`. SQLite takes its only write lock at the beginning, so that what was read before a write
still stands; PostgreSQL locks the rows that `with_for_update` names. When a call raises DatabaseAway its outcome is unknown: the
commit may have happened. Every write of the store may therefore be called again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy.exc
from alembic import command
from alembic.config import Config
from psycopg.abc import PQGen
from sqlalchemy import Connection, Table, create_engine, event, literal, text
from sqlalchemy import Engine as Engine  # who wires the store together hands it on
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from model import SpecError

CONNECT_SECONDS = 2
AGAIN_SECONDS = 0.01
MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATION_LOCK = 0x63697479
"""Any number that nothing else in the database takes as an advisory lock."""
GRACE_SECONDS = 1.0
"""PostgreSQL itself gives a statement up first, so that the connection can be kept."""
INSERT: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
AWAY = ("08", "25", "42501", "53", "57", "58")
"""How an SQLSTATE begins with which PostgreSQL may answer well later: no connection, a standby or a transaction it gave up, a right
taken away, nothing left of something, an operator, the system. What psycopg makes an OperationalError counts anyhow."""
ELSEWHERE = "25"
"""How that begins after which another connection may do better: this one leads to a server that only reads."""
READING: dict[str, dict[str, Any]] = {"sqlite": {}, "postgresql": {"isolation_level": "REPEATABLE READ"}}


DatabaseFailed = sqlalchemy.exc.SQLAlchemyError
"""What else a call may raise: a mistake of ours, or trouble that nobody foresaw."""


class DatabaseAway(Exception):
    """The database did not carry a call out, or cannot say whether it did: away, locked, full or too slow."""


def connect(url: str, patience: float = 10.0) -> Engine:
    """The database at a SQLAlchemy address; nothing is sent yet. A call that takes longer than `patience` seconds raises DatabaseAway.

    SpecError when the address cannot be understood or names another kind of database.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, patience)
    return _postgresql(address, patience)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes, committed at the end of the block. Raises DatabaseAway."""
    with _mapped(), engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction whose reads all see the same moment. Raises DatabaseAway."""
    with _mapped(), engine.execution_options(**READING[engine.dialect.name]).begin() as connection:
        yield connection


def insert_once(connection: Connection, table: Table, **row: Any) -> bool:
    """Adds a row; False when one stands already that has the same key or another value that must be unique."""
    added = INSERT[connection.dialect.name](table).values(**row).on_conflict_do_nothing().returning(literal(1))
    return connection.execute(added).first() is not None


def migrate(engine: Engine) -> None:
    """Brings the tables to what this version needs; several processes may do so at once. Raises DatabaseAway, SpecError."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            _insist_on_unicode(connection)
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # between two revisions a busy machine thinks
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _insist_on_unicode(connection: Connection) -> None:
    if (encoding := connection.scalar(text("SHOW server_encoding"))) != "UTF8":
        raise SpecError("environment", "CITYDECK_DATABASE", f"the database must be created with ENCODING 'UTF8', not {encoding}")


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlalchemy.exc.TimeoutError as error:  # no connection became free
        raise DatabaseAway(str(error)) from error
    except sqlalchemy.exc.DBAPIError as error:
        if _is_away(error):
            raise DatabaseAway(str(error.orig)) from error
        raise


def _is_away(error: sqlalchemy.exc.DBAPIError) -> bool:
    """Not what the statement's author did wrong. SQLite says of a damaged file only that it is a DatabaseError.

    A database that was never migrated counts too: it may yet be.
    """
    if type(error) is sqlalchemy.exc.DatabaseError or error.connection_invalidated:
        return True
    if _state(error.orig).startswith(AWAY):
        return True
    return isinstance(error, sqlalchemy.exc.OperationalError) or isinstance(error.orig, psycopg.errors.UndefinedTable)


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        kind = address.get_backend_name()
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise SpecError("environment", "CITYDECK_DATABASE", "is not an address that SQLAlchemy understands") from error
    if kind not in INSERT or kind == "sqlite" and address.database in (None, "", ":memory:"):
        raise SpecError("environment", "CITYDECK_DATABASE", "must be sqlite:///<file> or postgresql://<user>:<password>@<host>/<database>")
    return address.set(drivername={"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}[kind])


def _sqlite(address: URL, patience: float) -> Engine:
    engine = create_engine(address, connect_args={"timeout": patience}, pool_timeout=patience)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions by itself, and late
        _write_ahead(connection, patience)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Two who do this to a new file at once bar each other's way: one of them is told so without waiting, and tries again."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


def _postgresql(address: URL, patience: float) -> Engine:
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    options = " ".join(f"-c {limit}={int(patience * 1000)}" for limit in limits)
    arguments = {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8", "options": options}
    engine = create_engine(address, connect_args=arguments, pool_timeout=patience, pool_pre_ping=True)

    @event.listens_for(engine, "do_connect")
    def open(_: object, __: object, arguments: list[Any], options: dict[str, Any]) -> psycopg.Connection[Any]:
        connection = _Impatient.connect(*arguments, **options)
        connection.patience = patience + GRACE_SECONDS
        return connection

    @event.listens_for(engine, "handle_error")
    def failed(context: Any) -> None:
        if _state(context.original_exception).startswith(ELSEWHERE):
            context.is_disconnect = True

    return engine


class _Impatient(psycopg.Connection[Any]):
    """Gives up a server that holds the line and says nothing, as one that was halted does: its own time limits do not help then."""

    patience: float = CONNECT_SECONDS

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """What psycopg awaits everything through; closes the connection when the time is up."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()
            raise
