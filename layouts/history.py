"""The page of the history: any sensors, key figures and alarms over any period; `assets/history/` reads, draws and exports."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.data import aria, data
from layouts.text import say
from layouts.trend import chart

SPANS = (
    (3_600, "1 h", "1 时"),
    (86_400, "24 h", "24 时"),
    (7 * 86_400, "7 d", "7 天"),
    (30 * 86_400, "30 d", "30 天"),
    (366 * 86_400, "1 y", "1 年"),
)
"""Periods that end now: seconds and their names."""
FILES = (("csv", "CSV"), ("xlsx", "XLSX"), ("parquet", "Parquet"))


def body() -> list[Any]:
    """What to show, over which period, how; then the picture, and the sentence that says why there is none."""
    bars = [html.Div([finder(), html.Ol(className="shown")], className="what"), html.Div([period(), view(), files()], className="how")]
    picture = html.Div([chart()], className="picture", tabIndex="0", **aria(label="Chart 图"))
    return [
        html.Div(
            [*bars, html.P(className="said", role="status"), html.Div(className="begin", hidden=True), picture],
            className="history-body",
            **data(history="1"),
        )
    ]


def finder() -> html.Div:
    """Where a person types what to add, and what is found."""
    box = html.Div(html.Ul(id="history-found", role="listbox"), className="found", hidden=True)
    return html.Div([html.Label(say("Add", "添加")), html.Div(className="search", **data(search="history-found")), box], className="finder")


def period() -> html.Div:
    """From when to when: a length up to now, or two moments of the city's clock."""
    lasts = [html.Button(say(en, zh), type="button", **data(last=str(seconds))) for seconds, en, zh in SPANS]
    earlier = html.Button("◀", type="button", **data(step="-1"), **aria(label="Earlier 更早"))
    later = html.Button("▶", type="button", **data(step="1"), **aria(label="Later 更晚"))
    times = [html.Div(className="moment", **data(moment=name)) for name in ("from", "to")]
    return html.Div([html.Div(lasts, className="lasts"), earlier, *times, later], className="period")


def view() -> html.Div:
    """What it is compared with, and whether series share a picture."""
    days = html.Div(className="compare", **data(compare="1"))
    one = html.Button(say("One picture", "合并显示"), type="button", **data(view="one"))
    each = html.Button(say("Stacked", "分列显示"), type="button", **data(view="each"))
    return html.Div(
        [html.Span(say("Compare with", "对比"), className="label"), days, html.Div([one, each], className="views")], className="view"
    )


def link() -> html.A:
    """The way here from another page; `assets/history/link.js` says to what."""
    return html.A(say("History", "历史"), href="/history", className="history-link", hidden=True, **data(history_link="1"))


def files() -> html.Div:
    """What is shown as a file, and its address."""
    buttons = [html.Button(name, type="button", **data(file=key)) for key, name in FILES]
    share = html.Button(say("Copy link", "复制链接"), type="button", **data(share="1"))
    return html.Div([html.Span(say("Export", "导出"), className="label"), *buttons, share], className="files")
