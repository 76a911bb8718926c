"""A composer that was paused and lost its lease meanwhile publishes nothing any more, wherever in its work it stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from demo.memory import RedisServer
from model import ReplayClock, Site
from store import Client
from store.clock import Clock
from store.connect import connect
from store.lease import Lease
from store.partition import Fenced
from store.partition import Partition as Keys
from streams.frames import Composer
from streams.partition import Partition
from streams.pulse import Pulse
from tests.unit.city import START, batch, domain, label, message, rule

SITE = Site(
    folder="", label=label("City"), zone="Asia/Shanghai", areas=(), screens=(), extent=(114.0, 22.4, 114.7, 22.8), review_number="",
    sensors={},
)  # fmt: skip
DOMAIN = domain([rule("low", "oxygen", "low", 7.5)])
LEASE = "city:{judge}:lease"
WRITTEN = ("city:{judge}:frame:overview", "city:{judge}:frame:domain-sea", "city:{judge}:positions:sea", "city:{judge}:kpis:sea")


class Interrupted(Clock):
    """A clock that calls `meanwhile` when it is asked for the `after`-th time: everything asks the clock."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, lambda: START)
        self.after = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def replay(self) -> ReplayClock | None:
        self.after -= 1
        if self.after == 0:
            self.meanwhile()
        return super().replay()


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Client]:
    with connect(redis_server.url) as client:
        yield client


@pytest.fixture
def clock(client: Client) -> Interrupted:
    return Interrupted(client)


@pytest.fixture
def composer(client: Client, clock: Interrupted) -> Composer:
    """The elected one, at work."""
    pulse = Pulse(client, "frames")
    made = Composer(client, {"sea": DOMAIN}, SITE, clock, pulse)
    Lease(client, "judge", pulse.id).hold()
    speak(client, 7.0)
    made.tick()
    return made


def speak(client: Client, value: float) -> None:
    """One reading more in the store."""
    keys = Keys(client, "sea", 0)
    partition = Partition(DOMAIN, keys.load(), {})
    partition.take(batch([message("a", value, START - 10 + value, lon=114.0, lat=value)], partition.offset or 0), START)
    keys.commit(partition.held, partition.offset or 0, partition.changes("w", START))


@pytest.mark.parametrize(("work", "after"), [("tick", 1), ("tick", 2), ("tick", 3), ("hurry", 1), ("hurry", 2)])
def test_who_lost_the_lease_in_the_midst_publishes_nothing(
    client: Client, clock: Interrupted, composer: Composer, work: str, after: int
) -> None:
    before = client.mget(WRITTEN)
    assert all(before)
    speak(client, 8.0)
    with client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
        heard.psubscribe("city:frame:*")
        heard.get_message(timeout=1)
        clock.after, clock.meanwhile = after, lambda: client.set(LEASE, "another")
        with pytest.raises(Fenced):
            getattr(composer, work)()
        assert clock.after <= 0
        assert client.mget(WRITTEN) == before
        assert [heard.get_message(timeout=0.1) for _ in range(3)] == [None] * 3
