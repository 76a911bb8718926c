"""River gauges of the US Geological Survey: the JSON of the instantaneous-values water service (WaterML).

The file names its own missing marker (`noDataValue`); a reading so marked is null. Daily means are statistics, not readings: not matched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from demo.readers.recording import COLUMNS, Recording, head

KIND = "USGS river gauges, instantaneous values (.json)"
PARAMETERS = {"00060": "discharge", "00065": "water_level"}
"""Metric by the survey's parameter code: discharge, gage height."""
INSTANTANEOUS = '"optionCode": "00000"'


def matches(path: Path) -> bool:
    """A time series response of readings that are no statistic."""
    start = head(path) if path.suffix == ".json" else ""
    return "timeSeriesResponseType" in start and INSTANTANEOUS in start


def read(path: Path) -> Recording:
    """Every series whose parameter the deck knows. KeyError, ValueError when the file is not what its beginning says."""
    series = json.loads(path.read_text(encoding="utf-8"))["value"]["timeSeries"]
    known = [one for one in series if one["variable"]["variableCode"][0]["value"] in PARAMETERS]
    frames = [frame(one) for one in known]
    places = {sensor_of(one): place(one) for one in known}
    readings = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return Recording(domain="land", name=path.name, readings=readings.sort_values("time", kind="stable", ignore_index=True), places=places)


def sensor_of(series: dict[str, Any]) -> str:
    """The id a site goes by."""
    return f"usgs-{series['sourceInfo']['siteCode'][0]['value']}"


def place(series: dict[str, Any]) -> tuple[float, float]:
    """(lon, lat) of the site."""
    at = series["sourceInfo"]["geoLocation"]["geogLocation"]
    return float(at["longitude"]), float(at["latitude"])


def frame(series: dict[str, Any]) -> pd.DataFrame:
    """The readings of one site and parameter."""
    variable = series["variable"]
    rows = [row for block in series["values"] for row in block["value"]]
    times = pd.to_datetime(pd.Series([row["dateTime"] for row in rows], dtype=str), utc=True, format="ISO8601")
    values = pd.to_numeric(pd.Series([row["value"] for row in rows], dtype=str)).astype(float)
    return pd.DataFrame({
        "sensor": sensor_of(series),
        "metric": PARAMETERS[variable["variableCode"][0]["value"]],
        "value": values.mask(values == float(variable["noDataValue"])),
        "time": (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds(),
        "unit": variable["unit"]["unitCode"],
    })  # fmt: skip
