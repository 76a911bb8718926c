"""What a recorded file becomes: a table of readings as they were recorded, in the units they were recorded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

COLUMNS = ("sensor", "metric", "value", "time", "unit")
SNIFFED = 16_384
"""Characters of a file that a reader looks at before it claims it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`readings` has COLUMNS: time is seconds since the epoch as float, never shifted; a value that was recorded as missing is NaN.

    `places` gives (lon, lat) by sensor where a file says so.
    """

    domain: str
    name: str
    readings: pd.DataFrame
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def head(path: Path) -> str:
    """The beginning of a file as text; empty for what cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(SNIFFED).removeprefix("\ufeff")
    except OSError:
        return ""


def beside(path: Path, header: str) -> Path | None:
    """The file in the same folder whose first line begins with `header`: where some formats keep the positions of their stations."""
    return next((other for other in sorted(path.parent.glob("*.csv")) if head(other).startswith(header)), None)


def positions(path: Path, header: str, columns: tuple[str, str, str], prefix: str) -> dict[str, tuple[float, float]]:
    """(lon, lat) by sensor from the file beside `path`; `columns` names its id, longitude and latitude. Empty where there is none."""
    other = beside(path, header)
    if other is None:
        return {}
    table = pd.read_csv(other, dtype={columns[0]: str})
    ids = [prefix + name for name in table[columns[0]].tolist()]
    return dict(zip(ids, zip(table[columns[1]].astype(float).tolist(), table[columns[2]].astype(float).tolist(), strict=True), strict=True))


def epoch(times: pd.Series, zone: str) -> pd.Series:
    """Seconds since the epoch of times without a zone that were written in `zone`."""
    aware = pd.to_datetime(times).dt.tz_localize(zone)
    return (aware - pd.Timestamp(0, tz="UTC")).dt.total_seconds()


def long(wide: pd.DataFrame, metrics: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """A table with the columns `sensor`, `time` and one per metric becomes COLUMNS; `metrics` gives (metric, unit) by column name."""
    present = {column: metric for column, metric in metrics.items() if column in wide}
    tall = wide.melt(id_vars=["sensor", "time"], value_vars=list(present), var_name="column", value_name="value")
    tall["metric"] = tall["column"].map({column: metric for column, (metric, _) in present.items()})
    tall["unit"] = tall["column"].map({column: unit for column, (_, unit) in present.items()})
    tall["value"] = pd.to_numeric(tall["value"])
    return tall.sort_values("time", kind="stable", ignore_index=True)[list(COLUMNS)]
