"""What the web reads: the judge's documents as they are, and sensors with their newest readings.

A web process holds what it read before and asks only for what changed since. Work over ten thousand sensors is done in pieces of one or two
milliseconds, between which others of the process have their turn: it feeds the screens too.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import redis

from store.frame import Frames
from store.judge import document
from store.newest import Newest, Row, Series
from store.view import View, refresh

NEVER = 7
SILENT = (6, NEVER)
"""State codes of a sensor that is stale or was never heard."""
PIECE = 100
"""Sensors of which rows are made at a time: few enough that they are gone again before Python looks through all it holds for garbage."""
REST_SECONDS = 1e-4
"""Between two pieces. A rest of none would let gevent run what is ready, but not look whether frames have come or timers have run out."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_states = msgspec.json.Decoder(list[int])


@dataclass(frozen=True, slots=True)
class Roster:
    """A domain's sensors as the judge laid them down: columns by name, and the place of each id in them."""

    data: bytes
    columns: Mapping[str, Any]
    place: Mapping[str, int]


class Live:
    """Readers of the live state. Every call raises `redis.RedisError` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._frames = client, Frames(client)
        self._views: dict[str, dict[str, View]] = {}
        self._series: dict[str, Series] = {}
        self._rosters: dict[str, Roster] = {}
        self._lock = threading.Lock()

    def positions(self, domain: str) -> bytes | None:
        """The domain's sensors as JSON (docs/design.md, Frames), None before the judge has looked."""
        return document(self._client, f"positions:{domain}")

    def kpis(self, domain: str) -> list[Row]:
        """The domain's figures, of the city and of areas."""
        data = document(self._client, f"kpis:{domain}")
        return [{"domain": domain, **row} for row in json.loads(data)] if data else []

    def sensors(self, domain: str, silent: bool | None = None) -> Iterator[list[Row]]:
        """The domain's sensors with place, state and the newest reading of each metric, piece by piece; none before the judge has looked.

        With `silent` only those that are, or only those that are not.
        """
        roster = self._roster(domain)
        if roster is None:
            return
        _rest()
        states = self._states(domain, len(roster.place))
        _rest()
        newest = self._newest(domain)
        wanted = [place for place, state in enumerate(states) if silent is None or (state in SILENT) == silent]
        for start in range(0, len(wanted), PIECE):
            _rest()
            yield [_row(domain, roster.columns, place, states[place], newest) for place in wanted[start : start + PIECE]]

    def sensor(self, id: str, domains: Iterable[str]) -> Row | None:
        """One sensor of any of the domains, None when there is none of that id."""
        for domain in domains:
            roster = self._roster(domain)
            if roster is not None and id in roster.place:
                place = roster.place[id]
                return _row(domain, roster.columns, place, self._states(domain, len(roster.place))[place], self._newest(domain))
        return None

    def series(self, domain: str, sensor: str, metric: str) -> list[tuple[View, int]]:
        """The partitions that have heard that metric of the sensor, each with the row it has there."""
        found = [(view, series.row.get((sensor, metric))) for view, series in self._views_of(domain)]
        return [(view, row) for view, row in found if row is not None]

    def trend(self, domain: str, key: str) -> Row | None:
        """The last day of a figure as the domain's page draws it (docs/design.md, Frames); None where it draws none."""
        sections = self._sections(domain)
        held: Row | None = msgspec.json.decode(sections.get(f"trend.{domain}/{key}", b"null"))
        return held

    def system(self) -> tuple[dict[str, Any], float | None]:
        """What the page of the system showed last, by section, and how many seconds ago; None where nothing was ever composed."""
        return {name: msgspec.json.decode(text) for name, text in self._of("system").items()}, self._frames.age("system")

    def _sections(self, domain: str) -> dict[str, msgspec.Raw]:
        return self._of(f"domain-{domain}")

    def _of(self, page: str) -> dict[str, msgspec.Raw]:
        """Sections of the newest frame of a page."""
        frame = self._frames.last(page)
        return _members.decode(_members.decode(frame.text.split(b"data: ", 1)[1])["s"]) if frame else {}

    def _roster(self, domain: str) -> Roster | None:
        data, held = self.positions(domain), self._rosters.get(domain)
        if data is None:
            return None
        if held is None or held.data != data:
            columns = {}
            for name, text in _members.decode(data).items():
                columns[name] = msgspec.json.decode(text)
                _rest()
            held = self._rosters[domain] = Roster(data, columns, {id: place for place, id in enumerate(columns["ids"])})
        return held

    def _states(self, domain: str, count: int) -> list[int]:
        """State codes by place, from the newest frame of the domain's page."""
        section = self._sections(domain).get(f"map.{domain}")
        if section is None:
            return [NEVER] * count
        states = _states.decode(_members.decode(_members.decode(section)["c"])["s"])
        return (states + [NEVER] * count)[:count]

    def _newest(self, domain: str) -> Collection[Newest]:
        return [Newest(*each) for each in self._views_of(domain)]

    def _views_of(self, domain: str) -> list[tuple[View, Series]]:
        with self._lock:  # who waits for Redis is not alone: another request may come in between
            views = self._views.setdefault(domain, {})
            refresh(self._client, views, windows=False, only=domain)
            for view in views.values():
                if view.name not in self._series or self._series[view.name].names is not view.names:
                    self._series[view.name] = Series.of(view)
            return [(view, self._series[view.name]) for view in views.values()]


def _rest() -> None:
    time.sleep(REST_SECONDS)


def _row(domain: str, places: Mapping[str, Any], i: int, state: int, newest: Iterable[Newest]) -> Row:
    metrics: dict[str, Row] = {}
    for partition in newest:
        partition.put(places["ids"][i], metrics)
    return {
        "id": places["ids"][i],
        "domain": domain,
        "label": {"en": places["en"][i], "zh": places["zh"][i]},
        "lon": places["lon"][i],
        "lat": places["lat"][i],
        "area": places["area"][i] or None,
        "owner": {"en": places["owner"][i], "zh": places["owner_zh"][i]} if places["owner"][i] else None,
        "interval": places["interval"][i],
        "listed": not places["unlisted"][i],
        "state": state,
        "metrics": metrics,
    }
