"""What a recipient outside is told: which events, and the text of a webhook's body or of a mail. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any

from model import PRIORITIES, Priority
from model.alarm import Alarm, Event
from model.outside import Recipient
from streams.name import Names

MOST_LINES = 20
LONGEST_SUBJECT = 150

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "raised": "raised",
        "repeated": "came again",
        "worsened": "got worse",
        "updated": "changed",
        "realarmed": "still stands",
        "escalated": "escalated",
        "returned": "returned",
        "latched": "ended, waits for reset",
        "acknowledged": "acknowledged",
        "reset": "reset",
        "shelved": "shelved",
        "unshelved": "back from the shelf",
        "suppressed": "suppressed",
        "unsuppressed": "no longer suppressed",
        "out_of_service": "out of service",
        "in_service": "back in service",
        "commented": "note",
        "flood_began": "alarm flood",
        "flood_ended": "alarm flood over",
        "handed_over": "areas handed over",
        "critical": "critical",
        "high": "high",
        "medium": "medium",
        "low": "low",
        "limit": "limit",
        "by": "by",
        "more": "and {count} more",
        "several": "{count} alarm events",
        "flood": "Alarm flood: {count} events in ten minutes, now",
        "calm": "No further mail until the flood is over; the alarm desk shows every alarm.",
        "held": "{count} events came during the last alarm flood and were not mailed; the journal has them.",
    },
    "zh": {
        "raised": "发生",
        "repeated": "再次发生",
        "worsened": "加重",
        "updated": "内容更新",
        "realarmed": "仍未消除",
        "escalated": "升级",
        "returned": "恢复",
        "latched": "已结束，待复位",
        "acknowledged": "已确认",
        "reset": "已复位",
        "shelved": "已搁置",
        "unshelved": "取消搁置",
        "suppressed": "被抑制",
        "unsuppressed": "取消抑制",
        "out_of_service": "停用",
        "in_service": "恢复使用",
        "commented": "备注",
        "flood_began": "报警泛滥",
        "flood_ended": "报警泛滥结束",
        "handed_over": "区域移交",
        "critical": "紧急",
        "high": "高",
        "medium": "中",
        "low": "低",
        "limit": "限值",
        "by": "操作人",
        "more": "另有 {count} 条",
        "several": "{count} 条报警事件",
        "flood": "报警泛滥：十分钟内 {count} 条，最新",
        "calm": "泛滥结束前不再发送邮件；报警台显示全部报警。",
        "held": "上次报警泛滥期间另有 {count} 条未发邮件，日志中均有记录。",
    },
}

Alarms = Mapping[str, Alarm]


def wanted(recipient: Recipient, event: Event) -> bool:
    """Whether the recipient is told. A filter says nothing of an event that has no such thing, as a desk's has no priority."""
    asked: tuple[tuple[str | None, Sequence[str]], ...] = (
        (event.kind, recipient.kinds),
        (event.priority, recipient.priorities),
        (event.area, recipient.areas),
        (event.domain, recipient.domains),
    )
    return all(not value or not chosen or value in chosen for value, chosen in asked)


def body(events: Sequence[Event], alarms: Alarms, names: Names, now: float) -> dict[str, Any]:
    """What a webhook is posted: each event as it stands on `city.alarms`, with its names."""
    told = [{**asdict(event), **names.told(event, alarms.get(event.alarm))} for event in events]
    site = {"en": names.site.en, "zh": names.site.zh}
    return {"type": "alarms", "timestamp": datetime.fromtimestamp(now, UTC).isoformat(), "data": {"site": site, "events": told}}


class Mail:
    """Mails in one language, times in the site's zone."""

    def __init__(self, names: Names, language: str, zone: tzinfo) -> None:
        self._names, self._language, self._zone, self._words = names, language, zone, WORDS[language]

    def letter(self, events: Sequence[Event], alarms: Alarms, held: int) -> dict[str, str]:
        """Subject and text about some events; `held` came in a flood before and were not told."""
        worst = _worst(events)
        headline = self._title(worst, alarms) if len(events) == 1 else self._words["several"].format(count=len(events))
        return self._mail(f"{self._word(worst.priority)} {headline}", events, alarms, self._held(held))

    def flood(self, events: Sequence[Event], alarms: Alarms, held: int, count: int) -> dict[str, str]:
        """Subject and text about a flood that begins with the newest of `count` events in ten minutes; some were told before."""
        headline = f"{self._words['flood'].format(count=max(count, len(events)))} {self._title(events[0], alarms)}"
        return self._mail(headline, events, alarms, [self._words["calm"], *self._held(held)])

    def _held(self, count: int) -> list[str]:
        return [self._words["held"].format(count=count)] if count else []

    def _mail(self, headline: str, events: Sequence[Event], alarms: Alarms, notes: Sequence[str]) -> dict[str, str]:
        ordered = sorted(events, key=lambda event: (_rank(event.priority), event.seq))
        lines = [self._line(event, alarms) for event in ordered[:MOST_LINES]]
        rest = ordered[MOST_LINES:]
        folded = [self._words["more"].format(count=len(rest)) + ": " + self._by_area(rest)] if rest else []
        subject = " ".join(f"[{getattr(self._names.site, self._language)}] {headline}".split())
        return {"subject": subject[:LONGEST_SUBJECT], "text": "\n".join([*lines, *folded, "", *notes]).rstrip() + "\n"}

    def _line(self, event: Event, alarms: Alarms) -> str:
        time = datetime.fromtimestamp(event.time, self._zone).strftime("%Y-%m-%d %H:%M:%S")
        measured = f"{self._names.value(event.rule, event.value)}, {self._words['limit']} {self._names.value(event.rule, event.limit)}"
        parts = [
            time,
            self._words[event.kind],
            self._word(event.priority),
            self._title(event, alarms),
            self._area(event.area),
            measured if event.value is not None else "",
            f"{self._words['by']} {event.actor}" if event.actor else "",
            event.note,
        ]
        return "  ".join(" ".join(part.split()) for part in parts if part)

    def _title(self, event: Event, alarms: Alarms) -> str:
        labels = (self._names.rule(event, alarms.get(event.alarm)), self._names.place(event))
        return ": ".join(text for label in labels if (text := getattr(label, self._language))) or event.desk

    def _by_area(self, events: Sequence[Event]) -> str:
        counted = Counter(self._area(event.area) or "-" for event in events)
        return ", ".join(f"{area} {count}" for area, count in counted.most_common())

    def _area(self, key: str) -> str:
        name: str = getattr(self._names.area(key), self._language)
        return name

    def _word(self, priority: Priority | None) -> str:
        return self._words[priority] if priority else ""


def _worst(events: Sequence[Event]) -> Event:
    return min(events, key=lambda event: _rank(event.priority))


def _rank(priority: Priority | None) -> int:
    return len(PRIORITIES) if priority is None else PRIORITIES.index(priority)
