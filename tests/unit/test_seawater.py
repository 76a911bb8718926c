"""Sea water classes at every boundary of GB 3097-1997 table 1."""

from __future__ import annotations

import numpy as np
import pytest

from standards.seawater import ITEMS, WORSE, item_class, item_classes, water_class

AT_MOST = {
    "cod": (2, 3, 4, 5), "bod5": (1, 3, 4, 5), "inorganic_nitrogen": (0.20, 0.30, 0.40, 0.50), "unionised_ammonia": (0.02,) * 4,
    "phosphate": (0.015, 0.030, 0.030, 0.045), "petroleum": (0.05, 0.05, 0.30, 0.50), "mercury": (0.00005, 0.0002, 0.0002, 0.0005),
    "cadmium": (0.001, 0.005, 0.010, 0.010), "lead": (0.001, 0.005, 0.010, 0.050), "chromium_vi": (0.005, 0.010, 0.020, 0.050),
    "chromium": (0.05, 0.10, 0.20, 0.50), "arsenic": (0.020, 0.030, 0.050, 0.050), "copper": (0.005, 0.010, 0.050, 0.050),
    "zinc": (0.020, 0.050, 0.10, 0.50), "nickel": (0.005, 0.010, 0.020, 0.050), "selenium": (0.010, 0.020, 0.020, 0.050),
    "cyanide": (0.005, 0.005, 0.10, 0.20), "sulphide": (0.02, 0.05, 0.10, 0.25), "volatile_phenol": (0.005, 0.005, 0.010, 0.050),
    "surfactant": (0.03, 0.10, 0.10, 0.10),
}  # fmt: skip


def test_every_limit_itself_is_within() -> None:
    for item, limits in AT_MOST.items():
        for limit in limits:
            assert item_class(item, limit) == limits.index(limit) + 1
            above = [number + 1 for number, most in enumerate(limits) if most > limit]
            assert item_class(item, limit * 1.0001) == (above[0] if above else WORSE)
    assert set(ITEMS) == {"ph", "dissolved_oxygen", "coliforms", "faecal_coliforms", *AT_MOST}


@pytest.mark.parametrize(("value", "grade"), [(6.01, 1), (6.0, 2), (5.01, 2), (5.0, 3), (4.0, 4), (3.01, 4), (3.0, 5), (0.0, 5)])
def test_oxygen_must_be_greater_than_its_limit(value: float, grade: int) -> None:
    assert item_class("dissolved_oxygen", value) == grade


@pytest.mark.parametrize(("value", "grade"), [(7.8, 1), (8.5, 1), (7.79, 3), (8.51, 3), (6.8, 3), (8.8, 3), (6.79, 5), (8.81, 5)])
def test_ph(value: float, grade: int) -> None:
    assert item_class("ph", value) == grade


def test_class_4_has_no_limit_for_coliforms() -> None:
    assert item_class("coliforms", 10_000) == 1
    assert item_class("coliforms", 10_001) == 4
    assert item_class("faecal_coliforms", 2_001) == 4


def test_the_worst_item_decides() -> None:
    # Deep Bay, DM1, 2015-01-19: oxygen 4.4 -> 3, pH 6.8 -> 3, inorganic nitrogen 2.83 -> 5, phosphate 0.16 -> 5, BOD5 7.1 -> 5
    measured = {"dissolved_oxygen": 4.4, "ph": 6.8, "inorganic_nitrogen": 2.83, "phosphate": 0.16, "bod5": 7.1, "turbidity": 30.9}
    grade = water_class(measured)
    assert grade.items == {"ph": 3, "dissolved_oxygen": 3, "bod5": 5, "inorganic_nitrogen": 5, "phosphate": 5}
    assert (grade.value, grade.item) == (5, "bod5")
    assert water_class({"dissolved_oxygen": 3.1, "ph": 8.1}).item == "dissolved_oxygen"


def test_absent_is_not_clean() -> None:
    assert water_class({}).value is None
    assert water_class({"dissolved_oxygen": None, "cod": float("nan"), "salinity": 30.0}).value is None
    assert water_class({"cod": 0.0}).value == 1


def test_many_values_at_once_have_the_class_of_each() -> None:
    values = np.array([0.0, 0.015, 0.02, 0.3, 2.0, 3.0, 5.0, 6.01, 7.0, 7.79, 7.8, 8.5, 8.8, 9.0, 20_000.0])
    for item in ITEMS:
        assert item_classes(item, values).tolist() == [item_class(item, value) for value in values.tolist()]
