"""The process of alarms with real Redis and SQL: its stories, its deaths, and what is left when a part is away."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from sqlalchemy import insert

from demo.memory import RedisServer
from model import ReplayClock
from model.alarm import Answer, Command, Event
from store import schema
from store.board import LEASE_SECONDS, Board
from store.clock import publish
from store.database import connect, writing
from store.edge import append
from store.journal import Journal
from store.process import processes
from streams.alarms import REST_SECONDS
from streams.outbox import Outbox
from streams.partition import encode
from streams.source import BrokerError
from streams.timer import SHELF_SECONDS
from tests.integration.floor import Floor, Topic, keeper
from tests.integration.line import Line, record
from tests.kafka.server import KafkaServer
from tests.postgres.cut import CutLine, When
from tests.postgres.server import PostgresServer
from tests.until import until

A, C = "sea/high|sensor:a", "sea/high|sensor:c"


@pytest.fixture
def floor(redis_server: RedisServer, tmp_path: Path) -> Iterator[Floor]:
    """A floor with a SQLite journal."""
    floor = Floor(redis_server.url, f"sqlite:///{tmp_path / 'deck.db'}", tmp_path)
    yield floor
    floor.close()


@pytest.fixture
def big_floor(redis_server: RedisServer, postgres: PostgresServer, tmp_path: Path) -> Iterator[Floor]:
    """A floor with PostgreSQL."""
    with postgres.database() as url:
        floor = Floor(redis_server.url, url, tmp_path)
        yield floor
        floor.close()


# --- the story -----------------------------------------------------------------------------------------------------------------------


def test_an_alarm_comes_is_acknowledged_returns_and_re_arms(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        alarm = floor.comes(A)
        assert (alarm.occurrence, alarm.area, alarm.journalled) == (1, "bay", True)
        (answer,) = floor.ask("acknowledge", A, who="Wang", note="boat sent")
        assert answer.outcome == "done" and floor.comes(A, "acknowledged").acknowledgement.who == "Wang"  # type: ignore[union-attr]
        (answer,) = floor.ask("acknowledge", A, who="Li")
        assert (answer.outcome, answer.who) == ("already", "Wang")
        floor.edge("high", False)
        floor.goes(A)
        floor.edge("high", True)
        assert floor.comes(A).occurrence == 2
        assert floor.lives()[A] == ["raised", "acknowledged", "returned", "raised"]
        floor.agree()


def test_what_falls_due_by_itself_happens(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("quick", True)
        id = "sea/quick|sensor:a"
        until(lambda: (alarm := floor.shown(id)) and alarm.priority == "high", "escalation")
        assert floor.lives()[id] == ["raised", "escalated"]


def test_a_condition_of_the_judge_becomes_an_alarm(floor: Floor) -> None:
    with floor.keeping():
        pipe = floor.client.pipeline()
        append(pipe, "judge", [encode(floor.condition("low_kpi", True, "kpi:oxygen_lowest@town", time.time()))])
        pipe.execute()
        assert floor.comes("sea/low_kpi|kpi:oxygen_lowest@town").area == "town"


def test_a_planned_stop_is_no_death_and_the_next_goes_on_at_once(floor: Floor) -> None:
    first = floor.start()
    floor.edge("high", True)
    floor.comes(A)
    first.send_signal(signal.SIGTERM)
    first.wait(90)
    assert not floor.beats(first.pid)
    with floor.keeping():
        floor.edge("high", False)
        floor.comes(A, "returned")
        floor.agree()


def test_desks_are_told_with_their_areas_and_an_area_handed_over_stays_so(floor: Floor) -> None:
    with floor.keeping():
        until(floor.board.duties, "duties")
        (answer,) = floor.ask("hand_over", desk="sea", areas=("bay",), detail={"to": "land"})
        assert answer.outcome == "done"
        until(lambda: {duty.desk: duty.areas for duty in floor.board.duties()}["land"] == ("bay", "town"), "the bay at the other desk")
    with floor.keeping():
        until(lambda: {duty.desk: duty.areas for duty in floor.board.duties()}["land"] == ("bay", "town"), "still")
        assert [(event.kind, event.area, event.desk) for event in floor.events()] == [("handed_over", "bay", "land")]


def test_a_flood_outlives_its_writer(floor: Floor) -> None:
    def flood() -> object:
        return {duty.desk: duty.flood for duty in floor.board.duties()}.get("sea")

    with floor.keeping():
        floor.edges([("high", True, f"sensor:n{i}") for i in range(15)])
        known = until(flood, "a flood")
    floor.client.delete("city:{alarms}:duties")
    with floor.keeping():
        assert until(flood, "the same flood") == known
        assert [event.kind for event in floor.events()].count("flood_began") == 1


# --- deaths --------------------------------------------------------------------------------------------------------------------------

POINTS = [
    "restored:1",
    "read:1",
    "read:6",
    *(f"{point}:{n}" for point in ("journal", "board", "answer", "topic", "offset") for n in (1, 2, 3)),
]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_each_transition_is_in_the_journal_once(floor: Floor, point: str) -> None:
    """The story goes on whoever keeps; a wish is asked once, and answered."""
    first = floor.start(point)
    with floor.keeping():
        floor.edge("high", True)
        floor.edge("latching", True)
        floor.comes(A)
        (answer,) = floor.ask("acknowledge", A, who="Wang")
        assert answer.outcome == "done"
        floor.edge("latching", False)
        floor.edge("high", False)
        floor.goes(A)
        floor.edge("high", True)
        assert floor.comes(A).occurrence == 2
        first.wait(90)
        assert first.returncode == -signal.SIGKILL
        until(lambda: (alarm := floor.shown("sea/latching|sensor:a")) and alarm.latched, "a latched alarm")
        floor.comes(A)
        assert floor.lives() == {A: ["raised", "acknowledged", "returned", "raised"], "sea/latching|sensor:a": ["raised", "latched"]}
        floor.agree()


def test_a_standby_takes_over_within_three_seconds(floor: Floor) -> None:
    first = floor.start()
    until(lambda: floor.state(first) == "active", "the first at work")
    with floor.keeping():
        first.kill()
        floor.edge("high", True)
        floor.comes(A)
        floor.agree()
    assert LEASE_SECONDS + REST_SECONDS <= 2.5, "what is left of three seconds is for loading"


def test_one_that_was_halted_writes_nothing_more(floor: Floor) -> None:
    first = floor.start()
    floor.edge("high", True)
    floor.comes(A)
    first.send_signal(signal.SIGSTOP)
    with floor.keeping() as second:
        until(lambda: floor.state(second) == "active", "the second at work")
        floor.edge("high", True, "sensor:c")
        floor.comes(C)
        first.send_signal(signal.SIGCONT)
        until(lambda: floor.state(first) == "standby", "the first stands by")
        until(lambda: floor.comes(C).journalled, "journalled, should the first have held the file")
        floor.ask("acknowledge", A, C)
        floor.edge("high", False)
        floor.goes(A)
        assert floor.lives() == {A: ["raised", "acknowledged", "returned"], C: ["raised", "acknowledged"]}
        floor.agree()


# --- parts away ----------------------------------------------------------------------------------------------------------------------


def test_the_journal_locked_alarms_appear_unjournalled_and_are_journalled_when_it_is_back(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        with floor.locked():
            floor.edge("high", True, "sensor:c")
            assert floor.comes(C).journalled is False
            (answer,) = floor.ask("acknowledge", A)
            assert answer.outcome == "not_recorded"
            floor.edge("high", False, "sensor:c")
            assert floor.comes(C, "returned").journalled is False
        until(lambda: floor.comes(C, "returned").journalled, "journalled")
        assert floor.comes(A).acknowledgement is None
        assert floor.lives() == {A: ["raised"], C: ["raised", "returned"]}
        (answer,) = floor.ask("acknowledge", A)
        assert answer.outcome == "done"
        floor.agree()


def test_a_wish_that_was_not_recorded_is_never_carried_out_not_even_by_the_next_writer(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        with floor.locked():
            assert floor.ask("acknowledge", A)[0].outcome == "not_recorded"
            floor.end(floor.running[-1])
    with floor.keeping():
        floor.edge("high", True, "sensor:c")
        floor.comes(C)
        assert floor.lives() == {A: ["raised"], C: ["raised"]}


def test_postgresql_stopped_and_back(big_floor: Floor, postgres: PostgresServer) -> None:
    floor = big_floor
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        postgres.stop()
        try:
            floor.edge("high", True, "sensor:c")
            assert floor.comes(C).journalled is False
            assert floor.ask("acknowledge", A)[0].outcome == "not_recorded"
        finally:
            postgres.start()
        until(lambda: floor.comes(C).journalled, "journalled")
        assert floor.ask("acknowledge", A, C)[1].outcome == "done"
        assert floor.lives() == {A: ["raised", "acknowledged"], C: ["raised", "acknowledged"]}
        floor.agree()


@pytest.mark.parametrize(("when", "outcome"), [("before", "not_recorded"), ("after", "done")])
def test_the_line_breaks_while_an_acknowledgement_is_committed(
    big_floor: Floor, postgres: PostgresServer, when: When, outcome: str
) -> None:
    """Nobody is told `done` for what is not in the journal, nor `not_recorded` for what is."""
    floor, cutting = big_floor, list[When]()

    class Cut(Journal):
        def record(self, *args: Any, **more: Any) -> list[Event]:
            for moment in cutting:
                line.cut(moment)
            cutting.clear()
            return super().record(*args, **more)

    with CutLine(postgres.socket) as line:
        engine = connect(f"{floor.database.partition('?')[0]}?host=127.0.0.1&port={line.port}&sslmode=disable&gssencmode=disable", 2.0)
        made = keeper(floor.url, engine, floor.topic.path, kind=Cut)
        floor.edge("high", True)
        made.turn()
        command = floor.command("acknowledge", [A])
        floor.board.ask(command)
        cutting.append(when)
        made.turn()
        (answer,) = until(lambda: floor.board.answer(command.id), "an answer")
        assert answer.outcome == outcome
        assert floor.lives()[A] == (["raised", "acknowledged"] if outcome == "done" else ["raised"])
        engine.dispose()


def test_one_that_begins_while_the_journal_is_away_goes_on_from_the_board(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
    with floor.locked(), floor.keeping():
        floor.edge("high", True, "sensor:c")
        assert floor.comes(C).journalled is False
        floor.edge("high", False)
        assert floor.comes(A, "returned").journalled is False
        blocked = list(floor.running)
    with floor.keeping():
        until(lambda: floor.comes(C).journalled, "journalled")
        assert floor.lives() == {A: ["raised", "returned"], C: ["raised"]}
        floor.agree()
    assert len(blocked) == 2


@pytest.mark.parametrize("ahead", [-3600.0, -31.0, 31.0, 3600.0])
def test_the_clocks_of_web_and_writer_may_differ(floor: Floor, ahead: float) -> None:
    made = keeper(floor.url, floor.engine, floor.topic.path, wall=lambda: time.time() + ahead)
    floor.edge("high", True, time_=time.time() + ahead)
    made.turn()
    command = floor.command("shelve", [A], note="because", lasting=SHELF_SECONDS["medium"])
    floor.board.ask(command)
    made.turn()
    assert floor.board.answer(command.id) == [Answer(alarm=A, outcome="done")]


def test_a_journal_that_does_what_nobody_foresaw_steps_the_keeper_down_and_another_may_try(floor: Floor) -> None:
    class Broken(Journal):
        def record(self, *args: Any, **more: Any) -> Any:
            with writing(floor.engine) as connection:
                connection.execute(insert(schema.cursor).values(name="x", place=None))

    made, other = (keeper(floor.url, floor.engine, floor.topic.path, kind=kind) for kind in (Broken, Journal))
    floor.edge("high", True)
    made.turn()
    other.turn()
    assert floor.comes(A).journalled


def test_redis_emptied_the_board_comes_back_from_the_journal(floor: Floor) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        floor.ask("shelve", A, note="because", until=time.time() + 600)
        moment = time.time()
        floor.client.flushall()
        alarm = until(lambda: floor.shown(A), "the board again")
        assert alarm.shelf is not None
        floor.edge("high", True, time_=moment - 1)  # what ingest rebuilds from Kafka comes again
        floor.edge("high", False)
        floor.comes(A, "returned")
        assert floor.lives()[A] == ["raised", "shelved", "repeated", "returned"] or floor.lives()[A] == ["raised", "shelved", "returned"]
        floor.agree()


def test_redis_stopped_and_back(floor: Floor, redis_server: RedisServer) -> None:
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        redis_server.kill()
        redis_server.start()
        floor.edge("high", False)
        floor.comes(A, "returned")
        assert floor.ask("acknowledge", A)[0].outcome == "done"
        assert floor.lives()[A] == ["raised", "returned", "acknowledged"]
        floor.agree()


def test_a_new_journal_does_not_raise_the_alarms_of_last_week(floor: Floor) -> None:
    """The database was lost, or there was none before; the streams still hold days of edges, and two conditions stand."""
    condition = encode(floor.condition("high", True, "sensor:b", time.time() - 7 * 86_400))
    floor.client.xadd("city:{sea.0}:edges", {"condition": condition}, id=f"{int((time.time() - 7 * 86_400) * 1000)}-0")
    floor.edge("high", True, time_=time.time() - 3600)
    for _ in range(2):
        with floor.keeping():
            floor.comes(A)
            floor.edge("high", True, "sensor:c")
            floor.comes(C)
            assert set(floor.lives()) == {A, C}


def test_a_lost_edge_heals(floor: Floor) -> None:
    floor.edge("high", True)
    floor.client.delete("city:{sea.0}:edges")
    with floor.keeping():
        floor.comes(A)
        assert floor.events()[0].source.startswith("reconcile:")


def test_event_time_set_back_as_a_replay_does(floor: Floor) -> None:
    """The recorded day lies in the past: its alarms live in its time, and nothing waits for the present."""
    with floor.keeping():
        floor.edge("high", True)
        floor.comes(A)
        past = time.time() - 100 * 86_400
        fence = floor.board.fence()
        publish(floor.client, ReplayClock(wall=time.time(), event=past, rate=60.0))
        until(lambda: floor.board.fence() > fence, "the keeper begins anew")
        floor.edge("quick", True, "sensor:c", past)
        alarm = until(lambda: (found := floor.shown("sea/quick|sensor:c")) and found.escalated and found, "escalation")
        assert alarm.raised == past
        (escalated,) = [event for event in floor.events() if event.kind == "escalated"]
        assert past + 0.5 <= escalated.time < time.time() - 86_400, "by the clock of the replay, and not before time had come so far"


class Away(Topic):
    """A broker that does not answer, then does."""

    there = False

    def deliver(self, topic: str, records: Sequence[tuple[bytes | None, bytes]]) -> list[int]:
        if not self.there:
            raise BrokerError("away")
        return super().deliver(topic, records)


def test_kafka_away_alarms_go_on_and_events_wait(floor: Floor) -> None:
    topic = Away(floor.folder / "topic")
    outbox = Outbox(floor.journal, lambda: topic)  # type: ignore[arg-type,return-value]
    made = keeper(floor.url, floor.engine, floor.topic.path, outbox=outbox)
    outbox.start()
    made.turn()
    floor.edge("high", True)
    made.turn()
    assert floor.shown(A) is not None
    until(lambda: outbox.error, "a failure that people see")
    made.turn()
    floor.edge("high", False)
    made.turn()
    assert floor.comes(A, "returned") and floor.topic.records() == []
    topic.there = True
    until(lambda: len(floor.topic.records()) == 2 and outbox.error is None, "both events")
    outbox.stop()
    assert [record["kind"] for record in floor.topic.records()] == ["raised", "returned"]


# --- many ----------------------------------------------------------------------------------------------------------------------------


def test_a_thousand_races_of_two_acknowledgements(floor: Floor) -> None:
    ids, together = [f"sea/high|sensor:{i}" for i in range(1000)], threading.Barrier(2)

    def press(who: str) -> None:
        mine = Floor(floor.url, floor.database, floor.folder)
        for id in ids:
            together.wait()
            mine.board.ask(pressed(who, id))
        mine.close()

    def pressed(who: str, id: str) -> Command:
        return Command(id=f"{who}-{id}", wish="acknowledge", who=who, role="supervisor", targets=((id, 1),))

    with floor.keeping():
        floor.edges([("high", True, id.partition("|")[2]) for id in ids])
        until(lambda: len(floor.board.load().alarms) == len(ids), "all raised")
        threads = [threading.Thread(target=press, args=(who,)) for who in ("Wang", "Li")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = Counter(race(floor, id) for id in ids)
        assert winners.total() == len(ids) and len(winners) == 2, "a race that one always wins is none"
        lives = floor.lives()
        assert all(lives[id] == ["raised", "acknowledged"] for id in ids)
        floor.agree()


def race(floor: Floor, id: str) -> str:
    """Who won; the other was told so."""
    answers = {who: until(partial(floor.board.answer, f"{who}-{id}"), "an answer")[0] for who in ("Wang", "Li")}
    (first,) = [who for who, answer in answers.items() if answer.outcome == "done"]
    (other,) = answers.keys() - {first}
    assert (answers[other].outcome, answers[other].who) == ("already", first)
    return first


def test_ten_thousand_alarms_come_are_acknowledged_at_once_and_go(floor: Floor) -> None:
    count = 10_000
    with floor.keeping():
        for first in range(0, count, 500):
            floor.edges([("high", True, f"sensor:{i}") for i in range(first, first + 500)])
        until(lambda: floor.client.hlen("city:{alarms}:board") == count, "all on the board")
        ids = list(floor.board.load().alarms)
        assert {answer.outcome for answer in floor.ask("acknowledge", *ids)} == {"done"}
        for first in range(0, count, 500):
            floor.edges([("high", False, f"sensor:{i}") for i in range(first, first + 500)])
        until(lambda: floor.client.hlen("city:{alarms}:board") == 0, "all gone")
        lives = floor.lives()
        assert all(lives[id] == ["raised", "acknowledged", "returned"] for id in ids) and set(lives) == {*ids, ""}
        floor.agree()


def test_two_keepers_in_one_process_never_both_write(floor: Floor) -> None:
    """Turn by turn, with the lease taken from under the first between its journal and its board."""
    stolen: list[str] = []

    def steal(point: str) -> None:
        if point == "journal" and not stolen:
            stolen.append(point)
            floor.client.delete("city:{alarms}:lease")
            second.turn()

    second = keeper(floor.url, floor.engine, floor.topic.path)
    first = keeper(floor.url, floor.engine, floor.topic.path, steal)
    floor.edge("high", True)
    first.turn()
    assert stolen and floor.shown(A) is not None
    floor.edge("high", False)
    first.turn()
    second.turn()
    assert floor.lives()[A] == ["raised", "returned"]
    assert floor.comes(A, "returned")


def test_from_a_reading_to_an_alarm_on_the_board_in_the_journal_and_on_kafka(
    kafka: KafkaServer, redis_server: RedisServer, tmp_path: Path
) -> None:
    """The processes as they are started in a city."""
    line = Line(tmp_path / "site", kafka.bootstrap, redis_server.url, f"alarms-{time.time_ns()}", 1)
    line.environment["CITYDECK_DATABASE"] = f"sqlite:///{tmp_path / 'deck.db'}"
    id = "probe/high|sensor:p-1"
    try:
        for process in ("ingest", "frames", "alarms"):
            line.start(process)
        producer = line.producer()
        producer.send(line.topic, record("p-1", time.time(), 950.0))
        producer.flush()
        board = Board(line.client)
        alarm = until(lambda: board.load().alarms.get(id), "the alarm", 90)
        assert (alarm.value, alarm.limit, alarm.state, alarm.journalled) == (950.0, 900.0, "unacknowledged", True)
        assert next(found for found in told(kafka.bootstrap, "city.alarms") if found["alarm"] == id)["kind"] == "raised"
        kinds = until(lambda: {one.kind: one.state for one in processes(line.client)}, "processes")
        assert kinds["alarms"] == "active"
    finally:
        line.stop()


def told(bootstrap: str, topic: str) -> Iterator[dict[str, Any]]:
    """Records as they come to Kafka."""
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=60_000)
    try:
        for found in consumer:
            assert found.key is not None
            yield json.loads(found.value)
    finally:
        consumer.close()
