"""Why a wish was not carried out, in words: the writer of alarms answers with codes, which are the same for every language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from domains.site import SUPERVISOR
from model import Label, Site
from model.alarm import Answer

REASONS: Mapping[str, Label] = {
    "person": Label(en="this needs a person who is signed in", zh="须由已登录的人员操作"),
    "role": Label(en="this needs the role {0}", zh="需要{0}角色"),
    "priority": Label(en="an alarm of {0} priority is shelved by a supervisor", zh="{0}级告警须由值班长搁置"),
    "desk": Label(en="this is for whoever sits at: {0}", zh="须由该席位人员操作：{0}"),
    "message": Label(en="this is for messages from elsewhere", zh="仅限外部消息"),
    "absent": Label(en="there is no such alarm", zh="没有这条告警"),
    "occurrence": Label(en="there is no such occurrence of it", zh="该告警没有这次发生记录"),
    "anew": Label(en="it has come anew since", zh="该告警此后又再次发生"),
    "returned": Label(en="it has returned", zh="告警已恢复"),
    "latched": Label(en="it must be acknowledged first", zh="须先确认"),
    "stands": Label(en="it still stands", zh="告警仍然存在"),
    "note": Label(en="this needs a reason", zh="须填写原因"),
    "text": Label(en="this needs a text", zh="须填写内容"),
    "longest": Label(en="the longest time for its priority is {0} minutes", zh="该级别最长 {0} 分钟"),
    "review": Label(en="this needs a date of review, within a year", zh="须填写一年之内的复查日期"),
    "unshelved": Label(en="it is not shelved", zh="该告警未被搁置"),
    "in_service": Label(en="it is in service", zh="该告警在用"),
    "areas": Label(en="there is no such desk or area", zh="没有这样的席位或区域"),
    "theirs": Label(en="a desk hands on what it has, and takes back what is its own", zh="席位只能移交现有区域、收回自有区域"),
    "moved": Label(en="another desk answers for it by now: {0}", zh="现已由其他席位负责：{0}"),
    "late": Label(en="it came too late", zh="已超时"),
    "journal": Label(en="not recorded: the journal does not answer", zh="未记录：日志无响应"),
    "malformed": Label(en="it is not as described: {0}", zh="格式不符：{0}"),
    "known": Label(en="this or a newer message is known", zh="此消息或更新的消息已收到"),
    "failed": Label(en="it cannot be carried out", zh="无法执行"),
}
"""By the code that stands before the colon; {0} is what stands after it."""
ROLES: Mapping[str, Label] = {"operator": Label(en="operator", zh="值班员"), "supervisor": Label(en="supervisor", zh="值班长")}
PRIORITIES: Mapping[str, Label] = {
    "critical": Label(en="critical", zh="紧急"),
    "high": Label(en="high", zh="高"),
    "medium": Label(en="medium", zh="中"),
    "low": Label(en="low", zh="低"),
}
SUPERVISORS = Label(en="Supervisor", zh="值班长席")
"""The desk of what no desk has."""
FIRST = Label(en="{0} did it at {1}", zh="{0} 已于 {1} 操作")


class Reasons:
    """The words of one site: its desks and areas have names."""

    def __init__(self, site: Site) -> None:
        desks = {desk.id: desk.label for desk in site.desks} | {SUPERVISOR: SUPERVISORS}
        areas = {area.key: area.label for area in site.areas}
        self._named: Mapping[str, Callable[[str], Label]] = {
            "role": lambda told: ROLES.get(told, _same(told)),
            "priority": lambda told: PRIORITIES.get(told, _same(told)),
            "desk": lambda told: desks.get(told, _same(told)),
            "moved": lambda told: areas.get(told, _same(told)),
            "longest": lambda told: _same(f"{float(told) / 60:.0f}"),
        }

    def said(self, answer: Answer) -> Label:
        """Why, in both languages; of `already` who was first, and when (UTC)."""
        if answer.who and answer.time is not None:
            return _filled(FIRST, _same(answer.who), _same(datetime.fromtimestamp(answer.time, UTC).isoformat(timespec="seconds")))
        code, _, told = answer.reason.partition(":")
        if code not in REASONS:  # of another version
            return _same(answer.reason or answer.outcome)
        return _filled(REASONS[code], self._named.get(code, _same)(told))


def _same(text: str) -> Label:
    return Label(en=text, zh=text)


def _filled(label: Label, *parts: Label) -> Label:
    return Label(en=label.en.format(*(part.en for part in parts)), zh=label.zh.format(*(part.zh for part in parts)))
