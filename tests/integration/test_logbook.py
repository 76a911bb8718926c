"""The log book: what is written stays, is found again, and stands in the audit log; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy
from sqlalchemy import Engine, delete, update

from model.shift import Entry
from store import schema
from store.audit import Audit
from store.database import writing
from store.logbook import LogBook
from store.people import Unknown

HOSTILE = "=cmd|'/c calc'!A1 <img src=x onerror=alert(1)> 100% _ \\ '; DROP TABLE person; --\0\ud800"


class Clock:
    """A wall clock that ticks at every look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def book(engine: Engine) -> LogBook:
    return LogBook(engine, Clock())


def entry(id: str, text: str = "pump 2 stopped", **more: object) -> Entry:
    told = {"author": "li", "display": "Li Na", "desk": "sea", **more}
    return Entry(id=id, text=text, **told)  # type: ignore[arg-type]


def test_entries_are_found_by_what_they_are_about(book: LogBook) -> None:
    first = book.write(entry("1", "泵 2 已停", alarm="sea/high|sensor:a", occurrence=3, moment=990.0))
    second = book.write(entry("2", "Pump 2 runs again", author="wang", desk="land", sensor="sea-buoy-03"))
    assert [first.seq, second.seq] == [1, 2] and first.time < second.time
    assert book.search() == [second, first]
    assert book.search(desk="sea") == book.search(alarm="sea/high|sensor:a") == book.search(words="泵") == [first]
    assert book.search(sensor="sea-buoy-03") == book.search(author="wang") == book.search(words="AGAIN pump") == [second]
    assert book.search(since=second.time) == [second] and book.search(until=second.time) == [first]
    assert book.search(limit=1) == [second] and book.search(before=second.seq) == [first]
    assert book.search(words="pump %") == []


def test_an_entry_sent_again_is_written_once(engine: Engine, book: LogBook) -> None:
    made = book.write(entry("1"))
    assert book.write(entry("1", "something else")) == made
    assert len(book.search()) == 1 and len(Audit(engine).entries()) == 1


def test_a_correction_names_what_it_corrects_and_that_stays(book: LogBook) -> None:
    wrong = book.write(entry("1", "pump 3 stopped"))
    right = book.write(entry("2", "pump 2, not 3", corrects=wrong.seq))
    again = book.write(entry("3", "pump 4", corrects=wrong.seq))
    assert book.search() == [again, right, replace(wrong, corrected=again.seq)]
    with pytest.raises(Unknown):
        book.write(entry("4", corrects=99))
    assert len(book.search()) == 3


@pytest.mark.parametrize("change", [update(schema.log_entry).values(text="nothing"), delete(schema.log_entry)])
def test_nothing_is_changed_or_taken_out(engine: Engine, book: LogBook, change: sqlalchemy.Update | sqlalchemy.Delete) -> None:
    book.write(entry("1"))
    with pytest.raises(sqlalchemy.exc.IntegrityError), writing(engine) as connection:
        connection.execute(change)
    assert [each.text for each in book.search()] == ["pump 2 stopped"]


def test_hostile_text_is_kept_as_text(book: LogBook) -> None:
    made = book.write(entry("1", HOSTILE))
    assert made.text == schema.clean(HOSTILE) and book.search(words="100% _") == [made]
    assert book.search(words="100%x") == []


def test_each_entry_has_its_row_in_the_audit_log(engine: Engine, book: LogBook) -> None:
    book.write(entry("li:1", sensor="s"))
    (row,) = Audit(engine).entries()
    assert (row.actor, row.action, row.subject) == ("li", "log.write", "log:li:1")
    assert json.loads(row.detail) == {"desk": "sea", "sensor": "s", "text": "pump 2 stopped"}
