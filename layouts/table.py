"""Long tables: AG Grid in the colours of the deck; `assets/paint-grid.js` names, formats and fills its columns in the browser."""

from __future__ import annotations

import json
from typing import Any, Literal

from dash import dcc, html
from dash_ag_grid import AgGrid

from layouts.data import data
from layouts.text import say, text, with_unit
from model import Domain, Kpi, Label, Metric

LOOK = {
    "backgroundColor": "transparent",
    "foregroundColor": "var(--ink)",
    "borderColor": "var(--rule)",
    "headerBackgroundColor": "transparent",
    "headerTextColor": "var(--ink2)",
    "headerFontWeight": "400",
    "headerFontSize": ".75rem",
    "headerColumnResizeHandleColor": "transparent",
    "accentColor": "var(--ink2)",
    "rowHoverColor": "var(--panel)",
    "selectedRowBackgroundColor": "var(--band)",
    "fontFamily": "inherit",
    "fontSize": ".8125rem",
    "rowHeight": "1.875rem",
    "headerHeight": "1.875rem",
    "cellHorizontalPadding": ".5rem",
    "browserColorScheme": "inherit",
    "wrapperBorder": False,
    "wrapperBorderRadius": "0",
}
"""Parameters of the Quartz theme by the style sheet's own properties: a change of theme needs no answer. No zebra, one rule per row."""

Kind = Literal["text", "number", "age", "clock", "sign", "place", "feed", "state", "word"]
RIGHT = ("number", "age", "clock")
RENDERED = {"sign": "DeckSign", "place": "DeckPlace", "feed": "DeckFeed"}
"""Kinds whose cells are more than text."""


def column(field: str, label: Label, kind: Kind = "text", **options: Any) -> dict[str, Any]:
    """One column. `label` is read at run time in the window's language; a number takes `decimals` and `unit` from `context`."""
    context = {"en": label.en, "zh": label.zh, "kind": kind, **options.pop("context", {})}
    described: dict[str, Any] = {"field": field, "context": context, "headerValueGetter": {"function": "deckHeader(params)"}}
    if kind in RENDERED:
        described["cellRenderer"] = RENDERED[kind]
    elif kind != "text":
        described["valueFormatter"] = {"function": "deckCell(params)"}
    described["cellClass"] = f"cell-{kind}" + (" right" if kind in RIGHT else "")
    if kind == "number":
        described["cellClassRules"] = {"none": "params.value === 0"}
    described["headerClass"] = "right" if kind in RIGHT else ""
    return described | options


def grid(name: str, columns: list[dict[str, Any]], row_id: str = "params.data.id", **options: Any) -> AgGrid:
    """An empty grid whose rows come from frames. Updates neither sort nor filter it anew: what a person reads stays where it is."""
    return AgGrid(
        id=name,
        columnDefs=columns,
        rowData=[],
        getRowId=row_id,
        className="grid",
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "minWidth": 40},
        style={"height": "100%", "width": "100%"},
        dashGridOptions={
            "theme": {"function": f"themeQuartz.withParams({json.dumps(LOOK)})"},
            "suppressModelUpdateAfterUpdateTransaction": True,
            "suppressNoRowsOverlay": True,
            "suppressCellFocus": False,
            "animateRows": False,
            **options,
        },
    )


def stations(domain: Domain) -> html.Div:
    """The short station list, worst first: as many as fit, and a button that opens them all."""
    heads = [html.Th(), html.Th(say("Station", "站点")), html.Th(text(own(domain)), className="figure"), html.Th(say("1 h", "1 小时"))]
    heads.append(html.Th(say("Age", "时龄"), className="right"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody()])
    more = html.Button(className="more", hidden=True, type="button")
    return html.Div([table, html.P(className="waiting"), more], className="stations", **data(stations=domain.key))


def own(domain: Domain) -> Label:
    """What a station's own value is called: by its metric where the table's figure is in that unit, for only a city has a lowest."""
    named: dict[str, Kpi | Metric] = {each.key: each for each in domain.metrics} | {each.key: each for each in domain.kpis}
    shown = named[domain.table]
    key = shown.metric if isinstance(shown, Kpi) else shown.key
    metric = next((each for each in domain.metrics if each.key == key and each.unit == shown.unit), None)
    return with_unit(metric.short or metric.label, metric.unit) if metric else shown.label


def every_station(domain: Domain) -> html.Dialog:
    """All stations of the domain in a grid, opened over the page."""
    metric = next(each for each in domain.metrics if each.key == domain.layer.metric)
    label = with_unit(metric.short or metric.label, metric.unit)
    columns = [
        column("rank", Label(en="", zh=""), "sign", width=56, minWidth=56, resizable=False, sort="asc"),
        column("name", Label(en="Station", zh="站点"), "place", flex=3, minWidth=140),
        column("area", Label(en="Area", zh="区域"), flex=2),
        column("value", label, "number", context={"decimals": metric.decimals}, flex=1.4),
        column("state", Label(en="State", zh="状态"), "state", flex=2),
        column("time", Label(en="Age", zh="时龄"), "age", flex=1),
        column("id", Label(en="Id", zh="编号"), flex=2),
    ]
    head = html.Header(
        [
            html.H2([*text(domain.label), " ", html.Span(className="found")]),
            dcc.Input(type="search", className="filter"),
            html.Button(say("Close", "关闭"), type="button", className="close"),
        ]
    )
    body = html.Div(grid("stations-grid", columns), className="gridbox")
    return html.Dialog([head, body], className="sheet", **data(every_station=domain.key))
