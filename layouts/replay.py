"""The time machine on every page: the button that begins a replay, and the banner that nobody can miss while one is shown."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from layouts.data import aria, data
from layouts.text import say
from model.replay import SPEEDS

STEPS = ((-600, "−10 min", "−10 分"), (-60, "−1 min", "−1 分"), (60, "+1 min", "+1 分"), (600, "+10 min", "+10 分"))
"""Seconds, and how they are called."""


def opener() -> html.Button:
    """Begins a replay; for operators and who is above."""
    return html.Button("↺", type="button", title="Look back in time  历史回放", hidden=True, **data(replay_open="1"))


def then() -> html.Button:
    """Shows the deck as it was when the selected alarm came."""
    return html.Button(say("What we saw then", "当时所见"), type="button", **data(replay_then="1"))


def banner(controls: bool) -> html.Section:
    """REPLAY with the moment in large; at a desk also what moves it. Below it what is critical in the live city."""
    words = [
        html.B([html.Span(className="word"), html.Time(className="then")]),
        html.Span(className="day"),
        html.Span(className="how"),
        html.Span(className="by"),
    ]
    parts: list[Any] = [html.Div(words, className="words")]
    if controls:
        parts.append(html.Div(_controls(), className="controls"))
    live = html.P([html.B(say("LIVE", "实时")), html.Span(className="sign"), html.Span(className="what")], className="breakin", hidden=True)
    banner = html.Div(parts, className="banner", hidden=True)
    said = html.P(className="note", role="status", hidden=True)
    return html.Section([banner, html.Div(live, role="alert"), said], className="replay", **data(replay="1"))


def _controls() -> list[Any]:
    back, on = STEPS[:2], STEPS[2:]
    hold = html.Button(type="button", className="hold", title="Space", **data(replay_do="hold"))
    speeds = [html.Button(f"{speed:g}×", type="button", **data(replay_speed=f"{speed:g}"), **aria(pressed="false")) for speed in SPEEDS]
    moment = html.Form([dcc.Input(type="text", className="moment"), html.Button(say("Go", "前往"))], **data(replay_go="1"))
    return [
        *(_step(*each) for each in back),
        hold,
        *(_step(*each) for each in on),
        html.Span(speeds, className="speeds", role="group"),
        moment,
        html.Button(say("Whole wall", "全屏墙"), type="button", className="whole", **data(replay_do="whole"), **aria(pressed="false")),
        html.Button(say("Link", "链接"), type="button", **data(replay_do="link")),
        html.Button([*say("Live", "实时"), " ", html.Kbd("Esc")], type="button", className="primary", **data(replay_do="live")),
    ]


def _step(seconds: int, en: str, zh: str) -> html.Button:
    return html.Button(say(en, zh), type="button", **data(replay_by=str(seconds)))
