"""How much of a span readings cover: of stations that speak often, once an hour, and now and then."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.readings import Index, Moment
from tests.unit.city import START
from tests.unit.test_readings import view

NOW = START + 1800
"""20:00 UTC, whole in every zone used here."""
NEEDED = 2700.0


def moment(sent: list[tuple[str, float, float]], intervals: dict[str, float], now: float = NOW, past: int | None = None) -> Moment:
    """What is seen of (sensor, seconds before NOW, value)."""
    held = view([(sensor, NOW - START - before, value) for sensor, before, value in sent], now=NOW)
    return Moment(Index([held]), now, {}, intervals, past=past)


def every(seconds: int, first: int, last: int = 0) -> list[tuple[str, float, float]]:
    """Readings of "a" every so many seconds, from `first` to `last` seconds before NOW."""
    return [("a", float(before), 2.0) for before in range(first, last, -seconds)]


@pytest.mark.parametrize(
    ("sent", "interval", "covered"),
    [
        (every(60, 3600), 60.0, True),
        (every(60, 2700), 60.0, True),
        (every(60, 2400), 60.0, False),
        (every(300, 3600), 60.0, True),
        ([("a", 30.0, 2.0)], 60.0, False),
        (every(1, 60), 1.0, False),
        (every(600, 2800, 0), 600.0, True),
        ([("a", 3000.0, 2.0)], 3600.0, True),
    ],
    ids=["an hour", "45 minutes", "40 minutes", "five-minute values", "one reading", "many in a minute", "ten minutes", "an hourly mean"],
)  # fmt: skip
def test_an_hour_counts_when_it_is_covered(sent: list[tuple[str, float, float]], interval: float, covered: bool) -> None:
    for past in (None, 60, 300):
        seen = moment(sent, {"a": interval}, past=past)
        assert seen.means("oxygen", 3600, NEEDED) == ({"a": 2.0} if covered else {}), past
        assert seen.means("oxygen", 3600) == {"a": 2.0}, past
    last = moment(sent, {"a": interval}, now=NOW)
    assert last.hourly("oxygen", 2, NEEDED).get("a", [None, None])[1] == (2.0 if covered else None)


def test_a_station_that_sends_hourly_means_has_its_newest_while_the_next_is_awaited() -> None:
    sent = [("a", 4200.0, 5.0), ("a", 7800.0, 1.0)]
    assert moment(sent, {"a": 3600.0}).means("oxygen", 3600, NEEDED) == {"a": 5.0}
    assert moment(sent, {"a": 3600.0}, now=NOW + 3 * 3600).means("oxygen", 3600, NEEDED) == {}
    assert moment(sent, {"a": 3600.0}).means("oxygen", 3600) == {}


def test_a_day_of_movement_is_a_day_at_every_minute_of_the_past() -> None:
    seen = moment([("a", 20_000.0, 1.0), ("a", 10.0, 9.0)], {"a": 60.0}, past=60)
    assert seen.extremes("oxygen", 86_400) == {"a": (1.0, 9.0)}


def test_the_local_time_is_the_site_s() -> None:
    seen = Moment(Index([]), NOW, {}, {}, zone=ZoneInfo("America/Sao_Paulo"))
    assert seen.local.hour == 17 and Moment(Index([]), NOW, {}, {}).local == datetime.fromtimestamp(NOW, UTC)


def test_what_was_looked_at_tells_when_it_was_heard_last() -> None:
    seen = moment([("a", 400.0, 1.0), ("b", 100.0, 1.0), ("c", 500.0, 1.0)], {"a": 60.0, "b": 60.0, "c": 600.0})
    assert seen.heard({"oxygen"}) == (NOW - 100, 60.0)
    assert seen.heard({"temperature"}) == (0.0, 0.0)
    seen.means("oxygen", 60)
    assert seen.asked == {"oxygen"} and seen.of("nowhere").asked == set()
    assert (seen.time("oxygen", "a"), seen.time("oxygen", "d"), seen.time("ph", "a")) == (NOW - 400, 0.0, 0.0)
