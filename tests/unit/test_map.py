"""The description of the map: which layers a page has, in which order, and that they carry names of colours and addresses, not data."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from layouts.map import deck, map_panel, subjects
from model import Domain, Label, Layer, Metric, Sensor, Site

ASSETS = Path(__file__).parents[2] / "assets"
LABEL = Label(en="Name", zh="名称")
METRIC = Metric(key="level", label=LABEL, unit="m", valid=(-5, 20), decimals=1, normal=(0, 3), scale=(0, 8))


def domain(key: str, kind: Literal["points", "links", "columns", "hexagons"]) -> Domain:
    return Domain(
        label=LABEL, icon="", metrics=(METRIC,), kpis=(), rules=(), layer=Layer(kind=kind, metric="level", height=3000.0),
        headline=("level", "level"), table="level", trends=(), sample={}, key=key,
    )  # fmt: skip


DOMAINS = {
    "sea": domain("sea", "points"),
    "land": domain("land", "hexagons"),
    "air": domain("air", "columns"),
    "traffic": domain("traffic", "links"),
}


@pytest.fixture
def site() -> Site:
    buoy = Sensor(id="buoy/1", domain="sea", label=LABEL, lon=114.5, lat=22.5, area="a", interval=60.0, owner=None)
    return Site(
        folder="", label=LABEL, zone="UTC", areas=(), screens=(), extent=(114.2, 22.4, 114.7, 22.8), review_number="GS(2026)0001",
        sensors={"sea": (buoy,)}, basemap=("districts", "land", "places"),
    )  # fmt: skip


def options(site: Site, page: str, size: Literal["wall", "desk"] = "desk") -> dict[str, Any]:
    read: dict[str, Any] = json.loads(getattr(map_panel(site, DOMAINS, page, size), "data-map"))
    return read


def ids(read: dict[str, Any]) -> list[str]:
    return [each["id"] for each in read["deck"]["layers"]]


def test_the_overview_shows_every_domain_as_dots_over_roads_with_alarms_on_top(site: Site) -> None:
    found = ids(options(site, "overview"))
    assert found[:2] == ["land", "districts"]
    assert found[-1] == "alarms"
    assert [id for id in found if id.startswith("dots.")] == ["dots.sea", "dots.land", "dots.air", "dots.traffic"]
    assert found.index("links.traffic") < found.index("silent.traffic") < found.index("abnormal.traffic") < found.index("dots.sea")
    assert found.index("hollow.traffic") == found.index("abnormal.traffic") + 1
    assert not any(id.startswith(("columns.", "hexagons.")) for id in found)


@pytest.mark.parametrize(("key", "own"), [("air", "columns.air"), ("land", "hexagons.land")])
def test_a_domain_page_has_its_own_figure_and_the_roads_of_others_as_ground(site: Site, key: str, own: str) -> None:
    read = options(site, f"domain-{key}")
    assert own in ids(read)
    assert list(read["domains"]) == [key]
    assert "links.traffic" in ids(read)
    assert "abnormal.traffic" not in ids(read)


def test_a_figure_has_the_ends_of_its_metrics_scale_and_a_height_that_can_be_seen(site: Site) -> None:
    column = next(each for each in options(site, "domain-air")["deck"]["layers"] if each["id"] == "columns.air")
    assert column["scale"] == [0, 8]
    assert column["elevationScale"] == pytest.approx(0.16 * 0.5 * 111_320 * math.cos(math.radians(22.6)))
    assert 100 < column["radius"] < 1000


def test_a_site_without_a_base_map_is_asked_for_none(site: Site) -> None:
    bare = options(replace(site, basemap=()), "overview")
    assert not {"land", "districts"} & set(ids(bare)) and bare["places"] is False
    some = options(replace(site, basemap=("land",)), "overview")
    assert ids(some)[0] == "land" and "districts" not in ids(some) and some["places"] is False
    assert options(site, "overview")["places"] is True


def test_a_sensors_page_shows_its_domain_and_selects_it(site: Site) -> None:
    read = options(site, "sensor-buoy/1")
    assert read["selected"] == "buoy/1"
    assert list(read["domains"]) == ["sea"]


def test_an_unlisted_sensor_is_looked_for_among_all(site: Site) -> None:
    assert subjects(site, DOMAINS, "sensor-unknown") == tuple(DOMAINS)


def test_nothing_but_descriptions_is_in_the_page(site: Site) -> None:
    """Data come by address or by frame; a page with thousands of sensors is as small as this one."""
    for each in options(site, "overview")["deck"]["layers"]:
        assert each["data"] == [] or re.fullmatch(r"/basemap/\w+\.geojson", each["data"])
    assert len(json.dumps(options(site, "overview"))) < 8000


def test_no_address_of_another_host_and_no_base_map_provider(site: Site) -> None:
    text = deck(site, DOMAINS, "overview", False).to_json()
    assert "//" not in text
    assert "mapProvider" not in json.loads(text)
    assert "mapStyle" not in json.loads(text)


def test_every_colour_and_length_named_by_a_layer_is_in_the_style_sheets(site: Site) -> None:
    sheets = (ASSETS / "map.css").read_text("utf-8") + (ASSETS / "style.css").read_text("utf-8")
    named = set(re.findall(r'"(--[\w-]+)"', deck(site, DOMAINS, "overview", False).to_json()))
    assert {"--land", "--coast", "--dist", "--map-road"} <= named
    assert {name for name in named if f"{name}:" not in sheets and f"@property {name} " not in sheets} == set()


def test_every_part_of_the_map_is_loaded_before_the_panel_takes_it() -> None:
    """Scripts load in the order of their names, and map.js puts the parts of the others together."""
    parts = [each.name for each in ASSETS.glob("map-*.js") if "map.parts.push" in each.read_text("utf-8")]
    assert {"map-camera.js", "map-edge.js", "map-over.js", "map-stage.js"} <= set(parts)
    assert all(name < "map.js" for name in parts)


def test_a_wall_cannot_be_moved(site: Site) -> None:
    assert options(site, "overview", "wall")["deck"]["views"][0]["controller"] is False
    assert options(site, "overview", "desk")["deck"]["views"][0]["controller"] is True
    assert vars(map_panel(site, DOMAINS, "overview", "wall"))["className"] == "map map-wall"


def test_the_first_view_stands_over_the_middle_of_the_extent(site: Site) -> None:
    read = options(site, "overview")
    view = read["deck"]["initialViewState"]
    assert (view["longitude"], view["latitude"]) == pytest.approx((114.45, 22.6))
    assert read["extent"] == [114.2, 22.4, 114.7, 22.8]
    assert read["review"] == "GS(2026)0001"
