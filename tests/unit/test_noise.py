"""Noise limits of GB 3096-2008 by class and hour, and the energy mean by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from standards.noise import exceedance, is_day, laeq, limit, peak_limit

DAY, NIGHT = datetime(2026, 11, 20, 14, 0), datetime(2026, 11, 20, 23, 30)


def test_the_table() -> None:
    assert {zone: (limit(zone, DAY), limit(zone, NIGHT)) for zone in ("0", "1", "2", "3", "4a", "4b")} == {
        "0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60),
    }  # fmt: skip


@pytest.mark.parametrize(("hour", "minute", "day"), [(5, 59, False), (6, 0, True), (21, 59, True), (22, 0, False), (0, 0, False)])
def test_day_is_from_six_to_twenty_two(hour: int, minute: int, day: bool) -> None:
    assert is_day(datetime(2026, 11, 20, hour, minute)) is day


def test_a_city_may_set_its_own_day() -> None:
    assert not is_day(datetime(2026, 11, 20, 6, 30), (7, 23))
    assert is_day(datetime(2026, 11, 20, 22, 30), (7, 23))


def test_exceedance_and_night_peaks() -> None:
    assert exceedance(54.0, "2", DAY) == -6
    assert exceedance(54.0, "2", NIGHT) == 4
    assert exceedance(60.0, "2", DAY) == 0
    assert peak_limit("1", NIGHT) == 60
    assert peak_limit("1", DAY) is None


def test_an_unknown_class_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="4c"):
        limit("4c", DAY)


def test_energy_mean() -> None:
    assert laeq([54.0]) == pytest.approx(54.0)
    assert laeq([60.0, 60.0]) == pytest.approx(60.0)
    # (10^6 + 10^5)/2 = 550,000 -> 57.40 dB, far from the arithmetic 55
    assert laeq([60.0, 50.0]) == pytest.approx(57.4036, abs=1e-4)
    # ten times the energy in one of ten minutes: (10^7 + 9 x 10^6)/10 = 1.9 x 10^6 -> 62.79 dB
    assert laeq([70.0] + [60.0] * 9) == pytest.approx(62.7875, abs=1e-4)
    assert laeq([60.0, None, 50.0, float("nan")]) == pytest.approx(57.4036, abs=1e-4)


def test_absent_is_not_silence() -> None:
    assert laeq([]) is None
    assert laeq([None]) is None
    assert laeq([0.0]) == 0.0
