"""The numbers of rules: other ones are tried on the history, put in force and taken back. `assets/tuning/tuning.js` fills it."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.data import data
from layouts.field import field
from layouts.text import say

NUMBERS = (
    ("limit", "Limit", "限值"),
    ("deadband", "Deadband", "回差"),
    ("on_delay", "On-delay, s", "触发延时（秒）"),
    ("off_delay", "Off-delay, s", "恢复延时（秒）"),
    ("times", "Times", "次数"),
    ("within", "within, s", "时间窗（秒）"),
)
COLUMNS = (
    ("sensor", "Sensor", "站点"),
    ("before", "Before", "现行"),
    ("after", "After", "试算"),
    ("delay", "Longest delay", "最大延迟"),
    ("missed", "Would not have come", "不再触发"),
    ("longest", "the longest of them", "其中最长"),
    ("new", "New", "新增"),
)


def body() -> list[Any]:
    """What is asked above, its answer below; beside it what is proposed, in force, and was done."""
    side = html.Aside(
        [
            part("proposed", "Proposed by the advisor", "系统建议"),
            part("force", "In force", "现行调整"),
            part("acts", "Trials and acts", "试算与操作记录"),
        ]
    )
    main = html.Div([asked(), answer()], className="main")
    title = html.Div([html.H2(say("Tuning of alarm rules", "告警规则整定")), html.P(className="waiting")], className="top")
    return [html.Section([title, html.Div([main, side], className="panes")], className="tuning", **data(tuning="1"))]


def asked() -> html.Div:
    """The rule, its numbers, and how far back."""
    fields = [html.Label([html.Span(say(en, zh)), field("number", key)]) for key, en, zh in NUMBERS]
    days = html.Label([html.Span(say("Days back", "回溯天数")), field("number", "days")])
    go = html.Button(say("Try on the history", "用历史数据试算"), type="button", className="primary", **data(tuning_act="try"))
    choose = html.Label([html.Span(say("Rule", "规则")), html.Select(className="rule")], className="which")
    return html.Div(
        [
            choose,
            html.P(className="tuned"),
            html.Div([*fields, days, go], className="numbers"),
            html.P(className="outcome", role="status"),
        ],
        className="asked",
    )


def answer() -> html.Div:
    """What it would have done, sensor by sensor, and the button that puts it in force."""
    table = html.Table([html.Thead(html.Tr([html.Th(say(en, zh), className=key, scope="col") for key, en, zh in COLUMNS])), html.Tbody()])
    note = html.Label([html.Span(say("Why", "理由")), field("text", "note", longest=2000)])
    apply = html.Button(say("Put in force", "投入使用"), type="button", className="primary", **data(tuning_act="apply"))
    return html.Div(
        [
            html.P(className="sentence"),
            html.P(className="more"),
            html.Div([note, apply], className="apply", hidden=True),
            html.Div(table, className="rows", hidden=True),
        ],
        className="answer",
    )


def part(key: str, en: str, zh: str) -> html.Div:
    """A list beside the answer."""
    return html.Div([html.H3(say(en, zh)), html.Ul(), html.P(className="none")], className=key)
