"""From columns to the native message: the JSON text of each reading, made fast because a simulator must outrun what it tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from demo.simulation.city import Sample
from demo.simulation.moment import Channel, Group
from demo.simulation.noise import Floats

Message = tuple[str, str, Sequence[str]]
"""Domain, sensor, and the JSON objects of its readings of one moment."""


class Heads:
    """What never changes of each reading's text, made once per kind of sensor."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], tuple[list[list[str]], list[str]]] = {}

    def of(self, group: Group, channels: Sequence[Channel]) -> tuple[list[list[str]], list[str]]:
        """(beginnings by row and channel, ends by row). A sensor that no list names says where it is."""
        at = (group.domain, group.kind)
        if at not in self._made:
            self._made[at] = [[beginning(name, c) for c in channels] for name in group.ids], ends(group)
        return self._made[at]


def beginning(sensor: str, channel: Channel) -> str:
    """The text before the value."""
    texts = {"sensor": sensor, "metric": channel.key, "unit": channel.unit}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))[:-1] + ',"value":'


def ends(group: Group) -> list[str]:
    """The text after the time."""
    places = zip(group.lon.tolist(), group.lat.tolist(), strict=True)
    return ["}" if row < group.listed else f',"lon":{lon:.5f},"lat":{lat:.5f}}}' for row, (lon, lat) in enumerate(places)]


def texts(column: Floats, decimals: int) -> list[str]:
    """The values of one channel as JSON numbers; NaN is null."""
    if decimals == 0:
        return [f"{value:.0f}" if value == value else "null" for value in column.tolist()]
    return [repr(value) if value == value else "null" for value in column.tolist()]


def messages(sample: Sample, heads: Heads) -> Iterator[Message]:
    """One message per sensor and moment, holding its metrics."""
    group = sample.group
    starts, last = heads.of(group, sample.channels)
    columns = [texts(sample.values[:, c], channel.decimals) for c, channel in enumerate(sample.channels)]
    for row, time, *values in zip(sample.row.tolist(), sample.time.tolist(), *columns, strict=True):
        end = f',"time":{time}{last[row]}'
        yield group.domain, group.ids[row], [start + value + end for start, value in zip(starts[row], values, strict=True)]
