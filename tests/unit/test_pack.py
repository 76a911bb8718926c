"""What a handover pack says of a desk's part of the city, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import cycle
from typing import Any

import pytest

from callbacks.desk import manned
from callbacks.pack import FIRST_SECONDS, MOST_EVENTS, MOST_SENSORS, Packer, Sources
from domains.alarm import complete
from layouts.print import text
from layouts.print.handover import printed, sheet
from model import Sensor, Site
from model.alarm import Absence, Acknowledgement, Alarm, Duty, Event, Shelf
from model.shift import Entry
from store.database import DatabaseAway
from store.handover import canonical
from tests.project import ROOT
from tests.unit.city import START, domain, label
from tests.unit.story import high, site

DOMAINS = {"sea": complete(domain([high("high", "medium")]))}
NOW = START + 5000.0


def alarm(id: str, area: str, **more: Any) -> Alarm:
    told: dict[str, Any] = {
        "occurrence": 1,
        "rule": "sea/high",
        "domain": "sea",
        "priority": "high",
        "state": "unacknowledged",
        "value": 31.234,
    }
    told |= {"limit": 20.0, "raised": START, "changed": START, "subject": f"sensor:{id}", **more}
    return Alarm(id=f"sea/high|sensor:{id}", area=area, **told)


def event(kind: Any, seq: int, area: str = "north", **more: Any) -> Event:
    told = {
        "alarm": "sea/high|sensor:a",
        "occurrence": 1,
        "source": str(seq),
        "rule": "sea/high",
        "subject": "sensor:a",
        "domain": "sea",
        **more,
    }
    return Event(kind=kind, time=START + seq, seq=seq, area=area, **told)


class City:
    """What the sources say, as tests set it."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.duties: list[Duty] = []
        self.silent: list[dict[str, Any]] = []
        self.system: tuple[dict[str, Any], float | None] = ({"head.sea": {"state": "live"}}, 1.0)
        self.events: list[Event] = []
        self.entries: list[Entry] = []
        self.asked: list[dict[str, Any]] = []
        self.away = False

    def _silent(self, key: str) -> Iterator[list[dict[str, Any]]]:
        yield self.silent

    def _events(self, **asked: Any) -> Sequence[Event]:
        if self.away:
            raise DatabaseAway("away")
        self.asked.append(asked)
        floods = asked.get("kinds") is not None
        return [] if floods else self.events[: asked["limit"]]

    def _entries(self, **asked: Any) -> Sequence[Entry]:
        if self.away:
            raise DatabaseAway("away")
        return self.entries

    def packer(self, site: Site) -> Packer:
        sources = Sources(
            alarms=lambda: self.alarms,
            duties=lambda: self.duties,
            silent=self._silent,
            system=lambda: self.system,
            events=self._events,
            entries=self._entries,
        )
        return Packer(site, DOMAINS, manned(site), sources)


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def place() -> Site:
    made = site()
    sensor = Sensor(id="a", domain="sea", label=label("Buoy A"), lon=114.0, lat=22.0, area=made.areas[0].key, interval=60.0, owner=None)
    return replace(made, sensors={"sea": (sensor,)})


def desk_of(place: Site) -> tuple[str, str]:
    """A desk and one of its areas."""
    desk = place.desks[0]
    return desk.id, desk.areas[0]


def test_alarms_stand_by_what_lies_over_them_worst_first_and_only_those_of_the_desk(city: City, place: Site) -> None:
    desk, area = desk_of(place)
    shelf = Shelf(who="li", time=START, until=START + 900, reason="noisy")
    absence = Absence(who="wang", time=START, review=START + 86_400, reason="mooring broken")
    ack = Acknowledgement(who="li", time=START, note="boat sent")
    city.alarms = [
        alarm("b", area, priority="low"),
        alarm("a", area, state="acknowledged", acknowledgement=ack),
        alarm("c", area, shelf=shelf),
        alarm("d", area, absence=absence, shelf=shelf),
        alarm("e", area, suppressed="calendar"),
        alarm("f", area, state="normal"),
        alarm("g", "elsewhere"),
    ]
    told = city.packer(place).make(desk, START, START, NOW)["alarms"]
    assert {name: [row["id"][-1] for row in told[name]["rows"]] for name in told} == {
        "open": ["a", "b"], "shelved": ["c"], "out": ["d"], "suppressed": ["e"]
    }  # fmt: skip
    first, out = told["open"]["rows"][0], told["out"]["rows"][0]
    assert (first["who"], first["note"], first["until"], first["value"]) == ("li", "boat sent", None, "31.23 mg/L")
    assert (out["who"], out["note"], out["until"]) == ("wang", "mooring broken", START + 86_400) and first["place"]["en"] == "Buoy A"


def test_what_no_desk_has_is_the_supervisors_and_duties_count_where_they_differ(city: City, place: Site) -> None:
    desk, area = desk_of(place)
    city.alarms = [alarm("a", area), alarm("b", "")]
    packer = city.packer(place)

    def ids(of: str) -> list[str]:
        return [row["id"][-1] for row in packer.make(of, START, START, NOW)["alarms"]["open"]["rows"]]

    assert (ids(desk), ids("supervisor")) == (["a"], ["b"])
    city.duties = [Duty(desk=desk, areas=()), Duty(desk="supervisor", areas=(area,))]
    assert (ids(desk), ids("supervisor")) == ([], ["a", "b"])


def test_silent_sensors_and_feed_problems_are_named(city: City, place: Site) -> None:
    desk, area = desk_of(place)
    one = {"id": "a", "label": asdict(label("Buoy A")), "area": area, "metrics": {"oxygen": {"time": START}, "temperature": {"time": None}}}
    city.silent = [
        one,
        {**one, "id": "b", "area": None},
        *[{**one, "id": f"s{number}", "metrics": {}} for number in range(MOST_SENSORS + 5)],
    ]
    city.system = (
        {
            "head.sea": {"state": "down"},
            "feeds": [{"domain": "sea", "partition": 0, "rate": None, "error": "corrupt batch"}],
            "processes": [
                {"id": "ingest-1", "age": 60.0, "error": None},
                {"id": "web-1", "age": 1.0, "error": "Away"},
                {"id": "x", "age": 1, "error": None},
            ],
        },
        1.0,
    )
    told = city.packer(place).make(desk, START, START, NOW)
    assert told["silent"]["total"] == MOST_SENSORS + 6 and len(told["silent"]["rows"]) == MOST_SENSORS
    assert told["silent"]["rows"][0]["last"] == START and told["silent"]["rows"][1]["last"] is None
    assert [(each["what"], each["en"]) for each in told["feeds"]] == [
        ("down", "Sea"), ("error", "Sea"), ("unread", "Sea"), ("dead", "ingest-1"), ("failing", "web-1")
    ]  # fmt: skip
    city.system = ({}, 60.0)
    assert [each["what"] for each in city.packer(place).make(desk, START, START, NOW)["feeds"]] == ["frames"]


def test_what_happened_is_what_came_since_and_what_is_cut_off_is_told(city: City, place: Site) -> None:
    desk, area = desk_of(place)
    city.events = [event("raised", number, area) for number in range(MOST_EVENTS + 1, 0, -1)]
    told = city.packer(place).make(desk, None, None, NOW)
    assert (
        told["since"] == NOW - FIRST_SECONDS
        and city.asked[0]["since"] == told["since"]
        and city.asked[0]["areas"] == [area, *place.desks[0].areas[1:]]
    )
    assert len(told["events"]["rows"]) == MOST_EVENTS and told["events"]["more"] and told["events"]["kinds"] == {"raised": MOST_EVENTS}


def test_what_could_not_be_read_is_named_and_the_rest_stands(city: City, place: Site) -> None:
    city.away = True
    city.alarms = [alarm("a", desk_of(place)[1])]
    told = city.packer(place).make(desk_of(place)[0], START, START, NOW)
    assert told["lacks"] == ["journal", "log"] and told["events"] is None and told["log"] is None and told["alarms"]["open"]["total"] == 1


# On paper


def whole(city: City, place: Site, **more: Any) -> dict[str, Any]:
    """A pack as it is printed."""
    desk, area = desk_of(place)
    city.alarms = [alarm("a", area)]
    city.events = [event("raised", 1, area), event("commented", 2, area, note="<b>", actor="li")]
    city.entries = [Entry(id="x", author="li", display="李娜", desk=desk, text="泵 2 已停", seq=3, time=START, corrects=1, corrected=4)]
    made = city.packer(place).make(desk, START, START, NOW)
    signed = {"part": "outgoing", "person": "li", "display": "李娜", "how": "session", "time": NOW, "sha256": "ab"}
    return {**made, "notes": "look", "outgoing": {}, "pack": {"id": "p", "sha256": "ab", "signatures": [signed]}, **more}


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["Open alarms", "not signed", "Buoy A"]), ("zh", ["未结告警", "未签字", "泵 2 已停"])]
)
def test_every_section_is_there_in_both_languages(city: City, place: Site, language: Any, words: list[str]) -> None:
    told = sheet(whole(city, place), language)
    assert len(told["sections"]) == 9 and all(word in str(told) for word in words)
    assert printed(whole(city, place), language) == printed(whole(city, place), language)


NAUGHTY = ROOT.parent / "shared" / "data" / "nasty" / "blns.json"
HOSTILE = [
    '#import "/etc/passwd"',
    '#eval("1/0")',
    "$ x $ *b* _i_ `c` @ref <label> \\ // /*",
    "\u202egnp.exe",
    "a" * 500,
    "\0\x07\ud800",
    "😀",
    "=1+1",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_set_as_text(city: City, place: Site, hostile: str) -> None:
    pack = whole(city, place, notes=hostile)
    pack["alarms"]["open"]["rows"][0]["note"] = hostile
    pack["pack"]["signatures"][0]["display"] = hostile
    assert printed(pack, "en").startswith(b"%PDF") and "\u202e" not in text(hostile)


FREE = ("en", "zh", "note", "who", "text", "display", "actor", "detail", "id", "value", "limit", "person", "alarm", "sensor", "notes")


def hostile(told: Any, words: Iterator[str], key: str = "") -> Any:
    """The same with hostile words wherever somebody may have written something."""
    if isinstance(told, dict):
        return {name: hostile(each, words, name) for name, each in told.items()}
    if isinstance(told, list):
        return [hostile(each, words, key) for each in told]
    return next(words) if isinstance(told, str) and key in FREE else told


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not here")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_naughty_string_in_every_name_and_note_is_set(city: City, place: Site, language: str) -> None:
    naughty = [each for each in json.loads(NAUGHTY.read_text(encoding="utf-8")) if each]
    pack = whole(city, place)
    for rows in (pack["alarms"]["open"]["rows"], pack["log"]["rows"], pack["events"]["rows"]):
        rows *= 40
    used: list[str] = []
    words = (used.append(word) or word for word in cycle(naughty))  # type: ignore[func-returns-value]
    assert printed(hostile(pack, words), language).startswith(b"%PDF")
    assert set(used) == set(naughty)


def test_what_could_not_be_read_is_said_on_paper(city: City, place: Site) -> None:
    told = sheet(whole(city, place, events=None, log=None), "en")
    assert [each["note"] for each in told["sections"] if each["note"] == "could not be read"] == ["could not be read"] * 2


def test_the_canonical_text_does_not_depend_on_order() -> None:
    assert canonical({"b": 1, "a": "中"}) == canonical({"a": "中", "b": 1}) == '{"a":"中","b":1}'
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})
