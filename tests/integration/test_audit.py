"""The audit log is one chain, however many write it, and shows whatever is done to it afterwards."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Engine, delete, exc, insert, text, update

from store.audit import GENESIS, Audit, audited
from store.database import DatabaseAway, connect, writing
from store.schema import audit


@pytest.fixture
def log(engine: Engine) -> Audit:
    """A log of ten rows."""
    log = Audit(engine, lambda: 5000.25)
    for number in range(10):
        log.write(f"id-{number}", "li", "alarm.acknowledge", f"alarm:{number}", {"note": f"n{number}", "zh": "值班"})
    return log


def unlocked(engine: Engine) -> None:
    """What the database's owner can always do: take the triggers away."""
    with writing(engine) as connection:
        for happening in ("update", "delete"):
            on = " ON audit" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER audit_{happening}{on}"))


def test_a_log_of_nothing_is_whole(engine: Engine) -> None:
    assert Audit(engine).verify() == (0, GENESIS, None)
    assert Audit(engine).entries() == []


def test_rows_are_linked_and_whole(log: Audit) -> None:
    rows, last, broken = log.verify()
    entries = log.entries()
    assert (rows, broken) == (10, None) and entries[0].hash == last
    assert [entry.seq for entry in entries] == list(range(10, 0, -1))
    assert [entry.previous for entry in entries] == [*(entry.hash for entry in entries[1:]), GENESIS]
    assert entries[0].actor == "li" and entries[0].detail == '{"note": "n9", "zh": "值班"}' and entries[0].time == 5000.25
    assert [entry.seq for entry in log.entries(before=4, limit=2)] == [3, 2]


def test_one_act_is_one_row_however_often_it_is_written(log: Audit) -> None:
    assert log.write("id-3", "li", "alarm.acknowledge", "alarm:3") == 4
    assert log.write("new", "li", "x") == 11 == log.write("new", "li", "x")
    assert log.verify()[::2] == (11, None)


@pytest.mark.parametrize("after", [False, True])
def test_a_row_whose_commit_was_lost_is_written_again_and_stands_once(
    engine: Engine, log: Audit, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    commit = engine.dialect.do_commit

    def lost(connection: Any) -> None:
        monkeypatch.undo()
        if after:
            commit(connection)
        assert engine.dialect.loaded_dbapi is not None
        raise engine.dialect.loaded_dbapi.OperationalError("the line is lost")

    monkeypatch.setattr(engine.dialect, "do_commit", lost)
    with pytest.raises(DatabaseAway):
        log.write("new", "li", "x")
    assert log.write("new", "li", "x") == 11
    assert log.verify()[::2] == (11, None)


@pytest.mark.parametrize("words", ["\0", "\ud800", "x" * 10_000, "'; --", "\n", '"', ""])
def test_hostile_words_do_not_break_the_chain(log: Audit, words: str) -> None:
    assert log.write(words, words, words, words, {words: words}) == 11 == log.write(words, "", "")
    assert log.verify()[::2] == (11, None)


def test_writers_beside_each_other_make_one_chain(engine: Engine, database: str) -> None:
    failed: list[BaseException] = []

    def write(name: str) -> None:
        mine = connect(database, patience=60.0)
        try:
            for number in range(20):
                Audit(mine).write(f"{name}-{number}", name, "x")
        except BaseException as error:
            failed.append(error)
        finally:
            mine.dispose()

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Audit(engine).verify()[::2] == (120, None)


def test_work_and_its_row_are_there_both_or_neither(engine: Engine, log: Audit) -> None:
    with pytest.raises(ZeroDivisionError), audited(engine, 1.0, "li", "x", "y"):
        raise ZeroDivisionError
    assert log.verify()[::2] == (10, None)
    with audited(engine, 1.0, "li", "x", "y"):
        pass
    assert log.verify()[::2] == (11, None)


@pytest.mark.parametrize("statement", [update(audit).values(actor="me"), delete(audit)])
def test_rows_cannot_be_changed_by_mistake(engine: Engine, log: Audit, statement: Any) -> None:
    with pytest.raises(exc.IntegrityError, match="append-only"), writing(engine) as connection:
        connection.execute(statement)
    assert log.verify()[::2] == (10, None)


def test_nor_all_at_once(engine: Engine, log: Audit) -> None:
    if engine.dialect.name == "postgresql":  # SQLite has no such statement
        with pytest.raises(exc.IntegrityError, match="append-only"), writing(engine) as connection:
            connection.execute(text("TRUNCATE audit"))
    assert log.verify()[::2] == (10, None)


# What an owner of the database may do to it


FIELDS = {
    "id": "other",
    "time": 5000.26,
    "actor": "wang",
    "action": "x",
    "subject": "x",
    "detail": "{}",
    "previous": "f" * 64,
    "hash": "f" * 64,
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("place", [1, 5, 10])
def test_an_edited_row_is_found(engine: Engine, log: Audit, field: str, place: int) -> None:
    unlocked(engine)
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.seq == place).values({field: FIELDS[field]}))
    assert log.verify().broken == place


@pytest.mark.parametrize("place", [1, 5, 9])
def test_a_missing_row_is_found(engine: Engine, log: Audit, place: int) -> None:
    unlocked(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.seq == place))
    assert log.verify().broken == place


@pytest.mark.parametrize("place", [1, 5, 9])
def test_a_missing_row_is_found_also_when_the_others_move_up(engine: Engine, log: Audit, place: int) -> None:
    unlocked(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.seq == place))
        for seq in range(place + 1, 11):
            connection.execute(update(audit).where(audit.c.seq == seq).values(seq=seq - 1))
    assert log.verify().broken == place


def test_two_rows_that_changed_places_are_found(engine: Engine, log: Audit) -> None:
    unlocked(engine)
    with writing(engine) as connection:
        for seq, other in ((4, 99), (7, 4), (99, 7)):
            connection.execute(update(audit).where(audit.c.seq == seq).values(seq=other))
    assert log.verify().broken == 4


def test_a_row_put_in_before_the_first_is_found(engine: Engine, log: Audit) -> None:
    with writing(engine) as connection:
        connection.execute(insert(audit).values({**log.entries(limit=1)[0]._asdict(), "seq": 0, "id": "forged"}))
    assert log.verify().broken == 1


def test_a_row_put_in_at_the_end_is_found(engine: Engine, log: Audit) -> None:
    last = log.entries(limit=1)[0]
    with writing(engine) as connection:
        connection.execute(insert(audit).values({**last._asdict(), "seq": 11, "id": "forged", "previous": last.hash}))
    assert log.verify().broken == 11


@pytest.mark.parametrize("anew", [0, 1, 3, 5])
def test_a_tail_cut_off_or_written_anew_shows_only_against_an_anchor(engine: Engine, log: Audit, anew: int) -> None:
    rows, last, _ = log.verify()
    unlocked(engine)
    with writing(engine) as connection:
        connection.execute(delete(audit).where(audit.c.seq > 7))
    for number in range(anew):
        log.write(f"forged-{number}", "li", "nothing happened")
    assert log.verify()[::2] == (7 + anew, None)
    assert log.verify((rows, last)).broken == min(8 + anew, 10)


def test_an_anchor_stands_when_the_log_has_only_grown(log: Audit) -> None:
    rows, last, _ = log.verify()
    assert log.verify((rows, last)).broken is None
    log.write("more", "li", "x")
    assert log.verify((rows, last))[::2] == (11, None)
    assert log.verify((0, GENESIS)).broken is None


def test_a_log_longer_than_a_page(engine: Engine, log: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.audit.PAGE", 3)
    assert log.verify()[::2] == (10, None)
    unlocked(engine)
    with writing(engine) as connection:
        connection.execute(update(audit).where(audit.c.seq == 7).values(actor="me"))
    assert log.verify().broken == 7
