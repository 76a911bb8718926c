"""Desks and their areas: at which desk somebody sits, and the dialog in which areas change hands."""

from __future__ import annotations

from dash import dcc, html

from layouts.data import aria, data
from layouts.text import say


def chooser() -> html.Details:
    """The desk of who looks; opened, all desks with what they answer for. `assets/alarm/duty.js` fills it."""
    acts = [("hand", "Hand over areas…", "移交区域…"), ("leave", "Leave the desk", "离席"), ("all", "Show all desks", "显示全部席位")]
    over = dcc.Link(say("Hand over the shift…", "交接班…"), href="/handover", className="show over")
    buttons = [over, *(html.Button(say(en, zh), type="button", **data(duty_act=act)) for act, en, zh in acts)]
    summary = html.Summary([html.Span(say("Desk", "席位"), className="label"), " ", html.B(className="name"), " ▾"])
    parts = [html.Ul(className="desks"), html.P(className="said", role="status"), html.Div(buttons, className="buttons")]
    return html.Details([summary, html.Div(parts, className="badge")], className="duty", **data(duty="1"))


def owner(of: str) -> html.Span:
    """The name of the desk that answers for an alarm: `chosen` for the selected one, `line` for the one that matters most."""
    return html.Span(className="owner", **data(owner=of))


def form() -> html.Dialog:
    """Asked before areas go to another desk, or come back."""
    give = html.Div(
        [
            html.Span(say("Areas", "区域"), className="label"),
            html.Div(className="choices have"),
            html.Span(say("To", "移交至"), className="label"),
            html.Div(className="choices to", role="radiogroup"),
            html.Span(say("Note", "备注"), className="label"),
            html.Textarea(maxLength=2000, **aria(label="Note 备注")),
            html.Button(say("Hand over", "移交"), type="button", className="primary give"),
        ],
        className="giving",
    )
    back = html.Div(
        [
            html.Span(say("Own areas that other desks have", "由其他席位负责的自有区域"), className="label"),
            html.Div(className="choices lent"),
            html.Button(say("Take back", "收回"), type="button", className="back"),
        ],
        className="taking",
    )
    close = html.Div(html.Button(say("Close", "关闭"), type="button", className="no"), className="buttons")
    return html.Dialog(
        [html.P(className="question"), html.P(className="nothing"), give, back, html.P(className="outcome", role="status"), close],
        className="ask",
        **data(duty_form="1"),
    )
