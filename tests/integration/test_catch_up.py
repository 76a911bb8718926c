"""While a backlog is caught up with the elected process takes nothing old for silence, and misses a feed that is silent (promise 3)."""

from __future__ import annotations

import pytest

from demo.memory import RedisServer
from model import Site
from store.clock import Clock
from store.connect import connect
from store.judge import Judgements
from store.lease import Lease
from store.partition import Partition as Keys
from store.process import beat
from streams.frames import Composer
from streams.partition import Partition, decode
from streams.pulse import Pulse
from tests.unit.city import START, batch, domain, label, message

SITE = Site(
    folder="", label=label("City"), zone="Asia/Shanghai", areas=(), screens=(), extent=(114.0, 22.4, 114.7, 22.8), review_number="",
    sensors={},
)  # fmt: skip
HOUR = 3600.0


@pytest.mark.parametrize(
    ("began", "lag", "missed"),
    [(60.0, 5000, []), (60.0, None, []), (1.0, 0, []), (60.0, 0, ["sea/feed_down"])],
    ids=["far behind", "not known", "just begun", "caught up"],
)
def test_a_feed_is_missed_only_by_who_has_caught_up(redis_server: RedisServer, began: float, lag: int | None, missed: list[str]) -> None:
    with connect(redis_server.url) as client:
        keys = Keys(client, "sea", 0)
        partition = Partition(domain(), keys.load(), {})
        for offset, age in enumerate((HOUR + 10.0, HOUR)):
            partition.take(batch([message("a", 7.0, START - age)], offset), START)
        keys.commit(partition.held, 2, partition.changes("w", START))
        for wall in (START - began, START):
            beat(client, "reader", "ingest", "active", None, 0.0, wall, {"sea.0": (1.0, lag)})
        pulse = Pulse(client, "frames")
        lease = Lease(client, "judge", pulse.id)
        lease.hold()
        composer = Composer(client, {"sea": domain()}, SITE, Clock(client, lambda: START), pulse)
        composer.tick()
        composer.tick()
        found = Judgements(client, lease).load()[1]
        assert [decode(data).rule for data in found.values()] == missed
