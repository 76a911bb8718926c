"""A metric whose declared unit was changed: whatever is told of the time before is in the unit of today, and nothing is mixed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from callbacks.history_past import Asked, Pasts
from store.day import begin
from store.history import History
from store.merge import Kept, Merger
from store.reel import Reel
from store.trace import listed
from store.whole_day import Days
from streams.reckon import Reckoner
from tests.unit.past import BEGIN, METRICS, PLACE, UNITS, ZONE, Past
from tests.unit.test_reckon import DOMAIN, SITE, kpi

DAY = date(2026, 11, 20)
START, HOUR = BEGIN / 1000, 3_600_000
LEVEL = METRICS["level"]
CM, HOT = {**UNITS, "level": "cm"}, {**UNITS, "level": "degC"}


def at(second: float) -> int:
    return BEGIN + round(second * 1000)


@pytest.fixture(params=[False, True], ids=["readings", "minutes"])
def past(tmp_path: Path, request: pytest.FixtureRequest) -> Past:
    """Two hours of 250 cm, then two of 3 m, the change within a minute; some degrees among them, which are no level."""
    past = Past(tmp_path)
    past.write([("s-1", "level", at(second), 250.0) for second in range(10, 7230, 20)], units=CM)
    past.write([("s-1", "level", at(second), 3.0) for second in range(7230, 14_400, 20)])
    past.write([("s-1", "level", at(600 * 60 + second), 20.0) for second in range(0, 600, 20)], units=HOT)
    if request.param:
        now = begin(date(2026, 11, 25), ZONE) / 1000
        for _ in range(2):  # first they are rolled up, then the readings go
            Merger(past.archive, Kept(raw=2, minute=60)).tidy("sea", PLACE, METRICS, now, now)
    return past


def test_the_minute_of_the_change_is_that_of_all_its_readings(past: Past) -> None:
    (row,) = History(past.shelf, ZONE).minutes("sea", "s-1", LEVEL, START + 7200, START + 7260).to_pylist()
    assert (row["count"], row["mean"], row["min"], row["max"]) == (2 + 1, pytest.approx((2.5 + 3.0 + 3.0) / 3), 2.5, 3.0)


def test_minutes_are_in_the_unit_of_today(past: Past) -> None:
    rows = History(past.shelf, ZONE).minutes("sea", "s-1", LEVEL, START, START + 86_400)
    assert rows["mean"].to_pylist()[:120] == [2.5] * 120 and set(rows["mean"].to_pylist()[121:]) == {3.0}
    assert set(rows["unit"].to_pylist()) == {"m"}


def test_percentiles_are_of_values_in_one_unit(past: Past) -> None:
    found = Days(past.shelf, ZONE).quantiles("sea", DAY, LEVEL, 0.5)
    assert found == pytest.approx({0: 2.5, 1: 2.5, 2: 3.0, 3: 3.0})


def test_figures_of_the_past_are_of_values_in_one_unit(past: Past) -> None:
    for name in ("level_highest", "level_mean"):
        rows = Reckoner(History(past.shelf, ZONE), SITE).kpi(DOMAIN, kpi(name), "", START + 3600, START + 86_400)
        assert set(rows["value"].to_pylist()[:13]) == {2.5} and max(rows["value"].to_pylist()) == 3.0


@pytest.mark.parametrize("hours", [24, 72])
def test_what_is_drawn_is_in_the_unit_that_is_named(past: Past, hours: int) -> None:
    pasts = Pasts(History(past.shelf, ZONE), None, lambda *_: None, SITE)  # type: ignore[arg-type]
    asked = Asked("sensor:sea/level/s-1", DOMAIN, LEVEL, "s-1")
    told = [value for value in listed(pasts.rows(asked, START, START + hours * 3600, 100_000)[2])["value"] if value is not None]
    assert (min(told, default=2.5), max(told, default=3.0)) == (2.5, 3.0)


def test_the_time_machine_shows_one_unit(past: Past) -> None:
    (day,) = Reel(History(past.shelf, ZONE), DOMAIN).days(START, START + 86_399)
    found = day.between("good", START, START + 86_399).value.tolist()
    assert (min(found), max(found)) == (2.5, 3.0)


def test_what_the_desk_asks_of_the_past_too(past: Past) -> None:
    told = History(past.shelf, ZONE).readings("sea", "s-1", LEVEL, START, START + 86_400)
    assert set(told["v"]) <= {2.5, 3.0}


def test_a_trial_sees_readings_in_one_unit(past: Past) -> None:
    some = History(past.shelf, ZONE).day("sea", LEVEL, DAY, START, START + 86_400)
    assert len(some.value) == (720 if list(past.shelf.list("raw")) else 0) and set(some.value.tolist()) <= {2.5, 3.0}
