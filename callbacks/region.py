"""Where a warning is: its places as GeoJSON for the map, and the site's areas that they touch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from callbacks.cap import Place, Point
from model import Area, Site

MOST_RINGS, MOST_POINTS = 200, 2000
"""Polygons and circles kept of one warning, and points of all of them together; finer ones are thinned."""
CORNERS = 36
"""Of a circle as it is drawn."""
KM_PER_DEGREE = 111.195
"""Of a great circle on a sphere of 6,371 km."""

Ring = tuple[Point, ...]


def shape(places: Sequence[Place]) -> dict[str, Any] | None:
    """A GeoJSON geometry of all polygons and circles, None where there are none. A circle without a radius is a point."""
    polygons = [{"type": "Polygon", "coordinates": [[_rounded(point) for point in ring]]} for ring in _rings(places)]
    middles = [middle for place in places for middle, km in place.circles if not km]
    points = [{"type": "Point", "coordinates": _rounded(middle)} for middle in middles[:MOST_RINGS]]
    return {"type": "GeometryCollection", "geometries": [*polygons, *points]} if polygons or points else None


class Map:
    """The site's areas, found by geocode, by name, and by the sensors that stand in a polygon or circle."""

    def __init__(self, site: Site, geocodes: Mapping[str, Sequence[str]]) -> None:
        sensors = [sensor for each in site.sensors.values() for sensor in each]
        self._keys = [area.key for area in site.areas]
        self._names, self._geocodes = _names(site.areas), geocodes
        self._areas = np.array([sensor.area for sensor in sensors], dtype=object)
        self._lon = np.array([sensor.lon for sensor in sensors], dtype=float)
        self._lat = np.array([sensor.lat for sensor in sensors], dtype=float)

    def touched(self, places: Sequence[Place]) -> tuple[str, ...]:
        """Keys of the areas, in the order of the site; none where nothing of the site is recognised."""
        found = {area for place in places for code in place.geocodes for area in self._geocodes.get(code, ())}
        found |= {area for place in places for area in _named(place.description, self._names)}
        found |= {area for ring in _rings(places) for area in self._areas[self._inside(ring)]}
        return tuple(key for key in self._keys if key in found)

    def _inside(self, ring: Ring) -> Any:
        """Which sensors lie in the ring: an even or odd number of its sides is crossed by a line to the east."""
        inside = np.zeros(len(self._lon), dtype=bool)
        for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False):
            crosses = (y0 > self._lat) != (y1 > self._lat)
            left = (self._lon - x0) * (y1 - y0) < (self._lat - y0) * (x1 - x0)
            inside ^= crosses & (left == (y1 > y0))
        return inside


def _rings(places: Sequence[Place]) -> list[Ring]:
    """All polygons and drawn circles, each once whatever languages repeat it, not more and not finer than is kept."""
    every = [ring for place in places for ring in (*place.polygons, *(_circle(middle, km) for middle, km in place.circles if km))]
    rings = list(dict.fromkeys(every))[:MOST_RINGS]
    step = max(1, math.ceil(sum(len(ring) for ring in rings) / MOST_POINTS))
    return [_thinned(ring, step) for ring in rings]


def _circle(middle: Point, km: float) -> Ring:
    lon, lat = middle
    north = km / KM_PER_DEGREE
    east = min(180.0, north / max(math.cos(math.radians(lat)), 0.001))
    turns = [2 * math.pi * corner / CORNERS for corner in (*range(CORNERS), 0)]
    return tuple((_within(lon + east * math.sin(turn), 180), _within(lat + north * math.cos(turn), 90)) for turn in turns)


def _within(degrees: float, most: float) -> float:
    return max(-most, min(most, degrees))


def _thinned(ring: Ring, step: int) -> Ring:
    kept = ring[:-1:step]
    return (*kept, kept[0]) if len(kept) > 2 else ring


def _rounded(point: Point) -> list[float]:
    return [round(point[0], 5), round(point[1], 5)]


def _names(areas: Iterable[Area]) -> list[tuple[re.Pattern[str], str]]:
    """The longest first, so that Dapeng is not found in Dapeng Bay."""
    names = {(name, area.key) for area in areas for name in (area.label.en, area.label.zh)}
    ordered = sorted(names, key=lambda one: (-len(one[0]), one))
    return [(re.compile(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", re.IGNORECASE), key) for name, key in ordered]


def _named(description: str, names: Iterable[tuple[re.Pattern[str], str]]) -> set[str]:
    found: set[str] = set()
    for pattern, key in names:
        description, count = pattern.subn(" ", description)
        if count:
            found.add(key)
    return found
