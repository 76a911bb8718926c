"""What goes wrong with instruments and lines: silence, drift, stuck values, bad clocks, nulls, spikes, echoes and rubbish.

Every fault is a hash of sensor and time, so it is the same in every run with one seed. The rates keep a city of some hundred sensors
calm: a few sensors at a time have something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from demo.simulation.moment import DAY, Channel, Group, Moment, Town
from demo.simulation.noise import Floats, bits_of, key_of, uniform

SPELL = 3600.0
"""Seconds for which a sensor is silent or stuck."""
SILENT, STUCK = 0.003, 0.002
"""Share of the sensors that are so in any spell."""
DRIFTING = 0.02
"""Share of the sensors that drift in a day."""
NULL, SPIKE = 1 / 4_000, 1 / 25_000
"""Share of the readings that measured nothing, and that are an error code."""
AHEAD = 150.0
"""Seconds that one sensor's clock is ahead."""
RUBBISH_EVERY = 240.0
"""Seconds between undecodable records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A way for a reading to arrive: `share` of them, `delay` intervals after their time, with values shifted by `steps` resolutions."""

    low: float
    share: float
    delay: float
    steps: int = 0


LATE = Echo(low=0.0, share=0.004, delay=1.5)
"""Arrives only after the next reading."""
DUPLICATE = Echo(low=0.004, share=0.003, delay=0.4)
CORRECTION = Echo(low=0.007, share=0.001, delay=2.2, steps=3)
ECHOES = (LATE, DUPLICATE, CORRECTION)


def spells(group: Group, row: NDArray[np.int64], t: Floats, salt: str, share: float) -> NDArray[np.bool_]:
    """True where the sensor has this fault in the spell of the time; spells begin at another time for each sensor."""
    key = group.key[row]
    shift = uniform(key, salt, np.zeros(len(row), np.int64))
    return uniform(key, salt, np.floor(t / SPELL + shift).astype(np.int64) + 1) < share


def silent(group: Group, row: NDArray[np.int64], t: Floats) -> NDArray[np.bool_]:
    """True where a sensor says nothing."""
    return spells(group, row, t, "silent", SILENT)


def held(moment: Moment) -> Moment:
    """The moment whose values are seen: a stuck sensor repeats what it read when its spell began."""
    stuck = spells(moment.group, moment.row, moment.t, "stuck", STUCK)
    shift = uniform(moment.key, "stuck", np.zeros(len(moment.row), np.int64))
    start = (np.floor(moment.t / SPELL + shift) - shift) * SPELL
    return replace(moment, t=np.where(stuck, start, moment.t))


def drift(moment: Moment) -> Floats:
    """-1 to 1: how far along its drift a sensor is; it grows over the day until somebody calibrates it at midnight. 0 for most."""
    day = np.floor((moment.t + moment.town.offset) / DAY)
    tick = day.astype(np.int64)
    sign = np.where(bits_of(moment.key, "drift sign", tick) & np.uint64(1), 1.0, -1.0)
    grown = (moment.t + moment.town.offset) / DAY - day
    return np.where(uniform(moment.key, "drift", tick) < DRIFTING, sign * grown, 0.0)


def strike(moment: Moment, channel: Channel, values: Floats) -> Floats:
    """The values with the rare null (as NaN) and the rarer error code among them."""
    draw = uniform(moment.key, "strike " + channel.key, np.rint(moment.t * 1000.0).astype(np.int64))
    return np.where(draw < SPIKE, channel.spike, np.where(draw < SPIKE + NULL, np.nan, values))


def arrives(moment: Moment, echo: Echo) -> NDArray[np.bool_]:
    """True for the readings that arrive in this way."""
    draw = uniform(moment.key, "echo", np.rint(moment.t * 1000.0).astype(np.int64))
    return np.asarray((draw >= echo.low) & (draw < echo.low + echo.share))


def clock_ahead(town: Town, group: Group) -> NDArray[np.int64]:
    """Milliseconds added to the times each sensor gives: zero but for one sensor of the town, if it has any land."""
    added = np.zeros(len(group.ids), np.int64)
    if (group.domain, group.kind) == ("land", "noise") and group.listed:
        added[key_of(town.seed, "clock ahead") % group.listed] = int(AHEAD * 1000)
    return added


RUBBISH: tuple[bytes, ...] = (
    b'{"sensor": "truncated-1", "metric": "ph", "val',
    b"\xff\xfe\x00\x9f not text",
    b"",
    b"ERR 17: SENSOR BUS TIMEOUT",
    b'{"sensor": "no-value", "metric": "ph", "value": NaN, "time": 1795203127000}',
    b'[{"sensor": 5, "metric": null}]',
)
"""Records nobody can decode."""


def rubbish(town: Town, start: float, end: float) -> list[tuple[str, bytes]]:
    """(domain, record) of the undecodable records that fall in [start, end)."""
    domains = sorted({domain for domain, _ in town.groups})
    ticks = np.arange(np.ceil(start / RUBBISH_EVERY), np.ceil(end / RUBBISH_EVERY)).astype(np.int64)
    draws = bits_of(np.full(len(ticks), key_of(town.seed, "rubbish"), np.uint64), "rubbish", ticks).tolist()
    return [(domains[draw % len(domains)], RUBBISH[draw // 64 % len(RUBBISH)]) for draw in draws if domains]
