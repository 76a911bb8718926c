"""One replay: the pages of the city as they were at its moment, composed by what composes the live ones, under names of its own.

Nothing of the live city is written, and of it only the places of sensors that no list names are read.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from model import Condition, Domain, Site
from model.alarm import Alarm, Flood
from model.replay import Replay
from store.frame import Press
from store.lease import Lease
from store.outline import Outline
from store.replay import at, kept, stage
from store.view import View
from streams import bygone, frame
from streams.compose import Bureau, Sections
from streams.duty import Duties
from streams.flood import Floods
from streams.life import ANNUNCIATING
from streams.moment import Place, Reading
from streams.pages import Pages
from streams.ranking import Ranking
from streams.readings import Ask
from streams.then import Fives, Then

CALLS = ANNUNCIATING - {"escalated"}
LONGEST_FLOOD = 7 * 86_400.0
FIRST_SECONDS = 0.05
"""Work on figures of the past before a moment that was jumped to is shown; the rest follows while it stands."""
Places = Mapping[str, Mapping[str, tuple[float, float]]]
"""By domain the places of sensors that say themselves where they are."""


class Player:
    """A replay as it is composed. Every call raises `Away`, `DatabaseAway`, `OSError`; then it may be made again."""

    def __init__(
        self, id: str, domains: Mapping[str, Domain], site: Site, fives: Mapping[str, Fives], outline: Outline, lease: Lease, places: Places
    ) -> None:
        self.id, self._domains, self._site, self._outline = id, domains, site, outline
        self._lease, self._press = lease, Press(lease)
        self._thens = {key: Then(fives[key], places.get(key, {})) for key in domains}
        self._bureaus = {key: Bureau(domain, site) for key, domain in domains.items()}
        self._areas = {key: {sensor.id: sensor.area for sensor in site.sensors.get(key, ())} for key in domains}
        self._pages, self._ranking = Pages(self._readings, self._bureaus), Ranking()
        self._epoch, self._seq = secrets.token_hex(4), 0
        self._before: dict[str, tuple[int, Sections]] = {}
        self._documents: dict[str, bytes] = {}
        self._board: dict[str, Alarm] = {}
        self._conditions: dict[str, Condition] = {}
        self._version = 0
        self._shown: tuple[float, float, float] | None = None
        self.seen = time.monotonic()
        """When somebody last looked."""
        self.moment = 0.0
        """What was shown last."""

    def show(self, replay: Replay, wanted: Iterable[str], wall: float, span: tuple[float, float], anew: bool) -> None:
        """Composes and publishes the `wanted` pages as of `wall`; with `anew` what the history got since is looked for."""
        moment = self.moment = min(max(at(replay, wall), span[0]), span[1])
        if self._jumped(replay):  # another epoch: clocks jump, and no change builds on what stood before
            self._epoch, self._seq, self._before = secrets.token_hex(4), 0, {}
        views = {key: then.look(moment, anew) for key, then in self._thens.items()}
        for key, bureau in self._bureaus.items():
            bureau.look([views[key]], moment, self._asker(key))
        if not self._before:
            self.catch_up(FIRST_SECONDS)
        told, floods, duties = self._alarms(moment, views)
        for key, bureau in self._bureaus.items():
            bureau.roll.update([views[key]], moment, told)
        flood = self._pages.flood(list(floods.values()), told)
        said = {**asdict(replay), "moment": round(moment, 3), "first": span[0], "last": span[1], "over": 0}
        common = {**self._pages.common(told, {"alive": True, "heard": None}), "duties": duties, "flood": flood, "replay": said}
        looked = set(wanted)
        pages = self._pages.all(told, common, (), looked, moment, wall)
        self._keep(moment)
        rate = 1.0 if moment == span[1] else 0.0 if moment == span[0] else replay.rate
        self._publish({page: _without(sections) for page, sections in pages.items() if page in looked}, moment, rate)

    def end(self, wall: float) -> None:
        """Tells whoever still looks that it is over."""
        for page, (seq, sections) in self._before.items():
            self._seq = max(self._seq, seq) + 1
            head = {"v": frame.VERSION, "epoch": self._epoch, "seq": self._seq, "now": wall, "origin": 0, "rate": 0.0}
            data = frame.full({**head, "page": stage(self.id, page)}, {**sections, "replay": {**sections["replay"], "over": 1}})
            self._press.publish(stage(self.id, page), f"{self._epoch}-{self._seq}", data, None)

    def catch_up(self, seconds: float) -> bool:
        """Works on figures of the past for about `seconds`; whether more of it is waiting."""
        behind = False
        for key, bureau in self._bureaus.items():
            behind |= bureau.figures.catch_up(bureau.at(self._asker(key)), seconds / len(self._bureaus))
        return behind

    # --- what is known ---------------------------------------------------------------------------------------------------------------

    def _jumped(self, replay: Replay) -> bool:
        """Whether it does not go on from what was shown."""
        before, self._shown = self._shown, (replay.event, replay.wall, replay.rate)
        if before is None or before == self._shown:
            return before is None
        return abs(before[0] + before[2] * (replay.wall - before[1]) - replay.event) > 1.0

    def _asker(self, key: str) -> Ask:
        then, areas = self._thens[key], self._areas[key]
        return lambda metric, now, seconds: then.sketches(metric, areas, now, seconds)

    def _readings(self, place: Place, since: float, until: float) -> list[Reading]:
        view, row = place
        return self._thens[view.domain].readings(row, since, until)

    def _alarms(self, moment: float, views: Mapping[str, View]) -> tuple[Ranking, dict[str, Flood], dict[str, list[str]]]:
        """The alarms as they stood, the floods that were on, and what each desk answered for."""
        board = bygone.alarms(self._outline.standing(moment))
        if board != self._board:
            self._version += 1
        self._board = board
        self._ranking.board(board)
        seen = {key: (views[key], bureau.index) for key, bureau in self._bureaus.items()}
        found = bygone.conditions(board, self._domains, seen)
        self._conditions = {id: held if (held := self._conditions.get(id)) == one else one for id, one in found.items()}
        self._ranking.judged(self._conditions)
        duties = Duties(self._site, bygone.handed(self._outline.between(0.0, moment, ("handed_over",))))
        marks = self._outline.between(moment - LONGEST_FLOOD, moment, ("flood_began", "flood_ended"))
        floods = bygone.floods(marks, lambda since: self._outline.between(since, moment, CALLS), duties.desk)
        return self._ranking.settle(), floods, {duty.desk: list(duty.areas) for duty in duties.now(Floods({}))}

    # --- what is told ----------------------------------------------------------------------------------------------------------------

    def _keep(self, moment: float) -> None:
        """What the web serves of it: positions, and the alarms for the desk's list."""
        made = {kept(self.id, name): data for name, data in self._pages.documents(moment).items() if name.startswith("positions:")}
        made[kept(self.id, "alarms")] = msgspec.json.encode((self._version, list(self._board.values())))
        fresh = {name: data for name, data in made.items() if self._documents.get(name) != data}
        if fresh:
            self._lease.write(fresh)
        self._documents = made

    def forget(self, delete: Callable[..., Any]) -> None:
        """Removes what it kept."""
        if self._documents:
            delete(*self._documents)

    def _publish(self, pages: Mapping[str, Sections], moment: float, rate: float) -> None:
        self._seq += 1
        origin = max((bureau.origin() for bureau in self._bureaus.values()), default=0)
        head = {"v": frame.VERSION, "epoch": self._epoch, "seq": self._seq, "now": round(moment, 3), "origin": origin, "rate": rate}
        id = f"{self._epoch}-{self._seq}"
        for page in self._before.keys() - pages.keys():
            del self._before[page]
        for page, sections in pages.items():
            named = {**head, "page": stage(self.id, page)}
            before = self._before.get(page)
            change = frame.delta(named, before[0], before[1], sections) if before else None
            self._press.publish(stage(self.id, page), id, frame.full(named, sections), change)
            self._before[page] = self._seq, sections


def _without(sections: Sections) -> Sections:
    """What nobody recorded is not told: counters of partitions stand for what is now."""
    if "feeds" not in sections:
        return sections
    unknown = dict.fromkeys(("rate", "lag", "rejects", "bad", "duplicates", "corrections", "late", "gap", "error"))
    return {**sections, "feeds": [{**row, **unknown} for row in sections["feeds"]]}
