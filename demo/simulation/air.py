"""The air: stations that measure what people breathe, and the weather they stand in."""

from __future__ import annotations

import numpy as np

from demo.simulation.incident import strength
from demo.simulation.moment import Channel, Kind, Moment, bump
from demo.simulation.noise import Floats, ornstein_uhlenbeck
from demo.simulation.traffic import demand
from demo.simulation.weather import air_temperature, rain, sunlight, wind_at

OZONE_EPISODE, SMOKE_EPISODE = 190.0, 160.0
"""ug/m3 that a scripted episode adds at its focus."""


def thinning(wind: Floats) -> Floats:
    """How much the wind thins what the city emits: 1 at 3 m/s, more in a calm, less in a gale."""
    return (4.5 / (wind + 1.5)) ** 0.7


def particles(moment: Moment, wind: Floats) -> tuple[Floats, Floats]:
    """(PM2.5, PM10) in ug/m3: a regional background, the morning's and the evening's own, wind that thins and rain that washes."""
    region = np.exp(0.2 * ornstein_uhlenbeck(moment.town.seed, "haze", moment.t, 30 * 3600.0))
    hours = 1.0 + 0.22 * bump(moment.civil_hour, 8.5, 1.8) + 0.28 * bump(moment.civil_hour, 20.5, 2.3)
    own = np.exp(0.1 * moment.trait("pm") + 0.06 * moment.wander("pm", 2400.0) + 0.03 * moment.jitter("pm"))
    fine = 15.0 * region * hours * thinning(wind) * own * np.exp(-0.015 * np.minimum(rain(moment), 20.0))
    fine = fine + SMOKE_EPISODE * strength(moment, "smoke_episode")
    return fine, fine * (1.4 + 0.1 * moment.trait("dust")) + 4.0 + 0.8 * moment.jitter("pm10")


def gases(moment: Moment, wind: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """(SO2, NO2, O3 in ug/m3, CO in mg/m3): traffic makes NO2 and CO; sunlight makes ozone, fresh exhaust takes it."""
    exhaust = demand(moment) * thinning(wind)
    own = np.exp(0.12 * moment.trait("road") + 0.06 * moment.wander("road", 1200.0))
    so2 = 5.5 * np.exp(0.2 * moment.trait("so2") + 0.1 * moment.wander("so2", 3600.0)) + 0.3 * moment.jitter("so2")
    no2 = (8.0 + 22.0 * exhaust) * own + 0.8 * moment.jitter("no2")
    # Ozone is made from what the sun did in the hours before, so it peaks in mid afternoon.
    light = 0.35 * sunlight(moment) + 0.65 * sunlight(moment.at(moment.t - 2.5 * 3600.0))
    o3 = 34.0 + (52.0 + 10.0 * moment.season) * light - 0.25 * no2 + 3.0 * moment.wander("o3", 2400.0) + 1.2 * moment.jitter("o3")
    co = 0.42 + 0.3 * exhaust * own + 0.012 * moment.jitter("co")
    return so2, no2, o3 + OZONE_EPISODE * strength(moment, "ozone_episode"), co


def humidity(moment: Moment, temp: Floats) -> Floats:
    """Per cent: dry when warm, wet in rain."""
    slow = 5.0 * ornstein_uhlenbeck(moment.town.seed, "moisture", moment.t, 30 * 3600.0)
    day = -3.0 * np.cos((moment.solar_hour - 14.5) * np.pi / 12.0)
    return 72.0 + 6.0 * moment.season + slow + 3.0 * day + 1.5 * np.minimum(rain(moment), 10.0) + 0.5 * moment.jitter("rh")


def pressure(moment: Moment) -> Floats:
    """hPa: season, weather, and the half-daily tide of the atmosphere, which is highest at ten and at twenty-two o'clock."""
    tide = 1.3 * np.cos((moment.solar_hour - 10.0) * np.pi / 6.0)
    return 1012.5 - 6.0 * moment.season + 3.0 * ornstein_uhlenbeck(moment.town.seed, "pressure", moment.t, 50 * 3600.0) + tide


def station(moment: Moment) -> tuple[Floats, ...]:
    """All of an air quality station."""
    wind, bearing = wind_at(moment, 0.75 + 0.2 * moment.share("shelter"))
    fine, coarse = particles(moment, wind)
    so2, no2, o3, co = gases(moment, wind)
    temp = air_temperature(moment) + 0.4 * moment.trait("temp") + 0.25 * moment.wander("temp", 1800.0)
    return (
        fine, coarse, so2, no2, o3, co, temp + 0.05 * moment.jitter("temp"), np.minimum(humidity(moment, temp), 100.0),
        pressure(moment) + 0.3 * moment.trait("pressure") + 0.05 * moment.jitter("pressure"), wind, bearing,
    )  # fmt: skip


KINDS: dict[str, Kind] = {
    "station": Kind(
        physics=station,
        channels=(
            Channel(key="pm2_5", unit="ug/m3", decimals=0, floor=1.0, drift=0.15),
            Channel(key="pm10", unit="ug/m3", decimals=0, floor=2.0, drift=0.15),
            Channel(key="so2", unit="ug/m3", decimals=0, floor=1.0),
            Channel(key="no2", unit="ug/m3", decimals=0, floor=1.0),
            Channel(key="o3", unit="ug/m3", decimals=0, floor=1.0, drift=0.1),
            Channel(key="co", unit="mg/m3", decimals=2, floor=0.05),
            Channel(key="temperature", unit="degC", decimals=1),
            Channel(key="humidity", unit="%", decimals=0, floor=5.0),
            Channel(key="pressure", unit="hPa", decimals=1),
            Channel(key="wind_speed", unit="m/s", decimals=1, floor=0.0),
            Channel(key="wind_direction", unit="deg", decimals=0, circular=True),
        ),
    )
}
