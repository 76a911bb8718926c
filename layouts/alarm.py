"""The page of the alarms: which to show, all of them in a grid, and beside it the selected one and what can be done about it."""

from __future__ import annotations

import json
from typing import Any

from dash import dcc, html

from layouts import alarm_health, duty, history, journal, logbook, replay, saved_view, shell
from layouts.data import aria, data
from layouts.table import LOOK, column, grid
from layouts.text import say
from layouts.trend import chart
from model import Label

GRID = "alarms-grid"
TABS = (
    ("all", "All", "全部"),
    ("open", "Open", "未结"),
    ("shelved", "Shelved", "搁置"),
    ("out", "Out of service", "停用"),
    ("journal", "Journal", "日志"),
)
ACTIONS = (
    ("ack", "Acknowledge", "确认", "A"),
    ("reset", "Reset", "复位", "R"),
    ("shelve", "Shelve", "搁置", "S"),
    ("unshelve", "Unshelve", "取消搁置", "S"),
    ("comment", "Note", "备注", "N"),
    ("map", "Map", "地图", "M"),
)
RARE = (("out-of-service", "Out of service", "停用", ""), ("return-to-service", "Return to service", "恢复使用", ""))
"""Buttons of the selected alarm with their keys; `assets/alarm/wish.js` shows those that make sense and that the role may press."""


def body() -> list[Any]:
    """Filters above, the grid, and the pane of the selected alarm."""
    box = html.Div([flood(), html.P(className="waiting"), html.Div(alarms(), className="gridbox")], className="panel", **data(alarms="1"))
    return [
        alarm_health.strip(),
        filters(),
        html.Div([box, pane()], className="panes"),
        journal.journal(),
        form(),
        duty.form(),
        logbook.form(),
    ]


def flood() -> html.Div:
    """One sentence while an alarm flood is on, and a button that folds the rows or shows every one; `assets/alarm/fold.js` fills it."""
    return html.Div([html.Span(role="status"), html.Button(type="button")], className="flooded", hidden=True, **data(alarm_flood="1"))


def filters() -> html.Div:
    """A button for each group with its count, words to look for, the tree of areas, and what else is asked for."""
    buttons = [
        html.Button([*say(en, zh), " ", html.B(className="count")], type="button", **data(tab=key), **aria(pressed="false"))
        for key, en, zh in TABS
    ]
    find = dcc.Input(type="search", className="filter")
    said = html.P(className="outcome", role="status", **data(alarm_said="1"))
    return html.Div(
        [duty.chooser(), *buttons, find, shell.areas(), saved_view.menu(), html.Div(className="chips"), said],
        className="filters",
        **data(alarm_filters="1"),
    )


def alarms() -> Any:
    """One row per alarm, those that wait for somebody first. Rows are put in order by `rank`."""
    plain = Label(en="", zh="")
    right: dict[str, Any] = {"headerClass": "right", "sortable": False}
    lines: dict[str, Any] = {"cellRenderer": "DeckLines"}
    columns = [
        column("rank", plain, "sign", cellRenderer="DeckAlarm", width=46, minWidth=46, maxWidth=46, resizable=False, sort="asc"),
        column("standing", Label(en="State", zh="状态"), flex=10, minWidth=130, **lines),
        column("name", Label(en="Alarm", zh="告警"), flex=14, minWidth=110, tooltipField="name", **lines),
        column("where", Label(en="Where", zh="位置"), flex=19, minWidth=110, tooltipField="where", **lines),
        column("desk", Label(en="Desk", zh="席位"), flex=8, minWidth=92, tooltipField="desk", **lines),
        column("amount", Label(en="Value", zh="数值"), cellClass="cell-number right", flex=9, minWidth=86, **right, **lines),
        column("bound", Label(en="Limit", zh="限值"), cellClass="cell-limit right", flex=5, minWidth=58, **right, **lines),
        column("came", Label(en="Came", zh="发生"), cellClass="cell-clock right", flex=6, minWidth=74, **right),
        column("since", Label(en="For", zh="持续"), "age", flex=6, minWidth=66),
        column("times", plain, width=40, minWidth=40, resizable=False),
        column("note", Label(en="Note", zh="备注"), flex=12, minWidth=100, tooltipField="note", sortable=False, **lines),
    ]
    return grid(
        GRID,
        columns,
        rowSelection={"mode": "multiRow", "checkboxes": False, "headerCheckbox": False, "enableClickSelection": True},
        rowClassRules={"unseen": "params.data.unseen", "aside": "params.data.aside"},
        suppressModelUpdateAfterUpdateTransaction=False,  # who is acknowledged moves down
        theme={"function": f"themeQuartz.withParams({json.dumps({**LOOK, 'rowHeight': '2.5625rem'})})"},
    )


def pane() -> html.Aside:
    """The selected alarm: what, how far, what can be done, its hour, what to do, where, how often, what happened."""
    title = html.H2([html.Span(className="sign"), html.B(className="name"), html.Span(className="where"), duty.owner("chosen")])
    measure = html.P([html.B(className="value"), html.Span(className="unit"), html.Span(className="limits")], className="measure")
    said = [html.P(className="standing"), html.P(className="outcome", role="status")]
    hour = html.Section(chart(), className="hour", hidden=True)
    past = html.P([replay.then(), history.link()], className="past then")
    told = [guidance(), html.P(className="tuned", **data(tuned="alarm")), logbook.beside("alarm")]
    month = html.P(className="month")
    parts = [title, measure, buttons(), *said, hour, past, *told, place(), month, html.Ol(className="events")]
    return html.Aside([html.P(className="waiting"), html.Div(parts, className="chosen", hidden=True)], className="alarm", **data(alarm="1"))


def buttons() -> html.Div:
    """What can be done; what is seldom wanted behind the last one."""
    rare = html.Details([html.Summary(say("More", "更多")), html.Div([press(*each) for each in RARE])], className="menu rare")
    return html.Div([*(press(*each) for each in ACTIONS), rare], className="buttons")


def press(act: str, en: str, zh: str, key: str) -> html.Button:
    """The button of one wish; that which may be for many tells for how many."""
    many = [html.Span(className="many")] if act == "ack" else []
    return html.Button([*say(en, zh), *many, *shortcut(key)], type="button", **data(act=act))


def place() -> html.Section:
    """Where it is, drawn by `assets/alarm/place.js`."""
    return html.Section([html.Div(className="ground"), html.Span(className="here sign"), html.Div(className="callout")], className="place")


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
