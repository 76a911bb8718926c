"""The paragraph a mayor reads: what exceeded, where, by how much, against which limit; then alarms, then how much data there was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layouts.print import word
from layouts.print.word import Facts, Language, pick

Run = tuple[str, bool]
"""Some words, and whether they stand out."""
MOST, MOST_FIGURES = 4, 2
ENOUGH = 0.75
"""Share of the promised readings from which on what is told of a time is told without a warning."""


def paragraph(facts: Facts, language: Language) -> list[Run]:
    """The runs of it."""
    if not facts["coverage"]["readings"]:
        told = pick(language, "No reading came: nothing can be said of this time.", "该时段没有收到任何数据，无法评价。")
        return [(told + " ", True), *_alarms(facts, language)]
    return [*_little(facts, language), *_exceeded(facts, language), *_alarms(facts, language), *_coverage(facts, language)]


def _little(facts: Facts, language: Language) -> list[Run]:
    """A warning in front of verdicts that stand on little."""
    covered = facts["coverage"]["share"]
    if covered is None or covered >= ENOUGH:
        return []
    share = word.percent(covered)
    return [
        (
            pick(
                language, f"Only {share} of the readings came; what follows is of these. ", f"仅收到 {share} 的数据，以下结论仅以此为据。"
            ),
            True,
        )
    ]


def exceeded(facts: Facts) -> list[tuple[Any, Any]]:
    """(domain, row) of the standards that were not kept, then of the figures that passed the limit of their alarm."""
    return [*failed(facts), *beyond(facts)]


def failed(facts: Facts) -> list[tuple[Any, Any]]:
    """(domain, row) of the standards that were not kept."""
    return [(domain, row) for domain in facts["domains"] for row in domain["standards"] if row["within"] is False]


def beyond(facts: Facts) -> list[tuple[Any, Any]]:
    """(domain, row) of the figures that passed the limit of their alarm, but for those of which a standard has said it already."""
    said = {(domain["key"], item) for domain, row in failed(facts) for item in row["items"]}
    rows = [(domain, row) for domain in facts["domains"] for row in domain["kpis"] if row["over"]]
    return [(domain, row) for domain, row in rows if (domain["key"], row["item"]) not in said]


def _exceeded(facts: Facts, language: Language) -> list[Run]:
    return [*_standards(facts, language), *_figures(facts, language)]


def _standards(facts: Facts, language: Language) -> list[Run]:
    found, judged = failed(facts), [row for domain in facts["domains"] for row in domain["standards"] if row["within"] is not None]
    if not judged:
        return []
    names = {"day": ("A day", "当日"), "week": ("A week", "本周"), "month": ("A month", "本月")}
    name = pick(language, *names[facts["kind"]])
    if not found:
        return [(pick(language, f"{name} within the standards. ", f"{name}各项指标均达标。"), False)]
    few = pick(language, f"{name} within the standards but for ", f"{name}除以下各项外均达标：")
    many = pick(language, "Not within the standards: ", "以下各项未达标：")
    return [(few if 3 * len(found) <= len(judged) else many, False), *_listed(facts, found, MOST, language)]


def _figures(facts: Facts, language: Language) -> list[Run]:
    found = beyond(facts)
    if found:
        return [(pick(language, "Beyond an alarm limit: ", "超过告警限值："), False), *_listed(facts, found, MOST_FIGURES, language)]
    if any(row["within"] is not None for domain in facts["domains"] for row in domain["standards"]):
        return []
    limited = any(row["over"] is not None and row["value"] is not None for domain in facts["domains"] for row in domain["kpis"])
    below = pick(language, "Nothing passed the limit of an alarm. ", "没有指标超过告警限值。")
    return [(below if limited else pick(language, "What came could not be held against a standard. ", "所收数据不足以评价。"), False)]


def _listed(facts: Facts, found: Sequence[tuple[Any, Any]], most: int, language: Language) -> list[Run]:
    """The rows by name, with how much; those beyond `most` are counted."""
    runs: list[Run] = []
    shown, more = found[:most], len(found) - most
    for place, (_, row) in enumerate(shown):
        runs += [(word.of(row["label"], language), True), (_how_much(facts, row, language), False)]
        last_but_one = place + 2 == len(shown) and more <= 0
        joint = pick(language, " and " if last_but_one else ", ", "；")
        runs.append((joint if place + 1 < len(shown) else "", False))
    if more > 0:
        runs.append((pick(language, f" and {more} more", f"；另有 {more} 项"), False))
    return [*runs, (pick(language, ". ", "。"), False)]


def _how_much(facts: Facts, row: Any, language: Language) -> str:
    """` (Longgang, 172 µg/m³; limit 160)`."""
    unit = f" {row['unit']}" if row["unit"] else ""
    grade = "" if row.get("classed") or not row.get("grade") else pick(language, ", ", "，") + word.of(row["grade"], language)
    parts = [word.place(facts, row["sensor"], language), word.value(row, language) + unit + grade]
    if row.get("hour") is not None:
        parts.append(word.hour(facts, row["hour"], language, row.get("day")))
    comma, semicolon = pick(language, ", ", "，"), pick(language, "; ", "；")
    said = comma.join(part for part in parts if part)
    limit = _limit(row, language)
    return pick(language, f" ({said}{semicolon + limit if limit else ''})", f"（{said}{semicolon + limit if limit else ''}）")


def _limit(row: Any, language: Language) -> str:
    if "within" in row:
        told = pick(language, "standard ", "标准 ") + word.of(row["limit"], language) if row["limit"] else ""
        passed = row["passed"]
        return told + (
            pick(language, f", {passed[0]} of {passed[1]} within", f"，{passed[1]} 个中 {passed[0]} 个达标")
            if passed and passed[1] > 1
            else ""
        )
    return pick(language, "alarm limit ", "告警限值 ") + word.number(row["limit"], row["decimals"])


def _alarms(facts: Facts, language: Language) -> list[Run]:
    alarms = facts["alarms"]
    if not alarms["count"]:
        return [(pick(language, "No alarms. ", "无告警。"), False)]
    flood = alarms["flooded"]
    floods = (
        pick(language, f"flood for {word.duration(flood, language)}", f"告警潮 {word.duration(flood, language)}")
        if flood
        else pick(language, "no flood", "无告警潮")
    )
    told = pick(language, f"{alarms['count']} alarm{'s' if alarms['count'] > 1 else ''}, {floods}", f"告警 {alarms['count']} 次，{floods}")
    return [(told + _urgent(alarms["urgent"], language), False)]


def _urgent(urgent: Any, language: Language) -> str:
    if not urgent["count"]:
        return pick(language, "; none of them high or critical. ", "；无高级别告警。")
    longest = word.duration(urgent["longest"], language)
    if urgent["acknowledged"] == urgent["count"]:
        return pick(
            language,
            f"; every high or critical one acknowledged, the slowest after {longest}. ",
            f"；高级别告警全部确认，最长用时 {longest}。",
        )
    open_ = urgent["count"] - urgent["acknowledged"]
    return pick(
        language,
        f"; {open_} of {urgent['count']} high or critical ones not acknowledged. ",
        f"；{urgent['count']} 次高级别告警中 {open_} 次未确认。",
    )


def _coverage(facts: Facts, language: Language) -> list[Run]:
    share = word.percent(facts["coverage"]["share"])
    silent = facts["coverage"]["silent"]
    told = pick(language, f"Data coverage {share}", f"数据覆盖率 {share}")
    if silent:
        told += pick(language, f"; {silent} sensor{'s' if silent > 1 else ''} silent throughout", f"；{silent} 个测点全程无数据")
    return [(told + pick(language, ".", "。"), False)]
