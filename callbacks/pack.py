"""What a handover pack says: how a desk's part of the city stands at one moment, and what happened there since the last handover.

Names are written out in both languages, so that the document can be read without the deck, for as long as it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domains.site import SUPERVISOR
from domains.system import PROCESS_DEAD
from model import PRIORITIES, Desk, Domain, Label, Site
from model.alarm import Alarm, Duty, Event
from model.shift import Entry
from store.database import DatabaseAway
from streams.name import Names

VERSION = 1
FIRST_SECONDS = 12 * 3600.0
"""What a desk's first pack looks back on."""
MOST_SENSORS, MOST_EVENTS, MOST_ENTRIES, MOST_ALARMS = 200, 400, 200, 500
"""What is written out; how many there were is told beside it."""
OLD_SECONDS = 10.0
"""A page composed longer ago says nothing of feeds now."""
FLOODS = ("flood_began", "flood_ended")

Row = dict[str, Any]
Search = Callable[..., Sequence[Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a pack's content comes from. What Redis has raises Away, what SQL has DatabaseAway."""

    alarms: Callable[[], Iterable[Alarm]]
    duties: Callable[[], Sequence[Duty]]
    silent: Callable[[str], Iterator[list[Row]]]
    """The silent sensors of a domain, piece by piece."""
    system: Callable[[], tuple[Mapping[str, Any], float | None]]
    events: Search
    """As `Journal.search`."""
    entries: Callable[..., Sequence[Entry]]
    """As `LogBook.search`."""


class Packer:
    """Makes packs for the desks of a site; `desks` has the supervisor's, too."""

    def __init__(self, site: Site, domains: Mapping[str, Domain], desks: Sequence[Desk], sources: Sources) -> None:
        self._site, self._domains, self._sources = site, domains, sources
        self._desks = {desk.id: desk for desk in desks}
        self._names = Names(domains, site)

    def make(self, desk: str, since: float | None, begun: float | None, now: float) -> Row:
        """The document, without its notes: what happened since `since` (event time), what was written since `begun` (wall clock).

        `lacks` names what could not be read. Raises Away.
        """
        areas = self._areas(desk)
        since = now - FIRST_SECONDS if since is None else since
        lacks: list[str] = []
        return {
            "version": VERSION,
            "city": asdict(self._site.label),
            "zone": self._site.zone,
            "desk": {"id": desk, **asdict(self._desks[desk].label)},
            "areas": [{"key": key, **asdict(self._names.area(key))} for key in areas if key],
            "since": since,
            "made": now,
            "alarms": self._alarms(areas),
            "silent": self._silent(areas),
            "feeds": self._feeds(),
            "events": self._said(lacks, "journal", lambda: self._events(desk, areas, since)),
            "log": self._said(lacks, "log", lambda: self._log(desk, begun if begun is not None else since)),
            "lacks": lacks,
        }

    def _areas(self, desk: str) -> list[str]:
        """The areas that the desk answers for now; of the supervisor's also what has none."""
        held = {each.desk: each.areas for each in self._sources.duties()} or {id: each.areas for id, each in self._desks.items()}
        return [*held.get(desk, ()), *([""] if desk == SUPERVISOR else [])]

    def _said(self, lacks: list[str], what: str, ask: Callable[[], Row]) -> Row | None:
        try:
            return ask()
        except DatabaseAway:
            lacks.append(what)
            return None

    # --- alarms ----------------------------------------------------------------------------------------------------------------------

    def _alarms(self, areas: Collection[str]) -> Row:
        groups: dict[str, list[Alarm]] = {"open": [], "shelved": [], "out": [], "suppressed": []}
        for alarm in self._sources.alarms():
            if alarm.area in areas and (group := _group(alarm)):
                groups[group].append(alarm)
        return {name: self._told(found) for name, found in groups.items()}

    def _told(self, alarms: list[Alarm]) -> Row:
        ordered = sorted(alarms, key=lambda each: (PRIORITIES.index(each.priority), each.raised, each.id))
        return {"total": len(ordered), "rows": [self._alarm(each) for each in ordered[:MOST_ALARMS]]}

    def _alarm(self, alarm: Alarm) -> Row:
        about = Event(
            kind="raised", alarm=alarm.id, occurrence=0, time=0, source="", rule=alarm.rule, subject=alarm.subject, domain=alarm.domain
        )
        by = alarm.absence or alarm.shelf or alarm.acknowledgement
        return {
            "id": alarm.id,
            "occurrence": alarm.occurrence,
            **self._about(about, alarm),
            "priority": alarm.priority,
            "state": alarm.state,
            "raised": alarm.raised,
            "value": self._names.value(alarm.rule, alarm.value),
            "limit": self._names.value(alarm.rule, alarm.limit),
            "who": by.who if by else "",
            "note": (alarm.absence and alarm.absence.reason)
            or (alarm.shelf and alarm.shelf.reason)
            or (by and getattr(by, "note", ""))
            or "",
            "until": alarm.absence.review if alarm.absence else alarm.shelf.until if alarm.shelf else None,
        }

    def _about(self, event: Event, alarm: Alarm | None = None) -> Row:
        area = alarm.area if alarm else event.area
        return {
            "name": asdict(self._names.rule(event, alarm)),
            "place": asdict(self._names.place(event)),
            "area": asdict(self._names.area(area)),
        }

    # --- sensors and feeds -----------------------------------------------------------------------------------------------------------

    def _silent(self, areas: Collection[str]) -> Row:
        rows: list[Row] = []
        total = 0
        for key, domain in self._domains.items():
            for sensor in (each for piece in self._sources.silent(key) for each in piece if (each["area"] or "") in areas):
                total += 1
                if len(rows) < MOST_SENSORS:
                    rows.append(self._sensor(domain, sensor))
        return {"total": total, "rows": rows}

    def _sensor(self, domain: Domain, sensor: Row) -> Row:
        heard = [metric["time"] for metric in sensor["metrics"].values() if metric.get("time")]
        area = self._names.area(sensor["area"] or "")
        return {
            "id": sensor["id"],
            "label": sensor["label"],
            "domain": asdict(domain.label),
            "area": asdict(area),
            "last": max(heard, default=None),
        }

    def _feeds(self) -> list[Row]:
        """What is wrong with feeds and processes, of the whole city: a feed belongs to no desk."""
        sections, age = self._sources.system()
        if age is None or age > OLD_SECONDS:
            return [_trouble("frames", Label(en="", zh=""))]
        found = []
        for key, domain in self._domains.items():
            state = sections.get(f"head.{key}", {}).get("state", "down")
            found += [_trouble(state, domain.label)] if state != "live" else []
        for feed in sections.get("feeds", ()):
            label = self._domains[feed["domain"]].label if feed["domain"] in self._domains else Label(en=feed["domain"], zh=feed["domain"])
            found += [_trouble("error", label, feed["error"])] if feed["error"] else []
            found += [_trouble("unread", label)] if feed["rate"] is None else []
        for process in sections.get("processes", ()):
            dead = process["age"] > PROCESS_DEAD.limit
            name = Label(en=process["id"], zh=process["id"])
            found += [_trouble("dead" if dead else "failing", name, process["error"] or "")] if dead or process["error"] else []
        return found

    # --- what happened ---------------------------------------------------------------------------------------------------------------

    def _events(self, desk: str, areas: Collection[str], since: float) -> Row:
        found = list(self._sources.events(since=since, areas=areas, limit=MOST_EVENTS + 1))
        found += self._sources.events(since=since, desk=desk, kinds=FLOODS, limit=MOST_EVENTS) if "" not in areas else []
        found.sort(key=lambda event: (event.time, event.seq), reverse=True)
        rows = [self._event(event) for event in found[:MOST_EVENTS]]
        return {"rows": rows, "kinds": dict(sorted(Counter(row["kind"] for row in rows).items())), "more": len(found) > MOST_EVENTS}

    def _event(self, event: Event) -> Row:
        about = (
            self._about(event)
            if event.alarm
            else {"name": asdict(Label(en="", zh="")), "place": asdict(Label(en="", zh="")), "area": asdict(self._names.area(event.area))}
        )
        if event.alarm and event.rule.startswith("outside"):
            about["name"] = _called(event)
        told = {name: getattr(event, name) for name in ("time", "kind", "priority", "actor", "note")}
        return {**told, **about, "value": self._names.value(event.rule, event.value) if event.value is not None else ""}

    def _log(self, desk: str, begun: float) -> Row:
        found = self._sources.entries(since=begun, desk=desk, limit=MOST_ENTRIES + 1)
        rows = [{name: value for name, value in asdict(each).items() if name not in ("id", "desk")} for each in found[:MOST_ENTRIES]]
        return {"rows": rows, "more": len(found) > MOST_ENTRIES}


def _group(alarm: Alarm) -> str:
    if alarm.absence:
        return "out"
    if alarm.shelf:
        return "shelved"
    if alarm.suppressed:
        return "suppressed"
    return "open" if alarm.state != "normal" else ""


def _called(event: Event) -> Row:
    label = event.detail.get("label") or {}
    return {"en": str(label.get("en") or event.rule), "zh": str(label.get("zh") or event.rule)}


def _trouble(what: str, label: Label, detail: str = "") -> Row:
    return {"what": what, **asdict(label), "detail": detail}
