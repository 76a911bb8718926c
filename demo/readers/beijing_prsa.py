"""Beijing's multi-site hourly air quality (PRSA): one file per station, local time in four columns, NA for an hour that gave no value.

CO is in ug/m3 as in the file, wind direction is one of sixteen compass points. Files name no position.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, epoch, head, long

KIND = "Beijing PRSA air quality (.csv)"
HEADER = "No,year,month,day,hour,PM2.5"
POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
METRICS = {
    "PM2.5": ("pm2_5", "ug/m3"),
    "PM10": ("pm10", "ug/m3"),
    "SO2": ("so2", "ug/m3"),
    "NO2": ("no2", "ug/m3"),
    "O3": ("o3", "ug/m3"),
    "CO": ("co", "ug/m3"),
    "TEMP": ("temperature", "degC"),
    "PRES": ("pressure", "hPa"),
    "WSPM": ("wind_speed", "m/s"),
    "degrees": ("wind_direction", "deg"),
}


def matches(path: Path) -> bool:
    """The header of the data set."""
    return path.suffix == ".csv" and head(path).replace('"', "").startswith(HEADER)


def read(path: Path) -> Recording:
    """One station; an hour's missing value is null."""
    table = pd.read_csv(path)
    table["sensor"] = "beijing-" + table["station"]
    table["time"] = epoch(pd.to_datetime(table[["year", "month", "day", "hour"]]), "Asia/Shanghai")
    table["degrees"] = table["wd"].map({point: 22.5 * place for place, point in enumerate(POINTS)})
    return Recording(domain="air", name=path.name, readings=long(table, METRICS))
