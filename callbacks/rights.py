"""What each address asks of its visitor: the one table. An address without a row is for nobody, and a test walks them all.

To add a route, add its row: method, a space, and the rule as Flask has it; `HEAD` and `OPTIONS` go with a row of the same rule. What a
role may do with a single thing, such as shelving low priorities only, is decided where it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from model.person import ROLES, Role, Visitor

Least = Literal["anybody"] | Role | Literal["nobody"]


@dataclass(frozen=True, slots=True)
class Right:
    """Who may. A role includes those before it."""

    least: Least
    """The least role of a person, and of the owner of a program's token."""
    scope: str = ""
    """What a program's token must hold; empty where no program may."""
    screen: bool = False
    """Whether a paired screen may, for what is its own."""
    near: bool = False
    """Whether anybody on this machine may, where no proxy stands before the deck."""


PUBLIC = Right("anybody")
SEEN = Right("viewer", "read", screen=True)
"""What every screen shows."""
READ = Right("viewer", "read")

RIGHTS: Mapping[str, Right] = {
    # whether it is well
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": Right("admin", "metrics", near=True),
    # what is the same for all the world
    "GET /assets/<path:filename>": PUBLIC,
    "GET /vendor/<name>": PUBLIC,
    "GET /_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": PUBLIC,
    "GET /_favicon.ico": PUBLIC,
    "GET /favicon.ico": PUBLIC,
    # signing in and out
    "GET /login": PUBLIC,
    "POST /login": PUBLIC,
    "GET /login/provider": PUBLIC,
    "GET /login/callback": PUBLIC,
    "POST /logout": Right("viewer"),
    "GET /me": Right("viewer", "read", screen=True),
    "POST /me/here": Right("viewer"),
    # pages: see PAGES for what each asks
    "GET /": SEEN,
    "GET /<path:path>": SEEN,
    "GET /_dash-layout": SEEN,
    "GET /_dash-dependencies": SEEN,
    "POST /_dash-update-component": SEEN,
    "GET /_reload-hash": Right("nobody"),
    # what screens show
    "GET /catalogue": SEEN,
    "GET /positions/<path:domain>": SEEN,
    "GET /basemap/<name>.geojson": SEEN,
    "GET /live/<path:names>": SEEN,
    # refused records
    "GET /rejects": READ,
    "POST /rejects/resend": Right("supervisor"),
    # the API
    "GET /api/": READ,
    "GET /api/<path:rest>": READ,
    "GET /api/v1/openapi.json": READ,
    "GET /api/v1/domains": READ,
    "GET /api/v1/sensors": READ,
    "GET /api/v1/sensors/<path:id>": READ,
    "GET /api/v1/kpis": READ,
    "GET /api/v1/history": READ,
    # reports are a manager's; the page's own route tells the same as the API
    "GET /api/v1/reports": Right("manager", "read"),
    "GET /api/v1/reports/daily": Right("manager", "read"),
    "GET /api/v1/reports/weekly": Right("manager", "read"),
    "GET /api/v1/reports/monthly": Right("manager", "read"),
    "GET /reports/shown/<span>": Right("manager"),
    "GET /api/v1/alarms": READ,
    "GET /api/v1/alarms/<path:id>": READ,
    "GET /api/v1/cap": READ,
    "GET /api/v1/alarm-health": READ,
    "GET /api/v1/journal": Right("operator", "read"),
    # saved views are people's; whether one may be shared, and whose may be removed, is decided where it is done
    "GET /api/v1/views": Right("viewer"),
    "POST /api/v1/views": Right("viewer"),
    "DELETE /api/v1/views/<id>": Right("viewer"),
    # the time machine; that the whole wall shows it is a supervisor's, which is decided where it is done
    "GET /api/v1/replays": READ,
    "POST /api/v1/replays": Right("operator"),
    "POST /api/v1/replays/<id>": Right("operator"),
    "DELETE /api/v1/replays/<id>": Right("operator"),
    # the log book, and handing over: who may sign for which desk is decided where it is done
    "GET /api/v1/log": Right("operator", "read"),
    "POST /api/v1/log": Right("operator"),
    "GET /api/v1/handovers": Right("operator", "read"),
    "GET /api/v1/handovers/draft": Right("operator", "read"),
    "GET /api/v1/handovers/<id>": Right("operator", "read"),
    "GET /api/v1/handovers/<id>/pdf": Right("operator", "read"),
    "POST /api/v1/handovers": Right("operator"),
    "POST /api/v1/handovers/<id>/sign": Right("operator"),
    "POST /login/handover/<id>": Right("operator"),
    # the numbers of rules
    "GET /api/v1/tuning": Right("manager", "read"),
    "GET /api/v1/tuning/trials/<id>": Right("manager", "read"),
    "POST /api/v1/tuning/trials": Right("manager"),
    "POST /api/v1/tuning/trials/<id>/apply": Right("manager"),
    "POST /api/v1/tuning/take-back": Right("manager"),
    # alarms: what more a wish asks for (a supervisor, one's own area, a low priority) the writer of alarms decides
    "GET /desk/alarms": READ,
    "GET /desk/moment/<domain>/<key>": READ,
    "POST /api/v1/alarms/ack": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/ack": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/reset": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/shelve": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/unshelve": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/comment": Right("operator", "alarms"),
    "POST /api/v1/alarms/<path:id>/out-of-service": Right("supervisor", "alarms"),
    "POST /api/v1/alarms/<path:id>/return-to-service": Right("supervisor", "alarms"),
    # desks: people sit at them; which of them a role may take, and which areas a desk may hand on, is decided where it is done
    "GET /api/v1/desks": READ,
    "POST /api/v1/desks/<id>/take": Right("operator"),
    "POST /api/v1/desks/<id>/leave": Right("operator"),
    "POST /api/v1/desks/<id>/hand-over": Right("operator"),
    "POST /api/v1/desks/<id>/take-back": Right("operator"),
    # what others could not be told
    "GET /api/v1/letters": Right("supervisor", "read"),
    "POST /api/v1/letters/<path:id>/resend": Right("manager"),
    "POST /api/v1/letters/<path:id>/forget": Right("manager"),
    # warnings from elsewhere: no person sends them, so the role is the token's owner's
    "POST /api/v1/hooks/alertmanager": Right("supervisor", "hooks"),
    "POST /api/v1/hooks/cap": Right("supervisor", "hooks"),
}

SCOPES: Mapping[str, Least] = {
    scope: min((right.least for right in RIGHTS.values() if right.scope == scope), key=ROLES.index)
    for scope in ("read", "alarms", "hooks", "metrics")
}
"""What a token may be for, and the least role of an owner to whom that is of any use."""
SCREEN_SCOPE = "screen:"
"""A token with the scope `screen:<id>` pairs that screen and does nothing else."""

PAGES: Mapping[str, Least] = {
    "": "viewer",
    "domain": "viewer",
    "sensor": "viewer",
    "alarms": "viewer",
    "history": "viewer",
    "log": "operator",
    "handover": "operator",
    "tuning": "manager",
    "system": "viewer",
    "wall": "viewer",
    "reports": "manager",
}
"""Least role by the first word of a page's address; a page that is not here does not exist for anybody."""

CALLBACKS: Mapping[str, Right] = {
    "page.children": SEEN,  # which page is asked for is looked at where it is drawn
}
"""The callbacks of Dash that run on the server, by their output."""


def may(visitor: Visitor | None, right: Right) -> bool:
    """Whether the visitor may do what asks for this right."""
    if right.least in ("anybody", "nobody") or visitor is None:
        return right.least == "anybody"
    if visitor.kind == "screen":
        return right.screen
    if visitor.kind == "program" and (not right.scope or right.scope not in visitor.scopes):
        return False
    return reaches(visitor.role, right.least)


def reaches(role: Role, least: Least) -> bool:
    """Whether a role is at least that."""
    return least == "anybody" or least != "nobody" and ROLES.index(role) >= ROLES.index(least)


def may_open(visitor: Visitor | None, path: str) -> bool | None:
    """Whether the visitor may see the page at `path`, decoded or not; None where there is no such page. A screen has one page, its own."""
    kind, _, rest = path.strip("/").partition("/")
    if visitor is None:
        return False
    if visitor.kind == "screen":
        return kind == "wall" and rest == visitor.screen
    return reaches(visitor.role, PAGES[kind]) if kind in PAGES else None
