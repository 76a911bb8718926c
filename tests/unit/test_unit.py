"""Units: every entry of the table against pint, the usual spellings, and what must be refused."""

from __future__ import annotations

import pint
import pytest

from standards.unit import UNITS, IncompatibleUnit, canonical, convert, factor, symbol

NAMED_ONLY = {"psu", "NTU", "dB"}
"""Units of a scale of their own: nothing converts to them, so pint has nothing to compare."""

PINT = {
    "": "dimensionless", "%": "percent", "‰": "permille", "ppm": "ppm", "ppb": "billionth",
    "m": "m", "km": "km", "cm": "cm", "mm": "mm", "um": "um", "ft": "ft", "in": "inch", "mi": "mile", "nmi": "nautical_mile",
    "m2": "m**2", "km2": "km**2", "ha": "hectare", "m3": "m**3", "L": "liter", "mL": "milliliter",
    "kg": "kg", "g": "g", "mg": "mg", "t": "metric_ton", "s": "s", "ms": "ms", "min": "minute", "h": "hour", "d": "day",
    "m/s": "m/s", "cm/s": "cm/s", "mm/s": "mm/s", "km/h": "km/hour", "mph": "mph", "kn": "knot", "ft/s": "ft/s",
    "m/h": "meter/hour", "mm/h": "mm/hour", "mm/d": "mm/day", "in/h": "inch/hour",
    "Pa": "Pa", "hPa": "hPa", "kPa": "kPa", "MPa": "MPa", "mbar": "mbar", "bar": "bar", "dbar": "decibar", "atm": "atm",
    "mmHg": "mmHg", "inHg": "inHg", "psi": "psi",
    "kg/m3": "kg/m**3", "g/m3": "g/m**3", "mg/m3": "mg/m**3", "ug/m3": "ug/m**3", "ng/m3": "ng/m**3",
    "g/L": "g/L", "mg/L": "mg/L", "ug/L": "ug/L", "ng/L": "ng/L",
    "m3/s": "m**3/s", "m3/h": "m**3/hour", "m3/d": "m**3/day", "L/s": "L/s", "ft3/s": "ft**3/s",
    "deg": "degree", "rad": "radian", "S/m": "S/m", "mS/m": "mS/m", "mS/cm": "mS/cm", "uS/cm": "uS/cm",
    "1/m3": "1/m**3", "1/L": "1/L", "1/mL": "1/mL", "1/100mL": "per_100_mL",
    "veh/h": "vehicle/hour", "veh/min": "vehicle/minute", "veh/s": "vehicle/s", "veh/d": "vehicle/day",
    "veh/km": "vehicle/km", "veh/mi": "vehicle/mile",
    "W": "W", "kW": "kW", "MW": "MW", "J": "J", "kJ": "kJ", "kWh": "kWh", "W/m2": "W/m**2", "kW/m2": "kW/m**2",
    "V": "V", "mV": "mV", "Hz": "Hz", "kHz": "kHz", "lx": "lux", "K": "kelvin", "degC": "degC", "degF": "degF",
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry[float]:
    made: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    made.define("vehicle = [vehicle]")
    made.define("billionth = 1e-9")
    made.define("per_100_mL = 1 / (100 * milliliter)")
    return made


def test_every_entry_is_compared() -> None:
    assert set(PINT) == set(UNITS) - NAMED_ONLY


def test_every_pair_of_one_quantity_converts_as_pint_does(registry: pint.UnitRegistry[float]) -> None:
    for unit, (quantity, _) in UNITS.items():
        for to in (other for other, (same, _) in UNITS.items() if same == quantity and unit not in NAMED_ONLY):
            for value in (0.0, 1.0, 37.5, -12.0):
                wanted = registry.Quantity(value, PINT[unit]).to(PINT[to]).magnitude
                assert convert(value, unit, to) == pytest.approx(wanted, rel=1e-6, abs=1e-12), (value, unit, to)


@pytest.mark.parametrize("quantity", sorted({quantity for quantity, _ in UNITS.values()}))
def test_quantities_do_not_mix(quantity: str) -> None:
    mine = next(unit for unit, (own, _) in UNITS.items() if own == quantity)
    for other, (own, _) in UNITS.items():
        if own != quantity:
            with pytest.raises(IncompatibleUnit):
                factor(mine, other)


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("mg/l", "mg/L"), ("µg/m3", "ug/m3"), ("μg/m³", "ug/m3"), ("ug/m^3", "ug/m3"), (" µg / m³ ", "ug/m3"),
        ("°C", "degC"), ("℃", "degC"),
        ("C", "degC"), ("Celsius", "degC"), ("°F", "degF"), ("F", "degF"), ("kph", "km/h"), ("knots", "kn"), ("kt", "kn"), ("mb", "mbar"),
        ("1", ""), ("percent", "%"), ("PSU", "psu"), ("dB(A)", "dB"), ("dBA", "dB"), ("m³/s", "m3/s"), ("cfs", "ft3/s"), ("ft³/s", "ft3/s"),
        ("cfu/100mL", "1/100mL"), ("cfu/100 ml", "1/100mL"), ("", ""), ("°", "deg"), ("degT", "deg"), ("µS/cm", "uS/cm"), ("ml", "mL"),
    ],
)  # fmt: skip
def test_usual_spellings(spelling: str, unit: str) -> None:
    assert canonical(spelling) == unit
    assert factor(spelling, unit) == (1.0, 0.0)


@pytest.mark.parametrize("unit", ["furlong", "MG/L", "m3/", "m s", "m h", "mg/L/h", "1/100", "mPa"])
def test_unknown_units_are_refused(unit: str) -> None:
    with pytest.raises(IncompatibleUnit, match="unknown unit"):
        canonical(unit)
    with pytest.raises(ValueError):
        convert(1.0, unit, "m")


def test_by_hand() -> None:
    assert convert(20.0, "C", "F") == pytest.approx(68.0)  # 20 x 9/5 + 32
    assert convert(0.0, "degF", "K") == pytest.approx(255.3722222)  # 459.67 x 5/9
    assert convert(300.0, "ug/m3", "mg/m3") == pytest.approx(0.3)
    assert convert(67.3, "cm/s", "m/s") == pytest.approx(0.673)
    assert convert(754.3, "mmHg", "hPa") == pytest.approx(1005.65, abs=0.01)  # 754.3 x 1.33322387
    assert convert(2.5, "ft3/s", "m3/s") == pytest.approx(0.0707921, abs=1e-7)
    assert convert(0.82, "1", "%") == pytest.approx(82.0)


def test_the_same_unit_is_exact() -> None:
    for unit in UNITS:
        assert factor(unit, unit) == (1.0, 0.0)
    assert factor("mg/L", "g/m3") == (1.0, 0.0)
    assert factor("ug/m3", "mg/m3") == (0.001, 0.0)


def test_symbols_for_people() -> None:
    shown = {
        "ug/m3": "µg/m³",
        "degC": "°C",
        "1": "",
        "m3/s": "m³/s",
        "deg": "°",
        "ug/L": "µg/L",
        "mg/L": "mg/L",
        "uS/cm": "µS/cm",
        "W/m2": "W/m²",
    }
    assert {unit: symbol(unit) for unit in shown} == shown
    for unit in UNITS:
        assert factor(symbol(unit), unit) == (1.0, 0.0)
