"""The land: river gauges, river water quality, noise, rain gauges and slopes."""

from __future__ import annotations

import numpy as np

from demo.simulation.incident import strength
from demo.simulation.moment import Channel, Kind, Moment, bump
from demo.simulation.noise import Floats
from demo.simulation.traffic import demand
from demo.simulation.weather import air_temperature, rain, rain_memory

CLOUDBURST = 75.0
"""mm/h in the middle of the scripted cloudburst."""
FLOOD_WAVE = 1.9
"""Metres that the river rises after it."""
RIVER_LAG = 75.0
"""Seconds between the cloudburst and the rise: the short steep streams of the peninsula, quickened for the demo."""


def rainfall(moment: Moment) -> Floats:
    """mm/h on the ground: the weather's and the scripted cloudburst's."""
    return rain(moment) + CLOUDBURST * strength(moment, "cloudburst")


def river(moment: Moment) -> tuple[Floats, ...]:
    """A river gauge: the stage follows the rain, the discharge follows the stage by the rating curve Q = a (h - h0)^5/3."""
    base = 1.15 + 0.18 * moment.trait("stage") + 0.04 * moment.wander("stage", 4 * 3600.0)
    stage = base + 0.09 * np.minimum(rain_memory(moment, 1800.0), 8.0) + FLOOD_WAVE * strength(moment, "cloudburst", RIVER_LAG)
    width = 5.0 * np.exp(0.4 * moment.trait("width"))
    flow = width * np.maximum(stage - 0.4, 0.0) ** (5.0 / 3.0)
    return stage + 0.003 * moment.jitter("stage"), flow * (1.0 + 0.015 * moment.jitter("flow"))


def logarithmic(moment: Moment, name: str, typical: float, spread: float) -> Floats:
    """A concentration scattered like a logarithm around what is typical."""
    slow = 0.7 * moment.trait(name) + 0.5 * moment.wander(name, 3 * 3600.0) + 0.12 * moment.jitter(name)
    return typical * np.exp(spread * slow)


def water(moment: Moment) -> tuple[Floats, ...]:
    """An automatic river station: oxygen follows the light, run-off brings nutrients."""
    light = bump(moment.solar_hour, 15.0, 4.0)
    runoff = 1.0 + 0.03 * rain_memory(moment, 2400.0)
    ph = 7.25 + 0.12 * light + 0.1 * moment.trait("ph") + 0.04 * moment.wander("ph", 3 * 3600.0) + 0.01 * moment.jitter("ph")
    oxygen = 7.1 + 0.7 * light - 0.35 * moment.season + 0.2 * moment.trait("oxygen") + 0.15 * moment.wander("oxygen", 7200.0)
    return (
        ph, oxygen + 0.03 * moment.jitter("oxygen"),
        logarithmic(moment, "permanganate", 2.6, 0.16) * runoff,
        logarithmic(moment, "ammonia", 0.26, 0.25) * runoff,
        logarithmic(moment, "phosphorus", 0.058, 0.22) * runoff,
    )  # fmt: skip


def noise(moment: Moment) -> tuple[Floats, ...]:
    """Equivalent level of the last minute, dB(A): people and traffic by day, insects by night."""
    busy = np.clip(demand(moment) / 0.75, 0.05, 1.2)
    level = 40.0 + 1.8 * moment.trait("noise") + 10.0 * np.log10(1.0 + 9.0 * busy)
    return (level + 0.9 * moment.wander("noise", 400.0) + 0.7 * moment.jitter("noise") + 0.12 * np.minimum(rain(moment), 30.0),)


def gauge(moment: Moment) -> tuple[Floats, ...]:
    """A tipping-bucket rain gauge; dry is 0, as the bucket says."""
    return (rainfall(moment) * (1.0 + 0.06 * moment.jitter("rain")),)


def slope(moment: Moment) -> tuple[Floats, ...]:
    """Displacement of a slope since its survey, mm: it breathes with the day's warmth and gives a little in rain."""
    warmth = 0.05 * (air_temperature(moment) - 22.0)
    creep = 2.4 + 0.8 * moment.trait("slope") + 0.3 * moment.wander("slope", 86_400.0)
    return (creep + warmth + 0.02 * np.minimum(rain_memory(moment, 3600.0), 10.0) + 0.03 * moment.jitter("slope"),)


KINDS: dict[str, Kind] = {
    "river": Kind(
        physics=river,
        channels=(Channel(key="water_level", unit="m", decimals=3), Channel(key="discharge", unit="m3/s", decimals=2, floor=0.0)),
    ),
    "water": Kind(
        physics=water,
        channels=(
            Channel(key="ph", unit="1", decimals=2),
            Channel(key="dissolved_oxygen", unit="mg/L", decimals=2, floor=0.0, drift=0.06),
            Channel(key="permanganate_index", unit="mg/L", decimals=2, floor=0.0),
            Channel(key="ammonia_nitrogen", unit="mg/L", decimals=3, floor=0.0),
            Channel(key="total_phosphorus", unit="mg/L", decimals=3, floor=0.0),
        ),
    ),
    "noise": Kind(physics=noise, channels=(Channel(key="noise_level", unit="dB", decimals=1),)),
    "rain": Kind(physics=gauge, channels=(Channel(key="rain_rate", unit="mm/h", decimals=1, floor=0.0),)),
    "slope": Kind(physics=slope, channels=(Channel(key="slope_displacement", unit="mm", decimals=2),)),
}
