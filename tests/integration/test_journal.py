"""The journal holds each event once, whatever is repeated, lost or raced, and finds it again."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy import event as hook

from model.alarm import Acknowledgement, Alarm, Answer, Event, Shelf
from store import schema
from store.database import DatabaseAway, connect, migrate, reading, writing
from store.journal import Journal
from store.partition import Fenced
from tests.postgres.cut import CutLine, When
from tests.postgres.server import PostgresServer

ALARM = Alarm(
    id="sea/oxygen_low|sensor:sea-buoy-03",
    occurrence=2,
    rule="sea/oxygen_low",
    subject="sensor:sea-buoy-03",
    domain="sea",
    area="dapeng",
    priority="high",
    state="acknowledged",
    value=1.9,
    limit=2.0,
    raised=1000.0,
    changed=1060.5,
    acknowledgement=Acknowledgement(who="li", time=1060.5, note="boat is out"),
    shelf=Shelf(who="li", time=1061.0, until=None, reason="maintenance"),
    detail={"link": None, "polygon": [[114.5, 22.5]]},
)
DONE = [Answer(alarm=ALARM.id, outcome="done"), Answer(alarm="x|y", outcome="already", who="wang", time=12.5)]


def event(number: int, **more: Any) -> Event:
    """The `number`th of a row of events."""
    usual: dict[str, Any] = {
        "kind": "raised",
        "alarm": ALARM.id,
        "occurrence": 1,
        "time": 1000.0 + number,
        "source": f"edge:city:{{sea.0}}:edges:{number}-0",
        "subject": ALARM.subject,
        "domain": "sea",
        "area": ALARM.area,
    }
    return Event(**{**usual, **more})


class Wall:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def journal(engine: Engine, wall: Wall) -> Journal:
    return Journal(engine, wall)


@pytest.fixture
def lose(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[When], None]:
    """The next commit of the engine ends in an error, before or after it happened."""
    commit = engine.dialect.do_commit

    def losing(when: When) -> None:
        def lost(connection: Any) -> None:
            monkeypatch.setattr(engine.dialect, "do_commit", commit)
            if when == "after":
                commit(connection)
            assert engine.dialect.loaded_dbapi is not None
            raise engine.dialect.loaded_dbapi.OperationalError("the line is lost")

        monkeypatch.setattr(engine.dialect, "do_commit", lost)

    return losing


def rows(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


# Once


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_whose_outcome_is_unknown_is_made_again_and_stands_once(
    engine: Engine, journal: Journal, lose: Callable[[When], None], when: When
) -> None:
    fence = journal.take_over("a")
    given = {"alarms": [ALARM], "events": [event(1), event(2)], "cursors": {"sea.0": "2-0"}, "answers": {"c1": DONE}}
    lose(when)
    with pytest.raises(DatabaseAway):
        journal.record(fence, **given)  # type: ignore[arg-type]
    again = journal.record(fence, **given)  # type: ignore[arg-type]
    assert [one.seq for one in again] == [1, 2]
    assert [rows(engine, one) for one in (schema.event, schema.alarm, schema.cursor, schema.carried)] == [2, 1, 1, 1]
    assert journal.load() == ([ALARM], {"sea.0": "2-0"})
    assert journal.answered(["c1"]) == {"c1": DONE}


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_same_over_a_line_that_breaks_at_the_commit(postgres: PostgresServer, when: When) -> None:
    with postgres.database() as url, CutLine(postgres.socket) as line:
        direct = connect(url)
        migrate(direct)
        engine = connect(f"{url.partition('?')[0]}?host=127.0.0.1&port={line.port}&sslmode=disable&gssencmode=disable")
        journal = Journal(engine)
        fence = journal.take_over("a")
        line.cut(when)
        with pytest.raises(DatabaseAway):
            journal.record(fence, [ALARM], events=[event(1)], answers={"c1": DONE})
        assert rows(direct, schema.event) == (0 if when == "before" else 1)
        assert [one.seq for one in journal.record(fence, [ALARM], events=[event(1)], answers={"c1": DONE})] == [1]
        assert [rows(direct, one) for one in (schema.event, schema.alarm, schema.carried)] == [1, 1, 1]
        engine.dispose()
        direct.dispose()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_take_over_whose_outcome_is_unknown_is_made_again(journal: Journal, lose: Callable[[When], None], when: When) -> None:
    lose(when)
    with pytest.raises(DatabaseAway):
        journal.take_over("a")
    journal.record(journal.take_over("a"), events=[event(1)])


def test_a_known_source_keeps_its_first_event_its_place_and_its_time_of_recording(journal: Journal, wall: Wall) -> None:
    fence = journal.take_over("a")
    (first,) = journal.record(fence, events=[event(1, note="first")])
    wall.now = 6000.0
    second, third = journal.record(fence, events=[event(1, note="second"), event(2)])
    assert (second.seq, second.recorded, third.seq, third.recorded) == (1, 5000.0, 2, 6000.0)
    assert [one.note for one in journal.history(ALARM.id)] == ["", "first"]
    assert first == event(1, note="first", seq=1, recorded=5000.0)


def test_a_source_twice_in_one_write_is_one_event(engine: Engine, journal: Journal) -> None:
    assert [one.seq for one in journal.record(journal.take_over("a"), events=[event(1), event(1), event(2)])] == [1, 1, 2]
    assert rows(engine, schema.event) == 2


def test_a_command_is_carried_out_once_and_keeps_its_first_answers(journal: Journal) -> None:
    fence = journal.take_over("a")
    journal.record(fence, answers={"c1": DONE, "none": []})
    journal.record(fence, answers={"c1": [Answer(alarm="x", outcome="gone")]})
    assert journal.answered(["c1", "none", "never"]) == {"c1": DONE, "none": []}
    assert journal.answered([]) == {}


def test_more_than_a_statement_may_hold(journal: Journal) -> None:
    fence = journal.take_over("a")
    events = [event(number) for number in range(3000)]
    alarms = [replace(ALARM, id=f"r|{number}") for number in range(3000)]
    for _ in range(2):
        assert [one.seq for one in journal.record(fence, alarms, events=events)] == list(range(1, 3001))
    assert len(journal.load()[0]) == 3000
    journal.record(fence, gone=[one.id for one in alarms], answers={f"c{number}": [] for number in range(600)})
    assert journal.load()[0] == []
    assert len(journal.answered([f"c{number}" for number in range(600)])) == 600


# One writer


def test_a_writer_that_was_replaced_writes_nothing(engine: Engine, journal: Journal) -> None:
    old = journal.take_over("a")
    new = journal.take_over("b")
    assert new > old
    with pytest.raises(Fenced):
        journal.record(old, [ALARM], events=[event(1)], cursors={"a": "1"}, answers={"c": []})
    assert [rows(engine, one) for one in (schema.event, schema.alarm, schema.cursor, schema.carried)] == [0, 0, 0, 0]
    journal.record(new, events=[event(1)])


def test_writers_that_take_over_from_each_other_leave_no_gap_and_no_event_of_an_old_one(database: str, engine: Engine) -> None:
    """Four writers fight for the journal: places are given without a gap, and fences only grow along them."""
    failed: list[BaseException] = []

    def fight(name: str) -> None:
        mine = connect(database, patience=30.0)
        journal = Journal(mine)
        try:
            for turn in range(15):
                fence = journal.take_over(name)
                for number in range(4):
                    source = f"{name}:{turn}:{number}"
                    journal.record(
                        fence, [replace(ALARM, id=name)], events=[event(1, source=source, occurrence=fence)], cursors={"c": source}
                    )
        except Fenced:
            pass
        except BaseException as error:
            failed.append(error)
        finally:
            mine.dispose()

    threads = [threading.Thread(target=_until_done, args=(fight, f"w{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert rows(engine, schema.event) > 15
    with reading(engine) as connection:
        found = connection.execute(select(schema.event.c.seq, schema.event.c.occurrence).order_by(schema.event.c.seq)).all()
    assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    assert [fence for _, fence in found] == sorted(fence for _, fence in found)


def _until_done(fight: Callable[[str], None], name: str) -> None:
    for _ in range(5):
        fight(name)


def test_a_cursor_never_runs_ahead_of_its_events(engine: Engine, journal: Journal) -> None:
    with pytest.raises(Fenced):
        journal.record(99, events=[event(1)], cursors={"sea.0": "1-0"})
    assert journal.load() == ([], {})
    journal.record(journal.take_over("a"), events=[event(1)], cursors={"sea.0": "1-0"})
    assert (rows(engine, schema.event), journal.load()[1]) == (1, {"sea.0": "1-0"})


# As they stand


def test_alarms_come_back_as_they_were_and_count_as_journalled(journal: Journal) -> None:
    fence = journal.take_over("a")
    other = replace(ALARM, id="o", acknowledgement=None, shelf=None, label=None, value=None, journalled=False)
    journal.record(fence, [ALARM, other])
    assert sorted(journal.load()[0], key=lambda one: one.id) == sorted([ALARM, replace(other, journalled=True)], key=lambda one: one.id)
    journal.record(fence, [replace(ALARM, count=7)], gone=["o", "never"])
    assert journal.load()[0] == [replace(ALARM, count=7)]


def test_an_event_comes_back_as_it_was(journal: Journal) -> None:
    full = event(
        1,
        rule="r",
        priority="low",
        state="returned",
        value=0.0,
        limit=-1.5,
        actor="li",
        desk="d1",
        note="n",
        detail={"a": [1, None]},
        annunciated=True,
    )
    assert journal.record(journal.take_over("a"), events=[full]) == journal.history(ALARM.id)
    assert journal.history(ALARM.id) == [replace(full, seq=1, recorded=5000.0)]


LONG = "".join(random.Random(4).choices("0123456789abcdef", k=20_000))
HOSTILE = [LONG, "", "\0", "a\0b", "\ud800", "'; DROP TABLE event; --", "‮", "𝄞" * 3, "x" * 5000, "%", "\x1b[31m", '{"a":1}', "\\"]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_kept_and_stop_nothing(journal: Journal, words: str) -> None:
    """One message must not be able to stop the journal for all that come after it."""
    fence = journal.take_over(words)
    hostile = event(1, source=words, note=words, actor=words, area=words, alarm=words, subject=words, detail={words: words})
    alarm = replace(ALARM, id=words, area=words, detail={words: [words]})
    for _ in range(2):
        assert journal.record(fence, [alarm], events=[hostile], cursors={words: words}, answers={words: DONE})[0].seq == 1
    assert len(journal.load()[0]) == 1 and len(journal.search(who=words, areas=[words], subjects=[words])) == 1
    assert len(journal.history(words)) == 1 and len(journal.answered([words])) == 1
    journal.record(fence, gone=[words])
    assert journal.load()[0] == []


def test_two_long_names_that_differ_at_the_end_stay_two(journal: Journal) -> None:
    journal.record(journal.take_over("a"), events=[event(1, source=LONG + end) for end in "ab"])
    assert len(journal.history(ALARM.id)) == 2


# To Kafka


def test_what_kafka_has_not_got_comes_in_order_and_never_goes_back(journal: Journal) -> None:
    journal.record(journal.take_over("a"), events=[event(number) for number in range(5)])
    assert [one.seq for one in journal.unpublished(3)] == [1, 2, 3]
    journal.published(3)
    journal.published(2)
    assert [one.seq for one in journal.unpublished(10)] == [4, 5]


# Found again


@pytest.fixture
def filled(journal: Journal) -> Journal:
    """Twelve events of three areas, four sensors and two people; events 4 and 5 of the same time."""
    events = [
        event(
            number,
            time=1000.0 + (4 if number == 5 else number),
            area=("north", "south", "")[number % 3],
            subject=f"sensor:s{number % 4}",
            alarm=f"r|sensor:s{number % 4}",
            actor=("", "li", "wang")[number % 3],
            kind=("raised", "returned")[number % 2],
            domain=("sea", "air")[number // 6],
        )
        for number in range(12)
    ]
    journal.record(journal.take_over("a"), events=events)
    return journal


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({}, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ({"since": 1009.0}, [12, 11, 10]),
        ({"until": 1002.0}, [2, 1]),
        ({"since": 1002.0, "until": 1004.0}, [4, 3]),
        ({"areas": ["north"]}, [10, 7, 4, 1]),
        ({"areas": ["north", ""]}, [12, 10, 9, 7, 6, 4, 3, 1]),
        ({"areas": []}, []),
        ({"subjects": ["sensor:s3"]}, [12, 8, 4]),
        ({"alarm": "r|sensor:s3"}, [12, 8, 4]),
        ({"who": "li"}, [11, 8, 5, 2]),
        ({"kinds": ["returned"], "areas": ["south"]}, [8, 2]),
        ({"domain": "air", "since": 1008.0, "limit": 2}, [12, 11]),
        ({"who": "nobody"}, []),
    ],
)
def test_events_are_found_by_time_area_sensor_and_person(filled: Journal, asked: dict[str, Any], places: list[int]) -> None:
    assert [one.seq for one in filled.search(**asked)] == places


@pytest.mark.parametrize("asked", [{}, {"areas": ["north", "south"]}, {"who": "wang"}, {"since": 1002.0, "until": 1011.0}])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_pages_join_without_a_gap_or_a_repetition_also_while_events_come(filled: Journal, asked: dict[str, Any], size: int) -> None:
    whole = [one.seq for one in filled.search(**asked)]
    read: list[int] = []
    fence = filled.take_over("b")
    while page := filled.search(**asked, before=read[-1] if read else None, limit=size):
        read += [one.seq for one in page]
        filled.record(fence, events=[event(100 + len(read), area="north", actor="wang")])
    assert read == whole


def test_how_often_an_alarm_came(filled: Journal) -> None:
    assert filled.count("r|sensor:s0", 0.0) == 3
    assert filled.count("r|sensor:s0", 1004.0) == 2
    assert filled.count("r|sensor:s1", 0.0) == 0  # it only ever returned
    fence = filled.take_over("b")
    filled.record(
        fence, events=[event(20 + n, kind=kind, alarm="r|sensor:s1") for n, kind in enumerate(("repeated", "worsened", "realarmed"))]
    )
    assert filled.count("r|sensor:s1", 0.0) == 2


def test_how_long_an_alarm_lasted_is_told_from_each_coming_to_its_return(journal: Journal) -> None:
    fence = journal.take_over("a")
    lived = [("returned", 5), ("raised", 10), ("repeated", 20), ("acknowledged", 25), ("returned", 40), ("raised", 50), ("worsened", 55)]
    lived += [("latched", 110), ("reset", 120), ("raised", 130)]
    journal.record(fence, events=[event(0, kind=kind, time=float(at), source=f"s{at}") for kind, at in lived])
    assert journal.lasted(ALARM.id, 0.0) == [30.0, 60.0]
    assert journal.lasted(ALARM.id, 45.0) == [60.0]
    assert journal.lasted(ALARM.id, 0.0, limit=4) == [60.0]  # the newest are what is looked at
    assert journal.lasted("another", 0.0) == []


def test_who_holds_an_area_is_what_was_said_last(journal: Journal) -> None:
    fence = journal.take_over("a")
    said = [("north", "d1"), ("south", "d1"), ("north", "d2"), ("south", "")]
    handed = [event(n, kind="handed_over", alarm="", area=area, desk=desk, time=1000.0) for n, (area, desk) in enumerate(said)]
    journal.record(fence, events=[*handed, event(9, area="east", desk="d3")])
    assert journal.handed_over() == {"north": "d2", "south": ""}


@pytest.mark.parametrize("asked", [{"since": 5.0}, {"areas": ["north"]}, {"subjects": ["sensor:s1"]}, {"who": "li"}, {"alarm": "r|s"}])
def test_a_search_walks_an_index_and_does_not_sort(tmp_path: Path, asked: dict[str, Any]) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'deck.db'}")
    migrate(engine)
    plans: list[str] = []
    explaining = False

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        nonlocal explaining
        if not explaining and statement.startswith("SELECT event"):
            explaining = True
            plans.extend(row[-1] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters))
            explaining = False

    hook.listen(engine, "before_cursor_execute", explain)
    Journal(engine).search(**asked, before=7)
    engine.dispose()
    assert any("USING INDEX event_" in plan for plan in plans), plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


WORDS = st.text(max_size=20)
EVENTS = st.lists(st.tuples(st.integers(0, 30), WORDS, st.floats(0, 1e10), st.none() | st.floats(allow_nan=False)), max_size=20)


@given(batches=st.lists(EVENTS, max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_twice_in_any_cut_reads_as_if_written_once(engine: Engine, batches: list[list[Any]]) -> None:
    journal = Journal(engine)
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM event"))
    fence = journal.take_over("a")
    expected: dict[str, Event] = {}
    for batch in batches:
        given_events = [event(1, source=str(source), note=note, time=time, value=value) for source, note, time, value in batch]
        for one in given_events:
            expected.setdefault(one.source, one)
        journal.record(fence, events=given_events)
        journal.record(fence, events=given_events[: len(given_events) // 2])
    found = journal.unpublished(1000)
    assert [one.seq for one in found] == list(range(1, len(expected) + 1))
    clean = [replace(one, note=schema.clean(one.note)) for one in expected.values()]
    assert [replace(one, seq=0, recorded=0.0) for one in found] == clean


def test_what_was_answered_is_forgotten_after_a_day(journal: Journal, engine: Engine, wall: Wall) -> None:
    fence = journal.take_over("one")
    journal.record(fence, answers={"old": DONE})
    wall.now += 3600
    journal.record(fence, answers={"young": DONE})
    wall.now += 86_400 - 1800
    journal.record(fence)
    assert set(journal.answered(["old", "young"])) == {"young"}
