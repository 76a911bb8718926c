"""`/api/v1/tuning`: other numbers for rules are tried on the history, put in force and taken back, by managers.

The web only asks and records. `python -m streams tuning` tries, and brings what is in force to every process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from flask import Flask, abort, jsonify
from pydantic import BaseModel, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.alarm_shape import Name, Note
from callbacks.api import ROOT, Described
from callbacks.api_shape import Open, Problem
from callbacks.aside import aside
from callbacks.declared import Declared
from callbacks.problem import problem
from callbacks.visitor import visitor
from domains.tuned import proposed, tuned
from model import Domain, SpecError
from model.tuning import Trial, TrialState, Tuning, Values
from store.database import DatabaseAway
from store.people import Unknown
from store.tuning import Changed, Tunings

T = TypeVar("T")
LONGEST_NOTE, LONGEST_SECONDS, MOST_DAYS = 2_000, 86_400.0, 366
NOT_RECORDED = "not recorded: the database does not answer"


class Numbers(BaseModel):
    """Numbers of a rule; those not given stay as they are."""

    model_config = ConfigDict(extra="forbid")
    limit: float | None = Field(None, allow_inf_nan=False)
    deadband: float | None = Field(None, ge=0, allow_inf_nan=False)
    on_delay: float | None = Field(None, ge=0, le=LONGEST_SECONDS, description="seconds")
    off_delay: float | None = Field(None, ge=0, le=LONGEST_SECONDS, description="seconds")
    times: int | None = Field(None, ge=1, le=20, description="true only when it came so often within `within` seconds")
    within: float | None = Field(None, ge=0, le=LONGEST_SECONDS, description="seconds")


class Trying(BaseModel):
    """Numbers to be tried."""

    model_config = ConfigDict(extra="forbid")
    rule: Name = Field(max_length=200, description="`<domain>/<key>`")
    values: Numbers
    days: int = Field(30, ge=1, le=MOST_DAYS, description="how far back; readings are kept for a time only")


class Applying(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    note: Note = Field(min_length=1, max_length=LONGEST_NOTE)


class Restoring(Applying):
    """Which rule is to be as its author wrote it, and why."""

    rule: Name = Field(max_length=200)


class TuningRow(BaseModel):
    """Numbers put in force; empty `values` take back what was."""

    rule: str
    values: dict[str, float]
    author: str
    time: float
    note: str
    trial: str
    seq: int


class TrialRow(Open):
    """A trial, with its figures once it is done."""

    id: str
    rule: str
    values: dict[str, float]
    days: int
    author: str = Field(description="empty for the advisor's own")
    asked: float
    state: TrialState
    error: str


class State(BaseModel):
    """What is in force, what was done, and what was tried."""

    tunings: list[TuningRow]
    acts: list[TuningRow] = Field(description="newest first")
    trials: list[TrialRow] = Field(description="newest first, without their rows")
    active: bool | None = Field(description="whether a process tries and publishes; null while Redis does not answer")


def register(server: Flask, spec: SpecTree, declared: Declared, tunings: Tunings, active: Callable[[], bool | None]) -> None:
    """Adds the routes."""
    _read(server, spec, tunings, active)
    _try(server, spec, declared, tunings)
    _change(server, spec, declared, tunings)


def _read(server: Flask, spec: SpecTree, tunings: Tunings, active: Callable[[], bool | None]) -> None:
    @server.get(f"{ROOT}/tuning")
    @spec.validate(resp=Described(HTTP_200=State, HTTP_503=Problem), tags=["tuning"])
    def api_tuning() -> Response:
        """What is in force, what was done, and what was tried."""
        found = _asked(lambda: (tunings.in_force(), tunings.acts(), tunings.trials()), "the database does not answer")
        told = [[asdict(each) for each in rows] for rows in found]
        for each in told[2]:
            each["outcome"].pop("rows", None)
        return jsonify(tunings=told[0], acts=told[1], trials=told[2], active=active())

    @server.get(f"{ROOT}/tuning/trials/<id>")
    @spec.validate(resp=Described(HTTP_200=TrialRow, HTTP_404=Problem, HTTP_503=Problem), tags=["tuning"])
    def api_trial(id: str) -> Response:
        """One trial, sensor by sensor."""
        return jsonify(asdict(_trial(tunings, id)))


def _try(server: Flask, spec: SpecTree, declared: Declared, tunings: Tunings) -> None:
    @server.post(f"{ROOT}/tuning/trials")
    @spec.validate(resp=Described(HTTP_200=TrialRow, HTTP_422=Problem, HTTP_503=Problem), tags=["tuning"])
    def api_trial_ask(json: Trying) -> Response:
        """Asks what a rule would have done with other numbers. It is answered by the process that tries, in its turn."""
        domain, key = _domain(declared, json.rule)
        values = json.values.model_dump(exclude_none=True)
        try:
            rule = proposed(domain, key, {})
            wanted = {name: value for name, value in values.items() if getattr(rule, name) != value}
            proposed(domain, key, wanted)
        except SpecError as error:
            return problem(422, f"{error.field}: {error.reason}")
        if not wanted:
            return problem(422, "values: the rule has these numbers")
        name = _name()
        return jsonify(asdict(_asked(lambda: tunings.ask(json.rule, wanted, json.days, name))))


def _change(server: Flask, spec: SpecTree, declared: Declared, tunings: Tunings) -> None:
    answers = {"HTTP_200": TuningRow, "HTTP_404": Problem, "HTTP_409": Problem, "HTTP_422": Problem, "HTTP_503": Problem}

    @server.post(f"{ROOT}/tuning/trials/<id>/apply")
    @spec.validate(resp=Described(**answers), tags=["tuning"])
    def api_trial_apply(id: str, json: Applying) -> Response:
        """Puts in force what was tried; every process takes it within a few seconds, without a restart."""
        trial, name = _trial(tunings, id), _name()
        if trial.state != "done" or not trial.values:
            return problem(409, "the trial is not done, or proposes nothing")
        values = _merged(_asked(tunings.in_force), trial)
        key, _, rule = trial.rule.partition("/")
        if key not in declared.authored or not _holds(declared.authored[key], rule, values):
            return problem(409, "the rule was changed by its author since: try again")
        try:
            return jsonify(asdict(_asked(lambda: tunings.apply(id, name, json.note, values))))
        except Changed:
            return problem(409, "the rule has other numbers by now than those with which the trial compared: try again")
        except Unknown:
            return problem(404, "there is no such trial")

    @server.post(f"{ROOT}/tuning/take-back")
    @spec.validate(resp=Described(**answers), tags=["tuning"])
    def api_tuning_take_back(json: Restoring) -> Response:
        """The rule is as its author wrote it, within a few seconds."""
        name = _name()
        try:
            return jsonify(asdict(_asked(lambda: tunings.take_back(json.rule, name, json.note))))
        except Unknown:
            return problem(404, f"{json.rule!r} is as its author wrote it")


def _merged(in_force: list[Tuning], trial: Trial) -> dict[str, float]:
    """All numbers that the rule then has instead of its author's."""
    before = next((each.values for each in in_force if each.rule == trial.rule), {})
    return {**before, **trial.values}


def _holds(authored: Domain, rule: str, values: Values) -> bool:
    """Whether the numbers can be in force for the rule as its author has it."""
    return tuned(authored, {f"{authored.key}/{rule}": values}) is not authored


def _domain(declared: Declared, rule: str) -> tuple[Domain, str]:
    key, _, rule_key = rule.partition("/")
    domains = declared.domains()
    return (domains[key], rule_key) if key in domains else abort(problem(422, f"rule: there is no domain {key!r}"))


def _trial(tunings: Tunings, id: str) -> Trial:
    return _asked(lambda: tunings.trial(id), "the database does not answer") or abort(problem(404, "there is no such trial"))


def _name() -> str:
    """Who asks; not to be called in the thread in which the database is asked, which knows of no request."""
    known = visitor()
    return known.name if known else abort(problem(403, "nobody is signed in"))  # the guard lets nobody unknown in


def _asked(ask: Callable[[], T], sentence: str = NOT_RECORDED) -> T:
    try:
        return aside(ask)
    except DatabaseAway:
        abort(problem(503, sentence))
