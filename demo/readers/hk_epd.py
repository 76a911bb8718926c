"""Marine water quality of the Hong Kong Environmental Protection Department: one row per station and sampling day.

The file gives the day and no hour, so a reading stands at the beginning of its day in Hong Kong. An empty cell was not measured on
that day's visit and is left out. Columns the deck has no word for (silica, Kjeldahl nitrogen ...) are left out.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from demo.readers.recording import Recording, epoch, head, long, positions

KIND = "Hong Kong EPD marine water quality (.csv)"
HEADER = "Water Control Zone,Station,Dates"
STATIONS = "Id,Name,Longitude,Latitude"
PREFIX = "hk-epd-"
METRICS = {
    "Temperature C": ("water_temperature", "degC"),
    "Salinity psu": ("salinity", "psu"),
    "Dissolved Oxygen mg_L": ("dissolved_oxygen", "mg/L"),
    "pH": ("ph", "1"),
    "Turbidity NTU": ("turbidity", "NTU"),
    "Chlorophyll-a ug_L": ("chlorophyll_a", "ug/L"),
    "Total Inorganic Nitrogen mg_L": ("inorganic_nitrogen", "mg/L"),
    "Orthophosphate Phosphorus mg_L": ("phosphate", "mg/L"),
    "Unionised Ammonia mg_L": ("unionised_ammonia", "mg/L"),
    "5-day Biochemical Oxygen Demand mg_L": ("bod5", "mg/L"),
    "E. coli cfu_100mL": ("e_coli", "cfu/100mL"),
}


def matches(path: Path) -> bool:
    """The header of the department's table."""
    return path.suffix == ".csv" and head(path).startswith(HEADER)


def read(path: Path) -> Recording:
    """All stations; positions come from the station list beside the file, where there is one."""
    table = pd.read_csv(path, dtype={"Station": str})
    table["sensor"] = PREFIX + table["Station"]
    table["time"] = epoch(table["Dates"], "Asia/Hong_Kong")
    readings = long(table, METRICS).dropna(subset="value", ignore_index=True)
    places = positions(path, STATIONS, ("Name", "Longitude", "Latitude"), PREFIX)
    return Recording(domain="sea", name=path.name, readings=readings, places=places)
