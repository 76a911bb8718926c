"""From a site's sensor list to columns: which sensors are simulated, as what kind, and how the road links hang together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from demo.simulation import air, land, sea, traffic
from demo.simulation.moment import Group, Kind, Town, distance
from demo.simulation.noise import key_of, normal, uniform
from model import Sensor, Site, SpecError

KINDS: dict[str, Mapping[str, Kind]] = {"sea": sea.KINDS, "land": land.KINDS, "air": air.KINDS, "traffic": traffic.KINDS}
"""Kinds by domain; the first of a domain is that of a sensor whose `kind` column is empty or absent."""
JOINED = 0.25
"""Kilometres within which the end of one link is the beginning of the next."""
AROUND = 0.008
"""Degrees, deviation, by which an added sensor stands away from the one it was made from."""


def kind_of(sensor: Sensor) -> str:
    """The sensor's kind; SpecError where no such kind is simulated."""
    kinds = KINDS[sensor.domain]
    kind = sensor.extra.get("kind") or next(iter(kinds))
    if kind not in kinds:
        raise SpecError(f"sensors/{sensor.domain}.csv", f"{sensor.id}.kind", f"{kind!r} is not one of {', '.join(kinds)}")
    return kind


def number(sensor: Sensor, column: str, default: float) -> float:
    """An extra column of the sensor list as a number, `default` where it is empty or absent; SpecError where it is neither."""
    text = sensor.extra.get(column) or default
    try:
        return float(text)
    except ValueError as error:
        raise SpecError(f"sensors/{sensor.domain}.csv", f"{sensor.id}.{column}", f"{text!r} is not a number") from error


def downstream(sensors: Sequence[Sensor]) -> NDArray[np.int64]:
    """For each link the row of the one that begins where it ends, -1 where none does; never the same road back."""
    result = np.full(len(sensors), -1)
    rows = [row for row, sensor in enumerate(sensors) if sensor.path]
    starts = np.array([sensors[row].path[0] for row in rows]).reshape(-1, 2)
    ends = np.array([sensors[row].path[-1] for row in rows]).reshape(-1, 2)
    for place, row in enumerate(rows):
        lon, lat = np.array(ends[place, 0]), np.array(ends[place, 1])
        gap = distance(starts[:, 0], starts[:, 1], lon, lat)
        gap[place] = np.inf
        gap[distance(ends[:, 0], ends[:, 1], starts[place, 0], starts[place, 1]) < JOINED] = np.inf
        if gap.min() < JOINED:
            result[row] = rows[int(gap.argmin())]
    return result


def group_of(seed: int, domain: str, kind: str, sensors: Sequence[Sensor], scale: int) -> Group:
    """The columns of one kind; `scale` - 1 more sensors stand around each of the site's own, with ids like sea-buoy-03~2."""
    copies = np.repeat(np.arange(1, scale + 1), len(sensors))
    ids = tuple(f"{sensor.id}~{copy}" if copy > 1 else sensor.id for copy in range(1, scale + 1) for sensor in sensors)
    key = np.array([key_of(seed, name) for name in ids], np.uint64)
    away = np.where(copies > 1, AROUND, 0.0)
    interval = np.tile([max(int(sensor.interval * 1000), 1) for sensor in sensors], scale)
    columns = KINDS[domain][kind].columns
    next_link = downstream(sensors)
    return Group(
        domain=domain, kind=kind, ids=ids, key=key, interval=interval, listed=len(sensors),
        lon=np.tile([sensor.lon for sensor in sensors], scale) + away * normal(key, "lon", copies),
        lat=np.tile([sensor.lat for sensor in sensors], scale) + away * normal(key, "lat", copies),
        phase=(uniform(key, "phase", np.zeros(len(ids), np.int64)) * interval).astype(np.int64),
        numbers={name: np.tile([number(sensor, name, default) for sensor in sensors], scale) for name, default in columns.items()},
        downstream=np.concatenate([next_link, np.full(len(ids) - len(sensors), -1)]),
    )  # fmt: skip


def standard_offset(zone: str) -> float:
    """Seconds that the zone's standard time is ahead of UTC."""
    now = datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(zone))
    return ((now.utcoffset() or timedelta()) - (now.dst() or timedelta())).total_seconds()


def town_of(site: Site, *, seed: int = 1, scale: int = 1, incidents: bool = True, begin: float = -math.inf) -> Town:
    """Everything the simulation knows: a site and a seed. Domains that it has no physics for are left out. Errors: SpecError."""
    members: dict[tuple[str, str], list[Sensor]] = {}
    for domain in KINDS:
        for sensor in site.sensors.get(domain, ()):
            members.setdefault((domain, kind_of(sensor)), []).append(sensor)
    groups = {at: group_of(seed, *at, sensors, scale) for at, sensors in members.items()}
    return Town(seed=seed, offset=standard_offset(site.zone), extent=site.extent, groups=groups, incidents=incidents, begin=begin)
