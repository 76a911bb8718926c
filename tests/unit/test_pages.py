"""The bodies of the domain, sensor and system pages: what stands in them, in both languages, and that scripts find what they look for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from layouts import domain, screen, sensor, system, table
from layouts.trend import figure
from model import Area, Domain, Figure, Kpi, Label, Layer, Metric, Rule, Sensor, Site

ASSETS = Path(__file__).parents[2] / "assets"
SCRIPTS = tuple(f"paint-{name}.js" for name in ("trend", "table", "conditions", "sensor", "system", "reject"))
HOSTILE = "<img src=x onerror=alert(1)>/河口\"'"


def label(en: str) -> Label:
    return Label(en=en, zh=f"中 {en}")


def kpi(key: str, shown: bool = True) -> Kpi:
    return Kpi(
        key=key, label=label(key), unit="mg/L", decimals=1, figure=lambda _: Figure(value=None), normal=(5, 8), scale=(0, 12), shown=shown
    )


METRIC = Metric(
    key="oxygen", label=label("Oxygen"), unit="mg/L", valid=(0, 30), decimals=1, normal=(5, 8), scale=(0, 12), short=label("DO")
)
BAY = Domain(
    key="bay",
    label=label("Bay"),
    icon="<path d='M0 0'/>",
    metrics=(METRIC,),
    kpis=(kpi("lowest"), kpi("median"), kpi("hidden", shown=False)),
    rules=(Rule(key="low", label=label("Low oxygen"), on="lowest", comparison="low", limit=4, priority="high"),),
    layer=Layer(kind="points", metric="oxygen"),
    headline=("lowest", "median"),
    table="lowest",
    trends=("lowest", "hidden"),
    sample={},
)
OFFICE = Label(en="Harbour office", zh="海港局")
BUOY = Sensor(id="buoy-3", domain="bay", label=label("Buoy 3"), lon=-114.5, lat=22.61234, area="north", interval=90, owner=OFFICE)
SITE = Site(
    folder="",
    label=label("City"),
    zone="Asia/Shanghai",
    areas=(Area(key="north", label=label("North")),),
    screens=(),
    extent=(114.0, 22.4, 114.7, 22.8),
    review_number="",
    sensors={"bay": (BUOY,)},
)
DOMAINS = {"bay": BAY}


def parts(tree: Any) -> Iterator[Any]:
    """Every component and text below `tree`, itself included."""
    if isinstance(tree, (list, tuple)):
        for each in tree:
            yield from parts(each)
    elif tree is not None:
        yield tree
        yield from parts(getattr(tree, "children", None))


def having(tree: Any, name: str) -> list[Any]:
    """Values of the attribute `name`, in the order of the document."""
    return [getattr(part, name) for part in parts(tree) if isinstance(part, Component) and hasattr(part, name)]


def texts(tree: Any, language: str) -> list[str]:
    return [str(part.children) for part in parts(tree) if getattr(part, "lang", None) == language]


def pages() -> list[Any]:
    return [domain.body(SITE, BAY), sensor.body(SITE, DOMAINS, "buoy-3"), system.body(SITE, DOMAINS)]


@pytest.mark.parametrize("body", [domain.body(SITE, BAY), screen.domain(SITE, DOMAINS, BAY)], ids=["desk", "wall"])
def test_a_domain_shows_its_figures_and_trends(body: Any) -> None:
    assert having(body, "data-kpi") == ["bay/lowest", "bay/median"]
    assert having(body, "data-trend") == ["bay/lowest", "bay/hidden"]
    assert len(having(body, "data-map")) == 1


def test_a_wall_has_nothing_to_press() -> None:
    body = screen.domain(SITE, DOMAINS, BAY)
    assert not [part for part in parts(body) if type(part).__name__ in ("Button", "Dialog", "Input", "AgGrid", "A")]


def test_unit_stands_in_a_trend_s_title() -> None:
    assert "lowest, mg/L" in texts(domain.body(SITE, BAY), "en")


def test_a_listed_sensor_says_who_and_where_it_is() -> None:
    body = sensor.body(SITE, DOMAINS, "buoy-3")
    said = [part for part in parts(body) if isinstance(part, str)]
    assert {"Buoy 3", "中 Buoy 3", "North", OFFICE.en, OFFICE.zh, "22.6123° N, 114.5000° W"} <= set(said)
    assert (having(body, "data-domain"), having(body, "data-interval")) == (["bay"], ["90"])
    assert [part.hidden for part in parts(body) if "unlisted" in str(getattr(part, "className", ""))] == [True]


def test_an_unlisted_sensor_is_marked_and_left_to_the_browser() -> None:
    body = sensor.body(SITE, DOMAINS, HOSTILE)
    assert having(body, "data-sensor") == [HOSTILE] and having(body, "data-domain") == [""]
    assert [part.hidden for part in parts(body) if "unlisted" in str(getattr(part, "className", ""))] == [False]
    assert [part.children for part in parts(body) if getattr(part, "data-fact", None) in ("owner", "position")] == ["–", "–"]


@pytest.mark.parametrize("place, text", [((0.0, 0.0), "0.0000° N, 0.0000° E"), ((-0.5, -33.86786), "33.8679° S, 0.5000° W")])
def test_a_position_has_the_letter_of_its_hemisphere(place: tuple[float, float], text: str) -> None:
    assert sensor.position(*place) == text


def test_everything_is_said_in_both_languages() -> None:
    for body in pages():
        english, chinese = texts(body, "en"), texts(body, "zh")
        assert len(english) == len(chinese) > 0
        assert all(each.strip() for each in english + chinese)
    for grid in (part for body in pages() for part in parts(body) if type(part).__name__ == "AgGrid"):
        for column in grid.columnDefs:
            assert bool(column["context"]["en"]) == bool(column["context"]["zh"]), column["field"]


def test_pages_can_be_sent_to_a_browser() -> None:
    for body in pages():
        assert json.loads(json.dumps(body, cls=PlotlyJSONEncoder))


def test_grids_keep_what_a_person_reads_in_its_place() -> None:
    grids = [part for body in pages() for part in parts(body) if type(part).__name__ == "AgGrid"]
    assert [grid.id for grid in grids] == ["stations-grid", "feeds-grid", "processes-grid", "rejects-grid"]
    for grid in grids:
        assert grid.dashGridOptions["suppressModelUpdateAfterUpdateTransaction"] and grid.getRowId.startswith("params.data.")
        assert grid.rowData == [] and not getattr(grid, "dangerously_allow_code", False)


def test_feeds_name_every_counter_of_a_frame() -> None:
    fields = {column["field"] for column in system.feeds().columnDefs}
    assert fields == set("place domain partition rate lag rejects bad duplicates corrections late gap age error".split())


def test_feeds_keep_the_order_of_the_deck_with_partitions_below_their_feed() -> None:
    columns = system.feeds().columnDefs
    assert [column["field"] for column in columns if column.get("sort")] == ["place"]
    assert not any(column["sortable"] for column in columns)


def station_heading(described: Domain) -> str:
    return table.own(described).en


def test_a_station_s_own_value_is_called_by_its_metric() -> None:
    """Only a city has a lowest: the same figure of one station is just its reading."""
    about = replace(BAY.kpis[0], metric="oxygen")
    assert station_heading(replace(BAY, kpis=(about, *BAY.kpis[1:]))) == "DO, mg/L"
    assert station_heading(replace(BAY, table="oxygen")) == "DO, mg/L"


def test_a_figure_in_another_unit_than_its_metric_keeps_its_name() -> None:
    assert station_heading(BAY) == "lowest"
    index = replace(BAY.kpis[0], metric="oxygen", unit="")
    assert station_heading(replace(BAY, kpis=(index, *BAY.kpis[1:]))) == "lowest"


def test_only_a_loss_is_coloured() -> None:
    rules = {column["field"]: column.get("cellClassRules", {}) for column in system.feeds().columnDefs}
    assert [field for field, rule in rules.items() if "lost" in rule] == ["gap"]


def test_a_grid_is_dressed_in_the_deck_s_own_colours() -> None:
    colours = [value for name, value in table.LOOK.items() if name.endswith("Color")]
    assert all(str(value).startswith("var(--") or value == "transparent" for value in colours)


def test_an_empty_chart_shows_nothing_before_something_is_known() -> None:
    drawn = figure()
    assert not drawn.data and drawn.layout.xaxis.visible is False and drawn.layout.yaxis.visible is False
    assert drawn.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"


def test_scripts_paint_only_what_pages_have() -> None:
    """A renamed attribute would leave a part of a page empty for ever, and say nothing."""
    found = {name for body in pages() for part in parts(body) if isinstance(part, Component) for name in vars(part)}
    classes = {name for body in pages() for part in parts(body) for name in str(getattr(part, "className", "")).split()}
    made = {"data-metric", "data-priority", "data-fold"}  # by the scripts themselves
    for script in SCRIPTS:
        text = (ASSETS / script).read_text(encoding="utf-8")
        asked = set(re.findall(r"deck\.(?:paint|mount)\('\[(data-[a-z-]+)", text)) | set(re.findall(r"""\[(data-[a-z-]+)[="\]]""", text))
        assert asked and asked <= found | made, script
        sought = set(re.findall(r"querySelector\('\.([a-z-]+)", text))
        assert sought <= classes | {"plot-container"}, script


def test_scripts_never_write_data_as_markup() -> None:
    """What is written as markup comes from mark, sign, bar and spark, which hold numbers only."""
    for script in SCRIPTS:
        text = (ASSETS / script).read_text(encoding="utf-8")
        for written in re.findall(r"innerHTML = ([^;]+);", text):
            assert written == "markup" or written.startswith("deck.mark("), (script, written)
        for markup in re.findall(r"fill\([a-z]+, (.+)\);", text):
            assert re.match(r"(metric\.bare \? '' : )?deck\.(sign|bar|spark)\(", markup), (script, markup)
