"""Loop detectors of Los Angeles (METR-LA): speed in mph every five minutes, one column per detector, 0 for a missing value.

The table holds no times: by the data set's description its first row is 2012-03-01 00:00 in Los Angeles.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from demo.readers.recording import Recording, head, long, positions

KIND = "METR-LA road speeds (.csv)"
HEADER = re.compile(r"\d{6},\d{6},[\d,]+\r?\n\d")
LOCATIONS = "index,sensor_id,latitude,longitude"
PREFIX = "metr-la-"
FIRST = pd.Timestamp("2012-03-01 00:00", tz="America/Los_Angeles").timestamp()
STEP = 300.0


def matches(path: Path) -> bool:
    """A table whose header is detector numbers only."""
    return path.suffix == ".csv" and HEADER.match(head(path)) is not None


def read(path: Path) -> Recording:
    """All detectors; positions come from the list beside the file, where there is one. Missing is null, never a standstill."""
    table = pd.read_csv(path).replace(0.0, np.nan)
    table.index = pd.Index(FIRST + STEP * np.arange(len(table)), name="time")
    tall = table.melt(var_name="detector", value_name="mph", ignore_index=False).reset_index()
    tall["sensor"] = PREFIX + tall["detector"].astype(str)
    places = positions(path, LOCATIONS, ("sensor_id", "longitude", "latitude"), PREFIX)
    return Recording(domain="traffic", name=path.name, readings=long(tall, {"mph": ("speed", "mph")}), places=places)
