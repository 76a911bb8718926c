"""The map of the day as SVG: land and districts of the site's base map, every sensor a dot, those that called a mark of their priority."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from layouts.print.word import Language

Basemap = Mapping[str, Any]
"""`land`, `districts`, `places`: GeoJSON, as far as the site has them."""
WIDTH = 1000.0
COLOURS = {"critical": "#c9281c", "high": "#d96c00", "medium": "#e3b800", "low": "#1f6fae"}
SHAPES = {
    "critical": '<rect x="{x0:.1f}" y="{y0:.1f}" width="14" height="14" {look}/>',
    "high": '<path d="M{x:.1f} {y0:.1f}l8.5 15h-17z" {look}/>',
    "medium": '<path d="M{x:.1f} {y1:.1f}l9 9-9 9-9-9z" {look}/>',
    "low": '<circle cx="{x:.1f}" cy="{y:.1f}" r="7" {look}/>',
}
ORDER = ("low", "medium", "high", "critical")
PLACES = 14
"""Names at most."""


class Frame:
    """The map's extent on paper, `WIDTH` wide; degrees are stretched as they are in its middle."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.west, south, east, self.north = (float(end) for end in told["extent"])
        self._stretch = math.cos(math.radians((south + self.north) / 2))
        self._scale = WIDTH / ((east - self.west) * self._stretch)
        self.height = (self.north - south) * self._scale

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a point lies."""
        return (lon - self.west) * self._stretch * self._scale, (self.north - lat) * self._scale


def ratio(told: Mapping[str, Any]) -> float:
    """Its height over its width."""
    return float(round(Frame(told).height / WIDTH, 5))


def drawn(told: Mapping[str, Any], basemap: Basemap) -> str:
    """The SVG."""
    frame = Frame(told)
    at, height = frame.at, frame.height
    land, districts = _paths(basemap.get("land"), at), _paths(basemap.get("districts"), at)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in (at(lon, lat) for lon, lat in told["dots"]))
    marks = sorted(told["marks"], key=lambda mark: ORDER.index(mark[2]))
    shown = "".join(_mark(*at(lon, lat), priority) for lon, lat, priority, _ in marks)
    ground = ("#f3f5f6", "#e6eaec") if land else ("#eef1f2", "#eef1f2")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.1f}" width="{WIDTH:.0f}" height="{height:.1f}">'
        f'<rect width="{WIDTH:.0f}" height="{height:.1f}" fill="{ground[1]}"/>'
        f'<path d="{land}" fill="{ground[0]}" stroke="#a9b4bb" stroke-width="1" fill-rule="evenodd"/>'
        f'<path d="{districts}" fill="none" stroke="#c9d1d6" stroke-width=".8" stroke-dasharray="4 3"/>'
        f'<g fill="#6f7b84">{dots}</g>{shown}</svg>'
    )


def places(told: Mapping[str, Any], basemap: Basemap, language: Language) -> list[dict[str, Any]]:
    """Names of places that lie within, with where they stand as shares of width and height."""
    frame = Frame(told)
    return list(_places(basemap.get("places"), frame.at, frame.height, language))


def _mark(x: float, y: float, priority: str) -> str:
    look = f'fill="{COLOURS[priority]}" stroke="#1c262d" stroke-width="1.2"'
    return SHAPES[priority].format(x=x, y=y, x0=x - 7, y0=y - 8, y1=y - 9, look=look)


def legend(priority: str) -> str:
    """A mark alone."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_mark(12, 12, priority)}</svg>'


def _paths(collection: Any, at: Any) -> str:
    """Rings and lines of a collection as one path."""
    return "".join(_path(line, at) for feature in (collection or {}).get("features", ()) for line in _lines(feature.get("geometry")))


def _lines(geometry: Any) -> Iterator[tuple[Sequence[Any], bool]]:
    """(points, closed) of a geometry."""
    if not geometry:
        return
    kind, held = geometry["type"], geometry.get("coordinates", ())
    if kind == "Polygon":
        yield from ((ring, True) for ring in held)
    elif kind == "MultiPolygon":
        yield from ((ring, True) for part in held for ring in part)
    elif kind == "LineString":
        yield held, False
    elif kind == "MultiLineString":
        yield from ((line, False) for line in held)


def _path(line: tuple[Sequence[Any], bool], at: Any) -> str:
    points, closed = line
    told = ["{:.1f} {:.1f}".format(*at(*point[:2])) for point in points]
    return f"M{'L'.join(told)}{'Z' if closed else ''}" if len(told) > 1 else ""


def _places(collection: Any, at: Any, height: float, language: Language) -> Iterator[dict[str, Any]]:
    """Names of places that lie within."""
    for feature in _shown((collection or {}).get("features", ())):
        told = feature.get("properties", {})
        x, y = at(*feature["geometry"]["coordinates"][:2])
        if 0.03 * WIDTH < x < 0.93 * WIDTH and 0.03 * height < y < 0.97 * height:
            yield {
                "x": round(x / WIDTH, 4),
                "y": round(y / height, 4),
                "text": str(told.get(language, "")),
                "water": told.get("kind") == "water",
            }


def _shown(features: Iterable[Any]) -> list[Any]:
    points = [feature for feature in features if (feature.get("geometry") or {}).get("type") == "Point"]
    return points[:PLACES]
