"""A handover pack on paper: what stands, what is set aside, what is silent, what happened, what was said, and who signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from layouts.print import typeset

TEMPLATE = "handover.typ"
Language = Literal["en", "zh"]
Row = Mapping[str, Any]

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Shift handover", "交接班记录"),
    "desk": ("Desk", "席位"),
    "areas": ("Areas", "责任区域"),
    "since": ("Since", "自"),
    "made": ("Made", "制作时间"),
    "notes": ("Notes for the next shift", "交接事项"),
    "open": ("Open alarms", "未结告警"),
    "shelved": ("Shelved", "搁置告警"),
    "out": ("Out of service", "停用告警"),
    "suppressed": ("Suppressed", "抑制告警"),
    "silent": ("Silent sensors", "无数据站点"),
    "feeds": ("Feed problems", "数据接入问题"),
    "events": ("What happened", "期间事件"),
    "log": ("Log book", "值班日志"),
    "none": ("none", "无"),
    "unread": ("could not be read", "无法读取"),
    "outgoing": ("Outgoing", "交班人"),
    "incoming": ("Incoming", "接班人"),
    "unsigned": ("not signed", "未签字"),
    "session": ("signed in at their own browser", "本人会话签字"),
    "password": ("signed with name and password", "姓名与密码签字"),
    "more": ("shown are the newest {}", "仅列最近 {} 条"),
    "first": ("shown are the first {}", "仅列前 {} 条"),
    "alarm": ("Alarm", "告警"),
    "where": ("Where", "位置"),
    "value": ("Value / limit", "数值 / 限值"),
    "came": ("Came", "发生"),
    "who": ("Who, note", "人员与备注"),
    "until": ("until", "至"),
    "sensor": ("Sensor", "站点"),
    "bureau": ("Bureau", "专题"),
    "heard": ("Last heard", "最近数据"),
    "problem": ("Problem", "问题"),
    "what": ("What", "对象"),
    "detail": ("Detail", "详情"),
    "time": ("Time", "时间"),
    "event": ("Event", "事件"),
    "entry": ("Entry", "记录"),
    "corrected": ("corrected by no. {}", "已由第 {} 条更正"),
    "corrects": ("corrects no. {}", "更正第 {} 条"),
}
STATES: Mapping[str, tuple[str, str]] = {
    "unacknowledged": ("not acknowledged", "未确认"),
    "acknowledged": ("acknowledged", "已确认"),
    "returned": ("returned, not acknowledged", "已恢复未确认"),
    "normal": ("normal", "正常"),
}
PRIORITIES: Mapping[str, tuple[str, str]] = {
    "critical": ("Critical", "紧急"),
    "high": ("High", "高"),
    "medium": ("Medium", "中"),
    "low": ("Low", "低"),
}
TROUBLES: Mapping[str, tuple[str, str]] = {
    "down": ("feed silent", "数据中断"),
    "quiet": ("has sent nothing yet", "尚无数据"),
    "error": ("cannot be read", "读取失败"),
    "unread": ("is read by no process", "无进程读取"),
    "dead": ("process does not answer", "进程无响应"),
    "failing": ("process reports a problem", "进程报告问题"),
    "frames": ("nothing is composed for the screens: feeds could not be judged", "画面未更新，无法判断数据接入状态"),
}
KINDS: Mapping[str, tuple[str, str]] = {
    "raised": ("came", "发生"),
    "repeated": ("came again", "再次发生"),
    "worsened": ("got worse", "加重"),
    "updated": ("changed by its sender", "内容更新"),
    "realarmed": ("called again", "再次提醒"),
    "escalated": ("not acknowledged in time", "超时未确认"),
    "returned": ("returned", "恢复"),
    "latched": ("ended, to be reset", "结束，待复位"),
    "acknowledged": ("acknowledged", "确认"),
    "reset": ("reset", "复位"),
    "shelved": ("shelved", "搁置"),
    "unshelved": ("back from the shelf", "取消搁置"),
    "suppressed": ("suppressed", "抑制"),
    "unsuppressed": ("no longer suppressed", "解除抑制"),
    "out_of_service": ("out of service", "停用"),
    "in_service": ("in service", "恢复使用"),
    "commented": ("note", "备注"),
    "flood_began": ("alarm flood began", "告警潮开始"),
    "flood_ended": ("alarm flood ended", "告警潮结束"),
    "handed_over": ("areas handed over", "区域移交"),
}


def printed(pack: Row, language: str) -> bytes:
    """The PDF of a pack as `callbacks/pack.py` makes it, with `notes`, `outgoing`, and under `pack` its id, SHA-256 and signatures."""
    return typeset(TEMPLATE, sheet(pack, "zh" if language == "zh" else "en"))


def sheet(pack: Row, language: Language) -> dict[str, Any]:
    """What the template lays out: every text as it is read in that language."""
    return Sheet(pack, language).told()


class Sheet:
    """One pack in one language, with times as the site's clocks show them."""

    def __init__(self, pack: Row, language: Language) -> None:
        self._pack, self._language, self._zone = pack, language, ZoneInfo(pack["zone"])

    def told(self) -> dict[str, Any]:
        """What the template lays out."""
        pack, made = self._pack, datetime.fromtimestamp(self._pack["made"], self._zone)
        return {
            "language": self._language,
            "title": f"{self._of(pack['city'])}: {self._say('title')}"
            if self._language == "en"
            else f"{self._of(pack['city'])}{self._say('title')}",
            "date": {
                "year": made.year,
                "month": made.month,
                "day": made.day,
                "hour": made.hour,
                "minute": made.minute,
                "second": made.second,
            },
            "foot": f"{pack['pack']['id']} · SHA-256 {pack['pack']['sha256']}",
            "facts": [
                [self._say("desk"), self._of(pack["desk"])],
                [self._say("areas"), self._listed(self._of(area) for area in pack["areas"]) or self._say("none")],
                [self._say("since"), self._time(pack["since"])],
                [self._say("made"), f"{self._time(pack['made'])} ({pack['zone']})"],
            ],
            "sections": [
                self._section("notes", text=pack["notes"], note="" if pack["notes"] else self._say("none")),
                *(self._alarms(group) for group in ("open", "shelved", "out", "suppressed")),
                self._silent(),
                self._feeds(),
                self._log(),
                self._events(),
            ],
            "signatures": [self._signature(part) for part in ("outgoing", "incoming")],
        }

    # --- sections --------------------------------------------------------------------------------------------------------------------

    def _section(
        self,
        key: str,
        *,
        note: str = "",
        text: str = "",
        heads: Sequence[str] = (),
        widths: Sequence[int] = (),
        rows: Sequence[Sequence[str]] = (),
    ) -> dict[str, Any]:
        return {
            "title": self._say(key),
            "note": note,
            "text": text,
            "heads": [self._say(head) for head in heads],
            "widths": widths,
            "rows": rows,
        }

    def _alarms(self, group: str) -> dict[str, Any]:
        found = self._pack["alarms"][group]
        rows = [
            [
                f"{self._word(PRIORITIES, each['priority'])} · {self._of(each['name'])}\n{self._word(STATES, each['state'])}",
                f"{self._of(each['place'])}\n{self._of(each['area'])}".strip(),
                f"{each['value']} / {each['limit']}",
                self._time(each["raised"]),
                self._who(each),
            ]
            for each in found["rows"]
        ]
        heads = ("alarm", "where", "value", "came", "who")
        return self._section(group, note=self._count(found["total"], len(rows), "first"), heads=heads, widths=(5, 4, 3, 3, 4), rows=rows)

    def _who(self, alarm: Row) -> str:
        until = f"{self._say('until')} {self._time(alarm['until'])}" if alarm["until"] is not None else ""
        return "\n".join(part for part in (alarm["who"], until, alarm["note"]) if part)

    def _silent(self) -> dict[str, Any]:
        found = self._pack["silent"]
        rows = [
            [f"{self._of(each['label'])}\n{each['id']}", self._of(each["domain"]), self._of(each["area"]), self._time(each["last"])]
            for each in found["rows"]
        ]
        heads = ("sensor", "bureau", "where", "heard")
        return self._section("silent", note=self._count(found["total"], len(rows), "first"), heads=heads, widths=(6, 4, 4, 3), rows=rows)

    def _feeds(self) -> dict[str, Any]:
        rows = [[self._of(each), self._word(TROUBLES, each["what"]), each["detail"]] for each in self._pack["feeds"]]
        return self._section(
            "feeds", note=self._count(len(rows), len(rows)), heads=("what", "problem", "detail"), widths=(4, 4, 6), rows=rows
        )

    def _log(self) -> dict[str, Any]:
        found = self._pack["log"]
        if found is None:
            return self._section("log", note=self._say("unread"))
        rows = [[str(each["seq"]), self._time(each["time"]), each["display"], self._entry(each)] for each in found["rows"]]
        note = self._count(len(rows), len(rows), "more", more=found["more"])
        return self._section("log", note=note, heads=("entry", "time", "who", "what"), widths=(1, 3, 2, 9), rows=rows)

    def _entry(self, entry: Row) -> str:
        marks = [self._say(key).format(entry[key]) for key in ("corrects", "corrected") if entry[key]]
        about = [each for each in (entry["alarm"], entry["sensor"]) if each] + ([self._time(entry["moment"])] if entry["moment"] else [])
        return "\n".join(part for part in (entry["text"], self._listed(about), self._listed(marks)) if part)

    def _events(self) -> dict[str, Any]:
        found = self._pack["events"]
        if found is None:
            return self._section("events", note=self._say("unread"))
        counts = self._listed(f"{self._word(KINDS, kind)} {count}" for kind, count in found["kinds"].items())
        rows = [
            [
                self._time(each["time"]),
                self._word(KINDS, each["kind"]),
                " · ".join(
                    part for part in (self._of(each["name"]), self._of(each["place"]) or self._of(each["area"]), each["value"]) if part
                ),
                "\n".join(part for part in (each["actor"], each["note"]) if part),
            ]
            for each in found["rows"]
        ]
        note = self._count(len(rows), len(rows), "more", more=found["more"])
        heads = ("time", "event", "what", "who")
        return self._section("events", note=note, text=counts, heads=heads, widths=(3, 3, 7, 4), rows=rows)

    def _signature(self, part: str) -> dict[str, str]:
        found = next((each for each in self._pack["pack"]["signatures"] if each["part"] == part), None)
        if found is None:
            return {"part": self._say(part), "name": "–", "said": self._say("unsigned")}
        name = found["display"] if found["display"] == found["person"] else f"{found['display']} ({found['person']})"
        return {"part": self._say(part), "name": name, "said": f"{self._time(found['time'])} · {self._say(found['how'])}"}

    # --- words -----------------------------------------------------------------------------------------------------------------------

    def _of(self, label: Row) -> str:
        return str(label[self._language])

    def _say(self, key: str) -> str:
        return WORDS[key][self._language == "zh"]

    def _word(self, words: Mapping[str, tuple[str, str]], key: str) -> str:
        return words[key][self._language == "zh"] if key in words else key

    def _listed(self, parts: Iterable[str]) -> str:
        return ("、" if self._language == "zh" else ", ").join(parts)

    def _count(self, total: int, shown: int, key: str = "", *, more: bool = False) -> str:
        if not total:
            return self._say("none")
        cut = more or shown < total
        return self._listed([f"{total}+" if more else str(total), *([self._say(key).format(shown)] if cut and key else [])])

    def _time(self, time: float | None) -> str:
        return "–" if time is None else datetime.fromtimestamp(time, self._zone).strftime("%Y-%m-%d %H:%M:%S")
