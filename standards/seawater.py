"""Sea water classes of GB 3097-1997, Sea water quality standard, table 1: 1 to 4, and 5 for worse than class 4 (劣四类).

Class 1 protects fisheries and reserves, 2 bathing and aquaculture, 3 industry and scenery, 4 harbours. Only items that one reading can
decide are here: temperature is limited as a rise made by people, suspended matter as an increase.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from standards.grade import Grade, measured, worst

WORSE = 5

_PH = ((7.8, 8.5), (7.8, 8.5), (6.8, 8.8), (6.8, 8.8))
_OXYGEN_LACK = (-6.0, -5.0, -4.0, -3.0)
"""Limits of dissolved oxygen, negated so that they ascend."""
_AT_MOST: dict[str, tuple[float, ...]] = {
    "cod": (2, 3, 4, 5),
    "bod5": (1, 3, 4, 5),
    "inorganic_nitrogen": (0.20, 0.30, 0.40, 0.50),
    "unionised_ammonia": (0.020, 0.020, 0.020, 0.020),
    "phosphate": (0.015, 0.030, 0.030, 0.045),
    "petroleum": (0.05, 0.05, 0.30, 0.50),
    "mercury": (0.00005, 0.0002, 0.0002, 0.0005),
    "cadmium": (0.001, 0.005, 0.010, 0.010),
    "lead": (0.001, 0.005, 0.010, 0.050),
    "chromium_vi": (0.005, 0.010, 0.020, 0.050),
    "chromium": (0.05, 0.10, 0.20, 0.50),
    "arsenic": (0.020, 0.030, 0.050, 0.050),
    "copper": (0.005, 0.010, 0.050, 0.050),
    "zinc": (0.020, 0.050, 0.10, 0.50),
    "nickel": (0.005, 0.010, 0.020, 0.050),
    "selenium": (0.010, 0.020, 0.020, 0.050),
    "cyanide": (0.005, 0.005, 0.10, 0.20),
    "sulphide": (0.02, 0.05, 0.10, 0.25),
    "volatile_phenol": (0.005, 0.005, 0.010, 0.050),
    "surfactant": (0.03, 0.10, 0.10, 0.10),
    "coliforms": (10_000, 10_000, 10_000, float("inf")),
    "faecal_coliforms": (2_000, 2_000, 2_000, float("inf")),
}
"""Highest value of each class: mg/L, coliforms per litre. Class 4 has no limit for coliforms."""

ITEMS = ("ph", "dissolved_oxygen", *_AT_MOST)
_ORDER = {item: place for place, item in enumerate(ITEMS)}


def item_class(item: str, value: float) -> int:
    """Class 1 to 5 of one item of `ITEMS`. Dissolved oxygen must be greater than its limit; everything else at most, pH within."""
    if item == "ph":
        within = [low <= value <= high for low, high in _PH]
        return within.index(True) + 1 if True in within else WORSE
    if item == "dissolved_oxygen":
        return bisect_right(_OXYGEN_LACK, -value) + 1
    return bisect_left(_AT_MOST[item], value) + 1


def item_classes(item: str, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Class 1 to 5 of each value of one item, as `item_class` has it."""
    if item == "ph":
        found = np.full(len(values), WORSE)
        for place, (low, high) in reversed(list(enumerate(_PH, 1))):
            found[(low <= values) & (values <= high)] = place
        return found
    if item == "dissolved_oxygen":
        return np.searchsorted(_OXYGEN_LACK, -values, side="right") + 1
    return np.searchsorted(_AT_MOST[item], values, side="left") + 1


def water_class(values: Mapping[str, float | None]) -> Grade:
    """The class of a place from what was measured there; items of `ITEMS`, in mg/L (pH 1, coliforms per litre). Others are ignored."""
    known = sorted(values.keys() & _ORDER.keys(), key=_ORDER.__getitem__)
    return worst({item: item_class(item, value) for item in known if measured(value := values[item])})
