"""The page of the alarms: which to show, all of them in a grid, and beside it the selected one and what can be done about it."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html

from layouts.data import aria, data
from layouts.table import LOOK, column, grid
from layouts.text import say
from layouts.trend import chart
from model import Label

GRID = "alarms-grid"
TABS = (("all", "All", "全部"), ("open", "Open", "未结"), ("shelved", "Shelved", "搁置"), ("out", "Out of service", "停用"))
ACTIONS = (
    ("ack", "Acknowledge", "确认", "A"),
    ("reset", "Reset", "复位", "R"),
    ("shelve", "Shelve", "搁置", "S"),
    ("unshelve", "Unshelve", "取消搁置", "S"),
    ("comment", "Note", "备注", "N"),
    ("map", "Map", "地图", "M"),
    ("out-of-service", "Out of service", "停用", ""),
    ("return-to-service", "Return to service", "恢复使用", ""),
)
"""Buttons of the selected alarm with their keys; `assets/alarm-detail.js` shows those that make sense and that the role may press."""


def body() -> list[Any]:
    """Filters above, the grid, and the pane of the selected alarm."""
    box = html.Div([html.P(className="waiting"), html.Div(alarms(), className="gridbox")], className="panel", **data(alarms="1"))
    return [filters(), html.Div([box, pane()], className="panes"), form()]


def filters() -> html.Div:
    """A button for each group with its count, and words to look for."""
    buttons = [
        html.Button([*say(en, zh), " ", html.B(className="count")], type="button", **data(tab=key), **aria(pressed="false"))
        for key, en, zh in TABS
    ]
    find = dcc.Input(type="search", className="filter")
    return html.Div([*buttons, find, html.P(className="outcome", role="status")], className="filters", **data(alarm_filters="1"))


def alarms() -> Any:
    """One row per alarm, those that wait for somebody first. Rows are put in order by `rank`."""
    columns = [
        column("rank", Label(en="", zh=""), "sign", cellRenderer="DeckAlarm", width=44, minWidth=44, resizable=False, sort="asc"),
        column("standing", Label(en="State", zh="状态"), flex=1.5, minWidth=130),
        column("name", Label(en="Alarm", zh="告警"), flex=1.75, minWidth=104, tooltipField="name"),
        column("where", Label(en="Where", zh="位置"), flex=1.65, minWidth=96, tooltipField="where"),
        column(
            "amount",
            Label(en="Value", zh="数值"),
            cellClass="cell-number right",
            headerClass="right",
            flex=1.1,
            minWidth=84,
            sortable=False,
        ),
        column(
            "bound", Label(en="Limit", zh="限值"), cellClass="cell-limit right", headerClass="right", flex=0.75, minWidth=58, sortable=False
        ),
        column(
            "came", Label(en="Came", zh="发生"), cellClass="cell-clock right", headerClass="right", flex=0.95, minWidth=74, sortable=False
        ),
        column("since", Label(en="For", zh="持续"), "age", flex=0.8, minWidth=62),
        column("times", Label(en="", zh=""), flex=0.3, minWidth=36),
        column("note", Label(en="Note", zh="备注"), flex=2, minWidth=90, tooltipField="note", sortable=False),
    ]
    return grid(
        GRID,
        columns,
        rowSelection={"mode": "multiRow", "checkboxes": False, "headerCheckbox": False, "enableClickSelection": True},
        rowClassRules={"unseen": "params.data.unseen", "aside": "params.data.aside"},
        suppressModelUpdateAfterUpdateTransaction=False,  # who is acknowledged moves down
        theme={"function": f"themeQuartz.withParams({json.dumps({**LOOK, 'rowHeight': '2.25rem'})})"},
    )


def pane() -> html.Aside:
    """The selected alarm: what, how far, what to do, what happened."""
    title = html.H2([html.Span(className="sign"), html.B(className="name"), html.Span(className="where")])
    measure = html.P([html.B(className="value"), html.Span(className="unit"), html.Span(className="limits")], className="measure")
    trend = html.Section(chart(), className="hour", hidden=True)
    parts = [title, measure, html.P(className="standing"), buttons(), html.P(className="outcome", role="status"), trend, guidance()]
    parts += [html.H3([*say("What happened", "经过"), html.Span(className="month")]), html.Ol(className="events")]
    return html.Aside([html.P(className="waiting"), html.Div(parts, className="chosen", hidden=True)], className="alarm", **data(alarm="1"))


def buttons() -> html.Div:
    """What can be done."""
    return html.Div(
        [html.Button([*say(en, zh), *shortcut(key)], type="button", **data(act=act)) for act, en, zh, key in ACTIONS], className="buttons"
    )


def shortcut(key: str) -> list[Any]:
    """The key that does the same."""
    return [" ", html.Kbd(key)] if key else []


def guidance() -> html.Dl:
    """What the rule's author wrote for this moment."""
    terms = [
        ("cause", "Cause", "原因"),
        ("consequence", "Consequence", "后果"),
        ("action", "Do", "处置"),
        ("within", "Respond within", "响应时限"),
    ]
    return html.Dl([part for name, en, zh in terms for part in (html.Dt(say(en, zh)), html.Dd(**data(say=name)))])


def form() -> html.Dialog:
    """Asked before something is laid over an alarm, or said of it: for how long, and why."""
    lasting = html.Div([html.Span(className="label"), html.Div(className="choices", role="radiogroup")], className="lasting")
    text = html.Textarea(maxLength=2000, **aria(label="Reason 原因"))
    yes = html.Button(type="button", className="primary yes")
    no = html.Button(say("Cancel", "取消"), type="button", className="no")
    parts = [html.P(className="question"), lasting, html.Span(className="label why"), text, html.Div([yes, no], className="buttons")]
    return html.Dialog(parts, className="ask", **data(alarm_form="1"))
