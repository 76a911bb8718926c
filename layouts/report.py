"""The page of reports: which one on the left, what it says on the right; `assets/report.js` fills it."""

from __future__ import annotations

from dash import html

from layouts.data import data
from layouts.text import say

SPANS = (("daily", "Day", "日"), ("weekly", "Week", "周"), ("monthly", "Month", "月"))


def body() -> html.Div:
    """What is chosen stands in the address, so a report can be shared: `span`, `date`, `revision`."""
    spans = [html.Button(say(en, zh), type="button", **data(span=key)) for key, en, zh in SPANS]
    asks = html.Div(
        [
            html.Div(spans, className="spans", role="group"),
            html.Label([*say("Date", "日期"), html.Div(className="date")], className="when"),
            html.H3(say("Reports made", "已生成报告")),
            html.Ol(className="made"),
            html.P(className="none waiting"),
        ],
        className="asks",
    )
    shown = html.Div(
        [
            html.Div([html.Div(className="numbers"), html.Div(className="files")], className="bar"),
            html.P(className="waiting", role="status"),
            html.Article(className="paper", tabIndex="0"),
        ],
        className="shown",
    )
    return html.Div([asks, shown], className="report", **data(report="1"))
