"""`python -m streams replay`: one elected process composes every replay of the past that somebody looks at; a standby waits.

It reads the history, the journal and what people wish, and writes frames and documents of its own names (`store/replay.py`). While nobody
looks at the past it holds the readings of the last day ready, and of the one before where there is room, so that a jump into them is shown
at once.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from model import Domain, Site
from model.replay import ENDS_SECONDS, MOST, UNSEEN_SECONDS, Replay
from store import Away, Client
from store.clock import Clock
from store.database import DatabaseAway
from store.frame import Frames, Press
from store.history import History
from store.journal import Journal
from store.lease import Lease
from store.outline import Outline
from store.partition import Fenced
from store.reel import Reel
from store.replay import CHANNEL, NAME, WALL, WISHES, Replays, staged
from store.view import View, refresh
from streams import frame
from streams.pulse import Pulse
from streams.replay import Player
from streams.then import BACK_SECONDS, Fives

log = logging.getLogger(__name__)

TICK_SECONDS, LEAST_SECONDS, STANDBY_SECONDS = 1.0, 0.05, 0.5
SLICE_SECONDS = 0.02
"""Work on figures of the past before wishes are listened for again."""
LOOK_SECONDS, WARM_SECONDS = 5.0, 60.0
"""From one look for what the history got since to the next, while somebody looks at the past and while nobody does."""
BEGIN_SECONDS = 600.0
"""From one look for where the history begins to the next."""
TOLD_SECONDS = 5.0
"""How often windows are told whether the whole wall is in a replay, when nothing changed."""
WORK_SECONDS = 60.0
"""For which the lease is renewed while a day of very many readings is read."""
DAY_SECONDS = 86_400.0
SPARE_SECONDS = 5.0
"""Beside the time after which the history writes what came, until it can be read."""


class Projector:
    """The active or standby process. `behind`: seconds after which the history has what came."""

    def __init__(
        self,
        client: Client,
        history: History,
        journal: Journal,
        domains: Mapping[str, Domain],
        site: Site,
        clock: Clock,
        pulse: Pulse,
        behind: float,
    ) -> None:
        self._client, self._history, self._journal = client, history, journal
        self._domains, self._site, self._clock, self._pulse = domains, site, clock, pulse
        self._behind = behind + SPARE_SECONDS
        self._lease = Lease(client, NAME, pulse.id)
        self._replays, self._frames, self._press = Replays(client), Frames(client), Press(self._lease)
        self._bell = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self.stopping = False
        self._begin()

    def _begin(self) -> None:
        """Everything anew: a new term of office."""
        reels = {key: Reel(self._history, domain) for key, domain in self._domains.items()}
        self._fives = {key: Fives(domain, reels[key]) for key, domain in self._domains.items()}
        self._outline = Outline(self._journal)
        self._players: dict[str, Player] = {}
        self._first: float | None = None
        self._begun = self._looked = self._told = float("-inf")
        self._wall: tuple[str, int, bytes] = secrets.token_hex(4), 0, b""

    def run(self) -> None:
        """Works until `stopping` is set."""
        self._listen()
        while not self.stopping:
            started = time.monotonic()
            active = self._elected(self.tick)
            if self._pulse.due():
                self._beat("active" if active else "standby")
            self._rest(started + (TICK_SECONDS if active else STANDBY_SECONDS), active)
        self._lease.release()
        self._pulse.leave()

    def _beat(self, state: str = "active") -> None:
        self._pulse.send(state, float(len(self._players)), self._clock.wall())

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Keeps the lease and beats beside work that takes long where a day has very many readings."""
        with self._lease.kept(WORK_SECONDS), self._pulse.beside(self._beat, WORK_SECONDS):
            yield

    def _listen(self) -> None:
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
                with self._working():
                    work()
                return True
            if self._players:
                self._begin()
        except Fenced as error:
            log.warning("fenced", extra={"error": str(error)})
            self._begin()
        except (Away, DatabaseAway, OSError) as error:
            self._pulse.failed(error)
        return False

    def _rest(self, due: float, active: bool) -> None:
        """Until the next tick is due, or somebody wishes something; who is active meanwhile catches up with the figures of the past."""
        behind = active
        while not self.stopping and (left := due - time.monotonic()) > 0:
            behind = behind and (any([player.catch_up(SLICE_SECONDS) for player in self._players.values()]) or self._ahead())
            if self._rung(0.0 if behind else left):
                return

    def _ahead(self) -> bool:
        """Reads one day before or after what is shown, for that is where people jump to; whether there was one to be read.

        While nothing is shown they will jump to what was a moment or a day ago.
        """
        shown = [player.moment for player in self._players.values() if player.moment] or [self._clock.now()]
        try:
            return any(self._read(moment + reach) for moment in shown for reach in (-DAY_SECONDS - BACK_SECONDS, DAY_SECONDS))
        except OSError as error:
            self._pulse.failed(error)
            return False

    def _read(self, moment: float) -> bool:
        """Reads the day of a moment for one bureau that lacks it, where there can be one; whether there was one."""
        there = (self._first or moment) <= moment <= self._clock.now()
        for fives in self._fives.values():
            if there and fives.reel.lacks(moment):
                with self._working():
                    for day in fives.reel.days(moment, moment, anew=False):
                        fives.prepare(day)
                return True
        return False

    def _rung(self, seconds: float) -> bool:
        try:
            if self._bell.get_message(timeout=seconds) is None:
                return False
            time.sleep(LEAST_SECONDS)  # who begins to look at several pages asks for one after the other
            while self._bell.get_message(timeout=0) is not None:
                pass
            return True
        except Away:
            time.sleep(seconds)
            return False

    # --- one tick --------------------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Shows every replay as of now. Raises `Away`, `Fenced`, `DatabaseAway`, `OSError`."""
        now, wall = self._clock.now(), self._clock.wall()
        span = self._span(now)
        wished = self._replays.all()
        looks = self._looks(wished)
        replays = self._on(wished, wall, looks)
        begins = any(replay.id not in self._players for replay in replays)
        anew = begins or time.monotonic() - self._looked >= (LOOK_SECONDS if replays else WARM_SECONDS)
        if anew:
            self._looked = time.monotonic()
            self._read_journal()
        self._tell(replays, now)  # before what is shown is made: meanwhile windows ask for it
        for replay in replays:
            player = self._players.get(replay.id)
            if player is None:
                player = self._players[replay.id] = self._player(replay.id)
            if replay.id in looks:
                player.seen = time.monotonic()
                player.show(replay, looks[replay.id], wall, span, anew)
        if anew and not replays:
            self._warm(now)

    def _span(self, now: float) -> tuple[float, float]:
        """(first, last) moment that can be shown."""
        if time.monotonic() - self._begun >= BEGIN_SECONDS or self._first is None:
            self._begun = time.monotonic()
            self._first = min((first for fives in self._fives.values() if (first := fives.reel.first()) is not None), default=None)
        clock = self._clock.replay()
        last = now - self._behind * (clock.rate if clock else 1.0)
        span = min(self._first if self._first is not None else last, last), last
        self._lease.write({f"city:{{{NAME}}}:span": msgspec.json.encode(span)}, seconds=60)
        return span

    def _looks(self, replays: Iterable[Replay]) -> dict[str, set[str]]:
        """By replay the pages that somebody looks at; what the whole wall is to show is composed before its screens ask for it."""
        looked = [staged(name) for name in self._frames.wanted()]
        found: dict[str, set[str]] = {}
        for replay, page in looked:
            found.setdefault(replay, set()).add(page)
        walls = found.pop("", set()) & {screen.page for screen in self._site.screens}
        for whole in replays:
            if whole.whole and walls:
                found.setdefault(whole.id, set()).update(walls)
        return found

    def _on(self, replays: Iterable[Replay], wall: float, looks: Mapping[str, set[str]]) -> list[Replay]:
        """The replays that go on; those that are over are ended, and those that somebody ended forgotten."""
        on = []
        for number, replay in enumerate(replays):
            player = self._players.get(replay.id)
            unseen = time.monotonic() - player.seen if player and replay.id not in looks else 0.0
            if wall - replay.wall > ENDS_SECONDS or unseen > UNSEEN_SECONDS or number >= MOST:
                self._client.hdel(WISHES, replay.id)
            else:
                on.append(replay)
        for id in self._players.keys() - {replay.id for replay in on}:
            player = self._players.pop(id)
            player.end(wall)
            player.forget(self._client.delete)
        return on

    def _player(self, id: str) -> Player:
        views: dict[str, View] = {}
        refresh(self._client, views, windows=False)
        places: dict[str, dict[str, tuple[float, float]]] = {}
        for view in views.values():
            places.setdefault(view.domain, {}).update(view.places)
        return Player(id, self._domains, self._site, self._fives, self._outline, self._lease, places)

    def _tell(self, replays: list[Replay], now: float) -> None:
        """Tells every window which replay the whole wall shows, the one wished last, or that it is live."""
        whole = max((replay for replay in replays if replay.whole), key=lambda replay: replay.wall, default=None)
        said = msgspec.json.encode({"id": whole.id, "name": whole.name} if whole else None)
        epoch, seq, before = self._wall
        if said == before and time.monotonic() - self._told < TOLD_SECONDS:
            return
        self._told, self._wall = time.monotonic(), (epoch, seq + 1, said)
        head = {"v": frame.VERSION, "page": WALL, "epoch": epoch, "seq": seq + 1, "now": round(now, 3), "origin": 0, "rate": 1.0}
        self._press.publish(WALL, f"{epoch}-{seq + 1}", frame.full(head, {"wall": msgspec.json.decode(said)}), None)

    def _warm(self, now: float) -> None:
        """Holds the last day ready."""
        for fives in self._fives.values():
            for day in fives.reel.days(now - BACK_SECONDS, now):
                fives.prepare(day)

    def _read_journal(self) -> None:
        """Takes in what the journal has got; while it is away, moments that it was read up to can be shown still."""
        try:
            self._outline.refresh()
        except DatabaseAway as error:
            self._pulse.failed(error)
