"""Values by sensor over columns: a mapping like any other, whatever is asked of it."""

from __future__ import annotations

import numpy as np
import pytest

from domains.by_sensor import FEW, BySensor

SENSORS = [f"s-{i:03d}" for i in range(3 * FEW)]
PLACE = {sensor: place for place, sensor in enumerate(SENSORS)}
EVEN = np.arange(0, len(SENSORS), 2)
VALUES = {SENSORS[place]: float(place % 97) for place in EVEN.tolist()}


def seen() -> BySensor[float]:
    """Every other sensor has a value."""
    return BySensor(SENSORS, PLACE, EVEN, (EVEN % 97).astype(np.float64), float)


def test_it_equals_the_dictionary_and_goes_round_in_its_order() -> None:
    assert seen() == VALUES and dict(seen()) == VALUES
    assert (list(seen()), list(seen().values()), list(seen().items())) == (list(VALUES), list(VALUES.values()), list(VALUES.items()))
    assert len(seen()) == len(VALUES)
    assert repr(seen()) == repr(VALUES)


def test_sensors_are_found_however_many_are_asked_for() -> None:
    found = seen()
    for _ in range(2):
        assert [found.get(sensor) for sensor in SENSORS] == [VALUES.get(sensor) for sensor in SENSORS]
    assert type(found[SENSORS[0]]) is type(seen()[SENSORS[0]]) is float


@pytest.mark.parametrize("sensor", ["s-001", "s-299", "nobody"])
def test_who_has_no_value_is_not_in_it(sensor: str) -> None:
    assert sensor not in seen() and seen().get(sensor) is None
    with pytest.raises(KeyError):
        seen()[sensor]


def test_of_equals_the_first_decides() -> None:
    found = BySensor(SENSORS, PLACE, np.array([3, 5, 8]), np.array([2.0, 7.0, 7.0]), float)
    assert (found.greatest(), found.least()) == ("s-005", "s-003")
    assert found.changed(np.negative).greatest() == "s-003"
    assert found.changed(np.negative) == {"s-003": -2.0, "s-005": -7.0, "s-008": -7.0}


def test_a_row_of_several_numbers_is_one_value() -> None:
    found = BySensor(SENSORS, PLACE, np.array([1, 2]), np.array([[1.0, 2.0], [3.0, 5.0]]), tuple)
    assert found == {"s-001": (1.0, 2.0), "s-002": (3.0, 5.0)} and found["s-002"] == (3.0, 5.0)
