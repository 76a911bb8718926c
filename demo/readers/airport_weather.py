"""Hourly airport weather of Shenzhen Bao'an as kept by rp5: temperature, humidity, pressure at the station in mmHg, wind in words.

A calm and a variable wind have no direction: null. The table names no position.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, epoch, head, long

KIND = "rp5 airport weather of Shenzhen (.csv)"
HEADER = re.compile(r'"?Local time in ([A-Za-z]+) ([A-Za-z\']+)')
CORNERS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
BETWEEN = (
    "north-northeast",
    "east-northeast",
    "east-southeast",
    "south-southeast",
    "south-southwest",
    "west-southwest",
    "west-northwest",
    "north-northwest",
)
DEGREES = {
    **{f"Wind blowing from the {name}": 45.0 * place for place, name in enumerate(CORNERS)},
    **{f"Wind blowing from the {name}": 45.0 * place + 22.5 for place, name in enumerate(BETWEEN)},
}
METRICS = {
    "T": ("temperature", "degC"),
    "P0": ("pressure", "mmHg"),
    "U": ("humidity", "%"),
    "Ff": ("wind_speed", "m/s"),
    "degrees": ("wind_direction", "deg"),
}
ZONES = {"Shenzhen": "Asia/Shanghai"}
"""The header names the town and no zone."""


def matches(path: Path) -> bool:
    """The header names a town whose zone is known."""
    found = HEADER.match(head(path)) if path.suffix == ".csv" else None
    return found is not None and found[1] in ZONES


def read(path: Path) -> Recording:
    """One station."""
    found = HEADER.match(head(path))
    if found is None:
        raise ValueError(f"{path.name} names no town")
    table = pd.read_csv(path)
    table["sensor"] = f"rp5-{found[1]}-{found[2].replace(chr(39), '')}".lower()
    table["time"] = epoch(pd.to_datetime(table.iloc[:, 0], format="%d.%m.%Y %H:%M"), ZONES[found[1]])
    table["degrees"] = table["DD"].map(DEGREES)
    return Recording(domain="air", name=path.name, readings=long(table, METRICS))
