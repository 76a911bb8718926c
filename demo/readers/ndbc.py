"""Buoys of the US National Data Buoy Center: the realtime standard meteorological file, and continuous winds.

In the realtime file MM marks both what was not due (waves are measured hourly, wind every ten minutes) and what the buoy does not carry, so
MM is left out. In the winds file a fill of nines marks a reading that was due and failed: null. Files name no position.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, head, long

KIND = "NDBC buoys, realtime or continuous winds (.txt)"
REALTIME = re.compile(r"#YY\s+MM DD hh mm WDIR")
WINDS = re.compile(r"YYYY MM DD hh mm\s+DIR\s+SPD")
STATION = re.compile(r"(?:^|_)(\d\d[0-9a-z]\d\d|[a-z]{4}\d)")
CLOCK = ("year", "month", "day", "hour", "minute")
METRICS = {
    "WDIR": ("wind_direction", "deg"),
    "WSPD": ("wind_speed", "m/s"),
    "WVHT": ("wave_height", "m"),
    "DPD": ("wave_period", "s"),
    "PRES": ("pressure", "hPa"),
    "ATMP": ("air_temperature", "degC"),
    "WTMP": ("water_temperature", "degC"),
}
WIND_METRICS = {"DIR": ("wind_direction", "deg"), "SPD": ("wind_speed", "m/s")}
FILLS = {"DIR": 999.0, "SPD": 99.0}
"""What stands for a reading that failed in the file of winds, by column."""


def matches(path: Path) -> bool:
    """Either header, in a file whose name holds a station."""
    start = head(path) if path.suffix == ".txt" else ""
    return bool((REALTIME.match(start) or WINDS.match(start)) and STATION.search(path.name.lower()))


def read(path: Path) -> Recording:
    """One station, oldest first."""
    found = STATION.search(path.name.lower())
    if found is None:
        raise ValueError(f"{path.name} names no station")
    start = head(path)
    winds = WINDS.match(start) is not None
    wide = table(path, start.splitlines()[0].lstrip("#").split())
    wide["sensor"] = f"ndbc-{found[1]}"
    if winds:
        readings = long(wide.assign(**{name: wide[name].mask(wide[name] == fill) for name, fill in FILLS.items()}), WIND_METRICS)
    else:
        readings = long(wide, METRICS).dropna(subset="value", ignore_index=True)
    return Recording(domain="sea", name=path.name, readings=readings)


def table(path: Path, names: list[str]) -> pd.DataFrame:
    """The file's columns by their names, with `time`; MM is NaN."""
    wide = pd.read_csv(path, sep=r"\s+", header=None, names=names, comment="#", skiprows=1, na_values=["MM"])
    clock = wide.iloc[:, :5].set_axis(CLOCK, axis=1)
    wide["time"] = (pd.to_datetime(clock, utc=True) - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return wide
