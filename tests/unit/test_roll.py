"""The roll of a domain: how often its feed is expected to speak, by its list and by what is heard."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from model import Label, Sensor
from store.table import LATEST
from store.view import View
from streams.roll import Roll
from tests.unit.city import START, domain, ranked

HOUR = 3600.0
BUOY = Sensor(id="buoy", domain="sea", label=Label(en="Buoy", zh="浮标"), lon=114.5, lat=22.5, area="a", interval=20.0, owner=None)


def roll(*listed: Sensor, **gaps: float) -> Roll:
    """A roll that has heard the named sensors, each so many seconds after its reading before; 0 after its first."""
    latest = np.zeros(len(gaps), LATEST)
    latest["time"], latest["heard"] = START, list(gaps.values())
    made = Roll(domain(interval=60.0), listed)
    made.update([View("sea.0", names=[(name, "oxygen") for name in gaps], latest=latest)], START, ranked())
    return made


@pytest.mark.parametrize(
    ("listed", "gaps", "pace"),
    [
        ((BUOY,), {"buoy": 3.0}, 20.0),
        ((), {"a": HOUR, "b": HOUR, "c": 1.0}, HOUR),  # one that repeated itself does not speak for the others
        ((), {"a": HOUR, "b": 0.0}, HOUR),
        ((), {"a": 5.0}, 60.0),
        ((BUOY,), {"buoy": 20.0, "a": HOUR}, 20.0),
        ((BUOY,), {"a": HOUR}, HOUR),
        ((), {"a": 0.0}, math.inf),  # nobody knows yet when the next reading is due
        ((), {}, math.inf),
    ],
)
def test_a_feed_is_expected_as_often_as_its_sensors_speak(listed: tuple[Sensor, ...], gaps: dict[str, float], pace: float) -> None:
    assert roll(*listed, **gaps).pace() == pace


def test_a_sensor_that_moves_is_described_anew_once_a_minute_and_a_new_one_at_once() -> None:
    made, view = Roll(domain(), ()), View("sea.0", names=[("a", "oxygen")])
    first: dict[str, int] = {}
    for second in range(131):
        view.places = {"a": (114.0 + second / 100, 22.0)}
        if second == 130:
            view.names, view.places = [("a", "oxygen"), ("b", "oxygen")], {"a": (114.0, 22.0), "b": (113.0, 22.0)}
        made.update([view], START + second, ranked())
        first.setdefault(made.version, second)
    assert list(first.values()) == [0, 60, 120, 130]
    assert json.loads(made.positions)["lon"] == [114.0, 113.0]
