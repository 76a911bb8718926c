"""`/api/v1/replays`: the time machine. People wish a moment, `python -m streams replay` shows it under the name that they are answered.

An operator replays in windows of their own. That every screen of the wall shows it is a supervisor's, and goes into the audit log.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from flask import Flask, abort, jsonify
from flask import Response as Answer
from pydantic import BaseModel, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.problem import problem
from callbacks.rights import reaches
from callbacks.visitor import visitor
from callbacks.witness import Witness
from model.person import Role, Visitor
from model.replay import MOST, SPEEDS, Replay
from store.database import DatabaseAway
from store.replay import Replays, at

WHOLE: Role = "supervisor"
"""Who may show it on the whole wall, and end what another shows."""
LATEST = 1e11
"""Seconds since 1970 that no clock tells."""
FASTEST = max(SPEEDS)


class Wished(BaseModel):
    """How a replay is to go on; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")
    moment: float | None = Field(None, ge=0, lt=LATEST, description="event time, seconds since 1970")
    by: float | None = Field(None, gt=-LATEST, lt=LATEST, description="in its place: seconds from where it is")
    speed: float | None = Field(None, ge=1, le=FASTEST, description="times faster than life")
    paused: bool | None = Field(None, description="whether it is held at its moment")
    whole: bool | None = Field(None, description="whether every screen of the wall shows it: by a supervisor")


class Begun(Wished):
    """A replay that is to begin."""

    moment: float = Field(ge=0, lt=LATEST, description="event time, seconds since 1970")


class ReplayRow(BaseModel):
    """A replay as it was last wished."""

    id: str
    who: str
    name: str
    event: float = Field(description="event time at `wall`")
    wall: float
    rate: float = Field(description="how fast it goes on; 0 while it is held")
    speed: float
    whole: bool
    begun: float


class ReplayRows(BaseModel):
    """All that are on, and the moments that can be shown; null while nobody plays replays."""

    replays: list[ReplayRow]
    first: float | None
    last: float | None


def register(server: Flask, spec: SpecTree, replays: Replays, witness: Witness, wall: Callable[[], float] = time.time) -> None:
    """Adds the routes, which are for people."""
    answers = Described(HTTP_200=ReplayRow, HTTP_403=Problem, HTTP_404=Problem, HTTP_409=Problem, HTTP_503=Problem)
    wishes = _Wishes(replays, witness, wall)

    @server.get(f"{ROOT}/replays")
    @spec.validate(resp=Described(HTTP_200=ReplayRows, HTTP_503=Problem), tags=["replays"])
    def api_replays() -> Response:
        """The replays that are on, and the span of time that can be shown."""
        first, last = replays.span() or (None, None)
        return jsonify(replays=[asdict(each) for each in replays.all()], first=first, last=last)

    @server.post(f"{ROOT}/replays")
    @spec.validate(resp=answers, tags=["replays"])
    def api_replay_begin(json: Begun) -> Response:
        """Begins a replay; its pages are those of the deck, named `~<id>~<page>`."""
        return wishes.begin(_known(), json)

    @server.post(f"{ROOT}/replays/<id>")
    @spec.validate(resp=answers, tags=["replays"])
    def api_replay_change(id: str, json: Wished) -> Response:
        """Another moment, another speed, held or going on, on the whole wall or not."""
        known = _known()
        return wishes.set(known, wishes.own(known, id), json)

    @server.delete(f"{ROOT}/replays/<id>")
    @spec.validate(resp=Described(HTTP_204=None, HTTP_403=Problem, HTTP_404=Problem, HTTP_503=Problem), tags=["replays"])
    def api_replay_end(id: str) -> Response:
        """Ends a replay: whoever looked at it is live again."""
        known = _known()
        return wishes.end(known, wishes.own(known, id))


class _Wishes:
    """What people may wish, and what of it goes into the audit log."""

    def __init__(self, replays: Replays, witness: Witness, wall: Callable[[], float]) -> None:
        self._replays, self._witness, self._wall = replays, witness, wall

    def begin(self, known: Visitor, json: Begun) -> Response:
        if self._replays.span() is None:
            return problem(503, "nobody plays replays: `python -m streams replay` does not run")
        if len(self._replays.all()) >= MOST:
            return problem(409, f"{MOST} replays are on, which is as many as there may be")
        now = self._wall()
        blank = Replay(id=secrets.token_hex(8), who=known.name, name=known.display, event=json.moment, wall=now, begun=now)
        return self.set(known, blank, json, new=True)

    def own(self, known: Visitor, id: str) -> Replay:
        """The replay, where who asks may change it."""
        held = self._replays.one(id) or abort(problem(404, "this replay is over"))
        if held.who != known.name and not reaches(known.role, WHOLE):
            abort(problem(403, "this replay is another's"))
        return held

    def set(self, known: Visitor, held: Replay, json: Wished, new: bool = False) -> Response:
        after = _wished(held, json, self._wall())
        if after.whole and not reaches(known.role, WHOLE):
            return problem(403, "the whole wall is a supervisor's")
        if after.whole != held.whole and (refused := self._tell(known, "replay.wall" if after.whole else "replay.live", after)):
            return refused
        if not self._replays.wish(after, new=new):
            return problem(404, "this replay is over")
        return jsonify(asdict(after))

    def end(self, known: Visitor, held: Replay) -> Response:
        if held.whole and (refused := self._tell(known, "replay.live", held)):
            return refused
        self._replays.end(held.id)
        return Answer(status=204)

    def _tell(self, known: Visitor, action: str, replay: Replay) -> Response | None:
        try:
            self._witness.tell(known.name, action, f"replay:{replay.id}", moment=f"{replay.event:.0f}")
        except DatabaseAway:
            return problem(503, "not recorded: the database does not answer, so nothing was done")
        return None


def _wished(held: Replay, json: Wished, now: float) -> Replay:
    event = json.moment if json.moment is not None else at(held, now) + (json.by or 0.0)
    speed = held.speed if json.speed is None else json.speed
    paused = held.rate == 0 if json.paused is None else json.paused
    told: dict[str, Any] = {} if json.whole is None else {"whole": json.whole}
    return replace(held, event=event, wall=now, speed=speed, rate=0.0 if paused else speed, **told)


def _known() -> Visitor:
    return visitor() or abort(problem(403, "nobody is signed in"))  # the guard lets nobody unknown in
