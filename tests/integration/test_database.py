"""The SQL database: its tables are what the code says, and a database in trouble is `DatabaseAway`, in time, and only until it is well."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, exc, func, insert, inspect, select, text

from model import SpecError
from store import schema
from store.database import DatabaseAway, DatabaseFailed, connect, insert_once, migrate, reading, writing
from tests.postgres.server import PostgresServer


@pytest.fixture
def deck(postgres: PostgresServer) -> Iterator[Engine]:
    """A migrated database of PostgreSQL alone."""
    with postgres.database() as url:
        engine = connect(url, patience=1.0)
        migrate(engine)
        yield engine
        engine.dispose()


def cursors(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(schema.cursor)).scalar_one()


def put(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(schema.cursor).values(name=name, place="0-0"))


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        indexes = {index["name"] for index in inspect(connection).get_indexes("event")}
    assert {each.name for each in schema.event.indexes} <= indexes


def test_a_difference_would_be_found(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE event ADD COLUMN more TEXT"))
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) != []


def test_migrating_again_and_from_many_at_once_changes_nothing(database: str) -> None:
    engines = [connect(database) for _ in range(6)]
    threads = [threading.Thread(target=migrate, args=(each,)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    put(engines[0], "kept")
    migrate(engines[0])
    assert cursors(engines[1]) == 1
    with reading(engines[0]) as connection:
        assert connection.execute(select(func.count()).select_from(schema.writer)).scalar_one() == 2
    for each in engines:
        each.dispose()


def test_many_may_be_the_first_to_open_a_file(tmp_path: Path) -> None:
    failed: list[DatabaseAway] = []

    def look(engine: Engine, together: threading.Barrier) -> None:
        together.wait()
        try:
            with reading(engine):
                pass
        except DatabaseAway as error:
            failed.append(error)

    for number in range(60):
        engines, together = [connect(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(6)], threading.Barrier(6)
        threads = [threading.Thread(target=look, args=(each, together)) for each in engines]
        for thread in threads:
            thread.start()
        for thread, engine in zip(threads, engines, strict=True):
            thread.join()
            engine.dispose()
    assert not failed


def test_a_block_that_raises_writes_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        connection.execute(insert(schema.cursor).values(name="a", place="0-0"))
        raise ZeroDivisionError
    assert cursors(engine) == 0


def test_what_is_there_already_is_told_apart_from_trouble(engine: Engine) -> None:
    with writing(engine) as connection:
        assert insert_once(connection, schema.cursor, name="a", place="1")
        assert not insert_once(connection, schema.cursor, name="a", place="2")
        assert connection.execute(select(schema.cursor.c.place)).scalars().all() == ["1"]


def test_a_broken_constraint_is_a_mistake_and_not_a_database_away(engine: Engine) -> None:
    put(engine, "a")
    with pytest.raises(exc.IntegrityError):
        put(engine, "a")


def test_reads_of_one_transaction_see_one_moment(engine: Engine, database: str) -> None:
    other = connect(database)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(schema.cursor)).scalar_one() == 0
        put(other, "a")
        assert connection.execute(select(func.count()).select_from(schema.cursor)).scalar_one() == 0
    assert cursors(engine) == 1
    other.dispose()


def test_a_database_that_was_never_migrated_is_away_until_it_is(database: str) -> None:
    engine = connect(database)
    with pytest.raises(DatabaseAway):
        cursors(engine)
    migrate(engine)
    assert cursors(engine) == 0
    engine.dispose()


@pytest.mark.parametrize("url", ["", "deck.db", "sqlite://", "sqlite:///:memory:", "mysql://host/deck", "postgresql://host:port/deck"])
def test_an_address_that_cannot_be_used_is_the_authors_mistake(url: str) -> None:
    with pytest.raises(SpecError, match="CITYDECK_DATABASE"):
        connect(url)


def test_the_mistake_does_not_tell_the_password() -> None:
    with pytest.raises(SpecError) as caught:
        connect("mysql://deck:hunter2@host/deck")
    assert "hunter2" not in str(caught.value)


def test_a_postgresql_database_that_is_not_unicode_is_the_authors_mistake(postgres: PostgresServer) -> None:
    with postgres.database("ENCODING 'SQL_ASCII' TEMPLATE template0") as url:
        engine = connect(url)
        with pytest.raises(SpecError, match="UTF8"):
            migrate(engine)
        engine.dispose()


# SQLite in trouble


def sqlite(folder: Path, patience: float = 0.1) -> Engine:
    engine = connect(f"sqlite:///{folder / 'deck.db'}", patience)
    migrate(engine)
    return engine


def test_a_locked_file_is_away_until_it_is_free(tmp_path: Path) -> None:
    engine, other = sqlite(tmp_path), sqlite(tmp_path)
    with writing(other), pytest.raises(DatabaseAway, match="locked"):
        put(engine, "a")
    put(engine, "a")
    assert cursors(engine) == 1
    engine.dispose()
    other.dispose()


def test_reading_goes_on_while_another_writes(tmp_path: Path) -> None:
    engine, other = sqlite(tmp_path), sqlite(tmp_path)
    with writing(other) as connection:
        connection.execute(insert(schema.cursor).values(name="a", place="0-0"))
        assert cursors(engine) == 0
    engine.dispose()
    other.dispose()


def test_a_full_disk_is_away_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    engine = sqlite(tmp_path)

    @event.listens_for(engine, "begin")
    def full(connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")  # type: ignore[attr-defined]

    limit = 1  # SQLite takes the size that the file has
    with pytest.raises(DatabaseAway, match="full"), writing(engine) as connection:
        connection.execute(insert(schema.cursor).values(name="a", place="0-0"))
        connection.execute(insert(schema.cursor).values(name="b", place="x" * 1_000_000))
    limit = 1_000_000
    assert cursors(engine) == 0
    put(engine, "b")
    engine.dispose()


def test_a_folder_that_is_not_there_is_away_until_it_is(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'later' / 'deck.db'}")
    with pytest.raises(DatabaseAway):
        migrate(engine)
    (tmp_path / "later").mkdir()
    migrate(engine)
    engine.dispose()


def test_a_file_that_is_no_database_is_away(tmp_path: Path) -> None:
    (tmp_path / "deck.db").write_bytes(b"not a database" * 1000)
    engine = connect(f"sqlite:///{tmp_path / 'deck.db'}")
    with pytest.raises(DatabaseAway):
        migrate(engine)
    engine.dispose()


# PostgreSQL in trouble


def test_a_server_that_was_killed_is_away_until_it_is_back(postgres: PostgresServer, deck: Engine) -> None:
    put(deck, "a")
    postgres.kill()
    with pytest.raises(DatabaseAway):
        put(deck, "b")
    with pytest.raises(DatabaseAway):
        cursors(deck)
    postgres.start()
    put(deck, "c")
    assert cursors(deck) == 2


def test_a_connection_cut_between_calls_is_not_even_noticed(postgres: PostgresServer, deck: Engine) -> None:
    put(deck, "a")
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    put(deck, "b")
    assert cursors(deck) == 2


def test_a_server_that_hangs_in_a_transaction_is_given_up_in_time(postgres: PostgresServer, deck: Engine) -> None:
    with pytest.raises(DatabaseAway), writing(deck) as connection:
        with postgres.halted(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()):
            connection.execute(insert(schema.cursor).values(name="a", place="0-0"))
    put(deck, "b")
    assert cursors(deck) == 1


def test_a_connection_that_hangs_between_calls_is_replaced(postgres: PostgresServer, deck: Engine) -> None:
    with reading(deck) as connection:
        process = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with postgres.halted(process):
        put(deck, "a")
    assert cursors(deck) == 1


def test_a_server_that_takes_no_connection_is_away_until_it_does(postgres: PostgresServer, deck: Engine) -> None:
    deck.dispose()
    with postgres.halted(), pytest.raises(DatabaseAway):
        put(deck, "a")
    put(deck, "b")
    assert cursors(deck) == 1


def test_a_transaction_that_stands_still_does_not_hold_the_others_up_for_ever(deck: Engine) -> None:
    """A writer halted in the middle must not keep a standby from taking over."""
    holding, failed = threading.Event(), threading.Event()

    def stand() -> None:
        with pytest.raises(DatabaseAway), writing(deck) as connection:
            connection.execute(select(schema.writer).with_for_update())
            holding.set()
            failed.wait(90)
            connection.execute(select(schema.writer))

    thread = threading.Thread(target=stand)
    thread.start()
    holding.wait(90)
    taken = False
    while not taken:
        try:
            with writing(deck) as connection:
                connection.execute(select(schema.writer).with_for_update())
            taken = True
        except DatabaseAway:
            continue
    failed.set()
    thread.join()


@pytest.mark.parametrize("state", ["08006", "25006", "25P03", "42501", "53100", "53300", "57P01", "58030", "40001", "40P01"])
def test_what_the_server_cannot_do_is_away(deck: Engine, state: str) -> None:
    with pytest.raises(DatabaseAway), writing(deck) as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{state}'; END $$"))


def test_a_server_that_only_reads_is_away_and_is_left_for_another_that_writes(postgres: PostgresServer, deck: Engine) -> None:
    """As after a fail-over that led to a standby: the connection lives, and is of no use."""
    with writing(deck) as connection:
        process = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.execute(text("SET SESSION default_transaction_read_only = on"))
    with pytest.raises(DatabaseAway):
        put(deck, "a")
    put(deck, "b")
    with reading(deck) as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != process
    assert cursors(deck) == 1


def test_a_mistake_in_a_statement_is_none_of_the_servers(deck: Engine) -> None:
    with pytest.raises(DatabaseFailed), writing(deck) as connection:
        connection.execute(text("SELECT 1 / 0"))


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    engine = connect(f"postgresql://deck@/deck?host={tmp_path}")
    with pytest.raises(DatabaseAway):
        migrate(engine)
    engine.dispose()
