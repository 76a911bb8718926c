"""The log book: what is looked for, what was written, and the dialog in which an entry is written, here and beside what it is about."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.data import aria, data
from layouts.field import field
from layouts.text import say

COLUMNS = (
    ("place", "No.", "序号"),
    ("time", "Time", "时间"),
    ("seat", "Desk", "席位"),
    ("who", "Person", "人员"),
    ("entry", "Entry", "记录"),
    ("about", "About", "相关"),
    ("act", "", ""),
)


def body() -> list[Any]:
    """What is looked for stands in the address, so a search can be shared; rows come in pages."""
    heads = [html.Th(say(en, zh) if en else None, className=key, scope="col") for key, en, zh in COLUMNS]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody()])
    more = html.Button(say("Older", "更早"), type="button", className="more", hidden=True)
    found = html.Div([table, html.P(className="waiting"), more], className="found", tabIndex="0")
    over = dcc.Link(say("Hand over the shift…", "交接班…"), href="/handover", className="show")
    top = html.Div([html.H2(say("Log book", "值班日志")), write("plain"), over], className="top")
    return [html.Section([top, html.Div(className="asks"), found], className="logbook", **data(log="1")), form()]


def write(about: str) -> html.Button:
    """Opens the dialog; `about` is `alarm` for the selected one, `sensor` for the page's, `plain` for nothing."""
    return html.Button(
        say("Write an entry", "写日志"), type="button", className="primary" if about == "plain" else "", **data(log_write=about)
    )


def beside(about: str) -> html.P:
    """On what entries can be about: the button, and a link to what was written of it."""
    link = dcc.Link(say("Its entries in the log book", "相关日志"), href="/log", className="entries")
    return html.P([write(about), link], className="logged", hidden=True, **data(logged=about))


def form() -> html.Dialog:
    """What happened, and when; what it is about stands above."""
    parts = [
        html.P(className="question"),
        html.P(className="about"),
        html.Span(say("What happened", "事由与处置"), className="label"),
        html.Textarea(maxLength=4000, **aria(label="What happened 事由与处置")),
        html.Label([html.Span(say("At (if not now)", "发生时间（非当前时填写）")), field("datetime-local", "moment")]),
        html.P(className="outcome", role="status"),
        html.Div(
            [
                html.Button(say("Write", "写入"), type="button", className="primary yes"),
                html.Button(say("Cancel", "取消"), type="button", className="no"),
            ],
            className="buttons",
        ),
    ]
    return html.Dialog(parts, className="ask", **data(log_form="1"))
