"""The page of one sensor: who it is, every metric with its age and quality, and the last hour and day of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from layouts import history, logbook
from layouts.data import data
from layouts.map import map_panel
from layouts.text import say, text
from layouts.trend import chart
from model import Domain, Label, Sensor, Site


def body(site: Site, domains: Mapping[str, Domain], sensor_id: str) -> list[Any]:
    """The page of a listed or unlisted sensor. Of an unlisted one the browser finds domain and place in the positions."""
    listed = next((each for group in site.sensors.values() for each in group if each.id == sensor_id), None)
    panel = html.Div(map_panel(site, domains, f"sensor-{sensor_id}", "desk"), className="mapbox")
    charts = [span("hour", Label(en="last hour", zh="最近 1 小时")), span("day", Label(en="last 24 h", zh="最近 24 小时"))]
    panes = html.Div([html.Div([metrics(), panel], className="left"), html.Div(charts, className="trends")], className="panes")
    where = data(sensor=sensor_id, domain=listed.domain if listed else "", interval=f"{listed.interval:g}" if listed else "")
    parts = [head(site, domains, sensor_id, listed), html.P(className="waiting unheard"), panes]
    return [html.Div(parts, className="sensor-body", **where), logbook.form()]


def head(site: Site, domains: Mapping[str, Domain], sensor_id: str, listed: Sensor | None) -> html.Div:
    """Name and metadata. What the site's list does not say is a dash until the browser knows better."""
    unlisted = html.Span(say("NOT LISTED", "未登记"), className="tag unlisted", hidden=listed is not None)
    title = html.Div(
        [
            html.H2(text(listed.label) if listed else sensor_id),
            unlisted,
            html.Span(className="heard"),
            history.link(),
            logbook.beside("sensor"),
        ],
        className="title",
    )
    return html.Div([title, html.Dl([part for pair in facts(site, domains, sensor_id, listed) for part in pair])], className="head")


def facts(site: Site, domains: Mapping[str, Domain], sensor_id: str, listed: Sensor | None) -> list[tuple[html.Dt, html.Dd]]:
    """Each fact as term and value; `data-fact` names what the browser may fill in."""
    area = next((each.label for each in site.areas if listed and each.key == listed.area), None)
    bureau = domains[listed.domain].label if listed and listed.domain in domains else None
    known = [
        ("id", Label(en="Id", zh="编号"), sensor_id),
        ("domain", Label(en="Bureau", zh="专题"), text(bureau) if bureau else None),
        ("area", Label(en="Area", zh="区域"), text(area) if area else listed.area or None if listed else None),
        ("owner", Label(en="Owner", zh="权属单位"), text(listed.owner) if listed and listed.owner else None),
        ("interval", Label(en="Interval", zh="上报间隔"), None),
        ("position", Label(en="Position", zh="位置"), position(listed.lon, listed.lat) if listed else None),
    ]
    return [(html.Dt(text(label)), html.Dd(value or "–", **data(fact=name))) for name, label, value in known]


def position(lon: float, lat: float) -> str:
    """Degrees with four decimals (about 10 m) and the letter of the hemisphere."""
    return f"{abs(lat):.4f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.4f}° {'E' if lon >= 0 else 'W'}"


def metrics() -> html.Div:
    """One row per metric that the sensor reports."""
    heads = [html.Th(), html.Th(say("Metric", "指标")), html.Th(say("Value", "数值"), className="right"), html.Th(className="scale")]
    heads += [html.Th(say("Quality", "质量")), html.Th(say("Age", "时龄"), className="right")]
    tuned = html.P(className="tuned", **data(tuned="sensor"))
    return html.Div([html.Table([html.Thead(html.Tr(heads)), html.Tbody()]), html.P(className="waiting"), tuned], className="metrics")


def span(name: str, label: Label) -> html.Section:
    """The chart of one span of time; its title is the chosen metric."""
    title = html.H3([html.B(className="metric"), " ", html.Span(text(label))])
    return html.Section([title, chart()], className="trend-box", **data(span=name))
