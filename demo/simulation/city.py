"""The simulated city's readings in a window of time: a pure function of town and window, in columns.

A sensor reads at `phase + k * interval`. Most readings arrive at once; some arrive late, twice, or corrected (`fault.ECHOES`), and are
found in the window in which they arrive. So windows that touch give every reading exactly as often as one long window does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from demo.simulation import fault
from demo.simulation.moment import Channel, Group, Moment, Town
from demo.simulation.noise import Floats
from demo.simulation.roster import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Readings of one kind of sensor: sensor `row[i]` read `values[i]` (one column per channel, NaN is nothing) at `time[i]`."""

    group: Group
    channels: tuple[Channel, ...]
    row: NDArray[np.int64]
    time: NDArray[np.int64]
    """Milliseconds since the epoch, as the sensor's own clock says."""
    arrival: NDArray[np.int64]
    """Milliseconds since the epoch at which the reading is sent."""
    values: Floats


def schedule(group: Group, start: int, end: int, interval: NDArray[np.int64], shift: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """(row, time ms) of the readings whose time plus `shift` (ms per sensor) lies in [start, end)."""
    first = -((group.phase + shift - start) // interval)
    last = -((group.phase + shift - end) // interval)
    count = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(group.ids)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, group.phase[row] + (first[row] + nth) * interval[row]


def measure(moment: Moment, channels: tuple[Channel, ...], steps: int = 0) -> Floats:
    """What the instruments of one kind show: physics, then drift, resolution and errors. `steps` resolutions are added (a correction)."""
    kind = KINDS[moment.group.domain][moment.group.kind]
    seen = fault.held(moment) if kind.sticks else moment
    lean = fault.drift(seen)
    columns = kind.physics(seen)
    return np.column_stack([finish(moment, channel, column, lean, steps) for channel, column in zip(channels, columns, strict=True)])


def finish(moment: Moment, channel: Channel, column: Floats, lean: Floats, steps: int) -> Floats:
    """One column as the instrument sends it."""
    shown = np.maximum(column * (1.0 + channel.drift * lean), channel.floor) + steps * 10.0**-channel.decimals
    shown = np.round(shown, channel.decimals)
    if channel.circular:
        shown = shown % 360.0
    # Adding zero turns the minus zero that rounding leaves into a plain one.
    return fault.strike(moment, channel, shown + 0.0)


def sample(town: Town, group: Group, start: int, end: int, interval: NDArray[np.int64], echo: fault.Echo | None) -> Sample:
    """The readings of a group that arrive in [start, end) by one way: at once (`echo` None) or by an echo."""
    shift = np.zeros_like(interval) if echo is None else (interval * echo.delay).astype(np.int64)
    row, time = schedule(group, start, end, interval, shift)
    moment = Moment(town=town, group=group, row=row, t=time / 1000.0)
    came = ~fault.arrives(moment, fault.LATE) if echo is None else fault.arrives(moment, echo)
    keep = came & ~fault.silent(group, row, moment.t)
    row, time = row[keep], time[keep]
    channels = KINDS[group.domain][group.kind].channels
    values = np.empty((0, len(channels)))
    if len(row):
        values = measure(replace(moment, row=row, t=time / 1000.0), channels, echo.steps if echo else 0)
    clock = fault.clock_ahead(town, group)[row]
    return Sample(group=group, channels=channels, row=row, time=time + clock, arrival=time + shift[row], values=values)


def readings(town: Town, start: float, end: float, *, step: float | None = None, rate: float = 1.0) -> Iterator[Sample]:
    """All readings that arrive in [start, end), seconds since the epoch; empty samples are left out.

    `step` reads at least that many seconds apart instead of at the sensors' own intervals, with nothing late or twice: how the past
    is filled. `rate` makes the sensors read so many times as often.
    """
    begin, stop = round(start * 1000), round(end * 1000)
    for group in town.groups.values():
        interval = np.maximum((group.interval / rate).astype(np.int64), 1 if step is None else int(step * 1000))
        shared = replace(group, phase=(group.phase / group.interval * interval).astype(np.int64))
        for echo in (None, *(() if step else fault.ECHOES)):
            found = sample(town, shared, begin, stop, interval, echo)
            if len(found.row):
                yield found
