"""Surface water classes of GB 3838-2002, Environmental quality standards for surface water, table 1: 1 to 5, and 6 for worse (劣Ⅴ类).

The class of a place is that of its worst item (single-factor assessment). Total nitrogen and faecal coliforms are left out for rivers, as
the Measures for the assessment of surface water quality (环办〔2011〕22号) do; total phosphorus has other limits in lakes and reservoirs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Literal

from standards.grade import Grade, measured, worst

Body = Literal["river", "lake"]
WORSE = 6
PH = (6.0, 9.0)
_OXYGEN_LACK = (-7.5, -6.0, -5.0, -3.0, -2.0)
"""Limits of dissolved oxygen, negated so that they ascend."""
SATURATION = 90.0
"""Per cent of saturation that also gives class 1, where the water is too warm or too high to hold 7.5 mg/L."""
_PHOSPHORUS: dict[Body, tuple[float, ...]] = {"river": (0.02, 0.1, 0.2, 0.3, 0.4), "lake": (0.01, 0.025, 0.05, 0.1, 0.2)}
_LAKE_ONLY = ("total_nitrogen", "faecal_coliforms")
_AT_MOST: dict[str, tuple[float, ...]] = {
    "permanganate_index": (2, 4, 6, 10, 15),
    "cod": (15, 15, 20, 30, 40),
    "bod5": (3, 3, 4, 6, 10),
    "ammonia_nitrogen": (0.15, 0.5, 1.0, 1.5, 2.0),
    "total_phosphorus": _PHOSPHORUS["river"],
    "total_nitrogen": (0.2, 0.5, 1.0, 1.5, 2.0),
    "copper": (0.01, 1, 1, 1, 1),
    "zinc": (0.05, 1, 1, 2, 2),
    "fluoride": (1, 1, 1, 1.5, 1.5),
    "selenium": (0.01, 0.01, 0.01, 0.02, 0.02),
    "arsenic": (0.05, 0.05, 0.05, 0.1, 0.1),
    "mercury": (0.00005, 0.00005, 0.0001, 0.001, 0.001),
    "cadmium": (0.001, 0.005, 0.005, 0.005, 0.01),
    "chromium_vi": (0.01, 0.05, 0.05, 0.05, 0.1),
    "lead": (0.01, 0.01, 0.05, 0.05, 0.1),
    "cyanide": (0.005, 0.05, 0.2, 0.2, 0.2),
    "volatile_phenol": (0.002, 0.002, 0.005, 0.01, 0.1),
    "petroleum": (0.05, 0.05, 0.05, 0.5, 1.0),
    "surfactant": (0.2, 0.2, 0.2, 0.3, 0.3),
    "sulphide": (0.05, 0.1, 0.2, 0.5, 1.0),
    "faecal_coliforms": (200, 2_000, 10_000, 20_000, 40_000),
}
"""Highest value of each class: mg/L, faecal coliforms per litre."""

ITEMS = ("ph", "dissolved_oxygen", *_AT_MOST)


def item_class(item: str, value: float, body: Body = "river") -> int:
    """Class 1 to 6 of one item of `ITEMS`: oxygen at least its limit, pH within 6 to 9 or worse than all, the rest at most."""
    if item == "ph":
        return 1 if PH[0] <= value <= PH[1] else WORSE
    if item == "dissolved_oxygen":
        return bisect_left(_OXYGEN_LACK, -value) + 1
    return bisect_left(_PHOSPHORUS[body] if item == "total_phosphorus" else _AT_MOST[item], value) + 1


def water_class(values: Mapping[str, float | None], body: Body = "river") -> Grade:
    """The class of a place from what was measured there: items of `ITEMS`, in mg/L (coliforms per litre), and `oxygen_saturation` in %."""
    left_out = _LAKE_ONLY if body == "river" else ()
    items = {item: item_class(item, value, body) for item in ITEMS if item not in left_out and measured(value := values.get(item))}
    if "dissolved_oxygen" in items and (values.get("oxygen_saturation") or 0.0) >= SATURATION:
        items["dissolved_oxygen"] = 1
    return worst(items)
