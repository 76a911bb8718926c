"""The history as a stranger reads it: with pandas over the files that lie there, and nothing of citydeck's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

SERIES = ["sensor", "metric", "time"]
MINUTES = [*SERIES, "count", "mean", "min", "max", "last", "share"]


def _read(files: list[Path]) -> pd.DataFrame:
    """All rows of some files, each with its file's name and the date of its folder."""
    parts = [pq.ParquetFile(file).read().to_pandas().assign(file=file.name, date=file.parent.name.partition("=")[2]) for file in files]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*MINUTES, "value", "quality", "file", "date"])
    return rows.astype({"sensor": str, "metric": str})


def rows_of(folder: Path, domain: str) -> pd.DataFrame:
    """Every row of every file of readings; a day that was not merged yet may have one twice."""
    rows = _read(sorted(folder.glob(f"raw/domain={domain}/date=*/*.parquet")))
    return rows.astype({"quality": str}).sort_values([*SERIES, "file"], ignore_index=True)


def once(rows: pd.DataFrame) -> pd.DataFrame:
    """Each reading once: of several that of the file whose name sorts last, as docs/design.md says."""
    return rows.drop_duplicates(SERIES, keep="last", ignore_index=True)


def minutes_of(folder: Path, domain: str) -> pd.DataFrame:
    """Every row of every file of minutes."""
    rows = _read(sorted(folder.glob(f"minute/domain={domain}/date=*/*.parquet")))
    return _told(rows)[[*MINUTES, "date"]].sort_values(SERIES, ignore_index=True)


def ten_of(folder: Path, domain: str) -> pd.DataFrame:
    """Every row of every copy by ten days, in the order of their files."""
    spans = sorted(folder.glob(f"ten/domain={domain}/span=*"))
    return pd.concat([_told(_read(sorted(span.glob("*.parquet"))))[MINUTES] for span in spans]) if spans else pd.DataFrame(columns=MINUTES)


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """Where one reading makes up the minute its mean is all that is told."""
    return rows.assign(**{name: rows[name].fillna(rows["mean"]) for name in ("min", "max", "last")})


def rolled(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """What minutes readings make, each of them once: counted by pandas."""
    rows = rows.assign(minute=rows["time"].dt.floor("min"))
    good = rows[rows["quality"].isin(["good", "suspect"]) & rows["value"].notna()]
    by = ["sensor", "metric", "minute"]
    found = rows.groupby(by).size().rename("size").to_frame()
    found = found.join(good.groupby(by)["value"].agg(["count", "mean", "min", "max", "last"])).reset_index()
    found["count"] = found["count"].fillna(0).astype(int)
    found["share"] = (found["count"] / found["size"]).astype("float32")
    found = found.rename(columns={"minute": "time"})
    found["date"] = found["time"].dt.tz_convert(zone).dt.date.astype(str)
    return found[[*MINUTES, "date"]].sort_values(SERIES, ignore_index=True)


def ranges_of(folder: Path, domain: str) -> dict[tuple[str, int], tuple[int, int]]:
    """By topic and partition the offsets that the files say they hold, from the first up to the next. Fails where they leave a gap."""
    said: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for file in folder.glob(f"raw/domain={domain}/date=*/*.parquet"):
        told = {key.decode().removeprefix("citydeck."): text.decode() for key, text in pq.read_metadata(file).metadata.items()}
        assert file.name.startswith(f"{told['topic']}-{told['partition']}-{int(told['first']):020}-{int(told['next']):020}-")
        said.setdefault((told["topic"], int(told["partition"])), []).append((int(told["first"]), int(told["next"])))
    found = {}
    for place, stretches in said.items():
        reached = min(stretches)[0]
        for first, following in sorted(stretches):
            assert first <= reached, f"nothing holds {place} {reached} to {first}"
            reached = max(reached, following)
        found[place] = min(stretches)[0], reached
    return found
