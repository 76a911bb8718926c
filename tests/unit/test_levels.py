"""Levels in dB: whatever shows a mean of them shows the energy mean, and windows of everything else stay as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domains.land import DOMAIN as LAND
from domains.land import noise_over
from model import Domain, Sensor, Site
from store.view import View
from streams import compose
from streams.compose import Bureau
from streams.partition import Partition
from streams.sensor import sensor_page
from tests.unit.city import START, batch, domain, label, message, metric, ranked
from tests.unit.keys import Keys

HOUR = START // 3600 * 3600 - 5 * 3600
"""22:00 in Shenzhen: night."""
NOW = HOUR + 3600
LEVELS = [45.0] * 54 + [80.0] * 6
LAEQ = 70.0123
"""10 lg ((54 x 10^4.5 + 6 x 10^8) / 60) ; the arithmetic mean is 48.5."""
METER = Sensor(
    id="m", domain="sea", label=label("m"), lon=0, lat=0, area="", interval=60, owner=None, extra={"noise_class": "2"}
)  # fmt: skip
SITE = Site(
    folder="", label=label("City"), zone="Asia/Shanghai", areas=(), screens=(), extent=(0, 0, 1, 1), review_number="",
    sensors={"sea": (METER,)},
)  # fmt: skip


def noisy() -> Domain:
    """A domain of one level and one plain metric."""
    loud = metric("noise_level", "dB", (20.0, 140.0), energetic=True)
    return replace(
        domain(), metrics=(loud, metric("oxygen")), layer=replace(LAND.layer, metric="noise_level"), table="noise_level", kpis=()
    )


def filled(*, corrected: bool = False) -> Partition:
    """A partition after an hour of levels, one a minute, the last sent a second time with another value if `corrected`."""
    made = Partition(noisy(), Keys().load(), {})
    sent = [message("m", level, HOUR + 60 * minute, "noise_level") for minute, level in enumerate(LEVELS)]
    if corrected:
        sent[-1]["value"] = 45.0
    made.take(batch([*sent, message("m", 5.0, HOUR, "oxygen")]), NOW)
    if corrected:
        made.take(batch([message("m", LEVELS[-1], HOUR + 59 * 60, "noise_level")], 1), NOW)
    return made


def bureau(partition: Partition) -> Bureau:
    """The composer's side of it, at the end of the hour."""
    windows = {(width, start): table.rows for width, held in partition.windows.items() for start, table in held.tables.items()}
    names = partition.series.names
    view = View("sea.0", names=names, latest=partition.latest.rows[: len(names)], windows=windows)
    made = Bureau(partition.domain, SITE)
    made.look([view], NOW, lambda *_: ())
    made.roll.update([view], NOW, ranked())
    return made


@pytest.mark.parametrize("corrected", [False, True], ids=["as sent", "after a correction"])
def test_the_mean_of_an_hour_is_laeq(corrected: bool) -> None:
    seen = bureau(filled(corrected=corrected)).moment
    assert seen is not None
    assert seen.means("noise_level", 3600)["m"] == pytest.approx(LAEQ, abs=0.001)
    assert seen.hourly("noise_level", 1)["m"][0] == pytest.approx(LAEQ, abs=0.001)
    assert seen.extremes("noise_level", 3600)["m"] == (45.0, 80.0)


def test_six_loud_minutes_at_night_are_20_db_over_the_limit() -> None:
    seen = bureau(filled()).moment
    assert seen is not None
    assert noise_over(seen).value == pytest.approx(LAEQ - 50, abs=0.001)


def test_past_figures_small_trends_and_the_sensor_s_day_are_energy_means_too() -> None:
    made = bureau(filled())
    past = made.at(lambda *_: ())(300, int(NOW))
    assert past.means("noise_level", 3600)["m"] == pytest.approx(LAEQ, abs=0.001)
    loud = 10 * np.log10((4 * 10**4.5 + 10**8) / 5)  # of the five minutes in which it became loud
    quiet, edge, *_ = [value for value in _day(made, "noise_level")["mean"] if value is not None][-3:]
    assert (quiet, edge) == (pytest.approx(45.0), pytest.approx(loud, abs=0.001))
    assert compose.stations(made, ranked(), NOW)["rows"][0]["spark"][-4:] == [45.0, 80.0, 80.0, 80.0]


def _day(made: Bureau, key: str) -> dict[str, Any]:
    page = sensor_page(lambda place, since, until: (), made.views, made.index, made.domain, "m", (), NOW)
    day: dict[str, Any] = page["metrics"][key]["day"]
    return day


def test_windows_of_anything_else_add_up_values() -> None:
    partition = filled()
    table = partition.windows[60].tables[int(HOUR)]
    assert table.rows[partition.series.index["m", "oxygen"]]["sum"] == 5.0


def test_five_minutes_of_a_direction_are_told_by_their_last_reading() -> None:
    wind = metric("wind_direction", "deg", (0.0, 360.0), circular=True)
    declared = replace(domain(), metrics=(wind,), layer=replace(LAND.layer, metric="wind_direction"), table="wind_direction", kpis=())
    made = Partition(declared, Keys().load(), {})
    sent = [message("m", value, NOW - 300 + 60 * minute, "wind_direction", unit="deg") for minute, value in enumerate((350.0, 355.0, 10.0))]
    made.take(batch(sent), NOW)
    day = _day(bureau(made), "wind_direction")
    assert [value for value in day["mean"] if value is not None] == [10.0]  # their arithmetic mean is south
    assert not any(value is not None for value in (*day["min"], *day["max"]))
