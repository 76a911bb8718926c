"""Draws the tables of `streams/life.py` for docs/alarm.md: `python -m tools.draw_life` prints them; a test compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streams.life import OVERLAYS, TRANSITIONS, UNDER


def drawn() -> str:
    """The three tables in Markdown."""
    return "\n".join([*_positions(), "", *_under(), "", *_overlays()])


def _positions() -> Iterable[str]:
    """One row for each position: which event leads where."""
    yield "| where it is | what happens | where it is then |"
    yield "|---|---|---|"
    yield from _rows(TRANSITIONS)


def _under() -> Iterable[str]:
    yield "| where it is, something over it | what happens | where it is then |"
    yield "|---|---|---|"
    yield from _rows(UNDER)


def _overlays() -> Iterable[str]:
    yield "| overlay | what happens | overlay then |"
    yield "|---|---|---|"
    yield from _rows(OVERLAYS)


def _rows(table: Mapping[Any, str]) -> Iterable[str]:
    return (f"| {where} | {kind} | {to} |" for (where, kind), to in table.items())


if __name__ == "__main__":
    print(drawn())
