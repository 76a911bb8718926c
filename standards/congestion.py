"""The congestion index: the travel time index of roads and of the city.

Index of a link = travel time / free-flow travel time = free-flow speed / speed. The city's is the mean of its links weighted by
vehicle-distance, and the free-flow speed of a link that declares none is the 85th percentile of its speeds: both as in the Federal Highway
Administration's Urban Congestion Report (UCR: Documentation and Definitions, "How Are the Measures Developed?",
ops.fhwa.dot.gov/perf_measurement/ucr/documentation.htm). The report takes the off-peak hours of a quarter; a live deck takes the last day,
whose upper speeds are its off-peak ones. The five states are those of Chinese cities' traffic index, with the bounds that
Beijing publishes: a trip takes 0.2, 0.5, 0.8 and 1.1 times longer than in free flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CRAWL = 3.0
"""km/h: slower traffic counts as this fast, so that one blocked link does not make the city's index infinite."""
FREE_FLOW_SHARE = 0.85
HOURS_NEEDED = 6
"""Hourly speeds below which a free-flow speed is not guessed."""
SLOW = 0.4
"""Share of the free-flow speed below which a link is called slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state of traffic: 1 is free, 5 severe."""

    grade: int
    en: str
    zh: str
    below: float
    """Upper bound of the index; the bound itself belongs to the next state."""


STATES = (
    State(grade=1, en="free", zh="畅通", below=1.2),
    State(grade=2, en="mostly free", zh="基本畅通", below=1.5),
    State(grade=3, en="lightly congested", zh="轻度拥堵", below=1.8),
    State(grade=4, en="moderately congested", zh="中度拥堵", below=2.1),
    State(grade=5, en="severely congested", zh="严重拥堵", below=float("inf")),
)


def index(speed: float, free_flow: float) -> float:
    """Travel time index of a link from two speeds in one unit (km/h); at least 1: nobody gains by driving faster than free flow."""
    return max(1.0, free_flow / max(speed, CRAWL))


def city(links: Iterable[tuple[float, float]]) -> float | None:
    """Mean of (index, weight), weighted by vehicle-kilometres or else by length; None when there is no weight at all."""
    pairs = list(links)
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total > 0 else None


def mean_speed(links: Iterable[tuple[float, float]]) -> float | None:
    """Mean of (speed, weight) as distance over time, so in the speeds' unit (km/h): what a trip through the city makes."""
    pairs = list(links)
    total = sum(weight for _, weight in pairs)
    return total / sum(weight / max(speed, CRAWL) for speed, weight in pairs) if total > 0 else None


def free_flow(speeds: Sequence[float | None]) -> float | None:
    """85th percentile (linear between ranks) of hourly speeds; None of fewer than `HOURS_NEEDED`."""
    known = sorted(speed for speed in speeds if speed is not None)
    if len(known) < HOURS_NEEDED:
        return None
    place = FREE_FLOW_SHARE * (len(known) - 1)
    low = int(place)
    high = min(low + 1, len(known) - 1)
    return known[low] + (place - low) * (known[high] - known[low])


def state(value: float) -> State:
    """The state an index means."""
    return next(each for each in STATES if value < each.below)
