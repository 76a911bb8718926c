"""Describe the map of a page: its layers once, with data by URL or by frame and colours by the name of a style sheet's property."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pydeck
from dash import html

from model import Domain, Site

FLAT: Mapping[str, object] = {"depthCompare": "always", "depthWriteEnabled": False}
"""Drawn in the order of the layers, never hidden by a column in front."""
COLUMNS_ACROSS = 70
"""Columns that would stand side by side over the width of the site's extent."""
TALLEST = 0.16
"""Of the width of the extent: the least that the top of a scale is drawn at, or a column would be lower than the dot at its foot."""
HEXAGONS_ACROSS = 26
"""Hexagons over the width of the site's extent."""
METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator."""


def map_panel(site: Site, domains: Mapping[str, Domain], page: str, size: Literal["wall", "desk"]) -> html.Div:
    """The empty element that assets/map.js fills with the map of `page`; on a wall nothing can be moved or opened."""
    shown = subjects(site, domains, page)
    options = {
        "deck": json.loads(deck(site, domains, page, size == "wall").to_json()),
        "domains": {key: domains[key].layer.metric for key in shown},
        "extent": site.extent,
        "review": site.review_number,
        "places": "places" in site.basemap,
        "selected": page.removeprefix("sensor-") if page.startswith("sensor-") else None,
    }
    attributes: dict[str, Any] = {"aria-label": "Map 地图", "data-map": json.dumps(options, ensure_ascii=False, separators=(",", ":"))}
    return html.Div(
        className="map map-wall" if size == "wall" else "map",
        role="region",
        **attributes,
    )


def subjects(site: Site, domains: Mapping[str, Domain], page: str) -> tuple[str, ...]:
    """Keys of the domains whose sensors stand on the map of `page`: one on its own page and on a listed sensor's, all elsewhere."""
    kind, _, rest = page.partition("-")
    if kind == "domain" and rest in domains:
        return (rest,)
    if kind == "sensor":
        owners = tuple(key for key in domains if any(sensor.id == rest for sensor in site.sensors.get(key, ())))
        return owners or tuple(domains)
    return tuple(domains)


def deck(site: Site, domains: Mapping[str, Domain], page: str, wall: bool) -> pydeck.Deck:
    """The layers from the ground up. A colour `--name` is read from the style sheet in the browser, so a theme switch needs no answer."""
    shown = subjects(site, domains, page)
    layers = [each for each in ground() if each.id in site.basemap]
    for key in domains:
        layers += links(key, domains[key], key in shown)
    for key in shown:
        if page == f"domain-{key}":
            layers += figures(site, domains[key])
    layers += [icons(f"dots.{key}") for key in shown]
    layers.append(icons("alarms"))
    return pydeck.Deck(
        layers=layers,
        views=[pydeck.View(type="MapView", controller=not wall)],
        initial_view_state=first_view(site),
        map_provider=None,
        map_style=None,
    )


def first_view(site: Site) -> pydeck.ViewState:
    """The middle of the extent at a zoom for a panel of 1,024 pixels; the browser then fits the extent to the panel as it is."""
    west, south, east, north = site.extent
    zoom = math.log2(360 / max(east - west, 1e-6)) + 1
    return pydeck.ViewState(longitude=(west + east) / 2, latitude=(south + north) / 2, zoom=round(zoom, 3), pitch=0, bearing=0)


def ground() -> Iterator[pydeck.Layer]:
    """Land and the lines of districts, from the site's own files."""
    yield layer(
        "GeoJsonLayer", "land", "/basemap/land.geojson",
        get_fill_color=name("--land"), get_line_color=name("--coast"), get_line_width=name("--map-line"), line_width_units=name("pixels"),
    )  # fmt: skip
    yield layer(
        "GeoJsonLayer", "districts", "/basemap/districts.geojson", filled=False,
        get_line_color=name("--dist"), get_line_width=name("--map-line"), line_width_units=name("pixels"),
    )  # fmt: skip


def links(key: str, domain: Domain, live: bool) -> Iterator[pydeck.Layer]:
    """Roads and pipes: thin grey lines on every map; where the domain is shown, over them silent and abnormal ones, hollow once seen."""
    if domain.layer.kind != "links":
        return
    yield line(f"links.{key}", "--map-link", "--map-road")
    if live:
        yield line(f"silent.{key}", "--map-link", "--map-road")
        yield line(f"abnormal.{key}", "--map-link", "--map-jam")
        yield line(f"hollow.{key}", "--land", "--map-road")


def line(id: str, colour: str, width: str) -> pydeck.Layer:
    """Paths that the browser fills in."""
    return layer(
        "PathLayer", id, [], get_color=name(colour), get_width=name(width), width_units=name("pixels"),
        cap_rounded=True, joint_rounded=True, _path_type=name("open"),
    )  # fmt: skip


def icons(id: str) -> pydeck.Layer:
    """Marks out of the atlas that the browser draws."""
    return layer("IconLayer", id, [])


def figures(site: Site, domain: Domain) -> Iterator[pydeck.Layer]:
    """Columns or hexagons of the domain's own page: `scale` are the ends of the metric's scale, in its unit."""
    kind, metric = domain.layer.kind, next(each for each in domain.metrics if each.key == domain.layer.metric)
    if kind == "columns":
        yield layer(
            "ColumnLayer", f"columns.{domain.key}", [], radius=radius(site, COLUMNS_ACROSS), disk_resolution=16, extruded=True,
            elevation_scale=max(domain.layer.height, TALLEST * 2 * radius(site, 1)), scale=list(metric.scale),
            parameters={}, material=False,
        )  # fmt: skip
    elif kind == "hexagons":
        yield layer(
            "ColumnLayer", f"hexagons.{domain.key}", [], radius=radius(site, HEXAGONS_ACROSS), disk_resolution=6, extruded=False,
            coverage=0.94, scale=list(metric.scale),
        )  # fmt: skip


def radius(site: Site, across: float) -> float:
    """Half the width, in metres, of what stands `across` times beside itself over the extent."""
    west, south, east, north = site.extent
    return (east - west) * METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2)) / across / 2


def layer(type: str, id: str, data: str | list[object], **properties: object) -> pydeck.Layer:
    """A layer that pydeck's own picking leaves alone: the browser finds what is under the pointer by its place."""
    return pydeck.Layer(type, data, id=id, **{"parameters": dict(FLAT), "pickable": False, **properties})


def name(text: str) -> pydeck.types.String:
    """A plain text: pydeck takes a bare one for a formula over the data."""
    return pydeck.types.String(text)
