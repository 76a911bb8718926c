"""Who is signed in and what a token permits: SQL says it, and Redis remembers it for a day while SQL is away (promise 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from demo.memory import RedisServer
from model.person import User
from store.connect import connect
from store.database import DatabaseAway
from store.known import BELIEVED_SECONDS, KEPT_SECONDS
from store.people import People, Unknown, digest
from store.permit import Permits
from store.session import SEEN_SECONDS, Sessions
from store.token import Tokens

IDLE, LONGEST = 4 * 3600.0, 14 * 3600.0
LATER = BELIEVED_SECONDS + 1
LI = User(name="li", display="Li Wei", role="operator", language="zh")


class Wall:
    """A wall clock that stands still until it is moved."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Sql:
    """Runs what goes to SQL, and counts it; while `away` it answers nothing."""

    def __init__(self) -> None:
        self.away, self.calls = False, 0

    def __call__(self, work: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.away:
            raise DatabaseAway("away")
        return work()


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def sql() -> Sql:
    return Sql()


@pytest.fixture
def people(engine: Engine, wall: Wall) -> People:
    people = People(engine, wall)
    people.add(LI, "h", by="test")
    return people


@pytest.fixture
def sessions(memory: RedisServer, people: People, wall: Wall, sql: Sql) -> Sessions:
    client = connect(memory.url)
    client.flushall()
    return Sessions(client, people, IDLE, LONGEST, wall, sql)


@pytest.fixture
def tokens(engine: Engine, people: People, wall: Wall) -> Tokens:
    return Tokens(engine, wall)


@pytest.fixture
def permits(memory: RedisServer, tokens: Tokens, wall: Wall, sql: Sql) -> Permits:
    client = connect(memory.url)
    client.flushall()
    return Permits(client, tokens, wall, sql)


# Sessions


def test_a_session_tells_whose_it_is(sessions: Sessions, wall: Wall) -> None:
    id = sessions.open("li")
    found = sessions.find(id)
    assert found is not None
    assert found[1] == LI and (found[0].user, found[0].created, found[0].seen) == ("li", wall.now, wall.now)
    assert sessions.find("another") is None and sessions.find("") is None
    assert sessions.open("li") != id and len(id) >= 43
    with pytest.raises(Unknown):
        sessions.open("nobody")


def test_sql_is_not_asked_at_every_request(sessions: Sessions, sql: Sql, wall: Wall) -> None:
    id = sessions.open("li")
    sessions.find(id)
    before = sql.calls
    for _ in range(10):
        assert sessions.find(id)
    assert sql.calls == before
    wall.now += LATER
    assert sessions.find(id) and sql.calls == before + 1


def test_no_id_stands_in_redis(sessions: Sessions, memory: RedisServer) -> None:
    id = sessions.open("li")
    sessions.find(id)
    client, key = connect(memory.url), f"city:session:{digest(id)}"
    assert client.keys("*") == [key.encode()]
    assert id not in key + str(client.get(key))
    assert 0 < client.ttl(key) <= KEPT_SECONDS


def test_one_who_is_disabled_or_has_another_role_is_so_within_seconds(sessions: Sessions, people: People, wall: Wall) -> None:
    id = sessions.open("li")
    sessions.find(id)
    people.change(User(name="li", display="Li", role="manager"), by="admin")
    wall.now += LATER
    found = sessions.find(id)
    assert found is not None and found[1].role == "manager"
    people.disable("li", True, by="admin")
    wall.now += LATER
    assert sessions.find(id) is None
    people.disable("li", False, by="admin")
    wall.now += LATER
    assert sessions.find(id) is None


def test_an_unused_session_ends_and_a_used_one_does_not(sessions: Sessions, wall: Wall) -> None:
    used, unused = sessions.open("li"), sessions.open("li")
    for _ in range(3):
        wall.now += IDLE * 0.6
        assert sessions.find(used)
    assert sessions.find(unused) is None


def test_a_shift_is_not_thrown_out_of_a_page_that_it_touches_now_and_then(sessions: Sessions, wall: Wall) -> None:
    id, begun = sessions.open("li"), wall.now
    while wall.now < begun + 12 * 3600:
        for _ in range(12):
            wall.now += 300
            assert sessions.standing([id]) == {id}
        assert sessions.find(id)


def test_an_open_page_that_nobody_touches_does_not_hold_a_session(sessions: Sessions, wall: Wall) -> None:
    id, begun = sessions.open("li"), wall.now
    while wall.now + 300 < begun + IDLE:
        wall.now += 300
        assert sessions.standing([id]) == {id} and sessions.find(id, used=False)
    wall.now += 300
    assert sessions.standing([id]) == set() and sessions.find(id, used=False) is None and sessions.find(id) is None


def test_a_session_that_ends_soon_knows_its_use_more_exactly(memory: RedisServer, people: People, wall: Wall) -> None:
    sessions = Sessions(connect(memory.url), people, 60.0, LONGEST, wall)
    id = sessions.open("li")
    for _ in range(10):
        wall.now += 40
        assert sessions.find(id)


def test_every_session_ends_in_the_end(sessions: Sessions, wall: Wall) -> None:
    id, begun = sessions.open("li"), wall.now
    while wall.now < begun + LONGEST:
        assert sessions.find(id)
        wall.now += IDLE / 2
    assert sessions.find(id) is None and sessions.standing([id]) == set()


def test_use_is_written_now_and_then(sessions: Sessions, people: People, wall: Wall) -> None:
    id, begun = sessions.open("li"), wall.now
    wall.now += SEEN_SECONDS / 2
    sessions.find(id)
    told = people.session(id)
    assert told is not None and told.seen == begun
    wall.now += SEEN_SECONDS
    sessions.find(id)
    told = people.session(id)
    assert told is not None and told.seen == wall.now


def test_signing_in_sweeps_what_has_ended(sessions: Sessions, people: People, wall: Wall) -> None:
    id = sessions.open("li")
    wall.now += LONGEST + 1
    sessions.open("li")
    assert people.session(id) is None


def test_a_session_that_was_closed_is_closed_at_once(sessions: Sessions, people: People) -> None:
    id = sessions.open("li")
    assert sessions.find(id)
    sessions.close(id)
    assert sessions.find(id) is None and people.session(id) is None
    sessions.close(id)


# SQL away


def test_who_is_signed_in_stays_so_for_a_day_while_sql_is_away(memory: RedisServer, people: People, wall: Wall, sql: Sql) -> None:
    client = connect(memory.url)
    client.flushall()
    sessions = Sessions(client, people, 10 * LONGEST, 10 * LONGEST, wall, sql)
    id, other = sessions.open("li"), sessions.open("li")
    sessions.find(id)
    sql.away = True
    wall.now += LATER
    assert sessions.find(id) and sessions.standing([id]) == {id}
    with pytest.raises(DatabaseAway):
        sessions.find(other)  # nobody can say
    key = f"city:session:{digest(id)}"
    client.pexpire(key, 60_000)  # as it is after nearly a day
    wall.now += LATER
    assert sessions.find(id)
    assert 0 < client.pttl(key) <= 60_000


def test_sql_that_is_away_is_left_alone_for_a_while(sessions: Sessions, sql: Sql, wall: Wall) -> None:
    id = sessions.open("li")
    sessions.find(id)
    sql.away = True
    wall.now += LATER
    sessions.find(id)
    before = sql.calls
    for _ in range(10):
        assert sessions.find(id)
    assert sql.calls == before
    wall.now += LATER
    sessions.find(id)
    assert sql.calls == before + 1


def test_who_signs_out_while_sql_is_away_is_out_when_it_comes_back(sessions: Sessions, people: People, sql: Sql, wall: Wall) -> None:
    id = sessions.open("li")
    sessions.find(id)
    sql.away = True
    sessions.close(id)
    assert sessions.find(id) is None
    sql.away = False
    wall.now += LATER
    assert people.session(id) is not None, "SQL does not know"
    assert sessions.find(id) is None


def test_use_while_sql_was_away_counts_when_it_is_back(sessions: Sessions, sql: Sql, wall: Wall) -> None:
    id = sessions.open("li")
    sessions.find(id)
    sql.away = True
    for _ in range(3):
        wall.now += IDLE * 0.7
        assert sessions.find(id)
    sql.away = False
    wall.now += LATER
    assert sessions.find(id)


def test_a_late_reader_does_not_bring_a_closed_session_back(sessions: Sessions, people: People, memory: RedisServer, wall: Wall) -> None:
    id = sessions.open("li")

    def meanwhile(work: Callable[[], Any]) -> Any:
        found = work()
        sessions.close(id)
        return found

    slow = Sessions(connect(memory.url), people, IDLE, LONGEST, wall, meanwhile)
    assert slow.find(id), "it read before the end"
    assert sessions.find(id) is None and slow.find(id) is None


# Redis away


def test_without_redis_sql_says_who_is_signed_in(redis_server: RedisServer, people: People, wall: Wall, sql: Sql) -> None:
    sessions = Sessions(connect(redis_server.url), people, IDLE, LONGEST, wall, sql)
    id = sessions.open("li")
    redis_server.stop()
    assert sessions.find(id) and sessions.find("another") is None
    sessions.close(id)
    assert sessions.find(id) is None
    sql.away = True
    with pytest.raises(DatabaseAway):
        sessions.find(id)
    with pytest.raises(DatabaseAway):
        sessions.close(id)


# Tokens


def test_a_token_permits_until_it_ends_or_is_revoked(permits: Permits, tokens: Tokens, wall: Wall) -> None:
    made = tokens.grant("secret", "grafana", "li", ["read"], wall.now + 100, by="admin")
    other = tokens.grant("other", "wall", "li", ["screen:wall-1"], wall.now + 1000, by="admin")
    assert permits.find("secret") == (made, User(name="li", display="Li Wei", role="operator", language="zh"))
    assert permits.find("nothing") is None
    assert permits.standing(["secret", "other", "nothing"]) == {"secret", "other"}
    wall.now += 100
    assert permits.standing(["secret", "other"]) == {"other"}
    tokens.revoke(other.id, by="admin")
    wall.now += LATER
    assert permits.find("other") is None


def test_a_token_is_remembered_while_sql_is_away_but_not_beyond_its_end(permits: Permits, tokens: Tokens, sql: Sql, wall: Wall) -> None:
    tokens.grant("secret", "wall", "li", ["screen:wall-1"], wall.now + 1000, by="admin")
    permits.find("secret")
    sql.away = True
    wall.now += 999
    assert permits.find("secret")
    wall.now += 1
    assert permits.find("secret") is None
