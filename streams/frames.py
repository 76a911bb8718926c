"""`python -m streams frames`: one elected process judges the city and composes every page once per tick; a standby waits.

A tick is a second of wall time. When a condition became true or false or an alarm changed in between, what the pages say of alarms is
shown at once and the tick follows soon after, so that the rest of the page agrees; never more than ten a second. The composer alone
reads the partitions; what it publishes serves every screen.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from model import Domain, Site
from model.alarm import Flood
from store import Away, Client
from store.board import NAME as ALARMS
from store.board import Board
from store.clock import Clock
from store.frame import Frames, Press
from store.judge import Judgements
from store.lease import Lease
from store.partition import Fenced
from store.process import Process, leave, processes
from store.sketch import Sketches
from store.urgent import CHANNEL
from store.view import View, refresh, refresh_conditions
from streams import compose, frame
from streams.compose import Bureau, Sections
from streams.hours import in_force
from streams.judge import DEAD_SECONDS, Judge, is_current
from streams.minutes import SKETCH_SECONDS
from streams.moment import between
from streams.pages import Pages
from streams.pulse import Pulse
from streams.ranking import Ranking
from streams.readings import Ask
from streams.rulebook import Rulebook

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LEAST_SECONDS = 0.1
STANDBY_SECONDS = 0.5
CATCH_UP_SECONDS = 0.4
"""Work per tick on figures of the past."""
SLICE_SECONDS = 0.005
"""Of it, what is done before the bell is listened for again."""
FORGET_SECONDS = 60.0
"""A dead process is forgotten this long after another of its kind has started in its place."""


class Composer:
    """The active or standby composer."""

    def __init__(self, client: Client, domains: Mapping[str, Domain], site: Site, clock: Clock, pulse: Pulse) -> None:
        self._client, self._clock, self._pulse = client, clock, pulse
        self._domains, self._site = domains, site
        self._lease = Lease(client, "judge", pulse.id)
        self._store = Judgements(client, self._lease)
        self._board, self._book = Board(client), Rulebook(domains, site)
        self._frames, self._press = Frames(client), Press(self._lease)
        self._bell = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._bell_answered, self._pressed = float("-inf"), False
        self.stopping = False
        self._begin()

    def _begin(self) -> None:
        """Everything anew: a new term of office, a new epoch."""
        self._views: dict[str, View] = {}
        self._sketches = Sketches(self._client)
        self._bureaus = {key: Bureau(domain, self._site) for key, domain in self._domains.items()}
        self._judge: Judge | None = None
        self._epoch, self._seq = secrets.token_hex(4), 0
        self._pages = Pages(partial(between, self._client), self._bureaus)
        self._before: dict[str, tuple[int, Sections]] = {}
        self._processes: list[Process] = []
        self._documents: dict[str, bytes] = {}
        self._ranking, self._rev = Ranking(self._calendar), -1
        self._duties: dict[str, list[str]] = {}
        self._floods: list[Flood] = []
        self._kept = self._clock.wall()
        """When the process that keeps the alarms was heard last, or this one began to listen."""

    def run(self) -> None:
        """Works until `stopping` is set."""
        self._listen()
        while not self.stopping:
            started = time.monotonic()
            active = self._elected(self.tick)
            if self._pressed:
                self._bell_answered, self._pressed = started, False
            if self._pulse.due():
                self._pulse.send("active" if active else "standby", 1 / TICK_SECONDS if active else 0.0, self._clock.wall())
            self._rest(started + (TICK_SECONDS if active else STANDBY_SECONDS))
        self._lease.release()
        self._pulse.leave()

    def _listen(self) -> None:
        """Hears the bell from now on. Redis may come up later than this process; from then on the client subscribes again by itself."""
        while not self.stopping:
            try:
                self._bell.subscribe(CHANNEL)
                return
            except Away as error:
                self._pulse.failed(error)
                time.sleep(STANDBY_SECONDS)

    def _elected(self, work: Callable[[], None]) -> bool:
        """Does the work if this process is the elected one; whether it is."""
        try:
            if self._lease.hold() > 0:
                work()
                return True
            if self._judge is not None:
                self._begin()
        except Fenced as error:
            log.warning("fenced", extra={"error": str(error)})
            self._begin()
        except Away as error:
            self._pulse.failed(error)
            self._begin()
        return False

    def _rest(self, due: float) -> None:
        """Until the next tick is due, which the bell brings closer. Meanwhile the bell is answered and the past caught up with."""
        until = time.monotonic() + CATCH_UP_SECONDS
        while not self.stopping and (left := due - time.monotonic()) > 0:
            behind = time.monotonic() < until and self.catch_up(SLICE_SECONDS)
            if self._rung(0.0 if behind else left):
                time.sleep(max(0.0, self._bell_answered + LEAST_SECONDS - time.monotonic()))
                self._bell_answered, self._pressed = time.monotonic(), True
                self._elected(self.hurry)
                due = min(due, self._bell_answered + LEAST_SECONDS)

    def _rung(self, seconds: float) -> bool:
        """Whether the bell rings within `seconds`."""
        try:
            if self._bell.get_message(timeout=seconds) is None:
                return False
            while self._bell.get_message(timeout=0) is not None:
                pass
            return True
        except Away:
            time.sleep(seconds)
            return False

    # --- one tick --------------------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Looks, judges, composes, publishes. Raises `Away`, and `Fenced` when the lease was lost meanwhile."""
        now, wall = self._clock.now(), self._clock.wall()
        if self._judge is None:
            self._judge = Judge(*self._store.load())
        self._processes = processes(self._client)  # before the views: who says that it has caught up has stored what it read
        self._kept = max((process.wall for process in self._processes if process.kind == ALARMS), default=self._kept)
        self._read_board()  # before the conditions: an alarm that is gone from it has a condition that is no longer true
        refresh(self._client, self._views)
        self._see(now)
        self._find(self._judge, now, wall)
        told = self._told(self._judge)
        for bureau in self._bureaus.values():
            bureau.roll.update(bureau.views, now, told)
        self._store.save(*self._judge.changes())
        self._judge.saved()
        self._publish(told, now, wall)

    def hurry(self) -> None:
        """Tells every page at once what changed of the alarms, and nothing else. Raises `Away`."""
        if self._judge is None:
            return
        self._read_board()
        refresh_conditions(self._client, self._views)
        told = self._told(self._judge)
        common = self._common(told, self._clock.wall())
        header = self._header(self._clock.now())
        changes: dict[str, tuple[int, bytes]] = {}
        for page, (seq, before) in self._before.items():
            own = self._pages.told(page, told, common)
            if any(before[name] != section for name, section in own.items()):
                sections = {**before, **own}
                changes[page] = seq, frame.change({**header, "page": page}, seq, before, sections)
                self._before[page] = (self._seq, sections)
        self._press.tell(self._epoch, self._seq, changes)

    def catch_up(self, seconds: float) -> bool:
        """Works on figures of the past for about `seconds`; whether more of it is waiting."""
        behind = False
        try:
            for bureau in self._bureaus.values():
                behind |= bureau.figures.catch_up(bureau.at(self._asker(bureau)), seconds / len(self._bureaus))
        except Away as error:
            self._pulse.failed(error)
            return False
        return behind

    def _asker(self, bureau: Bureau) -> Ask:
        """How a figure of the bureau asks for sketches; of what is older than they are kept, for none."""
        oldest = self._clock.now() - SKETCH_SECONDS

        def ask(metric: str, now: float, seconds: float) -> Iterable[tuple[str, bytes]]:
            return () if now < oldest else self._sketches.of(bureau.views, metric, now, seconds)

        return ask

    def _see(self, now: float) -> None:
        """Sorts the views by domain and computes every figure."""
        for key, bureau in self._bureaus.items():
            bureau.look([view for view in self._views.values() if view.domain == key], now, self._asker(bureau))

    def _find(self, judge: Judge, now: float, wall: float) -> None:
        """Judges what no partition can."""
        for bureau in self._bureaus.values():
            domain = bureau.domain
            current = all(is_current(view, self._processes, wall) for view in bureau.views)
            judge.feed(domain, now, bureau.newest(), bureau.roll.pace(), current)
            heard = judge.hears(domain, bureau.views, self._processes, wall)
            judge.figures(domain, now, bureau.figures.now, bureau.figures.by_area, bureau.figures.measured, heard)
            judge.silence(domain, now, bureau.views, bureau.roll.intervals, self._processes, wall)
        self._bury(wall)
        judge.processes(now, self._processes, wall)
        judge.finish(now)

    def _read_board(self) -> None:
        """The alarms as they stand, which desk answers for which areas, and where there is a flood. Raises `Away`."""
        duties = self._board.duties()
        self._duties = {duty.desk: list(duty.areas) for duty in duties}
        self._floods = [duty.flood for duty in duties if duty.flood is not None]
        change = self._board.changes(self._rev) if self._rev >= 0 else None
        if change is not None:
            self._ranking.changed(change.alarms, change.gone)
            self._rev = change.rev
            return
        self._rev, alarms = self._board.load()
        self._ranking.board(alarms)

    def _told(self, judge: Judge) -> Ranking:
        """What pages tell of the board, which was read before, and of conditions."""
        self._ranking.judged(judge.conditions)
        self._ranking.stored({name: view.conditions for name, view in self._views.items() if view.domain in self._bureaus})
        return self._ranking.settle()

    def _calendar(self, rule: str) -> bool | None:
        """Whether the rule's calendar is in force; None when it has none."""
        declared = self._book.rules.get(rule)
        if declared is None or declared.calendar is None:
            return None
        return in_force(declared.calendar, self._clock.now(), self._book.zone)

    def _bury(self, wall: float) -> None:
        """Forgets the dead whose place another has taken."""
        for dead in [process for process in self._processes if wall - process.wall > max(FORGET_SECONDS, DEAD_SECONDS)]:
            if any(other.kind == dead.kind and other.started > dead.wall for other in self._processes if other is not dead):
                leave(self._client, dead.id)
                self._processes.remove(dead)

    # --- pages -----------------------------------------------------------------------------------------------------------------------

    def _publish(self, told: Ranking, now: float, wall: float) -> None:
        header = self._header(now)
        common = self._common(told, wall)
        pages = self._pages.all(told, common, self._processes, self._frames.wanted(), now, wall)
        self._publish_documents(now)  # first: whoever is told of new positions must find them
        for page in set(self._before) - set(pages):
            del self._before[page]
        for page, sections in pages.items():
            head = {**header, "page": page}
            before = self._before.get(page)
            change = frame.delta(head, before[0], before[1], sections) if before else None
            self._press.publish(page, f"{self._epoch}-{self._seq}", frame.full(head, sections), change)
            self._before[page] = (self._seq, sections)

    def _common(self, told: Ranking, wall: float) -> compose.Sections:
        """What every page says."""
        flood = self._pages.flood(self._floods, told)
        return {**self._pages.common(told, compose.keeping(self._kept, wall)), "duties": self._duties, "flood": flood}

    def _publish_documents(self, now: float) -> None:
        made = self._pages.documents(now)
        self._store.publish({name: data for name, data in made.items() if self._documents.get(name) != data})
        self._documents = made

    def _header(self, now: float) -> dict[str, Any]:
        """What begins the next frame of every page."""
        replay = self._clock.replay()
        self._seq += 1
        return {
            "v": frame.VERSION,
            "epoch": self._epoch,
            "seq": self._seq,
            "now": round(now, 3),
            "origin": max((bureau.origin() for bureau in self._bureaus.values()), default=0),
            "rate": replay.rate if replay else 1.0,
        }
