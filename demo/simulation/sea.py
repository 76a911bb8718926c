"""The sea: buoys, tide gauges and bathing beaches."""

from __future__ import annotations

import numpy as np

from demo.simulation import tide
from demo.simulation.incident import strength
from demo.simulation.moment import Channel, Kind, Moment, bump
from demo.simulation.noise import Floats
from demo.simulation.weather import rain_memory, wind_at

GRAVITY = 9.81
FETCH = 25_000.0
"""Metres of open water over which the wind raises waves."""


def temperature(moment: Moment) -> Floats:
    """degC of the surface: season, a day that is warmest in mid afternoon."""
    day = np.cos((moment.solar_hour - 15.5) * np.pi / 12.0)
    return 23.6 + 5.3 * moment.season + 0.45 * day + 0.5 * moment.trait("temp") + 0.25 * moment.wander("temp", 3 * 3600.0)


def salinity(moment: Moment) -> Floats:
    """psu: saltier at high tide, fresher after rain."""
    sea = 32.4 + 0.5 * moment.trait("salt") + 0.35 * (tide.level(moment) - tide.MEAN_LEVEL)
    return sea + 0.2 * moment.wander("salt", 4 * 3600.0) - 0.12 * rain_memory(moment, 2400.0)


def saturation(temp: Floats, salt: Floats) -> Floats:
    """Oxygen that water holds at equilibrium with air at 1 atm, mg/L (Weiss 1970, the mL/L form times 1.4291 mg/mL)."""
    k = (temp + 273.15) / 100.0
    fresh = -173.4292 + 249.6339 / k + 143.3483 * np.log(k) - 21.8492 * k
    return 1.4291 * np.exp(fresh + salt * (-0.033096 + 0.014259 * k - 0.0017 * k * k))


def bloom(moment: Moment) -> Floats:
    """What algae do over the day, -1 before dawn to 1 in mid afternoon: oxygen and pH follow it."""
    return 2.0 * bump(moment.solar_hour, 15.5, 4.0) - 0.85


def oxygen(moment: Moment, temp: Floats, salt: Floats) -> Floats:
    """mg/L: near saturation with the day's cycle; a sag takes it below every limit."""
    share = 0.99 + 0.05 * bloom(moment) + 0.02 * moment.trait("oxygen") + 0.015 * moment.wander("oxygen", 2 * 3600.0)
    healthy = saturation(temp, salt) * share + 0.03 * moment.jitter("oxygen")
    sag = strength(moment, "oxygen_sag")
    return healthy * (1.0 - sag) + 2.1 * sag


def waves(moment: Moment, wind: Floats) -> tuple[Floats, Floats]:
    """(significant height m, period s): fetch-limited wind sea (Sverdrup, Munk and Bretschneider) on top of a low swell."""
    u2 = np.maximum(wind, 0.3) ** 2
    fetch = GRAVITY * FETCH / u2
    own = 0.283 * np.tanh(0.0125 * fetch**0.42) * u2 / GRAVITY
    own_period = 2 * np.pi * np.sqrt(u2) / GRAVITY * 1.2 * np.tanh(0.077 * fetch**0.25)
    swell = 0.28 * (1.0 + 0.2 * moment.wander("swell", 5 * 3600.0))
    energy = own**2 + swell**2
    period = (own**2 * own_period + swell**2 * 6.8) / energy
    return np.sqrt(energy) * (1 + 0.03 * moment.jitter("waves")), period * (1 + 0.02 * moment.jitter("period"))


def current(moment: Moment) -> tuple[Floats, Floats]:
    """(speed m/s, direction towards, degrees): the tide runs in and out along the bay, with an eddy across it."""
    along = 0.55 * tide.rise(moment) * (0.7 + 0.6 * moment.share("channel"))
    across = 0.035 * moment.wander("eddy", 1800.0)
    axis = 2 * np.pi * moment.share("axis")
    bearing = np.degrees(axis + np.arctan2(across, along)) + 3.0 * moment.jitter("bearing")
    return np.hypot(along, across) + 0.01 * moment.jitter("speed"), bearing % 360.0


def clarity(moment: Moment) -> Floats:
    """Turbidity, NTU: stirred by the tide, muddied by rain from the land."""
    stirred = 2.2 * np.exp(0.25 * moment.trait("mud")) * (1 + 1.1 * np.abs(tide.rise(moment)))
    return stirred * np.exp(0.12 * moment.wander("mud", 1500.0) + 0.05 * moment.jitter("mud")) + 1.1 * rain_memory(moment, 2400.0)


def acidity(moment: Moment) -> Floats:
    """pH: oxygen up, carbonic acid down."""
    calm = 8.11 + 0.04 * bloom(moment) + 0.03 * moment.trait("ph") + 0.01 * moment.wander("ph", 2 * 3600.0)
    return calm + 0.006 * moment.jitter("ph") - 0.25 * strength(moment, "oxygen_sag")


def nutrient(moment: Moment, name: str, typical: Floats | float) -> Floats:
    """mg/L of a dissolved nutrient: more where the plan asks for less (a port is class 4, a reserve class 1), raised by run-off."""
    typical = typical * (0.7 + 0.3 * moment.group.numbers["water_class"][moment.row])
    spread = 0.18 * moment.trait(name) + 0.12 * moment.wander(name, 2 * 3600.0) + 0.03 * moment.jitter(name)
    return typical * np.exp(spread) * (1 + 0.03 * rain_memory(moment, 3000.0))


def buoy(moment: Moment) -> tuple[Floats, ...]:
    """All of a moored water-quality buoy."""
    temp, salt = temperature(moment), salinity(moment)
    wind, _ = wind_at(moment, 1.15)
    height, period = waves(moment, wind)
    speed, bearing = current(moment)
    chlorophyll = 2.4 * np.exp(0.2 * bloom(moment) + 0.25 * moment.trait("algae") + 0.15 * moment.wander("algae", 5400.0))
    chlorophyll = chlorophyll * (1.0 + 0.05 * moment.jitter("algae") + 3.0 * strength(moment, "oxygen_sag"))
    return (
        temp + 0.03 * moment.jitter("temp"), salt + 0.03 * moment.jitter("salt"), oxygen(moment, temp, salt), acidity(moment),
        clarity(moment), chlorophyll, nutrient(moment, "nitrogen", 0.11), nutrient(moment, "phosphate", 0.009),
        height, period, speed, bearing, wind,
    )  # fmt: skip


def gauge(moment: Moment) -> tuple[Floats, ...]:
    """A tide gauge: the level with a little surge and ripple, and the water's temperature."""
    surge = 0.04 * moment.wander("surge", 6 * 3600.0) + 0.008 * moment.jitter("ripple")
    return tide.level(moment) + surge, temperature(moment) + 0.03 * moment.jitter("temp")


def beach(moment: Moment) -> tuple[Floats, ...]:
    """A bathing beach: coliforms come with the rain water."""
    temp, salt = temperature(moment) + 0.3, salinity(moment) - 0.6
    counts = 28.0 * np.exp(0.4 * moment.trait("coli") + 0.3 * moment.wander("coli", 3 * 3600.0) + 0.1 * moment.jitter("coli"))
    return (
        temp + 0.03 * moment.jitter("temp"), salt + 0.03 * moment.jitter("salt"), acidity(moment), oxygen(moment, temp, salt),
        1.2 * clarity(moment), counts * (1.0 + 0.8 * rain_memory(moment, 2400.0)),
    )  # fmt: skip


WATER_TEMPERATURE = Channel(key="water_temperature", unit="degC", decimals=2)
SALINITY = Channel(key="salinity", unit="psu", decimals=2, floor=0.0, drift=0.02)
OXYGEN = Channel(key="dissolved_oxygen", unit="mg/L", decimals=2, floor=0.0, drift=0.06)
PH = Channel(key="ph", unit="1", decimals=2)
TURBIDITY = Channel(key="turbidity", unit="NTU", decimals=1, floor=0.0, drift=0.3)

KINDS: dict[str, Kind] = {
    "buoy": Kind(
        physics=buoy,
        columns={"water_class": 1.0},
        channels=(
            WATER_TEMPERATURE, SALINITY, OXYGEN, PH, TURBIDITY,
            Channel(key="chlorophyll_a", unit="ug/L", decimals=2, floor=0.0),
            Channel(key="inorganic_nitrogen", unit="mg/L", decimals=3, floor=0.0),
            Channel(key="phosphate", unit="mg/L", decimals=4, floor=0.0),
            Channel(key="wave_height", unit="m", decimals=2, floor=0.0),
            Channel(key="wave_period", unit="s", decimals=1, floor=0.0),
            Channel(key="current_speed", unit="m/s", decimals=2, floor=0.0),
            Channel(key="current_direction", unit="deg", decimals=0, circular=True),
            Channel(key="wind_speed", unit="m/s", decimals=1, floor=0.0),
        ),
    ),
    # The release of a frozen gauge would be a leap of the sea, which is what a tsunami looks like.
    "tide": Kind(physics=gauge, channels=(Channel(key="tide_level", unit="m", decimals=3), WATER_TEMPERATURE), sticks=False),
    "beach": Kind(
        physics=beach,
        channels=(WATER_TEMPERATURE, SALINITY, PH, OXYGEN, TURBIDITY, Channel(key="e_coli", unit="1/100mL", decimals=0, floor=1.0)),
    ),
}  # fmt: skip
