"""Surface water classes at every boundary of GB 3838-2002 table 1."""

from __future__ import annotations

import pytest

from standards.surfacewater import ITEMS, WORSE, item_class, water_class

AT_MOST = {
    "permanganate_index": (2, 4, 6, 10, 15), "cod": (15, 15, 20, 30, 40), "bod5": (3, 3, 4, 6, 10),
    "ammonia_nitrogen": (0.15, 0.5, 1.0, 1.5, 2.0), "total_phosphorus": (0.02, 0.1, 0.2, 0.3, 0.4),
    "total_nitrogen": (0.2, 0.5, 1.0, 1.5, 2.0), "copper": (0.01, 1, 1, 1, 1), "zinc": (0.05, 1, 1, 2, 2), "fluoride": (1, 1, 1, 1.5, 1.5),
    "selenium": (0.01, 0.01, 0.01, 0.02, 0.02), "arsenic": (0.05, 0.05, 0.05, 0.1, 0.1),
    "mercury": (0.00005, 0.00005, 0.0001, 0.001, 0.001),
    "cadmium": (0.001, 0.005, 0.005, 0.005, 0.01), "chromium_vi": (0.01, 0.05, 0.05, 0.05, 0.1), "lead": (0.01, 0.01, 0.05, 0.05, 0.1),
    "cyanide": (0.005, 0.05, 0.2, 0.2, 0.2), "volatile_phenol": (0.002, 0.002, 0.005, 0.01, 0.1), "petroleum": (0.05, 0.05, 0.05, 0.5, 1.0),
    "surfactant": (0.2, 0.2, 0.2, 0.3, 0.3), "sulphide": (0.05, 0.1, 0.2, 0.5, 1.0),
    "faecal_coliforms": (200, 2_000, 10_000, 20_000, 40_000),
}  # fmt: skip


def test_every_limit_itself_is_within() -> None:
    for item, limits in AT_MOST.items():
        for limit in limits:
            assert item_class(item, limit) == limits.index(limit) + 1
            above = [number + 1 for number, most in enumerate(limits) if most > limit]
            assert item_class(item, limit * 1.0001) == (above[0] if above else WORSE)
    assert set(ITEMS) == {"ph", "dissolved_oxygen", *AT_MOST}


@pytest.mark.parametrize(("value", "grade"), [(7.5, 1), (7.49, 2), (6.0, 2), (5.0, 3), (4.99, 4), (3.0, 4), (2.0, 5), (1.99, 6), (0.0, 6)])
def test_oxygen_is_at_least_its_limit(value: float, grade: int) -> None:
    assert item_class("dissolved_oxygen", value) == grade


def test_saturation_helps_warm_water() -> None:
    assert water_class({"dissolved_oxygen": 7.0}).value == 2
    assert water_class({"dissolved_oxygen": 7.0, "oxygen_saturation": 90.0}).value == 1
    assert water_class({"dissolved_oxygen": 7.0, "oxygen_saturation": 89.9}).value == 2
    assert water_class({"oxygen_saturation": 95.0}).value is None


@pytest.mark.parametrize(("value", "grade"), [(6.0, 1), (9.0, 1), (5.99, 6), (9.01, 6)])
def test_ph(value: float, grade: int) -> None:
    assert item_class("ph", value) == grade


def test_phosphorus_is_stricter_in_lakes() -> None:
    assert [item_class("total_phosphorus", value, "lake") for value in (0.01, 0.025, 0.05, 0.1, 0.2, 0.21)] == [1, 2, 3, 4, 5, 6]
    assert water_class({"total_phosphorus": 0.1}).value == 2
    assert water_class({"total_phosphorus": 0.1}, "lake").value == 4


def test_nitrogen_and_coliforms_are_left_out_for_rivers() -> None:
    measured = {"total_nitrogen": 9.0, "faecal_coliforms": 90_000, "ammonia_nitrogen": 0.26, "ph": 7.2}
    river, lake = water_class(measured), water_class(measured, "lake")
    assert (river.value, river.item) == (2, "ammonia_nitrogen")
    assert (lake.value, lake.item) == (6, "total_nitrogen")


def test_absent_is_not_clean() -> None:
    assert water_class({}).value is None
    assert water_class({"ph": None, "cod": float("nan")}).value is None
    assert water_class({"cod": 0.0}).value == 1
