"""`python -m streams report`: looks at the feeds once a minute, makes the reports of what is over, and mails them.

Of several only the one with the lease works. A report is made at ten past midnight by the city's clock; until a mail was taken it is tried
again, and what was sent is noted beside the report, so that a start sends nothing twice but what was taken while the process died.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Literal

from model.report import Mailing, Span
from store import Away, Client
from store.clock import Clock
from store.database import DatabaseAway
from store.feed import feeds
from store.feed_hour import FeedHours
from store.lease import Lease
from store.partition import Fenced
from store.process import processes, reader
from store.report import Revision
from streams.post import Attachment, Failed, send_mail
from streams.pulse import Pulse
from streams.report.arrival import Arrival
from streams.report.compose import Sources, is_worth, make, span_of

log = logging.getLogger(__name__)

BEAT_SECONDS, LOOK_SECONDS, AGAIN_SECONDS = 0.5, 60.0, 300.0
"""Between two rounds; between two looks at the feeds; from one try that failed to the next."""
DUE = timedelta(minutes=10)
"""After midnight a report is made, or as soon after that as the history has got all of the day."""
HEARD_SECONDS = 10.0
"""A heartbeat older than this says nothing of a feed's lag."""
MAKE_AGAIN_DAYS = 3
"""How many days back reports are made again, for what came late."""
Language = Literal["en", "zh"]
Draw = Callable[[Revision, Language], Sequence[Attachment]]
"""What is attached to a mail, of a revision in a language."""
Say = Callable[[Revision, Language], tuple[str, str]]
"""(subject, text) of that mail."""


def due(now: datetime) -> list[tuple[Span, date]]:
    """The reports that should have been made by a local time: yesterday's first, for it is waited for, then week, month and days before."""
    today = (now - DUE).date()
    days: list[tuple[Span, date]] = [("day", today - timedelta(back)) for back in range(1, MAKE_AGAIN_DAYS + 1)]
    return [days[0], ("week", today - timedelta(today.weekday() + 1)), ("month", today.replace(day=1) - timedelta(1)), *days[1:]]


class Reporter:
    """The process. `draw` and `say` come from where reports are drawn, which this folder does not know."""

    def __init__(
        self,
        sources: Sources,
        client: Client,
        feed_hours: FeedHours,
        mailings: Sequence[Mailing],
        secrets: Mapping[str, str],
        draw: Draw,
        say: Say,
        clock: Clock,
        pulse: Pulse,
    ) -> None:
        self._sources, self._client, self._feed_hours, self._clock, self._pulse = sources, client, feed_hours, clock, pulse
        self._mailings, self._secrets, self._draw, self._say = mailings, secrets, draw, say
        self._lease = Lease(client, "report", pulse.id)
        self._arrival = Arrival(sources.history.shelf, {key: domain.topic for key, domain in sources.domains.items()})
        self._looked = float("-inf")
        self._next: dict[str, float] = {}
        """By what is to be done the steady clock before which it is not tried again."""
        self._made: dict[tuple[Span, date], date] = {}
        """By report the day on which it was looked after."""
        self._pool = ThreadPoolExecutor(1, "report")
        self._working: Future[None] | None = None
        self._leads = False
        self.stopping = False

    def run(self) -> None:
        """Works until `stopping` is set."""
        while not self.stopping:
            self.turn()
            time.sleep(BEAT_SECONDS)
        self._pool.shutdown()
        self._pulse.leave()

    def turn(self) -> None:
        """One round."""
        leads = False
        try:
            leads = self._lease.hold() > 0
            if leads:
                self._look()
        except (Away, DatabaseAway) as error:
            self._pulse.failed(error)
        self._leads = leads
        self._watch()
        if self._pulse.due():
            self._pulse.send("active" if leads else "standby", 0.0, self._clock.wall())

    def _watch(self) -> None:
        """Reports are made in a thread, so that the lease is kept and the heartbeat goes on."""
        if self._working is not None and self._working.done():
            error, self._working = self._working.exception(), None
            if error is not None:
                raise error
        if self._leads and self._working is None:
            self._working = self._pool.submit(self._work)

    def _look(self) -> None:
        """Takes down how the feeds fare."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        wall = self._clock.wall()
        said, found = feeds(self._client), processes(self._client)
        self._arrival.look(datetime.fromtimestamp(self._clock.now(), self._sources.zone).date(), said)
        lags: dict[tuple[str, int], float | None] = {}
        for domain, number in said:
            owner = reader(found, f"{domain}.{number}", wall, HEARD_SECONDS)
            lags[domain, number] = owner.feeds[f"{domain}.{number}"][1] if owner else None
        self._feed_hours.look(self._clock.now(), said, lags)

    def _work(self) -> None:
        """Makes what is due, once a day, and mails what was not. One that cannot be made keeps none of the others."""
        now = datetime.fromtimestamp(self._clock.now(), self._sources.zone)
        today = (now - DUE).date()
        for span, day in due(now):
            if self.stopping or not self._leads:
                return
            if not self._rests(f"{span}/{day}"):
                self._one(span, day, today)

    def _one(self, span: Span, day: date, today: date) -> None:
        what = f"{span}/{day}"
        try:
            if (self._made.get((span, day)) == today and self._told(span, day)) or self._arrival.waits():
                return
            if is_worth(self._sources, span, day):
                self._mail(make(self._sources, span, day, self._clock.wall()))
            else:
                self._next[what] = time.monotonic() + AGAIN_SECONDS
            self._made[span, day] = today
        except Fenced as error:
            log.warning("fenced", extra={"error": str(error)})
        except Exception as error:  # also what nobody foresaw: the others are waited for
            log.exception("report failed", extra={"report": what})
            self._pulse.failed(error)
            self._next[what] = time.monotonic() + AGAIN_SECONDS

    def _told(self, span: Span, day: date) -> bool:
        """Whether there is nobody who could be mailed now."""
        notes = [_note(span, span_of(span, day)[0], each) for each in self._wanted(span, day)]
        return all(self._rests(note) or self._marked(note) for note in notes)

    def _marked(self, note: str) -> bool:
        if self._sources.reports.marked(note):
            self._next[note] = float("inf")
        return self._rests(note)

    def _wanted(self, span: Span, day: date) -> list[Mailing]:
        """Who is still to be mailed; of days before the last nobody, or a first start would send a week's."""
        newest = max((other for kind, other in due(datetime.fromtimestamp(self._clock.now(), self._sources.zone)) if kind == span))
        return [mailing for mailing in self._mailings if span in mailing.spans and day == newest]

    def _mail(self, revision: Revision) -> None:
        day = span_of(revision.kind, revision.first)[1]
        for mailing in self._wanted(revision.kind, day):
            note = _note(revision.kind, revision.first, mailing)
            if self._rests(note) or self._marked(note):
                continue
            subject, text = self._say(revision, mailing.language)
            id = f"report-{revision.kind}-{revision.first}-{revision.number}-{mailing.name}"
            body = {"subject": subject, "text": text}
            try:
                files = self._draw(revision, mailing.language)
                self._lease.write({})  # another process may have mailed while this one was paused
                send_mail(mailing.via, self._secrets.get(mailing.name, ""), id, body, self._clock.wall(), files)
            except Failed as error:
                self._pulse.failed(error)
                self._next[note] = time.monotonic() + AGAIN_SECONDS
                if not error.for_ever:
                    continue
            self._sources.reports.mark(note)
            log.info("report mailed", extra={"report": f"{revision.kind} {revision.first}", "to": mailing.name})

    def _rests(self, what: str) -> bool:
        return time.monotonic() < self._next.get(what, float("-inf"))


def _note(span: Span, first: date, mailing: Mailing) -> str:
    return f"{span}/{first}/mailed-{mailing.name}"
