"""What figures see of the partitions: spans, rates and percentiles, now and at a past moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pytest

from domains import figure
from model import Readings, Sensor
from store.view import View
from streams.partition import Partition
from streams.percentile import quantile, sketches
from streams.readings import Index, Moment
from tests.unit.city import START, batch, domain, label, message
from tests.unit.keys import Keys

NOW = START + 600
AREAS = (("a", "north"), ("b", "south"))


def view(sent: list[tuple[str, float, float]], name: str = "sea.0", now: float = NOW) -> View:
    """What a partition holds after (sensor, seconds after START, value) at `now`."""
    made = Partition(domain(), Keys().load(), {})
    made.take(batch([message(sensor, value, START + after) for sensor, after, value in sent]), now)
    windows = {(width, start): table.rows for width, held in made.windows.items() for start, table in held.tables.items()}
    return View(name, names=made.series.names, latest=made.latest.rows[: len(made.series.names)], windows=windows)


def moment(*views: View, now: float = NOW, past: int | None = None) -> Moment:
    return Moment(Index(views), now, {}, {"a": 60.0, "b": 60.0}, past=past)


def test_a_rate_is_the_change_per_hour_between_the_first_and_the_last() -> None:
    seen = moment(view([("a", 0, 1.0), ("a", 300, 2.0), ("a", 590, 1.5), ("b", 300, 5.0)]))
    assert seen.rates("oxygen", 600) == {"a": pytest.approx(0.5 * 3600 / 590)}


def test_a_span_holds_what_fell_into_it() -> None:
    seen = moment(view([("a", 0, 1.0), ("a", 545, 3.0), ("a", 590, 5.0)]))
    assert seen.means("oxygen", 60) == {"a": 4.0}
    assert seen.means("oxygen", 600) == {"a": 3.0}
    assert seen.extremes("oxygen", 600) == {"a": (1.0, 5.0)}
    assert seen.counts("oxygen", 60) == {"a": 2}


def test_a_sensor_in_two_partitions_is_one_sensor() -> None:
    seen = moment(view([("a", 545, 2.0)]), view([("a", 550, 4.0), ("b", 580, 7.0)], "sea.1"))
    assert seen.means("oxygen", 60) == {"a": 3.0, "b": 7.0}
    assert seen.latest("oxygen") == {"a": 4.0, "b": 7.0}


def test_a_stale_sensor_has_no_newest_value_and_zero_is_one() -> None:
    seen = moment(view([("a", 400, 1.0), ("b", 590, 0.0)]))
    assert seen.latest("oxygen") == {"b": 0.0}


def test_a_past_moment_sees_what_was_there_then() -> None:
    held = view([("a", 10, 1.0), ("a", 100, 3.0)])
    assert moment(held, now=START + 60, past=60).latest("oxygen") == {"a": 1.0}
    assert moment(held, now=START + 120, past=60).means("oxygen", 120) == {"a": 2.0}


def test_an_area_sees_its_own_and_who_is_not_listed_is_in_none() -> None:
    listed = {id: Sensor(id=id, domain="sea", label=label(id), lon=0, lat=0, area=area, interval=60, owner=None) for id, area in AREAS}
    seen = Moment(Index([view([("a", 590, 1.0), ("b", 590, 2.0), ("c", 590, 3.0)])]), NOW, listed, {"a": 60.0, "b": 60.0, "c": 60.0})
    assert seen.latest("oxygen") == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert (seen.of("north").latest("oxygen"), seen.of("south").means("oxygen", 60)) == ({"a": 1.0}, {"b": 2.0})
    assert seen.of("nowhere").latest("oxygen") == seen.of("north").latest("ph") == {}


@pytest.mark.parametrize("start", [540, 480, 60], ids=["the newest window", "the one before", "an old one"])
def test_what_changes_between_two_moments_is_seen_in_every_span(start: int) -> None:
    sent = [("a", float(after), 1.0) for after in range(0, 600, 60)]
    held, again = view(sent), view([*sent, ("a", start + 30.0, 100.0)])
    index = Index([held])
    spans = (60, 120, 600)
    assert [Moment(index, NOW, {}, {}).means("oxygen", span)["a"] for span in spans] == [1.0, 1.0, 1.0]
    held.windows[60, int(START) + start] = again.windows[60, int(START) + start]
    after = Moment(index, NOW, {}, {})
    seen = [span for span in spans if START + start >= NOW - span]
    assert [after.means("oxygen", span)["a"] for span in spans] == [
        pytest.approx((span / 60 + 100) / (span / 60 + 1)) if span in seen else 1.0 for span in spans
    ]
    assert [after.extremes("oxygen", span)["a"] for span in spans] == [(1.0, 100.0 if span in seen else 1.0) for span in spans]


def test_hours_without_a_reading_are_none() -> None:
    seen = moment(view([("a", -3600, 2.0), ("b", -3600, 4.0), ("b", -3590, 6.0), ("a", 590, 9.0)]))
    assert seen.hourly("oxygen", 2) == {"a": [None, 2.0], "b": [None, 5.0]}


class Plain:
    """The same readings in plain dictionaries."""

    def __init__(self, seen: Moment) -> None:
        self._seen = seen

    def __getattr__(self, name: str) -> Any:
        return lambda *asked: dict(getattr(self._seen, name)(*asked))


FIGURES = {
    "highest": figure.highest("oxygen"),
    "lowest": figure.lowest("oxygen", 600),
    "mean": figure.mean("oxygen", 600),
    "energy_mean": figure.energy_mean("oxygen"),
    "movement": figure.movement("oxygen", 600),
    "fastest_rise": figure.fastest_rise("oxygen", 600),
}
SPOKEN = [(f"s-{i}", float(after), float((i * 7 + after) % 13)) for i in range(9) for after in (530, 590)]


@pytest.mark.parametrize("sensors", [0, 1, 9])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_sees_the_same_in_columns_as_in_dictionaries(name: str, sensors: int) -> None:
    seen = Moment(Index([view(SPOKEN[: 2 * sensors])]), NOW, {}, {sensor: 60.0 for sensor, *_ in SPOKEN})
    told, plain = FIGURES[name](seen), FIGURES[name](cast(Readings, Plain(seen)))
    assert (told.sensor, told.item, told.by_sensor) == (plain.sensor, plain.item, plain.by_sensor)
    assert (told.value is None) == (sensors == 0)
    assert told.value is None or told.value == pytest.approx(plain.value) and type(told.value) is float


def test_a_percentile_merges_the_areas_of_the_city_and_an_area_sees_its_own() -> None:
    north, south = (sketches(np.zeros(500, np.int64), np.arange(low, low + 500, dtype=np.float32))[0] for low in (0, 500))

    def ask(metric: str, now: float, seconds: float) -> Iterable[tuple[str, bytes]]:
        return [("north", north), ("south", south)] if metric == "oxygen" else []

    seen = Moment(Index([]), NOW, {}, {}, ask)
    assert seen.percentile("oxygen", 600, 0.9) == pytest.approx(900, abs=20)
    assert seen.of("south").percentile("oxygen", 600, 0.5) == pytest.approx(750, abs=20)
    assert seen.percentile("temperature", 600, 0.5) is None


def test_a_share_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([], 1.5)
