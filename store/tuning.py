"""Which rules have other numbers than their authors gave them, since when, by whom and why; and the trials on which that rests."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, Row, func, insert, select, update

from model.tuning import Trial, Tuning, Values
from store.audit import audited
from store.database import insert_once, reading, writing
from store.people import Unknown
from store.schema import trial as trials
from store.schema import tuning as table

STALE_SECONDS = 3_600.0
"""A trial that has been running for longer was left by a process that died."""
_TUNING = [table.c[name] for name in ("rule", "values", "author", "time", "note", "trial", "seq")]


class Changed(Exception):
    """The rule has other numbers by now than those with which the trial compared."""


class Tunings:
    """Every call raises DatabaseAway. `wall` is the wall clock."""

    def __init__(self, engine: Engine, wall: Callable[[], float] = time.time) -> None:
        self._engine, self._wall = engine, wall

    # --- in force --------------------------------------------------------------------------------------------------------------------

    def in_force(self) -> list[Tuning]:
        """Of each rule that is tuned how, by rule."""
        with reading(self._engine) as connection:
            newest = [_tuning(row) for row in connection.execute(select(*_TUNING).where(table.c.seq.in_(_newest())).order_by(table.c.rule))]
        return [each for each in newest if each.values]

    def acts(self, limit: int = 50) -> list[Tuning]:
        """What was put in force and taken back, newest first."""
        with reading(self._engine) as connection:
            return [_tuning(row) for row in connection.execute(select(*_TUNING).order_by(table.c.seq.desc()).limit(limit))]

    def apply(self, trial: str, by: str, note: str, values: Values) -> Tuning:
        """Puts in force what was tried: `values`, all numbers that the rule then has instead of its author's.

        Raises Unknown for a trial that is not done, Changed for one that compared with other numbers than those in force.
        """
        found = self.trial(trial)
        if found is None or found.state != "done":
            raise Unknown(trial)
        detail = {"trial": trial, "values": dict(values), "note": note, **_figures(found.outcome)}
        return self._write(found.rule, values, by, note, trial, "rule.tune", detail, found.outcome["in_force"])

    def take_back(self, rule: str, by: str, note: str) -> Tuning:
        """The rule is as its author wrote it. Raises Unknown where it is so already."""
        return self._write(rule, {}, by, note, "", "rule.restore", {"note": note}, None)

    def _write(
        self, rule: str, values: Values, by: str, note: str, trial: str, action: str, detail: Mapping[str, Any], expected: int | None
    ) -> Tuning:
        now = self._wall()
        with audited(self._engine, now, by, action, f"rule:{rule}", detail) as connection:
            before = connection.execute(select(*_TUNING).where(table.c.seq.in_(_newest()), table.c.rule == rule)).one_or_none()
            if expected is not None and (before.seq if before else 0) != expected:
                raise Changed(rule)
            if not values and (before is None or not before.values):
                raise Unknown(rule)
            seq = 1 + connection.execute(select(func.coalesce(func.max(table.c.seq), 0))).scalar_one()
            made = Tuning(rule=rule, values=dict(values), author=by, time=now, note=note, trial=trial, seq=seq)
            connection.execute(insert(table).values({column.name: getattr(made, column.name) for column in _TUNING}))
        return made

    def place(self, rule: str) -> int:
        """Place of the newest act about a rule; 0 where there is none."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.rule == rule)).scalar_one())

    # --- trials ----------------------------------------------------------------------------------------------------------------------

    def ask(self, rule: str, values: Values, days: int, author: str = "", why: Mapping[str, Any] | None = None) -> Trial:
        """A trial that waits for its turn. A person's stands in the audit log; the advisor has no name, and says `why`."""
        now, id = self._wall(), uuid.uuid4().hex
        made = Trial(id=id, rule=rule, values=dict(values), days=days, author=author, asked=now, state="waiting", outcome=why or {})
        row = {column.name: getattr(made, column.name) for column in trials.c}
        if not author:
            with writing(self._engine) as connection:
                insert_once(connection, trials, **row)
            return made
        detail = {"values": made.values, "days": days}
        with audited(self._engine, made.asked, author, "rule.try", f"rule:{rule}", detail) as connection:
            connection.execute(insert(trials).values(row))
        return made

    def begin(self) -> Trial | None:
        """The trial that has waited longest, people's before the advisor's, running from now on; also one that a dead process left."""
        now = self._wall()
        waiting = (trials.c.state == "waiting") | (trials.c.state == "running") & (trials.c.done < now - STALE_SECONDS)
        with writing(self._engine) as connection:
            first = select(trials).where(waiting).order_by(trials.c.author == "", trials.c.asked).limit(1).with_for_update()
            row = connection.execute(first).one_or_none()
            if row is not None:
                connection.execute(update(trials).where(trials.c.id == row.id).values(state="running", done=now))
        return replace(_trial(row), state="running") if row is not None else None

    def finish(self, trial: Trial) -> None:
        """What came of it: state, values, outcome and error are those of `trial`."""
        told = {name: getattr(trial, name) for name in ("state", "values", "outcome", "error")}
        with writing(self._engine) as connection:
            connection.execute(update(trials).where(trials.c.id == trial.id).values(**told, done=self._wall()))

    def trial(self, id: str) -> Trial | None:
        """The trial of that id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(trials).where(trials.c.id == id)).one_or_none()
        return _trial(row) if row is not None else None

    def trials(self, limit: int = 50, author: str | None = None, since: float | None = None) -> list[Trial]:
        """Newest first; of the advisor where the author is empty."""
        asked = [trials.c.author == author] if author is not None else []
        asked += [trials.c.asked >= since] if since is not None else []
        with reading(self._engine) as connection:
            return [_trial(row) for row in connection.execute(select(trials).where(*asked).order_by(trials.c.asked.desc()).limit(limit))]


def _newest() -> Any:
    return select(func.max(table.c.seq)).group_by(table.c.rule)


def _figures(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Of an outcome what the audit log keeps."""
    return {name: outcome[name] for name in ("before", "after", "longest_delay", "missed", "longest_missed") if name in outcome}


def _tuning(row: Row[Any]) -> Tuning:
    return Tuning(**row._mapping)


def _trial(row: Row[Any]) -> Trial:
    return Trial(**row._mapping)
