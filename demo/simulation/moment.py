"""What a simulated instrument is asked: many (sensor, time) pairs at once, as columns of one length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from demo.simulation.noise import Floats, Keys, normal, uniform, wander

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The sensors of one kind of one domain, as columns of one length (one row per sensor)."""

    domain: str
    kind: str
    ids: tuple[str, ...]
    key: Keys
    """Hash of seed and id: the sensor's own randomness."""
    lon: Floats
    lat: Floats
    interval: NDArray[np.int64]
    """Milliseconds between readings."""
    phase: NDArray[np.int64]
    """Milliseconds by which the sensor's readings are shifted, within its interval."""
    numbers: Mapping[str, Floats]
    """The extra columns of the sensor list that its kind asks for."""
    downstream: NDArray[np.int64]
    """Row of the link that traffic enters next, or -1; -1 for everything that is not a road."""
    listed: int
    """The first so many rows are the site's own sensors, the rest were added around them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What all domains share: one seed, the civil clock, the extent, the groups, and whether anything happens."""

    seed: int
    offset: float
    """Seconds that civil time is ahead of UTC; summer time is left out."""
    extent: tuple[float, float, float, float]
    groups: Mapping[tuple[str, str], Group]
    incidents: bool
    begin: float
    """Seconds since the epoch at which the present begins, with incidents every few minutes; before it they are rare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Sensor `row[i]` of `group` at `t[i]`, seconds since the epoch; times need no order."""

    town: Town
    group: Group
    row: NDArray[np.int64]
    t: Floats

    @property
    def key(self) -> Keys:
        """Each sensor's own randomness."""
        return self.group.key[self.row]

    @property
    def lon(self) -> Floats:
        """Degrees east."""
        return self.group.lon[self.row]

    @property
    def lat(self) -> Floats:
        """Degrees north."""
        return self.group.lat[self.row]

    @property
    def civil_hour(self) -> Floats:
        """Hour of the day by the clock on the wall, 0 to 24: what people follow."""
        return (self.t + self.town.offset) % DAY / 3600.0

    @property
    def solar_hour(self) -> Floats:
        """Hour of the day by the mean sun at the sensor, 0 to 24: what light and warmth follow."""
        return (self.t + self.lon * 240.0) % DAY / 3600.0

    @property
    def weekend(self) -> NDArray[np.bool_]:
        """The epoch began on a Thursday."""
        return np.asarray((np.floor((self.t + self.town.offset) / DAY) + 3) % 7 >= 5)

    @property
    def season(self) -> Floats:
        """-1 in mid January, 1 in mid July."""
        return -np.cos(2.0 * np.pi * (self.t / (365.2425 * DAY) - 0.041))

    def jitter(self, salt: str) -> Floats:
        """White noise of one reading: mean 0, deviation 1."""
        return normal(self.key, salt, np.rint(self.t * 1000.0).astype(np.int64))

    def wander(self, salt: str, period: float) -> Floats:
        """Slow noise of one sensor: mean 0, deviation 1."""
        return wander(self.key, salt, self.t, period)

    def trait(self, salt: str) -> Floats:
        """What is peculiar to the sensor for ever: mean 0, deviation 1."""
        return normal(self.key, salt, np.zeros(len(self.t), np.int64))

    def share(self, salt: str) -> Floats:
        """As `trait`, evenly spread in [0, 1)."""
        return uniform(self.key, salt, np.zeros(len(self.t), np.int64))

    def at(self, t: Floats) -> Moment:
        """The same sensors at other times."""
        return Moment(town=self.town, group=self.group, row=self.row, t=t)


def bump(hour: Floats, peak: float, width: float) -> Floats:
    """A bell around `peak` o'clock, 1 at the peak, of `width` hours deviation, the day being a circle."""
    away = (hour - peak + 12.0) % 24.0 - 12.0
    return np.exp(-0.5 * (away / width) ** 2)


def distance(lon: Floats, lat: Floats, lon0: Floats, lat0: Floats) -> Floats:
    """Kilometres on a flat map, good enough across one city."""
    return np.hypot((lon - lon0) * np.cos(np.radians(lat0)) * 111.32, (lat - lat0) * 110.57)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One metric as the instrument sends it: `decimals` is its own resolution, below `floor` it cannot read."""

    key: str
    unit: str
    decimals: int
    floor: float = -1e9
    spike: float = -999.0
    """What a fault sends: outside of every valid range."""
    circular: bool = False
    drift: float = 0.0
    """Share of the value by which a drifting instrument is wrong at the end of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of instrument: what it measures, and the physics, which returns one column per channel in their order."""

    channels: tuple[Channel, ...]
    physics: Callable[[Moment], tuple[Floats, ...]]
    columns: Mapping[str, float] = field(default_factory=dict)
    """Numbers it takes from extra columns of the sensor list, with what they are where the column is empty or absent."""
    sticks: bool = True
    """Whether a fault may freeze it for a while."""
