"""NOAA current meters, as the JSON that MHKiT keeps: speed `s` in cm/s and direction `d` in degrees by epoch milliseconds.

A moment without a reading is not in the file.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, head, long

KIND = "NOAA current meters as MHKiT keeps them (.json)"
METRICS = {"s": ("current_speed", "cm/s"), "d": ("current_direction", "deg")}


def matches(path: Path) -> bool:
    """JSON that begins with the speeds by millisecond."""
    return path.suffix == ".json" and head(path).startswith('{"s": {"1')


def read(path: Path) -> Recording:
    """One station. KeyError, ValueError when the file is not what its beginning says."""
    content = json.loads(path.read_text(encoding="utf-8"))
    meta = content["metadata"]
    sensor = f"noaa-{meta['id']}"
    wide = pd.DataFrame({name: pd.Series(content[name], dtype=float) for name in METRICS})
    wide["time"] = wide.index.astype("int64") / 1000.0
    wide["sensor"] = sensor
    places = {sensor: (float(meta["lon"]), float(meta["lat"]))}
    return Recording(domain="sea", name=path.name, readings=long(wide, METRICS), places=places)
