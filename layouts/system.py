"""The page of the system itself: health in words, feeds, processes, and the records that were refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from layouts.data import aria, data
from layouts.table import column, grid
from layouts.text import say
from model import Domain, Label, Site


def body(site: Site, domains: Mapping[str, Domain]) -> list[Any]:
    """What is wrong first, in words; then what there is to know, as tables."""
    lower = [panel("rejects", say("Refused records", "拒收记录"), rejects()), detail()]
    return [
        html.Ul(className="health", **data(health="1")),
        panel("feeds", say("Feeds", "数据源"), feeds()),
        panel("processes", say("Processes", "进程"), processes()),
        letters(),
        html.Div(lower, className="lower"),
        confirmation(),
    ]


def panel(name: str, title: list[html.Span], content: Any) -> html.Section:
    """A titled grid with the place for the sentence that says why it is empty."""
    head = html.H2([html.Span(title), html.Span(className="count")])
    return html.Section(
        [head, html.P(className="waiting"), html.Div(content, className="gridbox")], className=f"panel panel-{name}", **data(panel=name)
    )


def feeds() -> Any:
    """One row per feed, which opens to its partitions. Counters are since a partition was first read; only a gap is coloured: a loss."""
    numbers = [
        ("rate", Label(en="Readings/s", zh="读数/秒"), 1, 94),
        ("lag", Label(en="Lag", zh="积压"), 0, 60),
        ("rejects", Label(en="Refused", zh="拒收"), 0, 76),
        ("bad", Label(en="Bad", zh="坏值"), 0, 60),
        ("duplicates", Label(en="Duplicates", zh="重复"), 0, 90),
        ("corrections", Label(en="Corrections", zh="更正"), 0, 96),
        ("late", Label(en="Late", zh="迟到"), 0, 60),
    ]
    lost = {"none": "params.value === 0", "lost": "params.value > 0"}
    columns = [
        column("place", Label(en="", zh=""), hide=True, sort="asc"),
        column("domain", Label(en="Feed", zh="数据源"), "feed", flex=1.7, minWidth=96),
        column("partition", Label(en="Partitions", zh="分区"), "number", context={"decimals": 0}, cellClassRules={}, flex=1, minWidth=86),
        *(column(name, label, "number", context={"decimals": places}, flex=1, minWidth=least) for name, label, places, least in numbers),
        column("gap", Label(en="Lost", zh="缺失"), "number", flex=1, cellClassRules=lost),
        column("age", Label(en="Oldest", zh="最旧"), "age", flex=1),
        column("error", Label(en="Last error", zh="最近错误"), flex=2.4, minWidth=120, tooltipField="error"),
    ]
    return grid("feeds-grid", [{**each, "sortable": False} for each in columns], rowClassRules={"part": "params.data.partitions === 0"})


def processes() -> Any:
    """One row per process that has given a sign of life; what went wrong with it is said above, in words."""
    return grid(
        "processes-grid",
        [
            column("kind", Label(en="Process", zh="进程"), "word", flex=1, minWidth=64),
            column("state", Label(en="State", zh="状态"), "word", flex=1, minWidth=64),
            column("age", Label(en="Heard", zh="心跳"), "age", flex=0.8, minWidth=58),
            column("started", Label(en="Up", zh="已运行"), "age", flex=0.9, minWidth=64),
            column("id", Label(en="Id", zh="编号"), flex=3, minWidth=180, tooltipField="id"),
        ],
    )


def rejects() -> Any:
    """Refused records, newest first; selecting one opens it beside."""
    columns = [
        column("time", Label(en="Refused", zh="拒收时间"), "clock", flex=1.1, minWidth=92, sort="desc"),
        column("domain", Label(en="Feed", zh="数据源"), "word", flex=0.9, minWidth=70),
        column("reason", Label(en="Reason", zh="原因"), "word", flex=5, minWidth=130, tooltipField="reason"),
        column("value", Label(en="Record", zh="记录"), flex=5, minWidth=90, cellClass="cell-text raw", tooltipField="value"),
    ]
    return grid(
        "rejects-grid",
        columns,
        row_id="params.data.key",
        rowSelection={"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
    )


def detail() -> html.Section:
    """The selected record: why and where, its raw value as text to be repaired, and sending it again."""
    names = [
        ("reason", say("Reason", "原因")),
        ("source", say("Source", "来源")),
        ("time", say("Refused", "拒收时间")),
        ("origin", say("Origin", "性质")),
    ]
    facts = [part for name, label in names for part in (html.Dt(label), html.Dd(**data(say=name)))]
    buttons = [
        html.Button([*say("Send again", "重新发送"), "…"], type="button", className="primary send"),
        html.Button(say("Undo changes", "撤销修改"), type="button", className="undo"),
    ]
    value = html.Textarea(spellCheck="false", wrap="soft", **aria(label="Record 记录"))
    form = html.Div([html.Dl(facts), value, html.Div(buttons, className="buttons")], className="form", hidden=True)
    return html.Section(
        [html.P(className="waiting"), form, html.P(className="outcome", role="status")], className="detail", **data(reject="1")
    )


def letters() -> html.Section:
    """What others outside could not be told; the browser shows it to supervisors as long as there is any."""
    head = html.H2([html.Span(say("Not delivered outside", "未能送达外部")), html.Span(className="count")])
    table = html.Div(html.Table([html.Thead(), html.Tbody()]), className="gridbox")
    return html.Section(
        [head, html.P(className="waits"), table, html.P(className="outcome", role="status")],
        className="panel letters",
        hidden=True,
        **data(letters="1"),
    )


def confirmation() -> html.Dialog:
    """Asked before a record is sent again."""
    return html.Dialog(
        [
            html.P(className="question"),
            html.Pre(),
            html.Div(
                [
                    html.Button(say("Send", "发送"), type="button", className="primary yes"),
                    html.Button(say("Cancel", "取消"), type="button", className="no"),
                ],
                className="buttons",
            ),
        ],
        className="ask",
        **data(confirm="1"),
    )
