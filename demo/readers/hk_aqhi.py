"""Hong Kong's hourly Air Quality Health Index by station; an empty cell is an hour without an index: null.

The weather columns of the same table are left out: they name stations without a position, give one humidity for all of them, and
hold 0 where nothing was observed (Waglan Island has no wind in any hour), so their zeros cannot be told from absence.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, epoch, head, long, positions

KIND = "Hong Kong's AQHI by hour (.csv)"
HEADER = "Date,AQHI_"
STATIONS = "station,name_tc,kind,longitude,latitude"
PREFIX = "hk-aqhi-"


def matches(path: Path) -> bool:
    """A table by hour whose first column after the date is an index."""
    return path.suffix == ".csv" and head(path).startswith(HEADER)


def read(path: Path) -> Recording:
    """All stations; positions come from the station list beside the file, where there is one."""
    table = pd.read_csv(path)
    table["time"] = epoch(table["Date"], "Asia/Hong_Kong")
    stations = [column for column in map(str, table.columns) if column.startswith("AQHI_")]
    tables = [table[["time", name]].assign(sensor=PREFIX + name.removeprefix("AQHI_")).rename(columns={name: "AQHI"}) for name in stations]
    readings = long(pd.concat(tables, ignore_index=True), {"AQHI": ("health_index", "1")})
    places = positions(path, STATIONS, ("station", "longitude", "latitude"), PREFIX)
    return Recording(domain="air", name=path.name, readings=readings, places=places)
