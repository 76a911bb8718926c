"""A city of a few rules, and what happens to its alarms told line by line: edges, time, wishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from domains.alarm import complete
from model import Area, Condition, Desk, Domain, Priority, Rule, Sensor, Site
from model.alarm import Alarm, Answer, Command, Event, Wish
from streams.alarm import Alarms
from streams.duty import Duties
from streams.flood import Floods
from streams.heal import Healer
from streams.life import is_active, position, shown
from streams.rulebook import Rulebook
from streams.wish import carry_out
from tests.unit.city import START, domain, label, rule

AREAS = ("bay", "town", "hill")
HOUR = 3600.0


def sensor(id: str, area: str) -> Sensor:
    return Sensor(id=id, domain="sea", label=label(id), lon=114.5, lat=22.5, area=area, interval=10.0, owner=None)


def site(**more: Any) -> Site:
    """Desks `sea` (bay) and `land` (town); the hill is nobody's. Sensors a, b in the bay, c in town, d on the hill."""
    places = {"a": "bay", "b": "bay", "c": "town", "d": "hill", **{f"n{i}": "bay" for i in range(100)}}
    told: dict[str, Any] = {
        "folder": "",
        "label": label("Test"),
        "zone": "Asia/Shanghai",
        "areas": tuple(Area(key=key, label=label(key)) for key in AREAS),
        "screens": (),
        "extent": (114.0, 22.0, 115.0, 23.0),
        "review_number": "",
        "sensors": {"sea": tuple(sensor(id, area) for id, area in places.items())},
        "desks": (Desk(id="sea", label=label("sea"), areas=("bay",)), Desk(id="land", label=label("land"), areas=("town",))),
    }
    return Site(**{**told, **more})


class Story:
    """Event time and wall clock are the same here, and begin at START."""

    def __init__(self, *rules: Rule, alarms: Iterable[Alarm] = (), **more: Any) -> None:
        self.domain: Domain = complete(domain(rules))
        self.book = Rulebook({"sea": self.domain}, site(**more))
        self.core = Alarms(self.book, alarms, Duties(self.book.site, {}), Floods({}))
        self.healer = Healer(self.core)
        self.events: list[Event] = []
        self.now = START
        self._number = count()

    def again(self) -> None:
        """Another process takes over with what was written."""
        self.core = Alarms(self.book, self.core.alarms.values(), self.core.duties, self.core.floods)
        self.healer = Healer(self.core)

    def at(self, seconds: float) -> list[str]:
        """Time comes to START + seconds; what happens meanwhile."""
        self.now = START + seconds
        self.core.advance(self.now, self.now)
        return self.kinds()

    def edge(
        self, key: str, active: bool, seconds: float | None = None, subject: str = "sensor:a", found: float | None = None, **more: Any
    ) -> list[str]:
        """The condition of a rule changes, now or when told, and is found then or when told."""
        time = self.now if seconds is None else START + seconds
        self.now = max(self.now, time)
        self.core.edge(self.condition(key, active, time, subject, **more), f"edge:{next(self._number)}", START + found if found else time)
        return self.kinds()

    def look(self, *keys: str, current: bool = True, touched: bool = False, newest: float | None = None, **more: Any) -> list[str]:
        """Compares with what stands: these rules of sensor a, or every active alarm when it was `observed`; the feed is at `newest`."""
        if "observed" in more:
            keys = tuple(alarm.rule.partition("/")[2] for alarm in self.core.alarms.values() if is_active(alarm))
        found = [self.condition(key, True, more.get("since", self.alarm(key).edge if "observed" in more else 0.0), **more) for key in keys]
        feed = {} if newest is None else {"sea": START + newest}
        self.healer.look(found, lambda alarm: current, self.core.alarms.keys() if touched else (), feed)
        return self.kinds()

    def condition(self, key: str, active: bool, time: float, subject: str = "sensor:a", **more: Any) -> Condition:
        known = self.book.rules.get(f"sea/{key}")
        told: dict[str, Any] = {
            "rule": f"sea/{key}",
            "subject": subject,
            "domain": "sea",
            "priority": known.priority if known else "low",
            "active": active,
            "value": 1.0,
            "limit": known.limit if known else 0.0,
            "since": time,
            "observed": time,
        }
        return Condition(**{**told, "observed": max(time, more.get("observed", time)), **{k: v for k, v in more.items() if k != "since"}})

    def wish(self, wish: Wish, *alarms: str, occurrence: int | None = None, **more: Any) -> Any:
        """What came of it: the outcome of one alarm, or the answers about several."""
        ids = [alarm if "/" in alarm.partition("|")[0] else f"sea/{alarm}" for alarm in alarms]
        targets = tuple((id, self._occurrence(id) if occurrence is None else occurrence) for id in ids)
        command = Command(wish=wish, targets=targets, **{**self._person(), **more})
        self.core.advance(self.now, self.now)
        answers = carry_out(self.core, command, self.now)
        self.kinds()
        return answers[0].outcome if len(answers) == 1 else answers

    def answer(self, *args: Any, occurrence: int | None = None, **more: Any) -> Answer:
        """The whole answer about one alarm."""
        ids = [f"sea/{alarm}" for alarm in args[1:]]
        targets = tuple((id, self._occurrence(id) if occurrence is None else occurrence) for id in ids)
        command = Command(wish=args[0], targets=targets, **{**self._person(), **more})
        self.core.advance(self.now, self.now)
        (answer,) = carry_out(self.core, command, self.now)
        self.kinds()
        return answer

    def _person(self) -> dict[str, Any]:
        return {"id": f"w{next(self._number)}", "who": "Wang", "role": "supervisor"}

    def _occurrence(self, id: str) -> int:
        return self.core.alarms[id].occurrence if id in self.core.alarms else 0

    def kinds(self) -> list[str]:
        """What happened since last asked."""
        changes = self.core.changes()
        self.core.settled()
        self.events += changes.events
        return [event.kind for event in changes.events]

    def alarm(self, key: str, subject: str = "sensor:a") -> Alarm:
        return self.core.alarms[f"sea/{key}|{subject}"]

    def where(self, key: str, subject: str = "sensor:a") -> str:
        return position(self.alarm(key, subject))

    def board(self) -> set[str]:
        return {id for id, alarm in self.core.alarms.items() if shown(alarm)}


def high(key: str = "high", priority: Priority = "high", **more: Any) -> Rule:
    """A rule on oxygen above 10."""
    return rule(key, "oxygen", "high", more.pop("limit", 10.0), priority=priority, **more)


def outside(id: str, since: float, **more: Any) -> Mapping[str, Any]:
    """A message from elsewhere."""
    told = {"rule": "outside/cap", "subject": f"outside:{id}", "domain": "outside", "area": "bay", "priority": "medium"}
    return {**told, "since": since, "label": {"en": id, "zh": id}, "ends": None, "told": {}, **more}
