"""The control of the sound in the header of a desk: whether this browser sounds, and opened: silence, test, off."""

from __future__ import annotations

from dash import html

from layouts.data import data
from layouts.icon import icon
from layouts.text import say

BELL = "<path d='M4 9v6h4l5 4V5L8 9z'/>"
WAVES = "<path d='M16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12'/>"
CROSS = "<path d='M17 9.5l5 5M22 9.5l-5 5'/>"


def control() -> html.Details:
    """Says "Sound armed" or "Silent: click"; `assets/sound/watch.js` fills it in."""
    silence = html.Button([*say("Silence", "消音"), " ", html.Kbd("Q")], type="button", **data(does="silence"))
    test = html.Button(say("Test", "测试"), type="button", **data(does="test"))
    off = html.Button(say("Turn off here", "在此关闭"), type="button", **data(does="off"))
    signs = [html.Span(icon(BELL + WAVES), className="on"), html.Span(icon(BELL + CROSS), className="out")]
    words = [html.P(className="why"), html.P(className="mute"), html.Div([silence, test, off], className="buttons")]
    summary = html.Summary([*signs, html.Span(className="mode")])
    return html.Details([summary, html.Div(words, className="badge")], className="sound", **data(sound="silent"))
