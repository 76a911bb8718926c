"""What a key figure did: how fast it changed, how long it stays the same, how long it is missing.

All of it is read from the figure's past slots, which are computed from the windows: nothing else is remembered, so who takes over judges
as the one before would have. A slot that is not computed yet makes the answer unknown, for it may hold the change or the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model import Rule
from streams.window import FIVE, MINUTE

HOUR = 3600
SLOTS = {MINUTE: 60, FIVE: 288}
"""How many slots of each width are computed."""

Values = Mapping[int, Mapping[int, float | None]]
"""Values by width and end of slot, None where the figure had none."""


def measured(rule: Rule, decimals: int, values: Values, now: float, value: float | None) -> float | None:
    """What `rule` compares with its limit when the figure is `value` now: it, its change per hour, or seconds. None is unknown."""
    if rule.comparison == "no_data":
        return 0.0 if value is not None else _missing(values, now)
    if value is None:
        return None
    if rule.comparison == "rate":
        return _rate(rule.span, values, now, value)
    return _same(round(value, decimals), decimals, values, now) if rule.comparison == "stuck" else value


def _rate(span: float, values: Values, now: float, value: float) -> float | None:
    width = MINUTE if span < SLOTS[MINUTE] * MINUTE else FIVE
    end = int((now - span) // width) * width
    before = values[width].get(end)
    return None if before is None else abs(value - before) * HOUR / (now - end)


def _same(value: float, decimals: int, values: Values, now: float) -> float | None:
    """Seconds since the oldest slot from which on the figure was `value` or nothing."""
    since = 0.0
    for end, known, before in _slots(values, now):
        if not known:
            return None
        if before is not None and round(before, decimals) != value:
            break
        since = since if before is None else now - end
    return since


def _missing(values: Values, now: float) -> float | None:
    """Seconds since the oldest slot from which on there was nothing; unknown of a figure that never was."""
    since = 0.0
    for end, known, before in _slots(values, now):
        if not known:
            return None
        if before is not None:
            return since
        since = now - end
    return None


def _slots(values: Values, now: float) -> Iterator[tuple[int, bool, float | None]]:
    """(end, whether it is computed, value) of every slot, newest first: minutes, then the five minutes before them."""
    oldest = int(now) + 1
    for width, count in SLOTS.items():
        last = int(now // width) * width
        for end in range(min(last, (oldest - 1) // width * width), last - count * width, -width):
            oldest = end
            yield end, end in values[width], values[width].get(end)
