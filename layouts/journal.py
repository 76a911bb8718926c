"""The journal, in the place of the alarms: what is looked for, and what happened, newest first; `assets/alarm/journal.js` fills it."""

from __future__ import annotations

from dash import html

from layouts.data import data
from layouts.text import say

COLUMNS = (
    ("time", "Time", "时间"),
    ("priority", "Priority", "级别"),
    ("kind", "Event", "事件"),
    ("name", "Alarm", "告警"),
    ("where", "Where", "位置"),
    ("amount", "Value", "数值"),
    ("bound", "Limit", "限值"),
    ("who", "Person", "人员"),
    ("seat", "Desk", "席位"),
    ("note", "Note", "备注"),
)
RIGHT = ("amount", "bound")


def journal() -> html.Section:
    """What is looked for stands in the address, so a search can be shared; rows come in pages."""
    heads = [html.Th(say(en, zh), className=f"{key} right" if key in RIGHT else key, scope="col") for key, en, zh in COLUMNS]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody()])
    more = html.Button(say("Older", "更早"), type="button", className="more", hidden=True)
    parts = [html.Div(className="asks"), html.Div([table, html.P(className="waiting"), more], className="found", tabIndex="0")]
    return html.Section(parts, className="journal", **data(journal="1"))
