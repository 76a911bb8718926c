"""What a revision says that the one before did not, in the words of the report: which figure, what it was, what it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from layouts.print import word
from layouts.print.word import DASH, Facts, Language, of, pick

FIRST = ("value", "grade", "within")
"""What people read a report for."""
UNTOLD = ("sensors", "areas", "version", "map")
"""Names and places of what is spoken of elsewhere."""
FIELDS = {
    "value": ("", ""),
    "grade": ("grade", "等级"),
    "within": ("within", "达标"),
    "passed": ("places within", "达标测点"),
    "hour": ("worst hour", "最不利时"),
    "hours": ("by hour", "逐时"),
    "days": ("by day", "逐日"),
    "over": ("beyond the limit", "超限"),
    "limit": ("limit", "限值"),
    "sensor": ("where", "位置"),
    "item": ("decided by", "决定项"),
    "items": ("decided by", "决定项"),
    "by_sensor": ("by place", "各测点"),
    "before": ("before", "上期"),
    "mean": ("mean", "平均"),
    "least": ("least", "最小"),
    "greatest": ("greatest", "最大"),
    "sensors": ("sensors", "测点"),
    "readings": ("readings", "读数"),
    "complete": ("complete", "完整率"),
    "fresh": ("fresh", "及时率"),
    "longest": ("longest silence", "最长中断"),
    "heard": ("sensors heard", "有数据测点"),
    "silent": ("silent sensors", "无数据测点"),
    "rejects": ("refused", "拒收"),
    "bad": ("bad", "异常"),
    "late": ("late", "迟到"),
    "duplicates": ("sent twice", "重复"),
    "corrections": ("corrected", "更正"),
    "lag": ("lag, mean", "平均滞后"),
    "lag_most": ("lag, most", "最大滞后"),
    "gap": ("lost", "缺失"),
    "origins": ("where it came from", "数据来源"),
    "coverage": ("data coverage", "数据覆盖率"),
    "share": ("", ""),
    "alarms": ("alarms", "告警"),
    "count": ("count", "次数"),
}
Shown = Callable[[Facts, Any, Language], str]
SHOWN: Mapping[str, Shown] = {
    **dict.fromkeys(("share", "complete", "fresh"), lambda facts, value, language: word.percent(value)),
    "hour": word.hour,
    "longest": lambda facts, value, language: word.duration(value, language),
}
"""What is not told as the figure itself is."""
LONGEST = 60
Change = Mapping[str, Any]


def changes(told: Mapping[str, Any], language: Language) -> list[list[str]]:
    """(figure, before, now) of what changed, what people read first."""
    facts = told["facts"]
    found = [each for each in told["changed"] if not _untold(each["path"])]
    found.sort(key=lambda each: each["path"][-1] not in FIRST)
    return [[_named(facts, each["path"], language), *_shown(facts, each, language)] for each in found]


def _untold(path: Sequence[str]) -> bool:
    """Also of what a feed brought the scoreboard tells enough."""
    return path[0] in UNTOLD or path[0] == "domains" and path[2:3] == ["feed"]


def _row(facts: Facts, path: Sequence[str]) -> tuple[list[Any], Sequence[str]]:
    """The domain, and the figure, that a path leads through, and the rest of it."""
    if path[0] not in ("domains", "feeds") or len(path) < 2:
        return [], path
    rows, rest = [_keyed(facts["domains"], path[1])], path[2:]
    if len(rest) > 1 and rest[0] in ("kpis", "standards", "metrics"):
        rows, rest = [*rows, _keyed(rows[0].get(rest[0], ()), rest[1])], rest[2:]
    return rows, rest


def _keyed(rows: Sequence[Any], key: str) -> Any:
    return next((row for row in rows if row["key"] == key), {"label": {"en": key, "zh": key}})


def _named(facts: Facts, path: Sequence[str], language: Language) -> str:
    rows, rest = _row(facts, path)
    names = [of(row["label"], language) for row in rows] + [pick(language, *FIELDS.get(name, (name, name))) for name in rest]
    return " · ".join(filter(None, names))


def _shown(facts: Facts, change: Change, language: Language) -> tuple[str, str]:
    """A list is told by how much of it is another."""
    sides = change["before"], change["after"]
    if all(isinstance(side, list) for side in sides):
        differ = sum(one != other for one, other in zip(*sides, strict=False)) + abs(len(sides[0]) - len(sides[1]))
        return "", pick(language, f"{differ} of {max(map(len, sides))} changed", f"{max(map(len, sides))} 项中 {differ} 项变更")
    rows, rest = _row(facts, change["path"])
    decimals = rows[-1].get("decimals", 0) if rows else 0
    how = SHOWN.get(rest[-1]) if rest else None
    shown = [how(facts, side, language) if how and side is not None else _cell(side, decimals, language) for side in sides]
    return shown[0], shown[1]


def _cell(value: Any, decimals: int, language: Language) -> str:
    if isinstance(value, Mapping):
        return _cell(value["value"], decimals, language) if "value" in value else of(value, language) if "en" in value else "…"
    if isinstance(value, bool):
        return pick(language, "yes", "是") if value else pick(language, "no", "否")
    if isinstance(value, int | float):
        return word.number(value, 0 if isinstance(value, int) else decimals)
    text = DASH if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
