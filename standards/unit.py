"""Units that bureaus send, as one table of factors: what makes a compatible unit convertible and an incompatible one refused.

Scales are exact by definition: SI brochure (9th edition) tables 7 and 8, NIST SP 811 (2008) appendix B for foot, mile, pound-force,
inch and millimetre of mercury, WMO-No. 8 for the knot. A unit that only names its own scale (psu, NTU, dB) converts to nothing else.
"""

from __future__ import annotations

import re
from fractions import Fraction


class IncompatibleUnit(ValueError):
    """A unit that is unknown, or that measures something else."""


_FOOT, _INCH, _MILE = "0.3048", "0.0254", "1609.344"

_SCALES: dict[str, dict[str, str]] = {
    "share": {"": "1", "%": "1/100", "‰": "1/1000", "ppm": "1/1000000", "ppb": "1/1000000000"},
    "length": {"m": "1", "km": "1000", "cm": "0.01", "mm": "0.001", "um": "0.000001", "ft": _FOOT, "in": _INCH, "mi": _MILE, "nmi": "1852"},
    "area": {"m2": "1", "km2": "1000000", "ha": "10000"},
    "volume": {"m3": "1", "L": "0.001", "mL": "0.000001"},
    "mass": {"kg": "1", "g": "0.001", "mg": "0.000001", "t": "1000"},
    "time": {"s": "1", "ms": "0.001", "min": "60", "h": "3600", "d": "86400"},
    "speed": {
        "m/s": "1", "cm/s": "0.01", "mm/s": "0.001", "km/h": "5/18", "mph": "0.44704", "kn": "1852/3600", "ft/s": _FOOT,
        "m/h": "1/3600", "mm/h": "1/3600000", "mm/d": "1/86400000", "in/h": "0.0254/3600",
    },
    "pressure": {
        "Pa": "1", "hPa": "100", "kPa": "1000", "MPa": "1000000", "mbar": "100", "bar": "100000", "dbar": "10000", "atm": "101325",
        "mmHg": "133.322387415", "inHg": "3386.388640341", "psi": "4.4482216152605/0.00064516",
    },
    "concentration": {
        "kg/m3": "1", "g/m3": "0.001", "mg/m3": "0.000001", "ug/m3": "0.000000001", "ng/m3": "0.000000000001",
        "g/L": "1", "mg/L": "0.001", "ug/L": "0.000001", "ng/L": "0.000000001",
    },
    "discharge": {"m3/s": "1", "m3/h": "1/3600", "m3/d": "1/86400", "L/s": "0.001", "ft3/s": "0.028316846592"},
    "angle": {"deg": "1", "rad": "57.29577951308232"},
    "conductivity": {"S/m": "1", "mS/m": "0.001", "mS/cm": "0.1", "uS/cm": "0.0001"},
    "count": {"1/m3": "1", "1/L": "1000", "1/mL": "1000000", "1/100mL": "10000"},
    "vehicles": {"veh/h": "1", "veh/min": "60", "veh/s": "3600", "veh/d": "1/24"},
    "density": {"veh/km": "1", "veh/mi": "1/1.609344"},
    "power": {"W": "1", "kW": "1000", "MW": "1000000"},
    "energy": {"J": "1", "kJ": "1000", "kWh": "3600000"},
    "irradiance": {"W/m2": "1", "kW/m2": "1000"},
    "voltage": {"V": "1", "mV": "0.001"},
    "frequency": {"Hz": "1", "kHz": "1000"},
    "illuminance": {"lx": "1"},
    "salinity": {"psu": "1"},
    "turbidity": {"NTU": "1"},
    "level": {"dB": "1"},
    "temperature": {"K": "1", "degC": "1", "degF": "5/9"},
}  # fmt: skip
_ZERO = {"degC": Fraction("273.15"), "degF": Fraction("459.67") * 5 / 9}
"""Kelvin at the zero of a scale that does not begin at absolute zero."""

_ALIASES = {
    "1": "", "percent": "%", "permille": "‰", "metre": "m", "meter": "m", "μm": "um", "feet": "ft", "foot": "ft", "NM": "nmi",
    "sec": "s", "hr": "h", "hour": "h", "day": "d", "kph": "km/h", "kmh": "km/h", "kt": "kn", "knot": "kn", "knots": "kn", "kts": "kn",
    "mi/h": "mph", "fps": "ft/s", "torr": "mmHg", "cfs": "ft3/s", "cms": "m3/s", "mb": "mbar", "degree": "deg", "degrees": "deg",
    "degT": "deg", "°": "deg", "C": "degC", "celsius": "degC", "Celsius": "degC", "℃": "degC", "F": "degF", "fahrenheit": "degF",
    "Fahrenheit": "degF", "℉": "degF", "kelvin": "K", "PSU": "psu", "ntu": "NTU", "dBA": "dB", "dB(A)": "dB", "db": "dB",
    "cfu/100mL": "1/100mL", "MPN/100mL": "1/100mL", "cfu/L": "1/L", "MPN/L": "1/L", "lux": "lx", "vph": "veh/h",
}  # fmt: skip

UNITS: dict[str, tuple[str, Fraction]] = {}
"""Canonical spelling -> (quantity, scale to the quantity's own unit)."""
for _quantity, _units in _SCALES.items():
    for _unit, _scale in _units.items():
        _over, _, _under = _scale.partition("/")
        UNITS[_unit] = (_quantity, Fraction(_over) / Fraction(_under or "1"))

_PLAIN = str.maketrans({"µ": "u", "μ": "u", "³": "3", "²": "2", "^": None})
_SHOWN = {"deg": "°", "degC": "°C", "degF": "°F"}


def canonical(unit: str) -> str:
    """The table's own spelling of a unit: `µg/m³` is `ug/m3`, `℃` is `degC`, `1` is the empty text. IncompatibleUnit if unknown."""
    plain = _ALIASES.get(unit.strip(), unit.strip()).translate(_PLAIN)
    if plain not in UNITS:
        plain = re.sub(r"\s*/\s*|(?<=100) (?=m)", lambda gap: gap[0].strip(), plain)
        plain = plain.replace("/l", "/L").replace("ml", "mL").replace("°", "deg")
        plain = _ALIASES.get(plain, plain)
    if plain not in UNITS:
        raise IncompatibleUnit(f"unknown unit {unit!r}")
    return plain


def symbol(unit: str) -> str:
    """How a unit is written for people: `ug/m3` is `µg/m³`, `degC` is `°C`, `1` is nothing. IncompatibleUnit if unknown."""
    plain = canonical(unit)
    shown = _SHOWN.get(plain, plain)
    return ("µ" + shown[1:] if shown[:2] in ("ug", "um", "uS") else shown).replace("m3", "m³").replace("m2", "m²").replace("ft3", "ft³")


def factor(unit: str, to: str) -> tuple[float, float]:
    """(scale, offset) with which value * scale + offset turns `unit` into `to`; IncompatibleUnit if that makes no sense."""
    source, target = canonical(unit), canonical(to)
    (quantity, scale), (wanted, per) = UNITS[source], UNITS[target]
    if quantity != wanted:
        raise IncompatibleUnit(f"{unit!r} is {quantity}, {to!r} is {wanted}")
    offset = (_ZERO.get(source, Fraction(0)) - _ZERO.get(target, Fraction(0))) / per
    return float(scale / per), float(offset)


def convert(value: float, unit: str, to: str) -> float:
    """The value in another unit; IncompatibleUnit if that makes no sense."""
    scale, offset = factor(unit, to)
    return value * scale + offset
