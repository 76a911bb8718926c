"""The shell, the overview and the wall: what a page says before any value has arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from dash.development.base_component import Component

from layouts import ids, page
from layouts.icon import icon
from layouts.text import text, with_unit
from model import Domain, Figure, Kpi, Label, Layer, Metric, Screen, Site


def label(word: str) -> Label:
    return Label(en=word, zh=f"{word}中")


def domain(key: str, order: int) -> Domain:
    metric = Metric(key="level", label=label("Level"), unit="m", valid=(0, 9), decimals=1, normal=(1, 2), scale=(0, 5))
    kpis = tuple(
        Kpi(
            key=each,
            label=label(each),
            unit="m",
            decimals=1,
            figure=lambda readings: Figure(value=None),
            normal=(1, 2),
            scale=(0, 5),
            metric="level",
        )
        for each in ("highest", "mean")
    )
    return Domain(
        key=key, order=order, label=label(key), icon='<path d="M2 7h20"/>', metrics=(metric,), kpis=kpis, rules=(),
        layer=Layer(kind="points", metric="level"), headline=("highest", "mean"), table="highest", trends=("mean",), sample={},
    )  # fmt: skip


DOMAINS = {each.key: each for each in (domain("tide", 20), domain("noise", 30), domain("bus", 10))}
SCREENS = (
    Screen(id="wall-1", page="overview", language="zh", theme="light", distance=6.5),
    Screen(id="wall-2", page="domain-noise", language="en", theme="dark", distance=5.0),
    Screen(id="wall-3", page="domain-gone", language="en", theme="dark", distance=5.0),
)
SITE = Site(
    folder="", label=label("Town"), zone="UTC", areas=(), screens=SCREENS, extent=(0, 0, 1, 1), review_number="", sensors={}
)  # fmt: skip


def walk(part: Any) -> Iterator[Component]:
    if isinstance(part, (list, tuple)):
        for each in part:
            yield from walk(each)
    elif isinstance(part, Component):
        yield part
        yield from walk(getattr(part, "children", None))


def props(part: Any) -> dict[str, Any]:
    return dict(part.to_plotly_json()["props"])


def read(part: Any, name: str) -> list[Any]:
    """Every value of one property or attribute, in document order."""
    return [props(each)[name] for each in walk(part) if name in props(each)]


def test_a_label_is_drawn_in_both_languages() -> None:
    assert [(props(each)["lang"], props(each)["children"]) for each in text(label("Sea"))] == [("en", "Sea"), ("zh", "Sea中")]


def test_a_unit_follows_the_name_it_belongs_to() -> None:
    assert with_unit(label("Sea"), "m") == Label(en="Sea, m", zh="Sea中, m")
    assert with_unit(label("Index"), "") == label("Index")


def test_an_icon_is_one_data_url_with_its_paths() -> None:
    mask = props(icon('<path d="M2 7h20"/>'))["style"]["--icon"]
    assert mask.startswith('url("data:image/svg+xml,') and '<path d="M2 7h20"/>' in unquote(mask)
    assert '"' not in mask[5:-2]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "overview"), ("", "overview"), ("/domain/tide", "domain-tide"), ("/system", "system"), ("/sensor/a%2Fb", "sensor-a/b")],
)
def test_an_address_listens_to_the_frames_of_its_page(path: str, name: str) -> None:
    drawn = page.layout(path, SITE, DOMAINS)
    assert read(drawn, "data-page") == [name]
    assert ids.body(name) in read(drawn, "id")


@pytest.mark.parametrize("path", ["/nowhere", "/domain/gone", "/domain/", "/system/x", "/wall/none", "/wall/wall-3", "/sensor/"])
def test_an_unknown_address_says_so_and_stays_live(path: str) -> None:
    drawn = page.layout(path, SITE, DOMAINS)
    assert "There is no such page" in read(drawn, "children")
    assert read(drawn, "data-page") == ["overview"] and read(drawn, "data-line") == ["1"]


def test_navigation_follows_the_domains_in_their_order() -> None:
    drawn = page.layout("/", SITE, DOMAINS)
    links = [each for each in read(drawn, "href") if each.startswith("/domain")]
    assert links == ["/domain/bus", "/domain/tide", "/domain/noise"]


def test_many_domains_are_all_reachable() -> None:
    many = {key: domain(key, 1) for key in map("bureau{}".format, range(12))}
    assert {f"/domain/{key}" for key in many} <= set(read(page.layout("/", SITE, many), "href"))


def test_the_overview_shows_two_figures_of_every_domain() -> None:
    drawn = page.layout("/", SITE, DOMAINS)
    assert read(drawn, "data-head") == ["bus", "tide", "noise"]
    assert read(drawn, "data-kpi") == [f"{key}/{each}" for key in ("bus", "tide", "noise") for each in ("highest", "mean")]


def test_a_desk_offers_the_language_as_default_only() -> None:
    root = props(page.layout("/", SITE, DOMAINS, "zh"))
    assert root["data-language"] == "zh" and "data-fixed" not in root


def test_a_wall_screen_obeys_its_record_and_has_nothing_to_press() -> None:
    drawn = page.layout("/wall/wall-1", SITE, DOMAINS)
    root = props(drawn)
    wanted = {"data-page": "overview", "data-language": "zh", "data-theme": "light", "data-fixed": "1", "data-distance": "6.5"}
    assert {name: root[name] for name in wanted} == wanted
    assert {each.__class__.__name__ for each in walk(drawn)}.isdisjoint({"Button", "A", "Link"})


def test_a_wall_screen_may_show_one_domain() -> None:
    drawn = page.layout("/wall/wall-2", SITE, DOMAINS)
    assert read(drawn, "data-page") == ["domain-noise"] and read(drawn, "data-kpi") == ["noise/highest", "noise/mean"]


def test_every_page_has_counts_line_and_veil() -> None:
    for path in ("/", "/domain/tide", "/system", "/sensor/x", "/wall/wall-1"):
        drawn = page.layout(path, SITE, DOMAINS)
        assert read(drawn, "data-count") == ["1", "2", "3", "4"]
        assert read(drawn, "data-line") == read(drawn, "data-veil") == ["1"]


@pytest.mark.parametrize("path", ["/", "/alarms", "/system", "/domain/tide", "/sensor/a", "/wall/wall-1", "/wall/wall-2", "/nowhere"])
def test_every_page_has_the_banner_of_replays_and_of_an_exercise_its_word(path: str) -> None:
    plain, drill = (page.layout(path, replace(SITE, exercise=name), DOMAINS) for name in ("", "storm"))
    assert read(plain, "data-replay") == ["1"]
    assert ("controls" in read(plain, "className")) == (not path.startswith("/wall"))
    assert "exercise" not in read(plain, "className") and "exercise" in read(drill, "className")
