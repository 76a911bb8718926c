"""How a report says things, in both languages: numbers, times, dates, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Language = Literal["en", "zh"]
Facts = Mapping[str, Any]
DASH = "–"
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}
PRIORITY = {
    "critical": {"en": "critical", "zh": "危急"},
    "high": {"en": "high", "zh": "高"},
    "medium": {"en": "medium", "zh": "中"},
    "low": {"en": "low", "zh": "低"},
}
KIND = {
    "raised": ("came", "发生"),
    "repeated": ("came back", "再次发生"),
    "worsened": ("worsened", "加重"),
    "updated": ("updated", "更新"),
    "realarmed": ("re-alarmed", "再次提醒"),
    "escalated": ("escalated", "升级"),
    "returned": ("returned", "恢复"),
    "latched": ("returned, latched", "恢复（锁存）"),
    "acknowledged": ("acknowledged", "确认"),
    "reset": ("reset", "复位"),
    "shelved": ("shelved", "搁置"),
    "unshelved": ("unshelved", "取消搁置"),
    "suppressed": ("suppressed", "抑制"),
    "unsuppressed": ("no longer suppressed", "解除抑制"),
    "out_of_service": ("out of service", "停用"),
    "in_service": ("in service", "恢复使用"),
    "commented": ("comment", "备注"),
}
ORIGIN = {"simulated": ("Simulated data", "模拟数据"), "replay": ("Replayed data", "回放数据")}


def pick(language: Language, en: str, zh: str) -> str:
    """The one of two texts."""
    return en if language == "en" else zh


def of(label: Mapping[str, str] | None, language: Language) -> str:
    """A label in a language; a dash for none."""
    return (label.get(language) or label.get("en") or DASH) if label else DASH


def number(value: float | None, decimals: int = 0) -> str:
    """A number with its decimals, a real minus and thousands apart; a dash where there is none."""
    if value is None:
        return DASH
    text = f"{value:,.{decimals}f}".replace(",", "\u2009")
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


def percent(share: float | None, decimals: int = 1) -> str:
    """A share in per cent."""
    return DASH if share is None else f"{number(share * 100, decimals)} %"


def duration(seconds: float | None, language: Language) -> str:
    """Seconds as a person says them."""
    if seconds is None:
        return DASH
    whole = int(round(seconds))
    days, hours, minutes, rest = whole // 86_400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    units = {"en": (" d", " h", " min", " s"), "zh": (" 天", " 小时", " 分", " 秒")}[language]
    parts = [f"{count}{unit}" for count, unit in zip((days, hours, minutes, rest), units, strict=True) if count]
    return " ".join(parts[:2]) or f"0{units[3]}"


def clock(facts: Facts, moment: float) -> str:
    """The time of day by the city's clock."""
    return local(facts, moment).strftime("%H:%M")


def local(facts: Facts, moment: float) -> datetime:
    """A moment by the city's clock."""
    return datetime.fromtimestamp(moment, ZoneInfo(facts["zone"]))


def hour(facts: Facts, place: int | None, language: Language, day_: int | None = None) -> str:
    """When an hour of the report's day begins; of a longer report with its day."""
    if place is None:
        return DASH
    if facts["kind"] == "day":
        return clock(facts, facts["begin"] + 3600 * place)
    first = local(facts, facts["begin"]).date() + timedelta(day_ or 0)
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(facts["zone"]))
    return f"{day(start, language)} {clock(facts, start.timestamp() + 3600 * place)}"


def day(moment: datetime, language: Language) -> str:
    """A date without its year."""
    return pick(language, f"{moment.day} {MONTHS[moment.month - 1][:3]}", f"{moment.month}月{moment.day}日")


def date(moment: datetime, language: Language) -> str:
    """A date."""
    return pick(language, f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}", f"{moment.year}年{moment.month}月{moment.day}日")


def zone(moment: datetime) -> str:
    """`UTC+8`."""
    offset = moment.utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def title(facts: Facts, language: Language) -> str:
    """What the report is called."""
    kinds = {"day": ("daily report", "日报"), "week": ("weekly report", "周报"), "month": ("monthly report", "月报")}
    en, zh = kinds[facts["kind"]]
    return pick(language, f"{of(facts['site'], 'en')}, {en}", f"{of(facts['site'], 'zh')}{zh}")


def span(facts: Facts, language: Language) -> str:
    """Which time it is about."""
    first, last = local(facts, facts["begin"]), local(facts, facts["end"] - 1)
    zones = zone(first) if first.utcoffset() == last.utcoffset() else f"{zone(first)}, {zone(last)}"
    if facts["kind"] == "day":
        hours = round((facts["end"] - facts["begin"]) / 3600)
        name = WEEKDAYS[language][first.weekday()]
        told = pick(language, f"{name} {date(first, language)}, 00:00 to 24:00", f"{date(first, language)} {name} 00:00 至 24:00")
        odd = "" if hours == 24 else pick(language, f", {hours} hours", f"，{hours} 小时")
        return f"{told}{odd} ({zones})"
    return (
        pick(language, f"{date(first, language)} to {date(last, language)}", f"{date(first, language)} 至 {date(last, language)}")
        + f" ({zones})"
    )


def origin(facts: Facts, language: Language) -> str:
    """What must be said of data that are not live; empty where all are."""
    names = [ORIGIN[each] for each in facts["origins"] if each in ORIGIN]
    return " · ".join(pick(language, en, zh) for en, zh in names)


def place(facts: Facts, sensor: str | None, language: Language) -> str:
    """A sensor's name, or its id where no list names it; empty for none."""
    if sensor is None:
        return ""
    known = facts["sensors"].get(sensor)
    return of(known, language) if known else sensor


def value(row: Facts, language: Language) -> str:
    """A figure's or a verdict's value; of a class its name."""
    if row.get("classed") or ("grade" in row and row.get("grade") and row.get("decimals") is None):
        return of(row.get("grade"), language) if row.get("value") is not None else DASH
    return number(row.get("value"), row.get("decimals") or 0)
