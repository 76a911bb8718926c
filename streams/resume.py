"""How a new writer of alarms begins: from the journal, which knows everything, or, while that is away, from the board."""

from __future__ import annotations

from dataclasses import replace

from model.alarm import Event
from store.board import Board
from store.journal import Journal
from streams.alarm import Alarms
from streams.duty import Duties
from streams.flood import WINDOW_SECONDS, Floods, began, restored
from streams.life import ANNUNCIATING
from streams.rulebook import Rulebook

CALLS = 100_000
"""More annunciated alarms than a flood has ever had."""
DESK_MARKS = 1_000
"""Beginnings and ends of floods looked at: those of every desk are among them."""


def from_journal(journal: Journal, book: Rulebook, now: float) -> tuple[Alarms, dict[str, str]]:
    """The alarms as they stand, and how far edges and wishes were read. Raises DatabaseAway."""
    alarms, places = journal.load()
    duties = Duties(book.site, journal.handed_over())
    marks = journal.search(kinds=("flood_began", "flood_ended"), limit=DESK_MARKS)
    floods = restored(marks, _calls(journal, marks, now), duties.desk)
    return Alarms(book, alarms, duties, floods), places


def from_board(board: Board, book: Rulebook) -> Alarms:
    """The alarms as the last writer showed them. Raises `Away`."""
    duties = board.duties()
    handed = {area: duty.desk for duty in duties for area in duty.areas}
    floods = Floods({duty.desk: duty.flood for duty in duties if duty.flood})
    return Alarms(book, board.load().alarms.values(), Duties(book.site, handed), floods)


def _calls(journal: Journal, marks: list[Event], now: float) -> list[Event]:
    """The annunciated alarms that count for a flood that is on, or may begin; one of a clock that was ahead counts as of now."""
    since = min([now, *(mark.time for mark in began(marks).values())]) - WINDOW_SECONDS
    kinds = ANNUNCIATING - {"escalated"}
    found = journal.search(since=since, until=now + WINDOW_SECONDS, kinds=kinds, limit=CALLS)
    return [replace(call, time=min(call.time, now)) for call in found if call.annunciated]
