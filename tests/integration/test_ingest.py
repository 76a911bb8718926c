"""An ingest process on a real Redis, with a Kafka that does what the test says: what it lets people see, and what does not stop it."""

from __future__ import annotations

import faulthandler
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from demo.memory import RedisServer
from model import Batch, Origin, Rule
from model.tuning import Tuning
from store import Client
from store.clock import Clock
from store.command import RESEND, ask
from store.connect import connect
from store.inforce import NAME, publish
from store.lease import Lease
from store.partition import Partition as Keys
from store.process import Process, processes
from store.rejects import read
from streams.ingest import Ingest
from streams.pulse import Pulse
from streams.source import BrokerError, Sink, Source
from tests.unit.city import START, batch, domain, message, rule

PLACE = ("city.sea", 0)


@pytest.fixture(autouse=True)
def no_promise_is_left() -> Iterator[None]:
    """An ingest process that does not come round again is ended; here that would be the process of the tests."""
    yield
    faulthandler.cancel_dump_traceback_later()


class OneTopic(Source):
    """A source of the batches that a test puts into `next`."""

    def __init__(self) -> None:
        self.next: list[Batch] = []
        self.given, self.behind = {PLACE}, 0  # type: set[tuple[str, int]], int | None

    def poll(self, seconds: float) -> list[Batch]:
        found, self.next = self.next, []
        return found

    def changes(self) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        given, self.given = self.given, set()
        return given, set()

    def start(self, topic: str, partition: int, offset: int | None) -> None:
        pass

    def lag(self, topic: str, partition: int) -> int | None:
        return self.behind

    def lack(self) -> str:
        return ""

    def tell(self, offsets: Mapping[tuple[str, int], int]) -> None:
        pass


class Kept(Sink):
    """A sink that keeps what it is given, after `before` has been called; longer records than `longest` it never takes."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.longest = 1_000_000
        self.before: Callable[[], None] = lambda: None

    def deliver(self, topic: str, records: Sequence[tuple[bytes | None, bytes]], origin: Origin = "live") -> list[int]:
        self.before()
        large = [place for place, (_, value) in enumerate(records) if len(value) > self.longest]
        self.sent += [json.loads(value) for place, (_, value) in enumerate(records) if place not in large]
        return large


class Eager(Pulse):
    """A pulse that is always due."""

    def due(self) -> bool:
        return True


class Deck:
    """One ingest process, turned by hand; a turn of it takes a second of wall time."""

    def __init__(self, client: Client, rules: Sequence[Rule] = ()) -> None:
        self.client, self.source, self.sink, self.wall = client, OneTopic(), Kept(), START
        self.pulse = Eager(client, "ingest")
        self.ingest = Ingest(self.source, self.sink, client, {"sea": domain(rules)}, {}, Clock(client, lambda: self.wall), self.pulse)
        self.turn()

    def turn(self, *batches: Batch) -> None:
        self.wall += 1.0
        self.source.next = list(batches)
        self.ingest.turn()

    @property
    def told(self) -> Process:
        (found,) = processes(self.client)
        return found


@pytest.fixture
def deck(redis_server: RedisServer) -> Iterator[Deck]:
    with connect(redis_server.url) as client:
        yield Deck(client)


def test_a_rate_falls_and_a_lag_is_told_while_nothing_comes(deck: Deck) -> None:
    deck.source.behind = None
    deck.turn()
    assert deck.told.feeds == {"sea.0": (0.0, None)}
    deck.source.behind = 900
    for second in range(11):
        some = batch([message("a", 1.0, START + second + n / 100) for n in range(50)], 50 * second)
        deck.turn(replace(some, arrived=deck.wall + 1.0))
    rate, lag = deck.told.feeds["sea.0"]
    assert 40 < rate < 60 and lag == 900 + 50  # of which fifty are handed on and not stored yet
    for _ in range(20):
        deck.turn()
    deck.source.behind = 7
    deck.turn()
    rate, lag = deck.told.feeds["sea.0"]
    assert 0 <= rate < 0.1 and lag == 7
    assert deck.told.rate < 0.1


def test_what_is_tried_for_ever_is_told_meanwhile(deck: Deck) -> None:
    seen: list[Process] = []

    def refuse() -> None:
        seen.append(deck.told)
        if len(seen) < 3:
            raise BrokerError("city.rejects cannot be had")

    deck.sink.before = refuse
    deck.turn(batch([b"nonsense", message("a", 1.0, START)]))
    deck.turn()
    assert [(found.state, found.error) for found in seen[1:]] == [("waiting", "KafkaError: KafkaError: city.rejects cannot be had")] * 2
    assert all(found.feeds == {} for found in seen[1:])  # of a feed that is not read nobody can say how far behind it is
    assert [reject["value"] for reject in deck.sink.sent] == ["nonsense"]
    deck.turn()
    assert deck.told.state == "active" and deck.told.feeds


def test_a_refusal_is_as_long_as_kafka_takes_it(deck: Deck) -> None:
    deck.sink.longest = 5_000
    deck.turn(batch([b"x" * 100_000, b"short", message("a", 1.0, START)]))
    deck.turn()
    assert [(one["value"][:2], one["length"], one["cut"]) for one in deck.sink.sent] == [("sh", 5, False), ("xx", 100_000, True)]
    assert deck.told.error is None


def test_one_of_which_kafka_takes_nothing_is_kept_in_the_store_and_told(deck: Deck) -> None:
    deck.sink.longest = 10
    deck.turn(batch([b"nonsense", message("a", 1.0, START)]))
    deck.turn()
    deck.turn()
    assert deck.told.error and "takes not even the shortest form of 1 refused" in deck.told.error
    assert [(reject["value"], reject["offset"]) for reject in read(deck.client, 10)] == [("nonsense", 0)]


def answered(deck: Deck, body: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of the wish to send a record again."""
    ask(deck.client, "wish", RESEND, body)
    deck.turn()
    told: dict[str, Any] = json.loads(deck.client.get("city:answer:wish") or b"{}")
    deck.client.delete("city:answer:wish")
    return told


def test_what_was_cut_is_not_sent_again(deck: Deck) -> None:
    deck.turn(batch([b"x" * 100_000, b"short"]))
    deck.turn()
    assert {reject["offset"]: reject["cut"] for reject in read(deck.client, 10)} == {0: True, 1: False}
    repaired = {"topic": "city.sea", "partition": 0, "index": None, "value": json.dumps(message("a", 1.0, START)), "encoding": "utf-8"}
    refused = answered(deck, {**repaired, "offset": 0})
    assert (refused["ok"], refused["reason"]) == (
        False,
        "only the first 65536 of its 100000 bytes are kept: repair the whole record, which is at offset 0 of partition 0 of city.sea",
    )
    assert answered(deck, {**repaired, "offset": 1}) == {"ok": True, "reason": ""}
    deck.sink.longest = 10
    assert answered(deck, {**repaired, "offset": 1})["reason"].endswith("bytes are more than Kafka takes in one record")


# A manager gives a rule other numbers


LOW = rule("low", "oxygen", "low", 4.0)


def true(client: Client) -> set[str]:
    """Whose condition is stored as true."""
    return {name.decode().rpartition(":")[2] for name in Keys(client, "sea", 0).load().conditions}


def in_force(client: Client, limit: float) -> None:
    """The rule has that limit, as far as processes are told."""
    lease = Lease(client, NAME, "test")
    assert lease.hold()
    publish(lease, [Tuning(rule="sea/low", values={"limit": limit}, author="wang", time=START, note="", trial="", seq=1)])


def test_other_numbers_are_taken_without_a_restart_and_again_by_a_start(redis_server: RedisServer) -> None:
    with connect(redis_server.url) as client:
        deck = Deck(client, [LOW])
        deck.turn(batch([message("a", 3.9, START), message("b", 3.0, START)]))
        deck.turn()
        assert true(client) == {"a", "b"}
        in_force(client, 3.5)
        deck.turn()
        deck.turn(batch([message("a", 3.9, START + 5), message("c", 3.7, START + 5)], 2))
        deck.turn()
        assert true(client) == {"b"}
        again = Deck(client, [LOW])
        again.turn(batch([message("c", 3.6, START + 9)], 4))
        again.turn()
        assert true(client) == {"b"}
        in_force(client, 3.8)
        again.turn()
        again.turn(batch([message("c", 3.6, START + 12)], 5))
        again.turn()
        assert true(client) == {"b", "c"}
