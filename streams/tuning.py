"""`python -m streams tuning`: tries other numbers for rules on the history, proposes some by itself, and brings what is in force to all.

A process of its own, because a trial reads days of readings and steps through them: neither the web, which feeds the screens, nor those
who write the history have the time. What is asked, answered and in force stands in SQL; web and advisor meet there. Each may run many
times: one is active, the others stand by.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from domains.tuned import city, proposed
from model import Domain, Rule, SpecError
from model.tuning import TUNABLE, Trial
from store import Away, Client
from store.clock import Clock
from store.database import DatabaseAway
from store.day import day_of
from store.day import days as days_of
from store.health import Health
from store.history import Day, History
from store.inforce import KEY, NAME, encoded, publish
from store.journal import Journal
from store.lease import Lease
from store.partition import Fenced
from store.tuning import Tunings
from streams.advise import Tried, best, candidates, tunable
from streams.pulse import Pulse
from streams.rulebook import parts
from streams.trial import outcome, run

log = logging.getLogger(__name__)

TURN_SECONDS = 0.25
PUBLISH_SECONDS, ADVISE_SECONDS = 1.0, 3_600.0
LOOK_BACK_SECONDS, CHOOSING_DAYS, TRIAL_DAYS = 7 * 86_400.0, 7, 30
AGAIN_SECONDS = 86_400.0
"""A rule that the advisor has looked at is left alone for so long."""
MOST_RULES, MOST_SENSORS = 5, 5
"""Rules looked at in one go, and sensors, the worst ones, on which numbers are chosen."""


class Stopped(Exception):
    """The process is to end."""


class Tuner:
    """One process that tries, or stands by."""

    def __init__(
        self,
        client: Client,
        tunings: Tunings,
        history: History,
        health: Health,
        journal: Journal,
        domains: Mapping[str, Domain],
        clock: Clock,
        pulse: Pulse,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._client, self._tunings, self._history, self._health, self._journal = client, tunings, history, health, journal
        self._domains, self._clock, self._pulse, self._prepare = domains, clock, pulse, prepare
        self._lease = Lease(client, NAME, pulse.id)
        self._pool = ThreadPoolExecutor(1, "trial")
        self._trying: Future[Trial] | None = None
        self._published = self._advised = float("-inf")
        self._tried = 0
        self._ready = False
        self.stopping = False

    def run(self) -> None:
        """Works until `stopping` is set; a trial under way is given up, and tried again by whoever comes next."""
        while not self.stopping:
            self.turn()
            time.sleep(TURN_SECONDS)
        self._pool.shutdown()
        try:
            if self._trying is not None:
                self._tunings.finish(self._trying.result())
            self._lease.release()
        except (Away, DatabaseAway) as error:
            self._pulse.failed(error)
        self._pulse.leave()

    def turn(self) -> None:
        """One look: what is in force, what is asked, what might be proposed."""
        active = False
        try:
            active = self._lease.hold() != 0
            if active:
                self._make_ready()
                self._publish()
                self._try()
        except (Away, DatabaseAway, Fenced) as error:
            self._pulse.failed(error)
        if self._pulse.due():
            self._pulse.send("active" if active else "standby", float(self._tried), self._clock.wall())
            self._tried = 0

    def _make_ready(self) -> None:
        if not self._ready:
            self._prepare()
            self._ready = True

    def _publish(self) -> None:
        """Brings what is in force from SQL to Redis, where it is not so already."""
        if 0 <= time.monotonic() - self._published < PUBLISH_SECONDS:
            return
        found = self._tunings.in_force()
        if self._client.get(KEY) != encoded(found):
            publish(self._lease, found)
            log.info("rules in force", extra={"rules": [each.rule for each in found]})
        self._published = time.monotonic()

    # --- trials ----------------------------------------------------------------------------------------------------------------------

    def _try(self) -> None:
        if self._trying is not None:
            if not self._trying.done():
                return
            done, self._trying = self._trying, None
            self._tunings.finish(done.result())
            self._tried += 1
        asked = self._tunings.begin()
        if asked is not None:
            self._trying = self._pool.submit(self.answer, asked)
        elif not 0 <= time.monotonic() - self._advised < ADVISE_SECONDS:
            self._advise()
            self._advised = time.monotonic()

    def answer(self, trial: Trial) -> Trial:
        """The trial with what came of it; never raises."""
        try:
            return self._answered(trial)
        except Stopped:
            return replace(trial, state="waiting")
        except (SpecError, DatabaseAway, OSError) as error:
            return replace(trial, state="failed", error=str(error))
        except Exception as error:
            log.exception("a trial failed")
            return replace(trial, state="failed", error=f"{type(error).__name__}: {error}")

    def _answered(self, trial: Trial) -> Trial:
        place, in_force = self._tunings.place(trial.rule), self._tunings.in_force()
        key, _, rule_key = trial.rule.partition("/")
        if key not in self._domains:
            raise SpecError(key, rule_key, "there is no such domain")
        domain = city(self._domains, {each.rule: each.values for each in in_force})[key]
        present = proposed(domain, rule_key, {})
        until = self._clock.now()
        chosen = trial if trial.author or trial.values else self._choose(trial, domain, present, until)
        if not chosen.values:
            return replace(chosen, state="done", outcome={**chosen.outcome, "advice": "none"})
        found = self._compared(domain, present, [proposed(domain, rule_key, chosen.values)], trial.days, until)[0]
        told = {
            "until": until,
            "present": _numbers(present),
            "in_force": place,
            "journalled": self._journal.came(trial.rule, found["since"], until),
        }
        return replace(chosen, state="done", outcome={**chosen.outcome, **told, **found})

    def _choose(self, trial: Trial, domain: Domain, present: Rule, until: float) -> Trial:
        """The advisor's own: of many numbers those that help, on the sensors that call most."""
        values = candidates(domain, present.key)
        rules = [proposed(domain, present.key, each) for each in values]
        sensors = list(trial.outcome.get("worst", ()))
        found = self._compared(domain, present, rules, CHOOSING_DAYS, until, sensors) if rules else []
        chosen = best([Tried(each, told) for each, told in zip(values, found, strict=True)])
        return replace(trial, values=chosen.values if chosen else {})

    def _compared(
        self, domain: Domain, present: Rule, others: Sequence[Rule], days: int, until: float, sensors: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Of each other rule what it would have done in place of the present one, since the first reading there is."""
        read = _Read(self._days(domain, present.on, days, until, sensors), until - days * 86_400.0)
        (before, *after), readings, seen = run(domain, [present, *others], read, until)
        return [{**outcome(before, each), "readings": readings, "sensors": len(seen), "since": read.since} for each in after]

    def _days(self, domain: Domain, metric: str, days: int, until: float, sensors: Sequence[str]) -> Iterator[Day]:
        since = until - days * 86_400.0
        declared = next(each for each in domain.metrics if each.key == metric)
        first, last = day_of(since, self._history.zone), day_of(until, self._history.zone)
        for one in days_of(first, last):
            if self.stopping:
                raise Stopped
            yield self._history.day(domain.key, declared, one, since, until, sensors)

    # --- proposing by itself ---------------------------------------------------------------------------------------------------------

    def _advise(self) -> None:
        """Asks for trials of the rules whose alarms are a nuisance, if nobody has lately."""
        now = self._clock.now()
        since = self._clock.wall() - AGAIN_SECONDS
        known = {each.rule for each in self._tunings.trials(200, since=since)} | {each.rule for each in self._tunings.in_force()}
        often = nuisances(self._health, now - LOOK_BACK_SECONDS, now)
        rules = [rule for rule in often if rule not in known and self._is_tunable(rule)]
        for rule in rules[:MOST_RULES]:
            self._tunings.ask(rule, {}, TRIAL_DAYS, why=often[rule])

    def _is_tunable(self, rule: str) -> bool:
        key, _, rule_key = rule.partition("/")
        domain = self._domains.get(key)
        return domain is not None and tunable(domain, rule_key)


def nuisances(health: Health, since: float, until: float) -> dict[str, dict[str, Any]]:
    """Rules of sensors among the chattering and the ten most frequent alarms, worst first: how often each, and its worst sensors."""
    lists = {"chattering": health.chattering(since, until), "top": health.top(since, until)}
    counts: dict[str, Counter[str]] = {}
    told: dict[str, dict[str, Any]] = {}
    for name, found in lists.items():
        for alarm, times in found:
            rule, subject = parts(alarm)
            if subject.startswith("sensor:"):
                counts.setdefault(rule, Counter())[subject.removeprefix("sensor:")] += times
                told.setdefault(rule, dict.fromkeys(lists, 0))[name] += times
    ordered = sorted(told, key=lambda rule: (-told[rule]["chattering"], -told[rule]["top"], rule))
    return {rule: {**told[rule], "worst": [sensor for sensor, _ in counts[rule].most_common(MOST_SENSORS)]} for rule in ordered}


class _Read:
    """Days as they are read; `since` is then the time of the first reading, or as asked where there is none."""

    def __init__(self, days: Iterator[Day], since: float) -> None:
        self._days, self.since = days, since

    def __iter__(self) -> Iterator[Day]:
        first = True
        for some in self._days:
            if first and len(some.time):
                self.since, first = float(some.time.min()), False
            yield some


def _numbers(rule: Rule) -> dict[str, float]:
    return {name: getattr(rule, name) for name in TUNABLE}
