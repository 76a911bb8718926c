"""The rows that screens are told: what of an alarm they hold, and what changed since a revision."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

import callbacks.alarm_rows
from callbacks.alarm_rows import WHOLE_SECONDS, Rows
from callbacks.alarm_rows import row as told_row
from model.alarm import Acknowledgement, Alarm, Duty, Flood, Shelf
from store.board import Change, Snapshot

ALARM = Alarm(
    id="sea/low|sensor:a", occurrence=1, rule="sea/low", subject="sensor:a", domain="sea", area="bay", priority="high",
    state="unacknowledged", value=3.1, limit=4.0, raised=100.0, changed=100.0, edge=100.0, comings=(100.0,), announced=100.0,
)  # fmt: skip


def other(id: str, **more: Any) -> Alarm:
    return replace(ALARM, id=id, **more)


class Boards:
    """A board whose writes are told here; it remembers the newest two."""

    def __init__(self, *alarms: Alarm) -> None:
        self.rev, self.held, self.loads = 7, {alarm.id: alarm for alarm in alarms}, 0
        self._touched: list[tuple[int, set[str]]] = []
        self.desks: list[Duty] = []

    def write(self, *alarms: Alarm, gone: tuple[str, ...] = ()) -> None:
        self.rev += 1
        self.held |= {alarm.id: alarm for alarm in alarms}
        for id in gone:
            del self.held[id]
        self._touched = [*self._touched[-1:], (self.rev, {*gone, *(alarm.id for alarm in alarms)})]

    def duties(self) -> list[Duty]:
        return self.desks

    def load(self) -> Snapshot:
        self.loads += 1
        return Snapshot(self.rev, dict(self.held))

    def changes(self, since: int) -> Change | None:
        if since == self.rev:
            return Change(since, [], [])
        if not self._touched or self._touched[0][0] > since + 1:
            return None
        ids = {id for rev, touched in self._touched if rev > since for id in touched}
        return Change(self.rev, [self.held[id] for id in ids if id in self.held], [id for id in ids if id not in self.held])


class Clock:
    """Seconds, set by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def rows_of(board: Boards, clock: Clock | None = None) -> Rows:
    return Rows(board, clock or Clock())  # type: ignore[arg-type]


def row(alarm: Alarm) -> dict[str, Any]:
    """As JSON brings it."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(told_row(alarm)))
    return found


def told(rows: Rows, since: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(rows.told(since)))
    return found


def test_a_row_holds_what_is_shown_and_not_what_is_as_usual() -> None:
    assert row(ALARM) == {
        "id": "sea/low|sensor:a", "occurrence": 1, "rule": "sea/low", "subject": "sensor:a", "domain": "sea", "area": "bay", "priority": 2,
        "state": "unacknowledged", "value": 3.1, "limit": 4.0, "raised": 100.0, "changed": 100.0,
    }  # fmt: skip
    shelf = Shelf(who="li", time=1.0, until=None, reason="why")
    more = row(
        replace(ALARM, count=3, shelf=shelf, acknowledgement=Acknowledgement(who="li", time=2.0), journalled=False, marks=("stale",))
    )
    assert (more["count"], more["journalled"], more["marks"]) == (3, False, ["stale"])
    assert row(replace(ALARM, priority="critical", escalated=True))["escalated"] is True
    assert more["shelf"] == {"who": "li", "time": 1.0, "until": None, "reason": "why"} and more["acknowledgement"]["who"] == "li"


@pytest.mark.parametrize("value", [0.0, None])
def test_a_value_of_nothing_is_told_and_so_is_none(value: float | None) -> None:
    found = row(replace(ALARM, value=value, limit=value, raised=0.0))
    assert (found["value"], found["limit"], found["raised"]) == (value, value, 0.0)


def test_the_first_look_brings_all_and_the_next_ones_what_changed() -> None:
    board = Boards(ALARM, other("b"))
    rows = rows_of(board)
    first = told(rows)
    assert (first["rev"], sorted(each["id"] for each in first["rows"])) == (7, ["b", ALARM.id])
    assert told(rows, 7) == {"rev": 7, "floods": [], "set": [], "gone": []}
    board.write(other("c"))
    board.write(replace(ALARM, state="acknowledged"), gone=("b",))
    change = told(rows, 7)
    assert (change["rev"], change["gone"], sorted(each["id"] for each in change["set"])) == (9, ["b"], ["c", ALARM.id])
    assert [each["id"] for each in told(rows, 8)["set"]] != [] and "rows" not in told(rows, 8)
    assert told(rows, 9)["set"] == [] and board.loads == 1


@pytest.mark.parametrize("since", [-1, 3, 99, 1 << 60])
def test_who_is_too_far_behind_or_ahead_gets_all(since: int) -> None:
    rows = rows_of(Boards(ALARM))
    told(rows)
    assert [each["id"] for each in told(rows, since)["rows"]] == [ALARM.id]


def test_a_board_that_cannot_tell_its_changes_is_loaded_anew() -> None:
    board = Boards(ALARM)
    rows = rows_of(board)
    told(rows)
    for number in range(4):
        board.write(other(f"n{number}"))
    assert len(told(rows, 7)["rows"]) == 5 and board.loads == 2
    assert len(rows.alarms()) == 5


def test_rows_and_answers_are_made_once_for_all_who_look(monkeypatch: pytest.MonkeyPatch) -> None:
    board, made = Boards(ALARM, other("b")), list[str]()

    def counted(alarm: Alarm) -> dict[str, Any]:
        made.append(alarm.id)
        return told_row(alarm)

    monkeypatch.setattr(callbacks.alarm_rows, "row", counted)
    rows = rows_of(board)
    assert rows.told(-1) is rows.told(-1)
    board.write(other("c"))
    assert rows.told(7) is rows.told(7) and rows.told(8) is rows.told(8)
    assert sorted(made) == ["b", "c", ALARM.id]


def test_who_comes_while_the_board_changes_is_given_all_of_a_moment_ago_and_then_what_changed_since() -> None:
    board, clock = Boards(ALARM), Clock()
    rows = rows_of(board, clock)
    whole = rows.told(-1)
    board.write(other("c"))
    clock.now += WHOLE_SECONDS - 0.1
    assert rows.told(-1) is whole and [each["id"] for each in told(rows, told(rows)["rev"])["set"]] == ["c"]
    clock.now += 0.2
    assert told(rows)["rev"] == 8 and len(told(rows)["rows"]) == 2


def test_all_of_a_moment_ago_is_given_only_where_what_changed_since_can_be_told() -> None:
    board = Boards(ALARM)
    rows = rows_of(board)
    rows.told(-1)
    for number in range(4):
        board.write(other(f"n{number}"))
    assert told(rows)["rev"] == 11 and len(told(rows)["rows"]) == 5


def test_a_look_that_breaks_off_is_made_anew() -> None:
    board = Boards(ALARM, other("b"))
    rows = rows_of(board)
    load, board.load = board.load, lambda: (_ for _ in ()).throw(ConnectionError())  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        rows.told(-1)
    board.load = load  # type: ignore[method-assign]
    assert len(told(rows)["rows"]) == 2


def test_many_rows_are_packed_in_pieces_and_arrive_whole() -> None:
    board = Boards(*(other(f"n{number:04}") for number in range(1201)))
    assert [each["id"] for each in told(rows_of(board))["rows"]] == [f"n{number:04}" for number in range(1201)]


def test_floods_that_are_on_are_told_with_the_rows_and_with_every_change() -> None:
    board = Boards(ALARM)
    board.desks = [
        Duty(desk="east", areas=("bay",), flood=Flood(began=90.0, first=ALARM.id, first_at=60.0, count=12)),
        Duty(desk="west", areas=()),
    ]
    rows = rows_of(board)
    assert told(rows)["floods"] == [{"desk": "east", "began": 90.0, "first": ALARM.id, "first_at": 60.0, "count": 12}]
    board.desks = []
    board.write(other("c"))
    assert told(rows, 7)["floods"] == []
