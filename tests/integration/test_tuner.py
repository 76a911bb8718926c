"""The process that tries numbers: it answers what is asked from the history, proposes by itself, and brings what is in force to Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.memory import RedisServer
from domains.alarm import complete
from model.alarm import Event
from model.tuning import Trial
from store.archive import Archive, Taken
from store.clock import Clock
from store.connect import connect
from store.database import connect as connect_database
from store.database import migrate
from store.health import Health
from store.history import History
from store.inforce import KEY, InForce
from store.journal import Journal
from store.shelf import Shelf
from store.tuning import Tunings
from streams.pulse import Pulse
from streams.tuning import Tuner, nuisances
from tests.unit.city import domain, rule
from tests.unit.past import BEGIN, ZONE
from tests.until import until

DAY = 86_400
NOW = BEGIN / 1000 + 2 * DAY
LOW = rule("low", "oxygen", "low", 4.0)
DOMAIN = complete(domain([LOW, rule("kpi", "oxygen_lowest", "low", 4.0)]))


def noisy(folder: Path, sensors: int = 2) -> None:
    """Two days of readings every ten seconds for ten minutes an hour: about the limit, and once a day really below it."""
    names = [("oxygen", f"s-{number}") for number in range(sensors)]
    rows = []
    for hour in range(48):
        for tick in range(60):
            for series in range(sensors):
                low = hour % 24 == 12 and series == 0
                rows.append((series, BEGIN + hour * 3_600_000 + tick * 10_000, 3.0 if low else 3.9 if tick % 3 == 0 else 4.4))
    count = len(rows)
    ms = np.array([row[1] for row in rows], np.int64)
    Archive(Shelf(str(folder)), ZONE).write(
        "sea",
        ("city.sea", 0),
        0,
        count,
        Taken(
            names=names,
            units={"oxygen": "mg/L"},
            series=np.array([row[0] for row in rows], np.int64),
            ms=ms,
            filed=ms,
            value=np.array([row[2] for row in rows]),
            quality=np.zeros(count, np.uint8),
            origin=np.zeros(count, np.uint8),
        ),
    )


class City:
    """A tuner over files, SQL and Redis of its own; event time stands at NOW."""

    def __init__(self, redis: RedisServer, folder: Path) -> None:
        self.client = connect(redis.url)
        self.engine = connect_database(f"sqlite:///{folder / 'deck.db'}")
        migrate(self.engine)
        self.tunings, self.journal = Tunings(self.engine), Journal(self.engine)
        past = History(Shelf(str(folder / "history")), ZONE)
        clock = Clock(self.client, lambda: NOW)
        self.tuner = Tuner(
            self.client, self.tunings, past, Health(self.engine), self.journal, {"sea": DOMAIN}, clock, Pulse(self.client, "tuning")
        )

    def answered(self, id: str) -> Trial:
        """The trial once the process has answered it."""

        def done() -> Trial | None:
            found = self.tunings.trial(id)
            return found if found and found.state in ("done", "failed") else None

        found: Trial = self.until(done, "an answer")
        return found

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """What `true` gives as soon as it is something, while the process works."""

        def turned() -> Any:
            self.tuner.turn()
            return true()

        return until(turned, what)

    def happened(self, events: list[Event]) -> None:
        self.journal.record(self.journal.take_over("test"), events=events)

    def close(self) -> None:
        self.tuner.stopping = True
        self.tuner.run()
        self.client.close()
        self.engine.dispose()


@pytest.fixture
def city(redis_server: RedisServer, tmp_path: Path) -> Iterator[City]:
    noisy(tmp_path / "history")
    city = City(redis_server, tmp_path)
    yield city
    city.close()


def came(sensor: str, number: int, **more: Any) -> Event:
    told = {
        "kind": "raised",
        "alarm": f"sea/low|sensor:{sensor}",
        "occurrence": number,
        "rule": "sea/low",
        "subject": f"sensor:{sensor}",
        "annunciated": True,
    }
    told |= {"time": NOW - 7200 + number, "source": f"{sensor}:{number}", "domain": "sea", "priority": "high"}
    return Event(**{**told, **more})


def test_what_is_asked_is_answered_from_the_history(city: City) -> None:
    city.happened([came("s-1", 9, time=BEGIN / 1000 - 3600), *(came("s-0", number) for number in range(3))])
    asked = city.tunings.ask("sea/low", {"deadband": 0.3, "on_delay": 60.0}, 30, "wang")
    told = city.answered(asked.id)
    assert told.state == "done" and told.error == ""
    assert {name: told.outcome[name] for name in ("before", "after", "longest_delay", "missed", "longest_missed", "new")} == {
        "before": 20 * 46 + 20 * 48, "after": 2, "longest_delay": 60.0, "missed": 20 * 46 + 20 * 48 - 2, "longest_missed": 10.0, "new": 0
    }  # fmt: skip
    assert told.outcome["readings"] == 2 * 48 * 60 and told.outcome["sensors"] == 2
    assert (told.outcome["since"], told.outcome["journalled"]) == (BEGIN / 1000, 3), "of the time of which there are readings"
    assert [row["sensor"] for row in told.outcome["rows"]] == ["s-1", "s-0"] and told.outcome["present"]["deadband"] == 0.0


def test_what_was_answered_can_be_put_in_force_and_the_next_trial_compares_with_it(city: City) -> None:
    first = city.answered(city.tunings.ask("sea/low", {"deadband": 0.3}, 30, "wang").id)
    city.tunings.apply(first.id, "wang", "noise", first.values)
    reader = InForce(city.client)
    city.until(lambda: reader.changed() == {"sea/low": {"deadband": 0.3}}, "the numbers at all")
    second = city.answered(city.tunings.ask("sea/low", {"on_delay": 60.0}, 30, "wang").id)
    assert second.outcome["before"] == first.outcome["after"] and second.outcome["present"]["deadband"] == 0.3
    city.tunings.take_back("sea/low", "wang", "")
    city.until(lambda: reader.changed() == {}, "the author's numbers")


def test_redis_emptied_what_is_in_force_is_there_again(city: City) -> None:
    first = city.answered(city.tunings.ask("sea/low", {"deadband": 0.3}, 30, "wang").id)
    city.tunings.apply(first.id, "wang", "noise", first.values)
    city.until(lambda: city.client.get(KEY) not in (None, b"{}"), "the numbers")
    city.client.flushall()
    city.until(lambda: city.client.get(KEY) not in (None, b"{}"), "the numbers again")


def test_it_proposes_by_itself_for_what_chatters(city: City) -> None:
    city.happened([came("s-0", number) for number in range(12)] + [came("s-1", number) for number in range(2)])
    city.happened([came("x", 90, alarm="sea/kpi|kpi:oxygen_lowest", rule="sea/kpi", subject="kpi:oxygen_lowest", source="kpi")])
    (own,) = city.until(lambda: city.tunings.trials(author=""), "a proposal")
    assert own.rule == "sea/low" and own.outcome["chattering"] > 0 and own.outcome["worst"][0] == "s-0"
    told = city.answered(own.id)
    assert told.state == "done" and set(told.values) <= {"on_delay", "deadband"} and told.values
    assert told.outcome["after"] < told.outcome["before"] / 2 and told.outcome["chattering"] == own.outcome["chattering"]
    for _ in range(8):
        city.tuner.turn()
    assert len(city.tunings.trials()) == 1  # not every hour the same


@pytest.mark.parametrize(
    ("rule_id", "values", "word"),
    [
        ("sea/none", {"limit": 1.0}, "no such rule"),
        ("fire/low", {"limit": 1.0}, "no such domain"),
        ("sea/kpi", {"limit": 1.0}, "one sensor"),
    ],
)
def test_what_cannot_be_tried_fails_with_a_sentence(city: City, rule_id: str, values: dict[str, float], word: str) -> None:
    told = city.answered(city.tunings.ask(rule_id, values, 1, "wang").id)
    assert told.state == "failed" and word in told.error


def test_only_one_of_several_works(city: City, redis_server: RedisServer, tmp_path: Path) -> None:
    city.tuner.turn()
    other = City(redis_server, tmp_path)
    asked = other.tunings.ask("sea/low", {"on_delay": 60.0}, 1, "wang")
    other.tuner.turn()
    assert other.tunings.trial(asked.id) == replace(asked)
    other.close()


def test_nuisances_are_ordered_by_chattering_then_by_how_often(city: City) -> None:
    city.happened([came("a", number, rule="sea/b", alarm="sea/b|sensor:a", source=f"b{number}") for number in range(0, 4000, 400)])
    city.happened([came("s-0", number) for number in range(4)])
    told = nuisances(Health(city.engine), NOW - DAY, NOW)
    assert list(told) == ["sea/low", "sea/b"] and told["sea/b"] == {"chattering": 0, "top": 10, "worst": ["a"]}
