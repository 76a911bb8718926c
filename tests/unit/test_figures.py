"""Figures of the past: which slots are waited for, and what becomes of them when the store goes away meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from model import Domain, Figure, Readings
from store import Away
from streams.figures import Figures
from streams.readings import Index, Moment
from tests.unit.city import START, domain

MINUTE = 60


class Asked:
    """Counts who asks for sketches, and is away when told so."""

    def __init__(self) -> None:
        self.away, self.asked = False, 0

    def __call__(self, metric: str, now: float, seconds: float) -> Iterable[tuple[str, bytes]]:
        if self.away:
            raise Away("no answer")
        self.asked += 1
        return []

    def at(self, width: int, end: int) -> Moment:
        """The moment at the end of a slot, whose value is 1."""
        return Moment(Index([]), float(end), {}, {}, self, past=width)


def asking(readings: Readings) -> Figure:
    """A figure that needs the store."""
    readings.percentile("oxygen", 60, 0.5)
    return Figure(value=1.0)


def declared() -> Domain:
    """A domain of that figure alone."""
    city = domain()
    return replace(city, kpis=(replace(city.kpis[0], figure=asking),))


def test_a_slot_is_computed_again_after_the_store_went_away() -> None:
    figures, store = Figures(declared(), ()), Asked()
    figures.expected(START)
    store.away = True
    with pytest.raises(Away):
        figures.catch_up(store.at, 60.0)
    store.away = False
    figures.expected(START + 1)
    while figures.catch_up(store.at, 60.0):
        pass
    assert figures.series("oxygen_lowest", MINUTE, START) == (int(START), [1.0] * 60)


def test_each_slot_is_computed_once_and_the_next_when_it_ends() -> None:
    figures, store = Figures(declared(), ()), Asked()
    for after in (0.0, 1.0, 59.0):
        figures.expected(START + after)
        assert figures.catch_up(store.at, 60.0) is False
    assert store.asked == 60 + 288
    figures.expected(START + 60)
    assert figures.series("oxygen_lowest", MINUTE, START + 60)[1][-2:] == [1.0, None]
    figures.catch_up(store.at, 60.0)
    assert store.asked == 60 + 288 + 1
    assert figures.series("oxygen_lowest", MINUTE, START + 60) == (int(START) + 60, [1.0] * 60)
