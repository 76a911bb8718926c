"""`/api/v1/alarm-health`: how well a desk's alarms serve it, as ISA-18.2-2016 / IEC 62682 clause 16 counts it in the journal.

The journal is asked in a thread, and once for all who look within a few seconds: every desk of the room shows these figures all day. What
stands now (stale, shelved, longest unacknowledged) screens count on the board, which they hold.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from flask import Flask
from flask import Response as Answer
from flask_caching import Cache
from pydantic import BaseModel, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm_shape import Name
from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.problem import problem
from domains.site import SUPERVISOR
from model import Site
from model.alarm import Duty
from store.database import DatabaseAway
from store.health import Health, Without

KEEP_SECONDS = 5
RECENT_SECONDS, DAY_SECONDS = 600.0, 86_400.0
AWAY = b""
"""Kept as an answer too, or a database that hangs would be asked by one desk after the other."""

Duties = Callable[[], Sequence[Duty]]


class HealthQuery(BaseModel):
    """Whose alarms; those of all desks when not given."""

    model_config = ConfigDict(extra="forbid")
    desk: Name | None = Field(None, max_length=64)


class Often(BaseModel):
    """An alarm and how often."""

    alarm: str
    times: int


class HealthFigures(BaseModel):
    """Of the last 24 hours where nothing else is said, in event time."""

    until: float = Field(description="the moment up to which it is counted, seconds since 1970")
    recent: dict[str, int] = Field(description="annunciated alarms of the last ten minutes by priority")
    day: dict[str, int] = Field(description="annunciated alarms by priority")
    flooded: float = Field(description="seconds in flood")
    flooding: bool = Field(description="whether it is in flood now")
    top: list[Often] = Field(description="the ten that were annunciated most often")
    chattering: list[Often] = Field(description="came three times within a minute, and how often so")
    fleeting: list[Often] = Field(description="gone within ten seconds, and how often so")


def register(server: Flask, spec: SpecTree, cache: Cache, site: Site, health: Health, duties: Duties, now: Callable[[], float]) -> None:
    """Adds the route; `duties` says what each desk answers for, `now` is event time."""
    one_at_a_time = threading.Lock()
    desks = {SUPERVISOR, *(desk.id for desk in site.desks)}

    @cache.memoize(timeout=KEEP_SECONDS)
    def figures(desk: str | None) -> bytes:
        held, moment = list(duties()), now()
        areas = _areas(desk, site, held)
        flooding = any(duty.flood is not None for duty in held if desk in (None, duty.desk))
        try:
            return aside(lambda: msgspec.json.encode({"flooding": flooding, **_counted(health, desk, areas, moment)}))
        except DatabaseAway:
            return AWAY

    @server.get(f"{ROOT}/alarm-health")
    @spec.validate(resp=Described(HTTP_200=HealthFigures, HTTP_404=Problem, HTTP_503=Problem), tags=["alarms"])
    def api_alarm_health(query: HealthQuery) -> Response:
        """How many alarms a desk is called for, and which alarms are a nuisance."""
        if query.desk is not None and query.desk not in desks:
            return problem(404, f"there is no desk {query.desk!r}")
        with one_at_a_time:
            body = figures(query.desk)
        return Answer(body, mimetype="application/json") if body else problem(503, "the journal does not answer")


def _areas(desk: str | None, site: Site, duties: Sequence[Duty]) -> Collection[str] | None:
    """What a desk answers for; before there was a writer of alarms, what the site gives it."""
    held = {each.id: each.areas for each in site.desks} | {duty.desk: duty.areas for duty in duties}
    if desk == SUPERVISOR:
        return Without(area for id, areas in held.items() if id != SUPERVISOR for area in areas)
    return None if desk is None else held[desk]


def _counted(health: Health, desk: str | None, areas: Collection[str] | None, moment: float) -> dict[str, Any]:
    day = (moment - DAY_SECONDS, moment)
    return {
        "until": moment,
        "recent": health.rates(moment - RECENT_SECONDS, moment, areas),
        "day": health.rates(*day, areas),
        "flooded": health.flooded(*day, desk),
        "top": [each._asdict() for each in health.top(*day, areas)],
        "chattering": [each._asdict() for each in health.chattering(*day, areas)],
        "fleeting": [each._asdict() for each in health.fleeting(*day, areas)],
    }
