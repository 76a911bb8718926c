"""`python -m streams alarms`: the one writer of alarm life. Edges and wishes come in; journal, board and topic are written, in that order.

One is active by a lease, a standby takes over when it dies. Whoever takes over asks the journal for a fence, loads what stands there
and makes the board agree; from then on each turn reads what is new, decides (`streams/alarm.py`, pure), records it in one transaction
together with how far was read, and only then shows and answers. So a turn that was cut off anywhere is made again by the next
writer with the same outcome, and nothing is answered that is not durable.

The journal away: conditions go on changing and people must see it, so edges are taken in and shown as not journalled, while the
places in the journal stay where they are; wishes are answered `not_recorded` and never carried out. The journal back: everything held
is dropped, loaded from it anew, and the edges are read again. Redis away: the turn ends, and the next begins with a take-over.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from model import Condition
from model.alarm import Answer, Duty
from store import Away, Client
from store.audit import Deed
from store.board import ASKED, Asked, Board, Term, lease, provisional
from store.clock import Clock
from store.database import DatabaseAway, DatabaseFailed
from store.edge import BEGINNING, Edge, Edges, moment, order
from store.inforce import InForce
from store.journal import Journal
from store.partition import Fenced
from store.process import processes
from store.urgent import BOARD, CHANNEL, announce
from store.view import View, names, newest, standing
from streams.alarm import Alarms, on_board
from streams.deed import deed
from streams.heal import Healer, finders
from streams.life import shown
from streams.outbox import Outbox
from streams.partition import decode
from streams.pulse import Pulse
from streams.reply import expired, is_late, lost, not_recorded
from streams.resume import from_board, from_journal
from streams.rulebook import Rulebook, alarm_of
from streams.wish import carry_out

log = logging.getLogger(__name__)

Change = tuple[Condition, str, float]
"""A condition that became true or false, the name of that in the journal, and the event time at which it was found."""

REST_SECONDS = 0.25
"""How long the bell may be silent before the next turn."""
HOLD_SECONDS = 0.5
TAKE_OVER_SECONDS = 15.0
"""For which the lease is renewed while a journal of very many alarms is loaded; else two might take it from each other for ever."""
WORK_SECONDS = 0.001
"""A generous estimate of what one edge, or one alarm of a wish, takes."""
BACK_SECONDS = 3600.0
FIRST_SECONDS = 600.0
"""How far back a journal that has nothing begins to read."""
LOOK_SECONDS = 10.0
MOST = 1_000
"""Edges, and wishes, taken in at once: about a quarter of a second's work, for which a person who asks meanwhile waits."""
JUDGE, WISHES = "judge", "wishes"
"""Names, beside those of the partitions, of what is read and how far."""
TOLD_AGAIN = 100
"""Wishes whose answers a new writer tells again: the one before may have died between recording and answering."""


class Keeper:
    """One process that keeps the alarms, or stands by.

    `prepare` brings the journal's tables about, `pause` is called at each point between two writes, by name.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        outbox: Outbox,
        book: Rulebook,
        clock: Clock,
        pulse: Pulse,
        prepare: Callable[[], None] = lambda: None,
        pause: Callable[[str], None] = lambda point: None,
    ) -> None:
        self._client, self._journal, self._outbox, self._book = client, journal, outbox, book
        self._clock, self._pulse, self._prepare, self._pause = clock, pulse, prepare, pause
        self._board, self._edges = Board(client), Edges(client)
        self._bell = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._rules = InForce(client)
        self._lease = lease(client, pulse.id)
        self._core: Alarms | None = None
        self._healer: Healer
        self._number = 0
        self._fence = 0
        self._places: dict[str, str] = {}
        self._duties: list[Duty] = []
        self._away: float | None = None
        """Since when (monotonic clock) the journal has been away."""
        self._unknown: set[str] = set()
        """Wishes that may or may not have been recorded when the journal went away."""
        self._held = self._looked = float("-inf")
        self._written = 0
        self._ready = self._more = False
        self.stopping = False

    def run(self) -> None:
        """Works until `stopping` is set."""
        self._bell.subscribe(CHANNEL, ASKED)
        self._outbox.start()
        with contextlib.suppress(DatabaseAway, DatabaseFailed):  # each take-over tries again, and says it
            self._make_ready()
        while not self.stopping:
            self.turn()
            self._rest()
        self._outbox.stop()
        try:
            self._lease.release()
        except Away as error:
            self._pulse.failed(error)
        self._pulse.leave()

    def turn(self) -> None:
        """Holds the lease, and does what there is to do if it is ours."""
        try:
            core = self._hold()
            if core is not None:
                self._work(core)
        except Fenced as error:
            log.warning("fenced", extra={"error": str(error)})
            self._stand_by()
        except Away as error:
            self._pulse.failed(error)
            self._stand_by()
        except DatabaseFailed as error:
            log.exception("the journal did what nobody foresaw")
            self._pulse.failed(error)
            self._step_down()
        self._outbox.active = self._core is not None
        if self._pulse.due():
            self._beat()

    def _beat(self) -> None:
        if self._outbox.error is not None:
            self._pulse.failed(self._outbox.error)
        told = self._rules.changed()
        if told is not None:
            self._book.tune(told)
        self._pulse.send("standby" if self._core is None else "active", float(self._written), self._clock.wall())
        self._written = 0

    def _rest(self) -> None:
        """Until somebody rings, and no longer than a moment."""
        until = time.monotonic() + (0.0 if self._more else REST_SECONDS)
        try:
            while (left := until - time.monotonic()) > 0 and not self.stopping:
                said = self._bell.get_message(timeout=left)
                if said is not None and said["data"] != BOARD:
                    return
        except Away:
            time.sleep(REST_SECONDS)

    # --- being the one ---------------------------------------------------------------------------------------------------------------

    def _hold(self) -> Alarms | None:
        """The alarms while this process is the active one."""
        now = time.monotonic()
        if self._core is not None and now - self._held < HOLD_SECONDS:
            return self._core
        number = self._lease.hold()
        self._held = now
        if number == 0:
            self._stand_by()
        elif number != self._number or self._core is None or self._must_begin_anew(self._core):
            with self._lease.kept(TAKE_OVER_SECONDS):
                self._take_over()
            self._number, self._held = self._lease.hold(), time.monotonic()
            self._pause("restored")
        return self._core

    def _must_begin_anew(self, core: Alarms) -> bool:
        """Whether the journal is back, Redis was emptied, or event time was set back, as a replay does."""
        # Another fence on the board than ours is no other writer's: that one would hold the lease, too.
        return self._is_back() or self._board.fence() != self._fence or self._clock.now() < core.now - BACK_SECONDS

    def _renew(self) -> None:
        """Keeps the lease through a turn that takes long. Lost and taken again is as good: the fence tells whether anybody else had it."""
        if time.monotonic() - self._held >= HOLD_SECONDS:
            self._number, self._held = self._lease.hold(), time.monotonic()
            if self._number == 0:
                raise Fenced("the lease went to another meanwhile")

    def _stand_by(self) -> None:
        self._core, self._away, self._held, self._more = None, None, float("-inf"), False

    def _step_down(self) -> None:
        """Lets another try whose journal may do better."""
        self._stand_by()
        with contextlib.suppress(Away):
            self._lease.release()

    def _is_back(self) -> bool:
        """Whether the journal, which was away, has taken a write since."""
        return self._away is not None and self._outbox.reached > self._away

    def _take_over(self) -> None:
        """Begins anew from the journal, or, while it is away, from the board."""
        try:
            self._make_ready()
            self._fence = self._journal.take_over(self._pulse.id)
            core, places = from_journal(self._journal, self._book, self._clock.now())
            answers = self._known_answers()
            places = places or self._first_places()
        except DatabaseAway as error:
            self._pulse.failed(error)
            self._go_on_without()
            self._away, self._outbox.doubted = time.monotonic(), True
            return
        ends = self._edges.ends([*names(self._client), JUDGE])
        self._places = {name: place for name, place in places.items() if name == WISHES or _within(place, ends.get(name))}
        if not _within(self._places.get(WISHES, BEGINNING), self._board.last_wish()):
            del self._places[WISHES]
        self._core, self._healer, self._away, self._looked = core, Healer(core), None, float("-inf")
        self._duties = core.duties.now(core.floods)
        self._board.restore(self._term(), on_board(core.alarms), self._places, self._duties)
        for id, answer in answers.items():
            self._board.tell(id, answer)
        self._unknown, self._outbox.doubted = set(), False
        log.info("took over", extra={"fence": self._fence, "alarms": len(core.alarms)})

    def _first_places(self) -> dict[str, str]:
        """Where a new journal begins: old alarms of an old stream are nobody's any more, and what stands is found by looking."""
        recent = f"{int((self._clock.wall() - FIRST_SECONDS) * 1000)}-0"
        places = dict.fromkeys([*names(self._client), JUDGE], recent)
        self._journal.record(self._fence, cursors=places)
        return places

    def _make_ready(self) -> None:
        if not self._ready:
            self._prepare()
            self._ready = True

    def _go_on_without(self) -> None:
        """What is held in memory, or else the board, is all there is: it says what stands, and how far its last writer read."""
        if self._core is not None:
            held = {id: provisional(alarm) for id, alarm in on_board(self._core.alarms).items()}
            self._board.restore(self._term(), held, self._places, self._core.duties.now(self._core.floods))
            return
        self._fence, self._places = self._board.fence(), self._board.places()
        self._core, self._looked = from_board(self._board, self._book), float("-inf")
        self._healer = Healer(self._core)

    def _term(self) -> Term:
        return Term(self._lease, self._fence)

    def _known_answers(self) -> dict[str, list[Answer]]:
        """The answers to the newest wishes, told or not, and to those whose fate was unknown."""
        known = self._journal.answered({*self._board.latest_wishes(TOLD_AGAIN), *self._unknown})
        return {id: known.get(id, [lost("")]) for id in known.keys() | self._unknown}

    # --- one turn --------------------------------------------------------------------------------------------------------------------

    def _work(self, core: Alarms) -> None:
        streams = [*names(self._client), JUDGE]
        looks = time.monotonic() - self._looked >= LOOK_SECONDS
        # What stands is read before the edges: whatever the edges do not tell then, nobody will tell any more.
        views = standing(self._client, streams) if looks else []
        edges = self._edges.read({stream: self._places.get(stream, BEGINNING) for stream in streams}, MOST)[:MOST]
        self._more = len(edges) == MOST
        read = self._places.get(WISHES, BEGINNING)
        taken = self._board.take(read, MOST)
        places = {edge.stream: edge.place for edge in edges} | ({WISHES: taken.place} if taken.place != read else {})
        self._pause("read")
        work = WORK_SECONDS * (len(edges) + sum(len(wish.command.targets) for wish in taken.wishes))
        with self._lease.kept(work + HOLD_SECONDS) if work > HOLD_SECONDS else contextlib.nullcontext():
            self._live(core, edges, taken.wishes, places, views if looks else None)

    def _live(
        self, core: Alarms, edges: Sequence[Edge], wishes: Sequence[Asked], places: dict[str, str], views: Sequence[View] | None
    ) -> None:
        """Decides what was read, and writes it; compares with what stands where that was read."""
        changes = [
            (condition, f"edge:{edge.stream}:{edge.place}", self._clock.at(moment(edge.place)))
            for edge in edges
            if (condition := _condition(edge.condition))
        ]
        self._decide(core, changes)
        if views is not None and not self._more:
            self._look(views, {alarm_of(condition.rule, condition.subject)[0] for condition, *_ in changes})
        answers = self._answers(core, wishes)
        deeds = [deed(wish.command, answers[wish.command.id]) for wish in wishes if wish.command.id in answers]
        self._write(core, changes, places, answers, [each for each in deeds if each])

    def _decide(self, core: Alarms, changes: Sequence[Change]) -> None:
        for condition, source, found in changes:
            core.edge(condition, source, found)
        core.advance(self._clock.now(), self._clock.wall())

    def _look(self, views: Sequence[View], touched: Collection[str]) -> None:
        self._looked = time.monotonic()
        found_true = [condition for view in views for data in view.conditions if (condition := _condition(data))]
        current = finders(self._book, views, processes(self._client), self._clock.wall())
        self._healer.look(found_true, current, touched, newest(views))

    def _answers(self, core: Alarms, wishes: Sequence[Asked]) -> dict[str, list[Answer]]:
        """By the command's id what comes of it; a command that was carried out before is answered as then."""
        fresh = [wish for wish in wishes if not wish.answered and wish.command.id not in self._unknown]
        asked, late = {wish.command.id: wish.command for wish in fresh}, {wish.command.id for wish in fresh if is_late(wish)}
        if not asked:
            return {}
        if self._away is not None:
            return {id: not_recorded(command) for id, command in asked.items()}
        try:
            known = self._journal.answered(asked.keys())
        except DatabaseAway as error:
            self._lose(error)
            return {id: not_recorded(command) for id, command in asked.items()}
        return {
            id: known[id] if id in known else expired(command) if id in late else carry_out(core, command, self._clock.wall(), self._failed)
            for id, command in asked.items()
        }

    def _failed(self, error: Exception) -> None:
        """A wish that nobody foresaw must not stop the alarms, and be taken up again by the next writer."""
        log.error("a wish failed", exc_info=error)
        self._pulse.failed(error)

    # --- writing ---------------------------------------------------------------------------------------------------------------------

    def _write(
        self, core: Alarms, changes: Sequence[Change], places: dict[str, str], answers: dict[str, list[Answer]], deeds: Sequence[Deed]
    ) -> None:
        made = core.changes()
        if not (places or made.alarms or made.events or made.forgotten or answers):
            return
        if self._away is None:
            try:
                self._journal.record(self._fence, made.alarms, made.forgotten, made.events, places, answers, deeds)
            except DatabaseAway as error:
                self._lose(error)
                answers = self._unsure(answers)
                core.undo()
                self._decide(core, changes)
        self._pause("journal")
        self._renew()
        self._show(core, places)
        self._pause("board")
        for id, answer in answers.items():
            self._board.tell(id, answer)
        self._pause("answer")
        self._places |= places
        self._outbox.ring()

    def _show(self, core: Alarms, places: dict[str, str]) -> None:
        made = core.changes()
        alarms = made.alarms if self._away is None else [provisional(alarm) for alarm in made.alarms]
        duties = core.duties.now(core.floods)
        news = duties if duties != self._duties else None
        hidden = [alarm.id for alarm in alarms if not shown(alarm)]
        self._board.save(self._term(), [alarm for alarm in alarms if shown(alarm)], hidden, places, news)
        self._duties, self._written = duties, self._written + len(made.events)
        core.settled()
        if alarms or news:
            announce(self._client, BOARD)

    def _lose(self, error: DatabaseAway) -> None:
        self._pulse.failed(error)
        log.warning("the journal is away", extra={"error": str(error)})
        self._away, self._outbox.doubted = time.monotonic(), True

    def _unsure(self, answers: dict[str, list[Answer]]) -> dict[str, list[Answer]]:
        """The write failed and may yet have happened: the journal says, or else nobody is told anything before it is back."""
        if not answers:
            return {}
        try:
            known = self._journal.answered(answers.keys())
        except DatabaseAway:
            self._unknown |= answers.keys()
            return {}
        return {id: known.get(id, [lost(each.alarm) for each in given]) for id, given in answers.items()}


def _condition(data: bytes) -> Condition | None:
    """None for what another version wrote in another form: the next look heals it."""
    try:
        return decode(data)
    except msgspec.DecodeError as error:
        log.warning("no condition", extra={"error": str(error)})
        return None


def _within(place: str, end: str | None) -> bool:
    """Whether a stream may have been read up to `place`; not when it ends before, as one does that began anew."""
    return end is not None and order(place) <= order(end)
