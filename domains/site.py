"""Reads a site: the folder that holds everything naming one city's places (`site.toml` and `sensors/<domain>.csv`)."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domains import own
from domains.table import Table, text, toml, unique
from model import Area, Desk, Domain, Label, Screen, Sensor, Site, SpecError

Point = tuple[float, float]
Domains = Mapping[str, Domain] | Collection[str]
Extent = tuple[float, float, float, float]

PAGES = ("overview", "alarms", "system")
"""Pages that every site has, beside `domain-<key>` and `sensor-<id>`."""
COLUMNS = ("id", "en", "zh", "lon", "lat", "path", "area", "interval", "owner", "owner_zh")
SITE_FIELDS = (
    "label",
    "zone",
    "extent",
    "bureaus",
    "review_number",
    "area",
    "screen",
    "desk",
    "acknowledge",
    "warnings",
    "notify",
    "oidc",
    "report",
)
SUPERVISOR = "supervisor"
"""The desk of whatever no desk has."""
FURTHEST, YEAR = 200.0, 31_536_000.0
"""Metres and seconds: a reading distance or an interval beyond is a slip of the pen."""


def load(folder: Path, domains: Domains) -> Site:
    """The site in `folder`. `domains` names the domains there are; given as a mapping, a sensor without an interval takes its domain's.

    Raises SpecError naming the file (with the line, in a sensor list), the field and the reason.
    """
    file = folder / "site.toml"
    table = Table(str(file), toml(file), SITE_FIELDS)
    areas = tuple(_area(table.file, row, place) for place, row in enumerate(table.rows("area")))
    unique(table.file, "area", [area.key for area in areas])
    screens = tuple(_screen(table.file, row, place, domains) for place, row in enumerate(table.rows("screen")))
    unique(table.file, "screen", [screen.id for screen in screens])
    desks = tuple(_desk(table.file, row, place, areas) for place, row in enumerate(table.rows("desk")))
    unique(table.file, "desk", [desk.id for desk in desks])
    unique(table.file, "desk areas", [area for desk in desks for area in desk.areas])
    extent = _extent(table)
    return Site(
        folder=str(folder),
        label=Table(table.file, table.get("label", dict), ("en", "zh"), "label.").label(),
        zone=_zone(table),
        areas=areas,
        screens=screens,
        extent=extent,
        review_number=table.get("review_number", str, ""),
        sensors=_sensors(folder / "sensors", domains, {area.key for area in areas}, extent),
        desks=desks,
        acknowledge=table.choice("acknowledge", ("operator", "supervisor")) if "acknowledge" in table.values else "supervisor",
        basemap=tuple(sorted(file.stem for file in (folder / "basemap").glob("*.geojson"))),
    )


def bureaus(folder: Path) -> frozenset[str] | None:
    """Which of the bureaus that citydeck brings this city has; None where its `site.toml` does not choose."""
    table = Table(str(folder / "site.toml"), toml(folder / "site.toml"), SITE_FIELDS)
    if "bureaus" not in table.values:
        return None
    chosen, known = table.get("bureaus", list), own()
    for key in chosen:
        if key not in known:
            raise table.error("bureaus", f"{key!r} is none of {', '.join(known)}")
    return frozenset(chosen)


# site.toml


def _area(file: str, row: Mapping[str, Any], place: int) -> Area:
    table = Table(file, row, ("key", "en", "zh"), f"area[{place}].")
    return Area(key=table.key("key"), label=table.label())


def _desk(file: str, row: Mapping[str, Any], place: int, areas: Sequence[Area]) -> Desk:
    table = Table(file, row, ("id", "en", "zh", "areas"), f"desk[{place}].")
    id, held, known = table.key("id"), table.get("areas", list), [area.key for area in areas]
    if id == SUPERVISOR:
        raise table.error("id", f"{SUPERVISOR} is the desk of every area that no desk has")
    for area in held:
        if area not in known:
            raise table.error("areas", f"{area!r} is none of {', '.join(known)}")
    return Desk(id=id, label=table.label(), areas=tuple(held))


def _screen(file: str, row: Mapping[str, Any], place: int, domains: Collection[str]) -> Screen:
    table = Table(file, row, ("id", "page", "language", "theme", "distance"), f"screen[{place}].")
    hints, distance = get_type_hints(Screen), table.number("distance")
    if not 0 < distance <= FURTHEST:
        raise table.error("distance", f"{distance} is not within 0 and {FURTHEST:.0f} m")
    return Screen(
        id=table.key("id"),
        page=_page(table, domains),
        language=table.choice("language", get_args(hints["language"])),
        theme=table.choice("theme", get_args(hints["theme"])),
        distance=distance,
    )


def _page(table: Table, domains: Collection[str]) -> str:
    page = table.text("page")
    kind, _, name = page.partition("-")
    if page in PAGES or (kind == "domain" and name in domains) or (kind == "sensor" and name):
        return page
    raise table.error("page", f"{page!r} is none of {', '.join([*PAGES, *(f'domain-{key}' for key in sorted(domains)), 'sensor-<id>'])}")


def _extent(table: Table) -> Extent:
    ends, names = table.get("extent", list), ("west", "south", "east", "north")
    if len(ends) != 4:
        raise table.error("extent", f"must be [west, south, east, north], not {len(ends)} values")
    named = Table(table.file, dict(zip(names, ends, strict=True)), names, "extent.")
    west, south, east, north = (named.number(name) for name in names)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise table.error("extent", "must be [west, south, east, north] in degrees, west below east and south below north")
    return west, south, east, north


def _zone(table: Table) -> str:
    zone = table.text("zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise table.error("zone", f"{zone!r} is not a time zone of the IANA database") from error
    return zone


# sensors/<domain>.csv


def _sensors(folder: Path, domains: Domains, areas: Collection[str], extent: Extent) -> dict[str, tuple[Sensor, ...]]:
    """By domain, in the order of the file. An id names one sensor of the whole site, since `/sensor/<id>` knows no domain."""
    lists: dict[str, tuple[Sensor, ...]] = {key: () for key in domains}
    seen: dict[str, str] = {}
    for file in sorted(folder.glob("*.csv")):
        if file.stem not in lists:
            raise SpecError(str(file), "domain", f"there is no domain {file.stem!r}; there are {', '.join(sorted(lists))}")
        default = domains[file.stem].interval if isinstance(domains, Mapping) else None
        rows = [(row.where, _sensor(row, file.stem, default, areas, extent)) for row in _rows(file)]
        for where, sensor in rows:
            if sensor.id in seen:
                raise SpecError(where, "id", f"{sensor.id!r} is already in {seen[sensor.id]}")
            seen[sensor.id] = where
        lists[file.stem] = tuple(sensor for _, sensor in rows)
    return lists


class _Row:
    """One row of a sensor list; its mistakes name the file and the line."""

    def __init__(self, where: str, cells: Mapping[str, str]) -> None:
        self.where, self.cells = where, cells

    def error(self, name: str, reason: str) -> SpecError:
        return SpecError(self.where, name, reason)

    def parsed(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise self.error(name, f"{text!r} is not a number" if text else "is empty") from error

    def within(self, name: str, value: float, least: float, most: float) -> float:
        if not least <= value <= most:  # also refuses nan
            raise self.error(name, f"{value} is not within {least:g} and {most:g}")
        return value


def _rows(file: Path) -> Iterator[_Row]:
    reader = csv.reader(text(file).splitlines(keepends=True), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(f"{file}:1", header)
        for cells in reader:
            where = f"{file}:{reader.line_num}"
            if len(cells) not in (0, len(header)):
                raise SpecError(where, "row", f"has {len(cells)} cells, the header {len(header)}")
            if cells:
                yield _Row(where, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})
    except csv.Error as error:
        raise SpecError(f"{file}:{reader.line_num}", "row", str(error)) from error


def _check_header(where: str, header: Sequence[str]) -> None:
    needed = [name for name in COLUMNS if name not in ("lon", "lat", "path", "owner_zh")]
    needed += ["path"] if "path" in header and "lon" not in header and "lat" not in header else ["lon", "lat"]
    for name in needed:
        if name not in header:
            raise SpecError(where, name, "the column is missing")
    unique(where, "header", header)
    if "" in header:
        raise SpecError(where, "header", "a column has no name")


def _sensor(row: _Row, domain: str, interval: float | None, areas: Collection[str], extent: Extent) -> Sensor:
    cells = row.cells
    path = _path(row, extent)
    lon, lat = _middle(path) if path else _point(row, cells.get("lon", ""), cells.get("lat", ""), "", extent)
    return Sensor(
        id=_id(row),
        domain=domain,
        label=_names(row),
        lon=lon,
        lat=lat,
        area=_known_area(row, areas),
        interval=_interval(row, interval),
        owner=_owner(row),
        path=path,
        extra={name: cell for name, cell in cells.items() if name not in COLUMNS},
    )


def _id(row: _Row) -> str:
    name = row.cells["id"]
    if not name or not name.isprintable():
        raise row.error("id", f"{name!r} is not a printable name" if name else "is empty")
    return name


def _names(row: _Row) -> Label:
    """A bureau that has one language only is shown in that one."""
    en, zh = row.cells["en"], row.cells["zh"]
    if not (en or zh):
        raise row.error("en", "is empty, and so is zh")
    return Label(en=en or zh, zh=zh or en)


def _owner(row: _Row) -> Label | None:
    """Which office answers for the sensor; `owner_zh` is a column that a list may leave out."""
    en, zh = row.cells["owner"], row.cells.get("owner_zh", "")
    return Label(en=en or zh, zh=zh or en) if en or zh else None


def _known_area(row: _Row, areas: Collection[str]) -> str:
    area = row.cells["area"]
    if area not in areas:
        raise row.error("area", f"{area!r} is not an area of site.toml")
    return area


def _interval(row: _Row, default: float | None) -> float:
    text = row.cells["interval"]
    return default if default is not None and not text else row.within("interval", row.parsed("interval", text), 0.01, YEAR)


def _point(row: _Row, lon: str, lat: str, field: str, extent: Extent) -> Point:
    """A position; where only the exchanged one lies in the city, that is said. `field` names the path, for a point of one."""
    x, y = row.parsed(field or "lon", lon), row.parsed(field or "lat", lat)
    if _inside(extent, y, x) and not _inside(extent, x, y):
        raise row.error(field or "lon", f"{lon} and {lat} look exchanged: longitude comes first")
    return row.within(field or "lon", x, -180, 180), row.within(field or "lat", y, -90, 90)


def _inside(extent: Extent, lon: float, lat: float) -> bool:
    west, south, east, north = extent
    return west <= lon <= east and south <= lat <= north


def _path(row: _Row, extent: Extent) -> tuple[Point, ...]:
    text = row.cells.get("path", "")
    if not text:
        return ()
    if row.cells.get("lon") or row.cells.get("lat"):
        raise row.error("path", "stands beside lon and lat; give one or the other")
    pairs = [pair.split() for pair in text.split(";")]
    if len(pairs) < 2 or any(len(pair) != 2 for pair in pairs):
        raise row.error("path", "must be two or more points written lon lat;lon lat")
    return tuple(_point(row, lon, lat, "path", extent) for lon, lat in pairs)


def _middle(path: Sequence[Point]) -> Point:
    """The point half-way along, so that a link of two points is not marked at its end."""
    steps = [math.hypot((x1 - x0) * math.cos(math.radians(y0)), y1 - y0) for (x0, y0), (x1, y1) in zip(path, path[1:], strict=False)]
    left = sum(steps) / 2
    for ((x0, y0), (x1, y1)), step in zip(zip(path, path[1:], strict=False), steps, strict=True):
        if step and left <= step:
            return round(x0 + (x1 - x0) * left / step, 6), round(y0 + (y1 - y0) * left / step, 6)
        left -= step
    return path[0]
