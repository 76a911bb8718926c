"""What figures see of the partitions: spans, rates and percentiles, now and at a past moment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from store.view import View
from streams.partition import Partition
from streams.percentile import quantile, sketches
from streams.readings import Index, Moment
from tests.unit.city import START, batch, domain, message
from tests.unit.keys import Keys

NOW = START + 600


def view(sent: list[tuple[str, float, float]], name: str = "sea.0") -> View:
    """What a partition holds after (sensor, seconds after START, value)."""
    made = Partition(domain(), Keys().load(), {})
    made.take(batch([message(sensor, value, START + after) for sensor, after, value in sent]), NOW)
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
