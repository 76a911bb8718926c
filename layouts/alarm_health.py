"""The strip of alarm health: how often a desk is called, against what a person can handle; `assets/alarm/health.js` fills it."""

from __future__ import annotations

from dash import html

from layouts.data import aria, data
from layouts.text import say

RATES = (
    ("recent", "New in 10 min", "10 分钟新增"),
    ("day", "New in 24 h", "24 小时新增"),
    ("flooded", "Time in flood", "告警潮占时"),
)
COUNTS = (
    ("split", "Low : medium : high", "低 : 中 : 高"),
    ("chattering", "Chattering", "频繁抖动"),
    ("stale", "Stale", "滞留"),
    ("shelved", "Shelved", "搁置"),
    ("longest", "Longest unacknowledged", "最久未确认"),
    ("top", "Top ten", "前十占比"),
)
OPENS = ("chattering", "stale", "shelved", "longest", "top")
"""What tells more when it is pressed."""


def strip() -> html.Section:
    """The figures side by side; rates have an analog bar with their bands."""
    figures = [_figure(key, en, zh, [html.B(className="value"), html.Span(className="bar")]) for key, en, zh in RATES]
    figures += [_figure(key, en, zh, [html.B(className="value")]) for key, en, zh in COUNTS]
    return html.Section([*figures, _list()], className="alarm-health", **data(alarm_health="1"), **aria(label="Alarm health 告警健康"))


def _figure(key: str, en: str, zh: str, parts: list[html.B | html.Span]) -> html.Div | html.Button:
    told = [html.Span(say(en, zh), className="label"), html.Span(parts, className="row")]
    if key in OPENS:
        return html.Button(told, type="button", className="health-figure", **data(figure=key))
    return html.Div(told, className="health-figure", **data(figure=key))


def _list() -> html.Dialog:
    """Which alarms a figure counts, opened below it."""
    close = html.Button("×", type="button", className="close", **aria(label="Close 关闭"))
    return html.Dialog([html.Header([html.H3(), close]), html.P(className="about"), html.Div(className="lists")], className="health-list")
