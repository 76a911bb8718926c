"""The air quality index against the standards' own tables and values worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from standards.aqi import LEVELS, SINCE, Averaging, combine, daily, greatest_8h, iaqi, level, mean, real_time

NEW, OLD = date(2026, 3, 1), date(2026, 2, 28)

TABLE: dict[tuple[str, Averaging], dict[float, int]] = {
    ("so2", "24h"): {0: 0, 50: 50, 150: 100, 475: 150, 800: 200, 1600: 300, 2100: 400, 2620: 500},
    ("so2", "1h"): {0: 0, 150: 50, 500: 100, 650: 150, 800: 200},
    ("no2", "24h"): {0: 0, 40: 50, 80: 100, 180: 150, 280: 200, 565: 300, 750: 400, 940: 500},
    ("no2", "1h"): {0: 0, 100: 50, 200: 100, 700: 150, 1200: 200, 2340: 300, 3090: 400, 3840: 500},
    ("co", "24h"): {0: 0, 2: 50, 4: 100, 14: 150, 24: 200, 36: 300, 48: 400, 60: 500},
    ("co", "1h"): {0: 0, 5: 50, 10: 100, 35: 150, 60: 200, 90: 300, 120: 400, 150: 500},
    ("o3", "8h"): {0: 0, 100: 50, 160: 100, 215: 150, 265: 200, 800: 300},
    ("o3", "1h"): {0: 0, 160: 50, 200: 100, 300: 150, 400: 200, 800: 300, 1000: 400, 1200: 500},
}
PARTICLES: dict[tuple[str, Averaging], dict[float, int]] = {
    ("pm10", "24h"): {0: 0, 50: 50, 120: 100, 250: 150, 350: 200, 420: 300, 500: 400, 600: 500},
    ("pm2_5", "24h"): {0: 0, 35: 50, 60: 100, 115: 150, 150: 200, 250: 300, 350: 400, 500: 500},
}
PARTICLES_2012: dict[tuple[str, Averaging], dict[float, int]] = {
    ("pm10", "24h"): {0: 0, 50: 50, 150: 100, 250: 150, 350: 200, 420: 300, 500: 400, 600: 500},
    ("pm2_5", "24h"): {0: 0, 35: 50, 75: 100, 115: 150, 150: 200, 250: 300, 350: 400, 500: 500},
}


def test_every_breakpoint_is_exact() -> None:
    for day, table in ((NEW, {**TABLE, **PARTICLES}), (OLD, {**TABLE, **PARTICLES_2012})):
        for (pollutant, averaging), row in table.items():
            assert {value: iaqi(pollutant, value, averaging, day) for value in row} == row, (pollutant, averaging, day)


def test_hourly_particles_use_the_daily_row_from_2026() -> None:
    for pollutant in ("pm10", "pm2_5"):
        for value, index in PARTICLES[pollutant, "24h"].items():
            assert iaqi(pollutant, value, "1h", NEW) == index
        assert iaqi(pollutant, 30, "1h", OLD) is None


@pytest.mark.parametrize(
    ("pollutant", "value", "averaging", "day", "index"),
    [
        ("o3", 172, "8h", NEW, 111),  # 100 + 50 x 12/55 = 110.9
        ("o3", 172, "1h", NEW, 65),  # 50 + 50 x 12/40
        ("pm2_5", 75, "24h", NEW, 114),  # 100 + 50 x 15/55 = 113.6
        ("pm2_5", 23, "1h", NEW, 33),  # 50 x 23/35 = 32.9
        ("pm10", 85, "24h", NEW, 75),  # 50 + 50 x 35/70
        ("pm10", 85, "24h", OLD, 68),  # 50 + 50 x 35/100 = 67.5
        ("co", 7.5, "1h", NEW, 75),  # 50 + 50 x 2.5/5
        ("no2", 28, "1h", NEW, 14),  # 50 x 28/100
        ("so2", 1000, "24h", NEW, 225),  # 200 + 100 x 200/800
        ("pm2_5", 35.01, "24h", NEW, 51),  # any more than 50 is 51
        ("pm2_5", 0.01, "24h", NEW, 1),
    ],
)
def test_between_breakpoints_by_hand(pollutant: str, value: float, averaging: Averaging, day: date, index: int) -> None:
    assert iaqi(pollutant, value, averaging, day) == index


def test_above_the_table() -> None:
    assert iaqi("so2", 801, "1h", NEW) == 200
    assert iaqi("so2", 801, "1h", OLD) is None
    assert iaqi("o3", 801, "8h", NEW) == 300
    assert iaqi("o3", 801, "8h", OLD) is None
    for pollutant in ("so2", "no2", "co", "pm10", "pm2_5"):
        assert iaqi(pollutant, 99_999, "24h", NEW) == 500
    assert iaqi("o3", 1201, "1h", OLD) == 500


def test_the_day_decides_the_edition() -> None:
    assert SINCE == NEW
    assert iaqi("pm2_5", 75, "24h", OLD) == 100
    assert iaqi("pm2_5", 60, "24h", NEW) == 100


def test_absent_is_not_zero() -> None:
    assert iaqi("pm2_5", None, "1h", NEW) is None
    assert iaqi("pm2_5", float("nan"), "1h", NEW) is None
    assert iaqi("pm2_5", -1, "1h", NEW) is None
    assert iaqi("pm2_5", 0, "1h", NEW) == 0
    nothing = real_time({}, NEW)
    assert (nothing.value, nothing.primary, nothing.parts) == (None, (), {})
    assert real_time({"o3": 0.0, "pm10": None}, NEW).parts == {"o3": 0}


def test_an_unknown_pollutant_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="pm25"):
        iaqi("pm25", 1, "1h", NEW)


def test_the_real_time_report() -> None:
    hour = {"so2": 12.0, "no2": 60.0, "co": 0.8, "o3": 172.0, "pm10": 60.0, "pm2_5": 40.0}
    # SO2 4, NO2 30, CO 8, O3 65, PM10 50 + 50 x 10/70 = 57.1 -> 58, PM2.5 50 + 50 x 5/25 = 60
    report = real_time(hour, NEW)
    assert report.parts == {"so2": 4, "no2": 30, "co": 8, "o3": 65, "pm10": 58, "pm2_5": 60}
    assert (report.value, report.primary) == (65, ("o3",))


def test_the_real_time_report_of_2012_takes_particles_by_the_day() -> None:
    hour = {"o3": 100.0, "pm10": 500.0, "pm2_5": 400.0}
    assert real_time(hour, OLD).parts == {"o3": 32}  # 50 x 100/160 = 31.25
    report = real_time(hour, OLD, {"pm2_5": 75.0, "pm10": None})
    assert (report.value, report.primary, report.parts) == (100, ("pm2_5",), {"o3": 32, "pm2_5": 100})


def test_primary_pollutants_only_above_50_and_all_that_are_equal() -> None:
    assert combine({"o3": 50, "pm10": 50}).primary == ()
    assert combine({"o3": 51, "pm10": 51, "no2": 50}).primary == ("o3", "pm10")


def test_the_daily_report() -> None:
    means = {"so2": 10.0, "no2": 30.0, "co": 0.7, "pm10": 50.0, "pm2_5": 35.0, "o3": 999.0}
    report = daily(means, 172.0, NEW, o3_1h=250.0)
    assert (report.value, report.primary) == (111, ("o3",))  # the mean of the day and the hour do not count for ozone
    assert daily(means, 90.0, OLD, o3_1h=250.0).parts["o3"] == 125  # 100 + 50 x 50/100, worse than 45 of the 8 hours
    assert daily(means, 900.0, OLD, o3_1h=1000.0).parts["o3"] == 400  # above 800 the 8 hours are not computed
    assert "o3" not in daily(means, None, NEW).parts


def test_how_many_hours_make_a_mean() -> None:
    assert mean([10.0] * 6 + [None] * 2, "8h") == 10
    assert mean([10.0] * 5 + [None] * 3, "8h") is None
    assert mean([6.0] * 20 + [None] * 4, "24h") == 6
    assert mean([6.0] * 19 + [None] * 5, "24h") is None
    assert mean([None], "1h") is None
    assert mean([0.0], "1h") == 0


def test_the_greatest_8_hours_of_a_day() -> None:
    assert greatest_8h([20.0] * 8 + [100.0] * 8 + [20.0] * 8) == 100
    short: list[float | None] = [None] * 12 + [100.0] * 12
    # Means ending at 18 h and later have six hours: 7 of 17, so nothing, unless the limit of 160 is passed.
    assert greatest_8h(short) is None
    assert greatest_8h([None] * 12 + [161.0] * 12) == 161
    assert greatest_8h([None] * 24) is None
    # 14 means: hours missing from 1 to 5 leave those ending at 8 (3 h), 9 (4 h) and 10 (5 h) without six hours.
    assert greatest_8h([None] * 5 + [50.0] * 19) == 50
    assert greatest_8h([None] * 6 + [50.0] * 18) is None


def test_levels() -> None:
    bounds = {0: 1, 50: 1, 51: 2, 100: 2, 101: 3, 150: 3, 151: 4, 200: 4, 201: 5, 300: 5, 301: 6, 500: 6}
    assert {value: level(value).grade for value in bounds} == bounds
    assert [(each.zh, each.colour) for each in LEVELS] == [
        ("优", "#00E400"), ("良", "#FFFF00"), ("轻度污染", "#FF7E00"), ("中度污染", "#FF0000"), ("重度污染", "#99004C"),
        ("严重污染", "#7E0023"),
    ]  # fmt: skip
