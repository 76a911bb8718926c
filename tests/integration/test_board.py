"""The board: what a reader sees of it, who may write it, and the way of a wish."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
import redis

from demo.memory import RedisServer
from model.alarm import Alarm, Answer, Command, Duty, Flood
from store.board import Board, Change, Term, lease
from store.lease import Lease
from store.partition import Fenced
from tests.unit.test_life import alarm

PATIENCE = 90.0
ONE = alarm("unacknowledged", detail={"text": "雾 \x00 <b>"})


def named(id: str, **more: object) -> Alarm:
    return replace(ONE, id=id, **more)  # type: ignore[arg-type]


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
def board(client: redis.Redis) -> Board:
    return Board(client)


def term(client: redis.Redis, holder: str = "first", fence: int = 1) -> Term:
    """A writer in office."""
    held = lease(client, holder)
    client.delete(held.key)
    held.hold()
    return Term(held, fence)


def test_what_was_saved_is_loaded_as_it_was(client: redis.Redis, board: Board) -> None:
    alarms = {one.id: one for one in (named("a"), named("b", journalled=False), named("港|x"))}
    board.save(term(client), alarms.values())
    assert board.load().alarms == alarms


def test_a_reader_takes_all_once_and_then_what_changed(client: redis.Redis, board: Board) -> None:
    office = term(client)
    board.save(office, [named("a"), named("b")])
    held = board.load()
    assert board.changes(held.rev) == Change(held.rev, [], [])
    board.save(office, [named("a", count=2), named("c")], ["b"])
    board.save(office, [named("a", count=3)])
    change = board.changes(held.rev)
    assert change is not None and change.rev == held.rev + 2
    assert {one.id: one.count for one in change.alarms} == {"a": 3, "c": 1} and change.gone == ["b"]
    assert board.changes(change.rev) == Change(change.rev, [], [])


def test_one_who_is_too_far_behind_is_told_to_load(client: redis.Redis, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.board.CHANGES", 100)
    office = term(client)
    board.save(office, [named("a")])
    first = board.load().rev
    for count in range(600):
        office.lease.hold()
        board.save(office, [named("a", count=count)])
    assert board.changes(first) is None
    change = board.changes(first + 590)
    assert change is not None and change.alarms[0].count == 599


def test_one_who_has_seen_more_than_there_is_is_told_to_load(client: redis.Redis, board: Board) -> None:
    """Redis was emptied: the numbers begin anew, above the old ones."""
    board.save(term(client), [named("a")])
    before = board.load().rev
    client.flushall()
    assert board.changes(before) is None
    board.save(term(client), [named("b")])
    assert board.load().rev > before and board.changes(before) is None and board.changes(0) is None


def test_a_large_write_comes_in_parts_and_is_whole(client: redis.Redis, board: Board) -> None:
    alarms = {f"n{i}": named(f"n{i}") for i in range(2500)}
    office = term(client)
    board.save(office, [named("old")])
    rev = board.load().rev
    board.save(office, alarms.values(), [f"gone{i}" for i in range(1200)] + ["old"], {"sea.0": "5-0"})
    change = board.changes(rev)
    assert change is not None and len(change.alarms) == 2500 and change.rev == rev + 3
    assert board.load().alarms == alarms and board.places() == {"sea.0": "5-0"}


def test_restoring_writes_only_what_differs(client: redis.Redis, board: Board) -> None:
    office = term(client)
    board.save(office, [named("same"), named("other"), named("more")])
    rev = board.load().rev
    wanted = {"same": named("same"), "other": named("other", count=9), "new": named("new")}
    board.restore(office, wanted, {}, [])
    change = board.changes(rev)
    assert change is not None and {one.id for one in change.alarms} == {"other", "new"} and change.gone == ["more"]
    assert board.load().alarms == wanted


def test_without_the_lease_nobody_writes(client: redis.Redis, board: Board) -> None:
    old = term(client, "old")
    term(client, "new", 2)
    with pytest.raises(Fenced):
        board.save(old, [named("a")])
    assert board.load().alarms == {}


def test_with_an_older_fence_nobody_writes(client: redis.Redis, board: Board) -> None:
    board.save(term(client, "new", 7), [named("a")])
    with pytest.raises(Fenced):
        board.save(Term(term(client, "old", 6).lease, 6), [named("b")])
    assert set(board.load().alarms) == {"a"} and board.fence() == 7


def test_duties_are_told(client: redis.Redis, board: Board) -> None:
    flood = Flood(began=1.0, first="a", first_at=0.5, count=11)
    duties = [Duty(desk="sea", areas=("bay",), flood=flood), Duty(desk="supervisor", areas=())]
    assert board.duties() == []
    board.save(term(client), duties=duties)
    assert board.duties() == duties


# --- wishes --------------------------------------------------------------------------------------------------------------------------


def command(id: str) -> Command:
    return Command(id=id, wish="acknowledge", who="Wang", role="supervisor", targets=(("a", 1),))


def test_wishes_come_in_order_and_those_answered_are_marked(board: Board) -> None:
    for id in ("one", "two", "three"):
        board.ask(command(id))
    board.tell("two", [Answer(alarm="a", outcome="done")])
    found = board.take("0-0", 10).wishes
    assert [(wish.command.id, wish.answered) for wish in found] == [("one", False), ("two", True), ("three", False)]
    assert found[0].command == command("one")
    assert [wish.command.id for wish in board.take(found[1].place, 10).wishes] == ["three"]
    assert board.last_wish() == found[2].place and board.latest_wishes(2) == ["three", "two"]


def test_what_is_no_wish_is_passed_over(client: redis.Redis, board: Board) -> None:
    for fields in ({"command": b"{}"}, {"command": b"\xff"}, {"other": b""}, {"command": b'{"id": 1}'}):
        client.xadd("city:{alarms}:commands", fields)  # type: ignore[arg-type]
    board.ask(command("one"))
    assert [wish.command.id for wish in board.take("0-0", 10).wishes] == ["one"]
    assert board.latest_wishes(10) == ["one"]


def test_whoever_reads_gets_past_what_is_no_wish(client: redis.Redis, board: Board) -> None:
    for _ in range(20):
        client.xadd("city:{alarms}:commands", {"command": b"?"})
    board.ask(command("one"))
    place, found = "0-0", list[str]()
    for _ in range(3):
        place, wishes = board.take(place, 10)
        found += [wish.command.id for wish in wishes]
    assert found == ["one"] and board.take(place, 10) == (place, [])


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_the_age_of_a_wish_is_told_by_one_clock(client: redis.Redis, board: Board, monkeypatch: pytest.MonkeyPatch, ahead: float) -> None:
    seconds, _ = client.time()
    client.xadd("city:{alarms}:commands", {"command": msgspec.json.encode(command("old"))}, id=f"{(seconds - 100) * 1000}-0")
    board.ask(command("new"))
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + ahead)
    old, new = board.take("0-0", 10).wishes
    assert 100 <= old.age < 200 and -1 < new.age < 90


def test_who_asks_waits_for_the_answer(client: redis.Redis, board: Board) -> None:
    def answer() -> None:
        other = Board(client)
        while not (found := other.take("0-0", 10).wishes):
            time.sleep(0.005)
        other.tell(found[0].command.id, [Answer(alarm="a", outcome="already", who="Li", time=5.0)])

    thread = threading.Thread(target=answer)
    thread.start()
    assert board.request(command("one")) == [Answer(alarm="a", outcome="already", who="Li", time=5.0)]
    thread.join()


def test_no_answer_in_time_is_no_answer(board: Board) -> None:
    assert board.request(command("one"), patience=0.05) is None


def test_a_lease_may_be_shorter(client: redis.Redis) -> None:
    held = Lease(client, "short", "me", seconds=0.5)
    assert held.hold() == 1 and 0 < client.pttl(held.key) <= 500


def test_a_lease_is_kept_beside_long_work_for_so_long_and_no_longer(client: redis.Redis) -> None:
    held = Lease(client, "work", "me", seconds=0.2)
    assert held.hold() == 1
    with held.kept(PATIENCE):
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:  # five times as long as it lasts
            client.pttl(held.key)
        assert held.hold() == 1, "nobody had it meanwhile"
    with held.kept(0.0):
        while client.exists(held.key):
            time.sleep(0.01)


def test_a_lease_that_went_to_another_is_not_taken_from_it(client: redis.Redis) -> None:
    held = Lease(client, "work", "me", seconds=0.2)
    with held.kept(PATIENCE):
        client.set(held.key, "other", px=90_000)
        names = {thread.name for thread in threading.enumerate()}
        while "lease" in names:
            names = {thread.name for thread in threading.enumerate()}
    assert client.get(held.key) == b"other"
