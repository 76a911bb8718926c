"""The report on paper: what each page shows, as data for `report.typ`, which lays it out.

Everything a person or a feed wrote reaches the template as a string and is set as text, never read as markup.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import typst

from layouts.print import FOLDER, FONTS, shown, word
from layouts.print.map import drawn, legend, places, ratio
from layouts.print.section import sections
from layouts.print.summary import exceeded, paragraph
from layouts.print.word import Facts, Language, of, pick
from model.report import Brand

PLAIN = {0x2160 + place: text for place, text in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"))}
"""Letters that stand for signs which the fonts lack."""
ROWS = 4
"""Of a domain on the first page."""
STROKE = (
    'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#3c4750" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round"'
)


def pdf(told: Mapping[str, Any], language: Language, brand: Brand) -> bytes:
    """The PDF of a revision (`number`, `made`, `facts`, `changed`). The same revision, language and brand give the same bytes."""
    return _typeset(told, language, brand, "pdf")[0]


def pages(told: Mapping[str, Any], language: Language, brand: Brand, ppi: float = 96) -> list[bytes]:
    """The same as pictures (PNG), one a page."""
    return _typeset(told, language, brand, "png", ppi)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _typeset(
    told: Mapping[str, Any], language: Language, brand: Brand, kind: Literal["pdf", "png"], ppi: float | None = None
) -> list[bytes]:
    # A compiler of its own each time: one serves a single thread, and reports are made in several. What is dear are the fonts.
    compiler = typst.Compiler(str(FOLDER / "report.typ"), root=str(FOLDER), font_paths=_fonts())
    data = json.dumps(shown(model(told, language, brand)), ensure_ascii=False, allow_nan=False).translate(PLAIN)
    drawings = json.dumps(pictures(told["facts"], brand))
    made = compiler.compile(format=kind, ppi=ppi, sys_inputs={"data": data, "pictures": drawings}, timestamp=int(told["made"]))
    return made if isinstance(made, list) else [made or b""]


def pictures(facts: Facts, brand: Brand) -> dict[str, Any]:
    """What is drawn and not written: the icons, the map, the marks, the logo."""
    return {
        "icons": [f"<svg {STROKE}>{domain['icon']}</svg>" for domain in facts["domains"]],
        "map": drawn(facts["map"], brand.basemap),
        "marks": {name: legend(name) for name in word.PRIORITY},
        "logo": {"format": brand.logo_format, "data": list(brand.logo)},
    }


def model(told: Mapping[str, Any], language: Language, brand: Brand) -> dict[str, Any]:
    """What the template lays out."""
    facts = told["facts"]
    made = word.local(facts, told["made"])
    return {
        "language": language,
        "title": word.title(facts, language),
        "span": word.span(facts, language),
        "revision": pick(
            language,
            f"Revision {told['number']} · made {word.day(made, language)} {made:%H:%M}",
            f"第 {told['number']} 版 · {word.day(made, language)} {made:%H:%M} 生成",
        ),
        "origin": word.origin(facts, language),
        "made": [made.year, made.month, made.day, made.hour, made.minute, made.second],
        "colour": brand.colour,
        "paragraph": [list(run) for run in paragraph(facts, language)],
        "heads": [_own(facts, language), *(of(each["label"], language) for each in facts["before"]), pick(language, "Standard", "标准")],
        "domains": [_domain(facts, domain, language) for domain in facts["domains"]],
        "alarms": _alarms(facts, language),
        "map": {"ratio": ratio(facts["map"]), "places": places(facts["map"], brand.basemap, language)},
        "map_words": _map_words(facts, language),
        "sections": sections(told, language),
        "foot": [
            getattr(brand.name, language) if brand.name else "citydeck",
            pick(language, "The same date gives the same report, figure by figure", "同一日期的报告逐项可复现"),
        ],
    }


def _own(facts: Facts, language: Language) -> str:
    return {"day": pick(language, "Day", "当日"), "week": pick(language, "Week", "本周"), "month": pick(language, "Month", "本月")}[
        facts["kind"]
    ]


# --- a domain on the first page --------------------------------------------------------------------------------------------------------


def _domain(facts: Facts, domain: Any, language: Language) -> dict[str, Any]:
    return {
        "label": of(domain["label"], language),
        "note": _note(facts, domain, language),
        "chart": _chart(facts, domain, language),
        "rows": [_row(facts, row, language) for row in _chosen(domain)],
        "nothing": "" if domain["feed"]["readings"] else _nothing(domain, language),
    }


def _note(facts: Facts, domain: Any, language: Language) -> str:
    """What is to be said of it in a few words, at the end of its heading."""
    if not domain["feed"]["readings"]:
        return pick(language, "No data", "无数据")
    for each, row in exceeded(facts):
        if each is domain:
            value = row["label"] if not row.get("grade") else row["grade"]
            parts = [of(row["label"], language) if row.get("classed") else "", of(value, language)]
            parts += [of(domain["items"].get(key), language) for key in row.get("items") or [row.get("item")] if key in domain["items"]][:1]
            return " · ".join(dict.fromkeys(part for part in [*parts, word.place(facts, row["sensor"], language)] if part))
    if any(row["within"] for row in domain["standards"]):
        return pick(language, "All within", "全部达标")
    graded = next((row for row in reversed(domain["standards"]) if row["grade"]), None)
    if graded:
        return of(graded["grade"], language)
    limited = any(row["over"] is not None and row["value"] is not None for row in domain["kpis"])
    return pick(language, "Below every alarm limit", "均未超告警限值") if limited else pick(language, "Not judged", "未评价")


def _nothing(domain: Any, language: Language) -> str:
    """What stands in place of figures where nothing came."""
    listed = domain["feed"]["listed"]
    if not listed:
        return pick(language, "Nothing came of this feed.", "该数据源没有任何数据。")
    return pick(language, f"Nothing came of its {listed} sensors.", f"{listed} 个测点均无数据。")


def _chosen(domain: Any) -> list[Any]:
    """The figures of the first page: what was not kept, the first standards, the headline, then the rest."""
    headline = domain["headline"]
    standards = sorted(domain["standards"], key=lambda row: row["within"] is not False)
    kpis = sorted(domain["kpis"], key=lambda row: (not row["shown"], not row["over"], row["key"] not in headline))
    told = [row for row in [*standards[:2], *kpis, *standards[2:]] if row["value"] is not None]
    return told[:ROWS] or [*standards, *kpis][:ROWS]


def _row(facts: Facts, row: Any, language: Language) -> dict[str, Any]:
    at = word.hour(facts, row["hour"], language, row.get("day")) if row.get("hour") is not None else ""
    aside = row["unit"] or ("" if row.get("classed") or facts["kind"] != "day" else at)
    return {
        "label": of(row["label"], language),
        "value": word.value(row, language),
        "unit": aside,
        "before": [word.value({**row, **each}, language) for each in row["before"]],
        "limit": _held_against(row, language),
        "over": row["within"] is False if "within" in row else bool(row["over"]),
    }


def _held_against(row: Any, language: Language) -> str:
    if "within" not in row:
        sign = ">" if row["worst"] == "high" else "<"
        return "" if row["limit"] is None else pick(language, "alarm ", "告警 ") + f"{sign} {word.number(row['limit'], row['decimals'])}"
    if row["classed"] or not row["limit"]:
        return str(row["source"])
    return of(row["limit"], language)


# --- its chart -------------------------------------------------------------------------------------------------------------------------


def _chart(facts: Facts, domain: Any, language: Language) -> dict[str, Any]:
    """Bars by hour, or by day: of a figure that passed its alarm limit, else of the first trend that has a value."""
    rows = {row["key"]: row for row in domain["kpis"]}
    first = (*domain["headline"], *domain["trends"])
    beyond = [key for key in first if rows[key]["over"]]
    names = [*beyond, *domain["trends"], *rows]
    row = next((rows[name] for name in names if any(each is not None for each in _bars(rows[name]))), rows[names[0]])
    values = _bars(row)
    known = [each for each in values if each is not None]
    limit = row["limit"]
    near = limit is not None and known and limit <= 2.5 * max(max(known), 1e-9)
    low, high, ticks = axis([*known, *([limit] if near else [])])
    grey = [share is not None and share < 0.75 for share in domain["feed"]["speaking"]] if facts["kind"] == "day" else []
    return {
        "values": values,
        "over": [_beyond(each, row) for each in values],
        "grey": grey or [False] * len(values),
        "limit": limit if near else None,
        "low": low,
        "high": high,
        "ticks": [[tick, _tick(tick)] for tick in ticks],
        "labels": _labels(facts, len(values)),
        "caption": _caption(facts, row, any(grey), bool(near), language),
    }


def _bars(row: Any) -> list[float | None]:
    return list(row["hours"] or row.get("days") or [])


def _beyond(value: float | None, row: Any) -> bool:
    if value is None or row["limit"] is None:
        return False
    return bool(value > row["limit"] if row["worst"] == "high" else value < row["limit"])


def axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """(lower end, upper end, ticks) of an axis that holds zero and the values, its ends round numbers."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if high - low <= 0:
        return 0.0, 1.0, [0.0, 1.0]
    step = _round_step((high - low) / 2)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    count = round((high - low) / step)
    return low, high, [low + step * place for place in range(count + 1)]


def _round_step(span: float) -> float:
    power = 10.0 ** math.floor(math.log10(span))
    return next(power * each for each in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * each >= span * (1 - 1e-9))


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _labels(facts: Facts, count: int) -> list[list[Any]]:
    """(place, text) below the bars: every sixth hour, or days."""
    if facts["kind"] == "day":
        marks = [(place, word.local(facts, facts["begin"] + 3600 * place)) for place in range(count)]
        told = [[place, f"{moment:%H}"] for place, moment in marks if moment.hour % 6 == 0]
        seen = [told[0]] + [each for one, each in pairwise(told) if each[1] != one[1]] if told else []
        return [*seen, [count, "24"]]
    first = word.local(facts, facts["begin"]).date()
    every = 1 if count <= 7 else 5
    days = [first.toordinal() + place for place in range(count)]
    return [[place + 0.5, str(type(first).fromordinal(day).day)] for place, day in enumerate(days) if place % every == 0]


def _caption(facts: Facts, row: Any, grey: bool, limit: bool, language: Language) -> str:
    by = pick(language, "by hour", "逐时") if facts["kind"] == "day" else pick(language, "by day", "逐日")
    unit = f", {row['unit']}" if row["unit"] else ""
    told = pick(language, f"{of(row['label'], language)}{unit} {by}", f"{of(row['label'], language)}{unit}，{by}")
    if limit:
        told += pick(language, "; dashed: alarm limit", "；虚线：告警限值")
    return told + (pick(language, "; grey: fewer than 75 % of sensors", "；灰色：有效测点不足 75 %") if grey else "")


# --- alarms on the first page ----------------------------------------------------------------------------------------------------------


def _alarms(facts: Facts, language: Language) -> dict[str, Any]:
    alarms, days = facts["alarms"], facts["alarms"]["days"]
    total = alarms["count"]
    split = alarms["by_priority"]
    urgent = split["critical"] + split["high"]
    ratio = " : ".join(f"{round(100 * each / total)}" for each in (split["low"], split["medium"], urgent)) if total else word.DASH
    flooded = alarms["flooded"] / (days * 86_400) if days else 0.0
    chatter = alarms["chattering"]
    took = alarms["took"]["acknowledged"]
    worst = f"{of(chatter[0]['place'], language)} {of(chatter[0]['name'], language)}, {chatter[0]['times']}×" if chatter else ""
    desks = max(len(alarms["by_desk"]), 1)
    most = max((desk["count"] for desk in alarms["by_desk"]), default=0) / max(days, 1)
    cells = [
        [pick(language, "Alarms", "告警次数"), word.number(total), _before(facts, language), False],
        [
            pick(language, "Most called desk, a day", "最忙席位日均"),
            word.number(most),
            "(≤ 150)",
            most > alarms["bands"]["day"],
        ],
        [
            pick(language, "Most in 10 min", "10 分钟最多"),
            word.number(alarms["most_in_ten"]),
            f"(≤ {10 * desks})" if desks > 1 else "(≤ 10)",
            alarms["most_in_ten"] > 10 * desks,
        ],
        [pick(language, "In flood", "告警潮时间占比"), word.percent(flooded), "(< 1 %)", flooded >= alarms["bands"]["flood_share"]],
        [pick(language, "Low : medium : high", "低 : 中 : 高"), ratio, "(80 : 15 : 5)", bool(total) and urgent / total > 0.1],
        [
            pick(language, "Acknowledged, median", "确认用时中位数"),
            word.duration(took["median"], language),
            "",
            False,
        ],
        [pick(language, "Longest, high", "高级别最长确认"), word.duration(alarms["urgent"]["longest"], language), "", False],
        [
            pick(language, "Chattering / stale", "抖动 / 滞留"),
            f"{len(chatter)} / {len(alarms['stale'])}",
            worst or "(0 / < 5)",
            bool(chatter) or len(alarms["stale"]) >= alarms["bands"]["stale"],
        ],
    ]
    return {
        "title": pick(language, "Alarms", "告警"),
        "note": pick(language, "Bands of ISA-18.2 / EEMUA 191 in brackets, per desk", "括号内为 ISA-18.2 / EEMUA 191 建议范围（每席位）"),
        "cells": cells,
    }


def _before(facts: Facts, language: Language) -> str:
    told = [f"{of(each['label'], language)} {count}" for each, count in zip(facts["before"], facts["alarms"]["before"], strict=True)]
    return pick(language, ", ", "，").join(told[:1])


def _map_words(facts: Facts, language: Language) -> dict[str, Any]:
    marks = facts["map"]["marks"]
    counts = {name: sum(mark[2] == name for mark in marks) for name in word.PRIORITY}
    return {
        "title": pick(language, "Map of alarms", "告警分布图"),
        "note": pick(language, "Sensors that called, by the worst priority of each", "按各测点最高告警级别标示"),
        "legend": [[name, of(word.PRIORITY[name], language), count] for name, count in counts.items()],
        "nothing": "" if marks or facts["map"]["dots"] else pick(language, "No sensor has a known place.", "所有测点均无位置信息。"),
        "review": facts["map"]["review_number"],
    }
