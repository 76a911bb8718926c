"""How a report says and draws things: numbers, times, axes, the paragraph; a site's look and long names hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layouts.print import word
from layouts.print.change import changes
from layouts.print.report import axis, model, pages, pdf
from layouts.print.summary import paragraph
from model import Label
from model.report import Brand

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
KPI = {
    "key": "top",
    "label": {"en": "Top", "zh": "最高"},
    "unit": "m",
    "decimals": 1,
    "shown": True,
    "worst": "high",
    "value": 6.0,
    "hour": 3,
    "sensor": "a",
    "item": "level",
    "hours": [None, 0.0, 1.0, 6.0, *[2.0] * 20],
    "scale": [0, 9],
    "normal": [1, 2],
    "limit": 5.0,
    "over": 1,
    "before": [{"value": 4.0, "grade": None}, {"value": None, "grade": None}],
}
STANDARD = {
    "key": "s",
    "label": {"en": "Class", "zh": "类别"},
    "source": "GB 1",
    "unit": "",
    "decimals": 0,
    "value": 4.0,
    "grade": {"en": "IV", "zh": "四类"},
    "classed": True,
    "within": False,
    "limit": {"en": "≤ III", "zh": "≤ 三类"},
    "sensor": "a",
    "items": ["ph"],
    "hour": None,
    "passed": [1, 2],
    "by_sensor": [],
    "before": [{"value": 2.0, "grade": {"en": "II", "zh": "二类"}}, {"value": None, "grade": None}],
}
FEED = {
    "listed": 2,
    "heard": 2,
    "silent": [],
    "silent_count": 0,
    "readings": 9,
    "promised": 10.0,
    "held": 9.0,
    "fresh": 1.0,
    "longest": 0,
    "speaking": [1.0] * 12 + [0.5] * 12,
}
TOOK = {"count": 1, "median": 130.0, "longest": 348.0}


def facts(**more: Any) -> dict[str, Any]:
    domain = {
        "key": "sea",
        "label": {"en": "Sea", "zh": "海洋"},
        "icon": '<path d="M2 7h20"/>',
        "headline": ["top"],
        "trends": ["top"],
        "items": {"ph": {"en": "pH", "zh": "pH"}},
        "kpis": [KPI],
        "standards": [STANDARD],
        "metrics": [],
        "feed": FEED,
        "origins": ["live"],
        "foreign": {},
    }
    alarms = {
        "bands": {"day": 150, "ten_minutes": 10, "flood_share": 0.01, "stale": 5},
        "days": 1.0,
        "count": 74,
        "by_priority": {"critical": 1, "high": 6, "medium": 15, "low": 52},
        "by_hour": [],
        "most_in_ten": 4,
        "flooded": 0.0,
        "top": [],
        "chattering": [],
        "fleeting": [],
        "stale": [],
        "shelved": 0,
        "on_shelf": 0,
        "out_of_service": 0,
        "took": {"acknowledged": TOOK, "returned": TOOK},
        "urgent": {"count": 7, "acknowledged": 7, "longest": 348.0},
        "by_area": [],
        "by_desk": [],
        "incidents": {"rows": [], "total": 0},
        "before": [70, 60],
    }
    told = {
        "version": 1,
        "kind": "day",
        "first": "2026-11-19",
        "last": "2026-11-19",
        "zone": "Asia/Shanghai",
        "begin": 1_795_017_600.0,
        "end": 1_795_104_000.0,
        "site": {"en": "Dapeng", "zh": "大鹏"},
        "origins": ["live"],
        "before": [
            {"key": "day", "label": {"en": "Day before", "zh": "前一日"}},
            {"key": "week", "label": {"en": "Week before", "zh": "上周同日"}},
        ],
        "domains": [domain],
        "alarms": alarms,
        "feeds": [],
        "coverage": {"share": 0.9, "readings": 9, "heard": 2, "silent": 0},
        "sensors": {"a": {"en": "Buoy 3", "zh": "3号浮标", "area": "bay"}},
        "areas": {},
        "map": {
            "extent": [114.0, 22.0, 115.0, 23.0],
            "dots": [[114.5, 22.5]],
            "marks": [[114.5, 22.5, "high", "a"]],
            "review_number": "GS 1",
        },
    }
    return {**told, **more}


def revision(**more: Any) -> dict[str, Any]:
    return {"number": 1, "made": 1_795_104_600.0, "facts": facts(**more), "changed": []}


def text(runs: Any) -> str:
    return "".join(part for part, _ in runs)


def test_the_paragraph_says_what_exceeded_where_and_by_how_much() -> None:
    assert text(paragraph(facts(), "en")) == (
        "Not within the standards: Class (Buoy 3, IV; standard ≤ III, 1 of 2 within). "
        "Beyond an alarm limit: Top (Buoy 3, 6.0 m, 03:00; alarm limit 5.0). "
        "74 alarms, no flood; every high or critical one acknowledged, the slowest after 5 min 48 s. Data coverage 90.0 %."
    )
    assert text(paragraph(facts(), "zh")).startswith(
        "以下各项未达标：类别（3号浮标，四类；标准 ≤ 三类，2 个中 1 个达标）。超过告警限值：最高"
    )


def test_what_a_standard_has_said_is_not_said_again() -> None:
    told = facts()
    told["domains"] = [{**told["domains"][0], "kpis": [{**KPI, "item": "ph"}]}]
    assert "Beyond an alarm limit" not in text(paragraph(told, "en"))


def test_a_quiet_day_is_one_sentence() -> None:
    told = facts()
    quiet = {**told["domains"][0], "kpis": [{**KPI, "over": 0}], "standards": [{**STANDARD, "within": True}]}
    alarms = {**told["alarms"], "count": 0}
    assert (
        text(paragraph({**told, "domains": [quiet], "alarms": alarms}, "en"))
        == "A day within the standards. No alarms. Data coverage 90.0 %."
    )


def test_what_stands_on_few_readings_says_so_first() -> None:
    told = text(paragraph(facts(coverage={"share": 0.03, "readings": 9, "heard": 2, "silent": 0}), "en"))
    assert told.startswith("Only 3.0 % of the readings came; what follows is of these. Not within the standards")


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(None, 1, "–"), (0.0, 1, "0.0"), (-0.04, 1, "0.0"), (-0.04, 2, "−0.04"), (12_345.0, 0, "12\u2009345"), (12.345, 2, "12.35")],
)
def test_numbers(value: float | None, decimals: int, shown: str) -> None:
    assert word.number(value, decimals) == shown


def test_durations() -> None:
    assert [word.duration(each, "en") for each in (None, 0, 59.6, 348, 7260, 90_000)] == [
        "–",
        "0 s",
        "1 min",
        "5 min 48 s",
        "2 h 1 min",
        "1 d 1 h",
    ]


@pytest.mark.parametrize("values", [[], [0.0], [0.3, 7.9], [-4.0, 12.0], [1e-6], [99_999.0], [160.0, 71.0]])
def test_an_axis_holds_zero_and_every_value(values: list[float]) -> None:
    low, high, ticks = axis(values)
    assert low <= min([0.0, *values]) and high >= max([0.0, *values]) and low < high
    assert ticks[0] == low and ticks[-1] == pytest.approx(high) and 2 <= len(ticks) <= 6


def test_what_a_day_of_25_hours_is_called() -> None:
    told = facts(zone="Europe/Berlin", begin=1_792_879_200.0, end=1_792_879_200.0 + 25 * 3600)
    assert word.span(told, "en") == "Sunday 25 October 2026, 00:00 to 24:00, 25 hours (UTC+2, UTC+1)"


def test_hours_with_too_few_sensors_are_marked() -> None:
    chart = model(revision(), "en", Brand())["domains"][0]["chart"]
    assert (chart["grey"][0], chart["grey"][12], chart["values"][0], chart["over"][3]) == (False, True, None, True)
    assert "fewer than 75 %" in chart["caption"]


def test_what_a_revision_changed_is_told_in_words() -> None:
    changed = [
        {"path": ["domains", "sea", "kpis", "top", "hours"], "before": [1.0, 2.0], "after": [1.0, None]},
        {"path": ["domains", "sea", "kpis", "top", "value"], "before": 5.96, "after": None},
        {"path": ["domains", "sea", "standards", "s", "within"], "before": True, "after": False},
        {"path": ["domains", "sea", "feed", "held"], "before": 8.0, "after": 9.0},
        {"path": ["sensors", "a"], "before": None, "after": {"en": "x", "zh": "x"}},
        {"path": ["coverage", "share"], "before": 0.9, "after": 0.95},
        {"path": ["domains", "sea", "kpis", "top", "hour"], "before": 3, "after": None},
        {"path": ["feeds", "sea", "lag_most"], "before": None, "after": 12_345},
    ]
    told = {**revision(), "number": 2, "changed": changed}
    assert changes(told, "en") == [
        ["Sea · Top", "6.0", "–"],
        ["Sea · Class · within", "yes", "no"],
        ["Sea · Top · by hour", "", "1 of 2 changed"],
        ["data coverage", "90.0 %", "95.0 %"],
        ["Sea · Top · worst hour", "03:00", "–"],
        ["Sea · lag, most", "–", "12\u2009345"],
    ]
    assert changes(told, "zh")[0] == ["海洋 · 最高", "6.0", "–"]
    assert b"%PDF" in pdf(told, "zh", Brand())


def test_a_map_without_a_place_is_words() -> None:
    bare = revision(map={**facts()["map"], "dots": [], "marks": []})
    assert model(bare, "en", Brand())["map_words"]["nothing"] == "No sensor has a known place."
    assert model(revision(), "en", Brand())["map_words"]["nothing"] == ""
    assert len(pages(bare, "en", Brand())) < len(pages(revision(), "en", Brand()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sites_look_changes_the_paper(language: Any) -> None:
    look = Brand(name=Label(en="Bureau", zh="局"), colour="#123f6b", logo=LOGO, logo_format="svg")
    plain, branded = (pdf(revision(), language, each) for each in (Brand(), look))
    assert plain != branded == pdf(revision(), language, look)
    assert model(revision(), language, look)["foot"][0] == {"en": "Bureau", "zh": "局"}[language]
    assert pdf(revision(), language, replace(look, colour="#000000")) != branded


def test_long_names_and_many_bureaus_find_room() -> None:
    told = facts()
    long = {"en": "A very long name of a bureau and of all that it measures " * 3, "zh": "很长的名称" * 30}
    told["domains"] = [{**told["domains"][0], "label": long, "kpis": [{**KPI, "label": long}] * 9} for _ in range(9)]
    told["sensors"] = {"a": {**long, "area": ""}}
    assert pdf({**revision(), "facts": told}, "zh", Brand()).startswith(b"%PDF")
