"""What every page has around its body: header, alarm line, feed line and veil; a desk also has navigation and switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from layouts import duty, ids, replay, sound, theme
from layouts.data import data
from layouts.mark import counts
from layouts.text import say, text
from model import Domain, Screen, Site

DIRECT = 6
"""Domains that have room in the navigation; where there are more, four stand there and the rest goes into a menu."""


def desk(site: Site, domains: Mapping[str, Domain], page: str, body: html.Main, language: str) -> html.Div:
    """A desk page. `page` is its page id, which names the frames it listens to."""
    header = html.Header(
        [
            html.H1(text(site.label)),
            *exercise(site),
            navigation(domains),
            records(),
            html.Span(className="origin", hidden=True, **data(origin="1")),
            counts(),
            replay.opener(),
            sound.control(),
            theme.switches(),
            who(),
            html.Time(className="clock", **data(clock="1")),
        ]
    )
    parts = [header, replay.banner(controls=True), line(linked=True), feeds(), body, veil()]
    return html.Div(parts, id="deck", className="desk", **data(page=page), **theme.wish(language))


def wall(site: Site, screen: Screen, body: html.Main) -> html.Div:
    """A wall screen: no chrome, nothing to press; language, theme and size of type come from its record."""
    header = html.Header(
        [
            html.H1(text(site.label)),
            *exercise(site),
            html.Span(className="date", **data(date="1")),
            html.Span(className="origin", hidden=True, **data(origin="1")),
            counts(),
            html.Time(className="clock", **data(clock="1")),
        ]
    )
    parts = [header, replay.banner(controls=False), body, line(linked=False), veil()]
    return html.Div(parts, id="deck", className="wall", **data(page=screen.page), **theme.order(screen))


def exercise(site: Site) -> list[html.B]:
    """What every page of an exercise begins with."""
    return [html.B(say("EXERCISE", "演练"), className="exercise", title=site.exercise)] if site.exercise else []


def main(page: str, body: Any) -> html.Main:
    """The body of a page; its class is the kind of the page: overview, domain, sensor, system."""
    return html.Main(body, id=ids.body(page), className=page.split("-", 1)[0])


def navigation(domains: Mapping[str, Domain]) -> html.Nav:
    """Overview, every domain, alarms, system: derived, so that a new domain is reachable without an edit."""
    links = [dcc.Link(text(each.label), href=f"/domain/{key}") for key, each in domains.items()]
    direct = len(links) if len(links) <= DIRECT else 4
    return html.Nav(
        [
            dcc.Link(say("Overview", "总览"), href="/"),
            *links[:direct],
            *more(links[direct:]),
            dcc.Link([*say("Alarms", "告警"), html.B(className="unseen", **data(unseen="1"))], href="/alarms"),
            dcc.Link(say("System", "系统"), href="/system"),
        ]
    )


def records() -> html.Details:
    """A menu of what is kept, beside the pages that live; the style shows to each role what it may open."""
    links = [
        dcc.Link(say("History", "历史"), href="/history"),
        dcc.Link(say("Log book", "值班日志"), href="/log", className="for-operator"),
        dcc.Link(say("Shift handover", "交接班"), href="/handover", className="for-operator"),
        dcc.Link(say("Reports", "报告"), href="/reports", className="for-manager"),
        dcc.Link(say("Alarm tuning", "告警整定"), href="/tuning", className="for-manager"),
    ]
    return html.Details([html.Summary([*say("Records", "记录"), " ▾"]), html.Nav(links)], className="menu records")


def who() -> html.Details:
    """Who is signed in, by their role; opened, their name and the way out."""
    leave = html.Button(say("Sign out", "退出登录"), type="button", **data(leave="1"))
    lines = [html.B(className="name"), html.Span(className="account"), leave, html.P(className="said", role="alert")]
    return html.Details([html.Summary(), html.Div(lines, className="badge")], className="who", hidden=True, **data(who="1"))


def more(links: list[dcc.Link]) -> list[dmc.HoverCard]:
    """A menu of the domains for which the header has no room."""
    if not links:
        return []
    target = dmc.HoverCardTarget(html.Button([*say("More", "更多"), " ▾"], className="others"))
    return [dmc.HoverCard([target, dmc.HoverCardDropdown(html.Nav(links, className="menu"), p=0)], radius=0)]


def areas() -> html.Details:
    """A menu: the alarms of the city, its areas and the bureaus in each, added up. `assets/alarm/tree.js` fills it."""
    return html.Details([html.Summary([*say("Areas", "区域"), " ▾"]), html.Div(className="tree")], className="menu areas")


def line(linked: bool) -> html.Footer:
    """The condition that matters most: what, value against limit, where, how long, and how many are active."""
    show = [areas(), html.A([*say("Show", "查看"), " ", html.Kbd("G")], href="/", className="show", **data(go="1"))] if linked else []
    what = html.B([html.Span(className="said"), html.Span(className="limit")], className="what")
    place = html.Span([html.Span(className="where"), html.Span(className="bureau"), duty.owner("line")], className="place")
    return html.Footer(
        [
            html.Span(className="sign"),
            html.Div([what, place], className="words"),
            html.Time(className="lasting"),
            html.Span(className="more"),
            *show,
        ],
        className="line",
        **data(line="1"),
    )


def feeds() -> html.P:
    """One sentence while frames come but a bureau's feed does not."""
    return html.P(className="feeds", hidden=True, **data(feeds="1"))


def veil() -> html.Div:
    """What covers the body while no frame comes."""
    return html.Div(html.Div([html.B(), html.Span()]), className="veil", hidden=True, role="alert", **data(veil="1"))
