"""Handing over a desk: what the pack says, notes, both signatures, and the packs before. `assets/shift/handover.js` fills it."""

from __future__ import annotations

from typing import Any

from dash import html

from layouts.data import aria, data
from layouts.field import field
from layouts.text import say


def body() -> list[Any]:
    """The pack on the left, what is done with it on the right."""
    title = html.Div([html.H2(say("Shift handover", "交接班")), html.Div(className="desks"), html.Span(className="facts")], className="top")
    pack = html.Div([html.P(className="waiting"), html.Div(className="sections")], className="pack", tabIndex="0")
    side = html.Aside([outgoing(), signatures(), html.Div(className="paper"), earlier()])
    return [html.Section([title, html.Div([pack, side], className="panes")], className="handover", **data(handover="1"))]


def outgoing() -> html.Div:
    """What the one who leaves does: notes, then the signature that freezes the pack."""
    return html.Div(
        [
            html.H3(say("Notes for the next shift", "交接事项")),
            html.Textarea(maxLength=10_000, **aria(label="Notes for the next shift 交接事项")),
            html.P(className="about"),
            html.Button(
                say("Freeze and sign as outgoing", "定稿并以交班人签字"), type="button", className="primary", **data(handover_act="make")
            ),
            html.P(className="outcome", role="status"),
        ],
        className="outgoing",
    )


def signatures() -> html.Div:
    """Who signed, and the way in which the one who comes signs at this browser, or as who is signed in."""
    name = field("text", "name", longest=64)
    password = field("password", "password", longest=200)
    own = html.Button(say("Sign as incoming", "以接班人签字"), type="button", className="primary", **data(handover_act="own"))
    here = html.Button(say("Sign and take the desk", "签字并接席"), type="button", className="primary", **data(handover_act="here"))
    about = html.P(
        say(
            "Whoever takes the desk signs with their own name and password; this browser is theirs from then on.",
            "接班人用本人姓名和密码签字；签字后本浏览器转为接班人会话。",
        ),
        className="about",
    )
    asked = html.Div(
        [about, html.Label([*say("Name", "姓名"), name]), html.Label([*say("Password", "密码"), password]), here], className="here"
    )
    heads = [html.H3(say("Signatures", "签字")), html.Ul(className="signed")]
    return html.Div([*heads, asked, html.Div(own, className="own"), html.P(className="outcome", role="status")], className="signing")


def earlier() -> html.Div:
    """Packs that were made, newest first."""
    return html.Div([html.H3(say("Earlier packs", "历次交接")), html.Ul(), html.P(className="waiting")], className="earlier")
