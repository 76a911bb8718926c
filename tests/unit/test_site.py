"""A site's folder: what the loader refuses and how it says so, and that the demo's site is right on its own map."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domains import city
from domains.site import load
from model import Domain, Label, Layer, Sensor, Site, SpecError
from tools import make_sensors

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo" / "site"
DOMAINS = ("sea", "land", "air", "traffic")
ON_WATER = {"Coastal Expressway"}
"""Roads that run on a viaduct off the shore."""

TOML = """
zone = "Asia/Shanghai"
extent = [114.0, 22.0, 115.0, 23.0]
review_number = "GS 1"
label = { en = "Town", zh = "城" }
area = [{ key = "east", en = "East", zh = "东" }, { key = "west", en = "West", zh = "西" }]
screen = [{ id = "wall-1", page = "domain-sea", language = "zh", theme = "light", distance = 6 }]
"""
SEA = """id,en,zh,lon,lat,area,interval,owner,kind
港/浮标 1,Harbour,港口,114.5,22.5,east,10,Marine,buoy
b,Bay,海湾,114.6,22.6,west,,Marine,
"""
ROADS = """id,en,zh,path,area,interval,owner
r1,Road,路,114.1 22.1;114.3 22.1;114.3 22.3;114.3 22.5,west,30,Roads
"""


def domain(interval: float) -> Domain:
    return Domain(
        label=Label(en="Sea", zh="海"),
        icon="",
        metrics=(),
        kpis=(),
        rules=(),
        layer=Layer(kind="points", metric="m"),
        headline=("a", "b"),
        table="a",
        trends=(),
        sample={},
        interval=interval,
    )


def write(folder: Path, toml: str = TOML, **lists: str) -> Path:
    (folder / "sensors").mkdir()
    (folder / "site.toml").write_text(toml, encoding="utf-8")
    for name, text in lists.items():
        (folder / "sensors" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(folder, {"sea": domain(20.0), "traffic": domain(30.0)})
    return caught.value


# what is read


def test_a_site_is_read_whole(tmp_path: Path) -> None:
    site = load(
        write(tmp_path, sea="\ufeff" + SEA + "\n", traffic=ROADS), {"sea": domain(20.0), "traffic": domain(30.0), "air": domain(1.0)}
    )
    assert (site.folder, site.label.zh, site.zone, site.review_number) == (str(tmp_path), "城", "Asia/Shanghai", "GS 1")
    assert [area.key for area in site.areas] == ["east", "west"]
    assert (site.screens[0].page, site.screens[0].distance) == ("domain-sea", 6.0)
    harbour, bay = site.sensors["sea"]
    assert (harbour.id, harbour.label.en, harbour.interval, harbour.extra) == ("港/浮标 1", "Harbour", 10.0, {"kind": "buoy"})
    assert (bay.interval, bay.domain, bay.path, bay.extra) == (20.0, "sea", (), {"kind": ""})
    assert site.sensors["air"] == ()
    assert site.basemap == ()


def test_a_link_stands_half_way_along_its_path(tmp_path: Path) -> None:
    (link,) = load(write(tmp_path, traffic=ROADS), ("traffic", "sea")).sensors["traffic"]
    assert link.path[0] == (114.1, 22.1) and len(link.path) == 4
    assert link.lon == 114.3 and 22.19 < link.lat < 22.22


def test_a_site_without_lists_has_no_sensors(tmp_path: Path) -> None:
    assert load(write(tmp_path), ["sea"]).sensors == {"sea": ()}


def test_a_name_in_one_language_serves_both(tmp_path: Path) -> None:
    harbour, _ = load(write(tmp_path, sea=SEA.replace("Harbour,港口", ",港口")), {"sea": domain(5.0)}).sensors["sea"]
    assert harbour.label == Label(en="港口", zh="港口")


def test_an_owner_may_have_a_name_in_each_language(tmp_path: Path) -> None:
    text = SEA.replace("owner,kind", "owner,owner_zh").replace("Marine,buoy", "Marine,海洋局").replace("west,,Marine,", "west,,,")
    harbour, bay = load(write(tmp_path, sea=text), {"sea": domain(5.0)}).sensors["sea"]
    assert (harbour.owner, harbour.extra) == (Label(en="Marine", zh="海洋局"), {})
    assert bay.owner is None


def test_an_owner_in_one_language_serves_both(tmp_path: Path) -> None:
    harbour, _ = load(write(tmp_path, sea=SEA), {"sea": domain(5.0)}).sensors["sea"]
    assert harbour.owner == Label(en="Marine", zh="Marine")


def test_the_demos_owners_have_a_name_in_each_language(demo: Site) -> None:
    owners = {sensor.owner for sensors in demo.sensors.values() for sensor in sensors}
    assert len(owners) >= 5 and all(owner and owner.en.isascii() and not owner.zh.isascii() for owner in owners)


# what is refused

DESKS = """
acknowledge = "operator"
desk = [{ id = "d1", en = "One", zh = "一", areas = ["east"] }, { id = "d2", en = "Two", zh = "二", areas = [] }]
"""


def test_desks_and_who_acknowledges(tmp_path: Path) -> None:
    site = load(write(tmp_path, DESKS + TOML), ["sea"])
    assert [(desk.id, desk.label.zh, desk.areas) for desk in site.desks] == [("d1", "一", ("east",)), ("d2", "二", ())]
    assert site.acknowledge == "operator"


def test_without_desks_the_supervisor_has_everything(tmp_path: Path) -> None:
    site = load(write(tmp_path), ["sea"])
    assert (site.desks, site.acknowledge) == ((), "supervisor")


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ('"operator"', '"viewer"', "acknowledge", "'viewer' is none of operator, supervisor"),
        ('"d2"', '"d1"', "desk[1]", "'d1' is there twice"),
        ('"d2"', '"supervisor"', "desk[1].id", "every area that no desk has"),
        ("areas = []", 'areas = ["east"]', "desk areas[1]", "'east' is there twice"),
        ("areas = []", 'areas = ["north"]', "desk[1].areas", "'north' is none of east, west"),
        ("areas = []", 'areas = "west"', "desk[1].areas", "must be a list"),
        ('en = "Two"', 'name = "Two"', "desk[1].name", "not known"),
    ],
)
def test_mistakes_in_desks_are_named(tmp_path: Path, old: str, new: str, field: str, reason: str) -> None:
    error = refused(write(tmp_path, DESKS.replace(old, new) + TOML))
    assert error.field == field and reason in error.reason


def test_every_area_of_the_demo_has_a_desk() -> None:
    _, site = city.read(DEMO)
    assert sorted(area for desk in site.desks for area in desk.areas) == sorted(area.key for area in site.areas)


WRONG_TOML = [
    ("zone = ", "zone ", "syntax", "line 2"),
    ("review_number", "colour", "colour", "not known"),
    ('zone = "Asia/Shanghai"', "", "zone", "missing"),
    ("Asia/Shanghai", "Asia/Dapeng", "zone", "not a time zone"),
    ("Asia/Shanghai", "/etc/localtime", "zone", "not a time zone"),
    ("Asia/Shanghai", "Asia", "zone", "not a time zone"),
    ('"Asia/Shanghai"', "8", "zone", "must be a str"),
    ("[114.0, 22.0, 115.0, 23.0]", '"all"', "extent", "must be a list"),
    ("114.0, 22.0, 115.0, 23.0", "114.0, 22.0, 115.0", "extent", "3 values"),
    ("114.0, 22.0, 115.0, 23.0", "115.0, 22.0, 114.0, 23.0", "extent", "west below east"),
    ("114.0, 22.0, 115.0, 23.0", "22.0, 114.0, 23.0, 115.0", "extent", "degrees"),
    ("114.0, 22.0, 115.0, 23.0", "114.0, 22.0, 115.0, nan", "extent.north", "number"),
    ("114.0, 22.0", "true, 22.0", "extent.west", "number"),
    ('label = { en = "Town", zh = "城" }', "", "label", "missing"),
    ('en = "Town", ', "", "label.en", "missing"),
    ('"Town"', '" "', "label.en", "empty"),
    ('"Town", zh', '"Town", fr = "x", zh', "label.fr", "not known"),
    ('area = [{ key = "east", en = "East", zh = "东" }, ', 'area = ["east", ', "area", "[[area]]"),
    ('key = "west"', 'key = "east"', "area[1]", "twice"),
    ('key = "west"', 'key = "West Side"', "area[1].key", "a-z"),
    ('"wall-1"', '"Wall 1"', "screen[0].id", "a-z"),
    ('"wall-1"', f'"{"w" * 65}"', "screen[0].id", "64"),
    ('"domain-sea"', '"domain-noise"', "screen[0].page", "domain-noise"),
    ('"domain-sea"', '"sensor-"', "screen[0].page", "sensor-"),
    ('"zh", theme', '"fr", theme', "screen[0].language", "en, zh"),
    ('"light"', '"blue"', "screen[0].theme", "dark, light"),
    ("distance = 6", "distance = 0", "screen[0].distance", "within"),
    ("distance = 6", 'distance = "far"', "screen[0].distance", "number"),
    ("distance = 6", "distance = true", "screen[0].distance", "number"),
    ("distance = 6 }]", "distance = 6, colour = 1 }]", "screen[0].colour", "not known"),
]


@pytest.mark.parametrize(("old", "new", "field", "reason"), WRONG_TOML)
def test_a_mistake_in_site_toml_names_its_field(tmp_path: Path, old: str, new: str, field: str, reason: str) -> None:
    assert old in TOML
    error = refused(write(tmp_path, TOML.replace(old, new)))
    assert (error.file, error.field) == (str(tmp_path / "site.toml"), field)
    assert reason in error.reason


WRONG_LIST = [
    (",114.5,22.5,", ",22.5,114.5,", 2, "lon", "exchanged"),
    (",114.5,22.5,", ",181,22.5,", 2, "lon", "-180 and 180"),
    (",114.5,22.5,", ",114.5,-90.1,", 2, "lat", "-90 and 90"),
    (",114.5,22.5,", ",114.5,north,", 2, "lat", "'north'"),
    (",114.5,22.5,", ",nan,22.5,", 2, "lon", "nan"),
    (",114.5,22.5,", ",114.5,,", 2, "lat", "empty"),
    ("\nb,", "\n港/浮标 1,", 3, "id", "already in"),
    ("\nb,", "\n,", 3, "id", "empty"),
    ("\nb,", "\nb\x00,", 3, "id", "printable"),
    ("Bay,海湾", ",", 3, "en", "empty"),
    (",west,", ",north,", 3, "area", "'north'"),
    (",west,", ",,", 3, "area", "''"),
    (",10,", ",often,", 2, "interval", "'often'"),
    (",10,", ",0,", 2, "interval", "within"),
    (",10,", ",inf,", 2, "interval", "within"),
    ("Marine,buoy", "Marine", 2, "row", "8 cells"),
    ("Marine,buoy", "Marine,buoy,new", 2, "row", "10 cells"),
    ("Bay,海湾", '"Bay,海湾', 3, "row", "end of data"),
    ("owner,kind", "owner,owner", 1, "header[8]", "twice"),
    ("owner,kind", "owner,", 1, "header", "no name"),
    ("id,en", "key,en", 1, "id", "column is missing"),
    ("lon,lat", "lon,latitude", 1, "lat", "column is missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "reason"), WRONG_LIST)
def test_a_mistake_in_a_list_names_its_line_and_column(tmp_path: Path, old: str, new: str, line: int, field: str, reason: str) -> None:
    assert old in SEA
    error = refused(write(tmp_path, sea=SEA.replace(old, new, 1)))
    assert (error.file, error.field) == (f"{tmp_path / 'sensors' / 'sea.csv'}:{line}", field)
    assert reason in error.reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("114.1 22.1", "two or more points"),
        ("114.1 22.1;114.2", "two or more points"),
        ("114.1 22.1;x 22.2", "'x'"),
        ("114.1 22.1;22.2 114.2", "exchanged"),
        ("114.1 22.1;114.2 91", "-90 and 90"),
    ],
)
def test_a_mistake_in_a_path_is_refused(tmp_path: Path, path: str, reason: str) -> None:
    error = refused(write(tmp_path, traffic=re.sub(r"114\.1 .*22\.5", path, ROADS)))
    assert (error.file, error.field) == (f"{tmp_path / 'sensors' / 'traffic.csv'}:2", "path")
    assert reason in error.reason


def test_a_row_with_path_and_position_is_refused(tmp_path: Path) -> None:
    text = "id,en,zh,lon,lat,path,area,interval,owner\nr,R,路,114.1,22.1,114.1 22.1;114.2 22.2,west,30,Roads\n"
    assert refused(write(tmp_path, traffic=text)).field == "path"


def test_an_id_is_taken_once_in_all_lists(tmp_path: Path) -> None:
    error = refused(write(tmp_path, sea=SEA, traffic=ROADS.replace("r1", "b")))
    assert error.field == "id" and "sea.csv:3" in error.reason


def test_a_list_of_an_unknown_domain_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path, noise=SEA))
    assert (error.field, error.file.endswith("noise.csv")) == ("domain", True)
    assert "'noise'" in error.reason and "sea, traffic" in error.reason


def test_an_interval_must_be_given_where_no_domain_gives_one(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"sea\.csv:3: interval: is empty"):
        load(write(tmp_path, sea=SEA), ["sea"])


def test_a_city_chooses_among_the_bureaus_there_are(tmp_path: Path) -> None:
    domains, site = city.read(write(tmp_path, TOML + 'bureaus = ["sea", "air"]\n'))
    assert list(domains) == ["sea", "air"]
    assert list(site.sensors) == ["sea", "air"]


def test_a_bureau_that_is_not_chosen_has_no_page_and_no_list(tmp_path: Path) -> None:
    write(tmp_path, TOML + 'bureaus = ["air"]\n')
    with pytest.raises(SpecError, match=r"domain-sea"):
        city.read(tmp_path)
    (tmp_path / "site.toml").write_text(TOML + 'bureaus = ["air", "fire"]\n')
    with pytest.raises(SpecError, match=r"site\.toml: bureaus: 'fire' is none of air, land, sea, traffic"):
        city.read(tmp_path)


def test_a_missing_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere").reason == "is missing"
    folder = write(tmp_path)
    (folder / "sensors" / "sea.csv").write_bytes(SEA.encode("gbk"))
    assert "not UTF-8" in refused(folder).reason


# the demo's site


@pytest.fixture(scope="module")
def demo() -> Site:
    return load(DEMO, DOMAINS)


def features(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEMO / "basemap" / name).read_text(encoding="utf-8"))["features"]
    return found


def edges(geometries: Iterable[Mapping[str, Any]]) -> np.ndarray:
    """Every edge (lon, lat, to lon, to lat) of polygons and multipolygons; by the even-odd rule a hole needs no other treatment."""
    found = []
    for geometry in geometries:
        shapes = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        found += [np.hstack([np.array(ring)[:-1], np.array(ring)[1:]]) for shape in shapes for ring in shape]
    return np.vstack(found)


@pytest.fixture(scope="module")
def coast() -> np.ndarray:
    return edges(feature["geometry"] for feature in features("land.geojson"))


def on_land(coast: np.ndarray, lon: float, lat: float) -> bool:
    """Even-odd: whether a ray to the east crosses the edges an odd number of times."""
    x, y, to_x, to_y = coast[(coast[:, 1] > lat) != (coast[:, 3] > lat)].T
    return bool(np.sum(x + (lat - y) * (to_x - x) / (to_y - y) > lon) % 2)


def test_the_demo_has_a_base_map(demo: Site) -> None:
    assert demo.basemap == ("districts", "land", "places")


def test_the_demo_has_its_sensors(demo: Site) -> None:
    assert {key: len(sensors) for key, sensors in demo.sensors.items()} == {"sea": 42, "land": 88, "air": 19, "traffic": 207}
    assert {screen.id for screen in demo.screens} == {"wall-1", "wall-2", "wall-sea", "wall-air", "wall-traffic"}
    kinds = {key: Counter(sensor.extra["kind"] for sensor in demo.sensors[key]) for key in ("sea", "land", "air")}
    assert kinds["sea"] == {"buoy": 24, "tide": 6, "beach": 12}
    assert set(kinds["land"]) == {"river", "water", "noise", "rain", "slope"}
    assert all(sensor.id.split("-")[1] == sensor.extra["kind"] for key in kinds for sensor in demo.sensors[key])


def test_the_demos_classes_are_those_of_the_standards(demo: Site) -> None:
    assert {sensor.extra["water_class"] for sensor in demo.sensors["sea"]} <= set("1234")
    for sensor in demo.sensors["land"]:
        kind, noise, water = (sensor.extra[name] for name in ("kind", "noise_class", "water_class"))
        assert noise in ({"0", "1", "2", "3", "4a", "4b"} if kind == "noise" else {""}), sensor.id
        assert water in ({"I", "II", "III", "IV", "V"} if kind in ("river", "water") else {""}), sensor.id
        bodies = {"river": {"river"}, "water": {"river", "reservoir"}}
        assert sensor.extra["water_body"] in bodies.get(kind, {""}), sensor.id


@pytest.mark.parametrize(("domain", "land"), [("sea", False), ("land", True), ("air", True)])
def test_the_demos_sensors_stand_where_they_can(demo: Site, coast: np.ndarray, domain: str, land: bool) -> None:
    wrong = [sensor.id for sensor in demo.sensors[domain] if on_land(coast, sensor.lon, sensor.lat) is not land]
    assert not wrong


def test_land_sensors_stand_in_the_district_they_name(demo: Site) -> None:
    """A subdistrict of Dapeng lies in the district of that name."""
    shapes = {feature["properties"]["key"]: edges([feature["geometry"]]) for feature in features("districts.geojson")}
    sensors = [*demo.sensors["land"], *demo.sensors["air"]]
    districts = ["dapeng" if sensor.area in ("kuiyong", "nanao") else sensor.area for sensor in sensors]
    wrong = [s.id for s, district in zip(sensors, districts, strict=True) if not on_land(shapes[district], s.lon, s.lat)]
    assert not wrong


def test_the_demos_roads_stay_on_land(demo: Site, coast: np.ndarray) -> None:
    for link in demo.sensors["traffic"]:
        if link.extra["road"] not in ON_WATER:
            steps = [(a, b, share) for a, b in pairwise(link.path) for share in np.linspace(0, 1, 9)]
            dry = [on_land(coast, x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for (x0, y0), (x1, y1), share in steps]
            assert np.mean(dry) >= 0.85, link.label.en


def test_links_of_a_road_join_up(demo: Site) -> None:
    """Successive links of one road meet, but where the list turns to the way back; each is as long as it says and has a speed."""
    for road, group in groupby(demo.sensors["traffic"], key=lambda link: link.extra["road"]):
        links = list(group)
        assert sum(before.path[-1] != after.path[0] for before, after in pairwise(links)) <= 1, road
        assert all(0.2 < float(link.extra["length_km"]) < 15 and 30 <= float(link.extra["free_flow_kmh"]) <= 120 for link in links), road


def test_the_list_of_links_is_what_the_roads_make(tmp_path: Path) -> None:
    (tmp_path / "sensors").mkdir()
    shutil.copy(DEMO / "roads.csv", tmp_path)
    make_sensors.make(tmp_path)
    assert (tmp_path / "sensors" / "traffic.csv").read_bytes() == (DEMO / "sensors" / "traffic.csv").read_bytes()


def test_the_demos_first_view_shows_both_bays(demo: Site) -> None:
    west, south, east, north = demo.extent
    shown = {s.area for s in demo.sensors["sea"] if west < s.lon < east and south < s.lat < north}
    assert {"dapeng-bay", "daya-bay", "south-sea"} <= shown


def test_places_are_named_in_both_languages_and_waters_lie_in_the_sea(coast: np.ndarray) -> None:
    places = features("places.geojson")
    for place in places:
        properties, (lon, lat) = place["properties"], place["geometry"]["coordinates"]
        assert set(properties) == {"en", "zh", "kind", "rank"}
        assert properties["rank"] in (1, 2, 3) and properties["kind"] in ("place", "water")
        assert properties["kind"] == "place" or not on_land(coast, lon, lat), properties
    assert {"大鹏湾", "大亚湾", "深圳湾", "珠江口"} <= {place["properties"]["zh"] for place in places}


def test_the_maps_sources_are_named() -> None:
    notice = (DEMO / "basemap" / "NOTICE").read_text(encoding="utf-8")
    assert all(word in notice for word in ("OpenStreetMap contributors", "ODbL", "GeoNames", "not a legal boundary"))
    credit = json.loads((DEMO / "basemap" / "places.geojson").read_text(encoding="utf-8"))["attribution"]
    assert all(word in credit for word in ("© OpenStreetMap contributors", "GeoNames", "Tianditu"))


# the fonts that draw its names


def drawable(css: str) -> set[int]:
    ranges = [part.strip()[2:].split("-") for ranges in re.findall(r"unicode-range: ([^;]+);", css) for part in ranges.split(",")]
    return {point for pair in ranges for point in range(int(pair[0], 16), int(pair[-1], 16) + 1)}


def test_every_letter_of_the_site_has_a_font(demo: Site) -> None:
    folder = ROOT / "assets" / "fonts"
    css = (folder / "fonts.css").read_text(encoding="utf-8")
    assert all((folder / file).is_file() for file in re.findall(r"url\(([^)]+)\)", css))
    listed: list[Sensor] = [sensor for sensors in demo.sensors.values() for sensor in sensors]
    names = [sensor.label for sensor in listed] + [area.label for area in demo.areas] + [s.owner for s in listed if s.owner]
    text = "".join(label.en + label.zh for label in names) + (DEMO / "basemap" / "places.geojson").read_text(encoding="utf-8")
    assert {ord(letter) for letter in text if letter != "\n"} <= drawable(css)
