"""Every alarm that pages tell, most important first: kept from look to look, so that ten thousand that stand cost nothing but what changed.

The board is taken in before the conditions: an alarm that is gone from it has a condition that is no longer true.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice

from model import PRIORITIES, Condition
from model.alarm import Alarm
from streams.entry import CALLING, Entry, entry, pair
from streams.partition import decode
from streams.rulebook import alarm_of

Key = tuple[int, int, bool, float, str, str]
"""Rank, priority, whether it has returned, when it was raised, subject, id: the order in which alarms are told."""
JUDGED = "judge"
"""The source of the conditions that come decoded."""


class Ranking:
    """`calendar` says of a rule whether its calendar is in force, None where it has none: out of it an unkept condition calls nobody."""

    def __init__(self, calendar: Callable[[str], bool | None] = lambda rule: None) -> None:
        self._calendar = calendar
        self._alarms: dict[str, Alarm] = {}
        self._true: dict[str, dict[tuple[str, bool], Condition]] = defaultdict(dict)
        self._read: dict[str, dict[bytes, tuple[str, bool]]] = {}
        self._lists: dict[str, Collection[bytes]] = {}
        self._judged: Mapping[str, Condition] = {}
        self._timed: set[str] = set()
        """Unkept ones whose rule has a calendar."""
        self._touched: set[str] = set()
        self._entries: dict[str, Entry] = {}
        self._keys: list[Key] = []
        self._by_domain: dict[str, list[Key]] = defaultdict(list)
        self._by_subject: dict[str, dict[str, Entry]] = defaultdict(dict)
        self._calls: Counter[int] = Counter()
        self.version = 0
        """Changes when an alarm comes, goes or stands differently; not when a value behind one does."""

    # --- what comes in ---------------------------------------------------------------------------------------------------------------

    def board(self, alarms: Mapping[str, Alarm]) -> None:
        """The whole board."""
        self.changed(
            [alarm for id, alarm in alarms.items() if self._alarms.get(id) != alarm], [id for id in self._alarms if id not in alarms]
        )

    def changed(self, alarms: Iterable[Alarm], gone: Iterable[str] = ()) -> None:
        """What changed of the board."""
        for alarm in alarms:
            self._alarms[alarm.id] = alarm
            self._touched.add(alarm.id)
        for id in gone:
            self._alarms.pop(id, None)
            self._touched.add(id)

    def stored(self, sources: Mapping[str, Collection[bytes]]) -> None:
        """The true conditions as partitions stored them. A collection that is the very one of the last time has not changed."""
        for source in self._lists.keys() - sources.keys():
            self._differ(source, ())
            del self._lists[source], self._read[source]
        for source, found in sources.items():
            if self._lists.get(source) is not found:
                self._differ(source, found)
                self._lists[source] = found

    def judged(self, conditions: Mapping[str, Condition]) -> None:
        """The true conditions of the judge, by any name of their own."""
        for name in self._judged.keys() - conditions.keys():
            self._drop(JUDGED, alarm_of(self._judged[name].rule, self._judged[name].subject))
        for name, condition in conditions.items():
            if self._judged.get(name) is not condition:
                self._hold(JUDGED, alarm_of(condition.rule, condition.subject), condition)
        self._judged = dict(conditions)

    def settle(self) -> Ranking:
        """Sorts in what changed."""
        for id in self._touched | self._timed:
            self._place(id, self._made(id))
        self._touched.clear()
        return self

    # --- what is told ----------------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[key[-1]] for key in self._keys)

    def first(self, most: int, domain: str | None = None) -> list[Entry]:
        """The most important ones, of the city or of a domain."""
        return [self._entries[key[-1]] for key in islice(self._of(domain), most)]

    def total(self, domain: str | None = None) -> int:
        """How many there are."""
        return len(self._of(domain))

    def of(self, subject: str) -> list[Entry]:
        """Those of a subject, most important first."""
        return sorted(self._by_subject.get(subject, {}).values(), key=_key)

    def sensors(self, domain: str) -> dict[str, Entry]:
        """By sensor the most important of the domain's alarms."""
        found: dict[str, Entry] = {}
        for key in self._of(domain):
            kind, _, sensor = key[4].partition(":")
            if kind == "sensor" and sensor not in found:
                found[sensor] = self._entries[key[-1]]
        return found

    def counts(self) -> list[int]:
        """How many call, by priority."""
        return [self._calls[place] for place in range(1, len(PRIORITIES) + 1)]

    # --- keeping ---------------------------------------------------------------------------------------------------------------------

    def _of(self, domain: str | None) -> list[Key]:
        return self._keys if domain is None else self._by_domain.get(domain, [])

    def _differ(self, source: str, found: Collection[bytes]) -> None:
        names, now = self._read.setdefault(source, {}), set(found)
        gone = {names.pop(data) for data in names.keys() - now}
        for data in now - names.keys():
            condition = decode(data)
            name = names[data] = alarm_of(condition.rule, condition.subject)
            self._hold(source, name, condition)
            gone.discard(name)
        for name in gone:
            self._drop(source, name)

    def _hold(self, source: str, name: tuple[str, bool], condition: Condition) -> None:
        self._true[name[0]][source, name[1]] = condition
        self._touched.add(name[0])

    def _drop(self, source: str, name: tuple[str, bool]) -> None:
        id, worse = name
        self._true[id].pop((source, worse), None)
        if not self._true[id]:
            del self._true[id]
        self._touched.add(id)

    def _made(self, id: str) -> Entry | None:
        alarm = self._alarms.get(id)
        made = entry(id, alarm, *pair((worse, condition) for (_, worse), condition in self._true.get(id, {}).items()))
        calendar = self._calendar(made.alarm.rule) if made is not None and alarm is None else None
        (self._timed.add if calendar is not None else self._timed.discard)(id)
        return None if calendar is False else made

    def _place(self, id: str, made: Entry | None) -> None:
        before = self._entries.get(id)
        if made is not None and before is not None and _key(before) == _key(made):
            self.version += before.alarm is not made.alarm and made.alarm.occurrence > 0
            self._entries[id] = self._by_subject[made.alarm.subject][id] = made
            return
        if before is not None:
            self._take_out(before)
        if made is not None:
            self._put_in(made)
        self.version += before is not made

    def _take_out(self, old: Entry) -> None:
        key, alarm = _key(old), old.alarm
        for keys in (self._keys, self._by_domain[alarm.domain]):
            del keys[bisect_left(keys, key)]
        del self._entries[alarm.id], self._by_subject[alarm.subject][alarm.id]
        if not self._by_subject[alarm.subject]:
            del self._by_subject[alarm.subject]
        self._calls[old.priority] -= old.rank == CALLING

    def _put_in(self, new: Entry) -> None:
        key, alarm = _key(new), new.alarm
        for keys in (self._keys, self._by_domain[alarm.domain]):
            insort(keys, key)
        self._entries[alarm.id] = self._by_subject[alarm.subject][alarm.id] = new
        self._calls[new.priority] += new.rank == CALLING


def _key(entry: Entry) -> Key:
    alarm = entry.alarm
    return entry.rank, entry.priority, alarm.state == "returned", alarm.raised, alarm.subject, alarm.id
