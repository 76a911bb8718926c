"""Makes a site's list of road links from its `roads.csv`, where a person has written down roads point by point.

    python tools/make_sensors.py --site demo/site

`roads.csv` has one row a point, in the order of the road: road, road_zh, free_flow_kmh, direction (both or forward), en, zh, lon,
lat, area. A point without a name only bends the road. Each stretch between two named points is a link, and a second one runs
back where direction is both. Traffic keeps to the right, so each link is drawn SIDE to the right of the written line: two
directions can be told apart, and links of one direction still join.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

SIDE = 50.0
"""Metres from the written line to a link's."""
METRES = 111_195.0
"""Metres in a degree of latitude, on a sphere of 6,371 km."""
INTERVAL, OWNER, OWNER_ZH = 15, "Transport Bureau", "交通运输局"
COLUMNS = ("id", "en", "zh", "path", "area", "interval", "owner", "owner_zh", "free_flow_kmh", "length_km", "road")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One row of `roads.csv`."""

    road: str
    road_zh: str
    free_flow_kmh: str
    direction: str
    en: str
    zh: str
    lon: float
    lat: float
    area: str


def stops(file: Path) -> list[Stop]:
    """The rows of `roads.csv`. Raises KeyError where a column is missing, ValueError where a position is no number."""
    texts = ("road", "road_zh", "free_flow_kmh", "direction", "en", "zh", "area")
    with file.open(encoding="utf-8", newline="") as lines:
        return [Stop(lon=float(row["lon"]), lat=float(row["lat"]), **{name: row[name] for name in texts}) for row in csv.DictReader(lines)]


def beside(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The line moved SIDE metres to its right, corners mitred so that its pieces still meet."""
    east = METRES * math.cos(math.radians(points[0][1]))
    headings = [math.atan2((y1 - y0) * METRES, (x1 - x0) * east) for (x0, y0), (x1, y1) in pairwise(points)]
    moved = []
    for (lon, lat), before, after in zip(points, [headings[0], *headings], [*headings, headings[-1]], strict=True):
        half = math.remainder(after - before, math.tau) / 2
        right, reach = before + half - math.pi / 2, SIDE / max(math.cos(half), 0.5)  # a hairpin's corner may not run away
        moved.append((round(lon + math.cos(right) * reach / east, 5), round(lat + math.sin(right) * reach / METRES, 5)))
    return moved


def length(points: Sequence[tuple[float, float]]) -> float:
    """Kilometres along the line; over a few kilometres a plane is as good as the sphere."""
    return sum(
        math.hypot((x1 - x0) * math.cos(math.radians((y0 + y1) / 2)), y1 - y0) * METRES / 1000 for (x0, y0), (x1, y1) in pairwise(points)
    )


def links(road: Sequence[Stop]) -> Iterator[dict[str, str]]:
    """The links of one direction of a road: rows of the sensor list without an id."""
    path = beside([(stop.lon, stop.lat) for stop in road])
    named = [place for place, stop in enumerate(road) if stop.en]
    for first, last in pairwise(named):
        start, end, piece = road[first], road[last], path[first : last + 1]
        yield {
            "en": f"{start.road}: {start.en} to {end.en}",
            "zh": f"{start.road_zh}：{start.zh}至{end.zh}",
            "path": ";".join(f"{lon} {lat}" for lon, lat in piece),
            "area": start.area,
            "interval": str(INTERVAL),
            "owner": OWNER,
            "owner_zh": OWNER_ZH,
            "free_flow_kmh": start.free_flow_kmh,
            "length_km": f"{length(piece):.2f}",
            "road": start.road,
        }


def make(site: Path) -> None:
    """Writes `sensors/traffic.csv`: each road's links there, then back."""
    rows = []
    for _, group in groupby(stops(site / "roads.csv"), key=lambda stop: stop.road):
        road = list(group)
        rows += [*links(road), *(links(road[::-1]) if road[0].direction == "both" else ())]
    file = site / "sensors" / "traffic.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"id": f"road-{number:03}", **row} for number, row in enumerate(rows, 1))
    print(f"{file}: {len(rows)} links, {sum(float(row['length_km']) for row in rows):.0f} km")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, required=True, help="the site's folder")
    make(parser.parse_args().site)
