"""The words of citydeck: every shape that crosses a folder border, and nothing that behaves.

Times are seconds since the Unix epoch, UTC, as float. Positions are degrees WGS84. Durations are seconds. A value is in the
unit its description names. Absent is ``None``, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

Priority = Literal["critical", "high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("critical", "high", "medium", "low")
"""ISA-18.2 priorities, worst first; in a frame a priority is its place in this tuple plus one, 0 is none."""

Quality = Literal["good", "suspect", "bad", "missing"]
QUALITIES: tuple[Quality, ...] = ("good", "suspect", "bad", "missing")
"""Quality codes: a stored or framed quality is the place in this tuple."""

Origin = Literal["live", "simulated", "replay"]
ORIGINS: tuple[Origin, ...] = ("live", "simulated", "replay")

Comparison = Literal["high", "low", "rate", "stuck", "no_data"]


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week, Monday first."""

WORSE = "+"
"""Ends the key of the rule that is made of a rule's worse limit: `river_high+`. Its alarm is that of `river_high`."""


class SpecError(Exception):
    """The author's mistake in a domain file, a site or a setting: stops the start, naming file and field."""

    def __init__(self, file: str, field: str, reason: str) -> None:
        super().__init__(f"{file}: {field}: {reason}")
        self.file, self.field, self.reason = file, field, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text in both languages of the deck."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is measured. `normal` is the shaded band of an analog bar, `scale` its two ends, both in `unit`."""

    key: str
    label: Label
    unit: str
    valid: tuple[float, float]
    decimals: int
    normal: tuple[float, float]
    scale: tuple[float, float]
    short: Label | None = None
    circular: bool = False
    """A direction in degrees, which has no arithmetic mean: five minutes are told by their last reading, and no figure averages it."""
    energetic: bool = False
    """A level in dB: means over time, and of a report over sensors, are energy means, 10 lg of the mean of 10^(L/10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """What the operator is told: why it happens, what follows if nobody acts, what to do, and how soon (seconds)."""

    cause: Label
    consequence: Label
    action: Label
    respond_within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """A further limit of a rule, beyond its first: passing it is a new occurrence of the same alarm with a priority of its own.

    It has the rule's deadband and delays; without a label or guidance of its own, the rule's.
    """

    limit: float
    priority: Priority
    label: Label | None = None
    guidance: Guidance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a rule is in force, in the site's zone: on these days, from one hour of the day to another.

    `hours` may pass midnight: (22, 6) of `fri` ends on Saturday morning.
    """

    days: tuple[Weekday, ...] = DAYS
    hours: tuple[float, float] = (0.0, 24.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a condition is true of a subject, and how its alarm lives (ISA-18.2 terms).

    `on` names a metric or a KPI of the same domain. `limit` is in its unit; for `rate` in unit per hour over `span` seconds;
    for `stuck` and `no_data` in seconds. A high condition clears at limit - deadband, a low one at limit + deadband. It becomes true
    after holding for `on_delay` seconds of event time and false after `off_delay`; with `times`, only when it came so
    often `within` so many seconds, or stayed that long.

    The rate of a sensor is the change since its newest reading at least `span` older, over the time that passed between the two. Where its
    readings are `span` or more apart, one alone shows a sudden change: the on-delay then lasts until the next one at least, and what
    counts is that the change has not gone back by then. So a lasting step is found however seldom a sensor speaks, and one odd reading is
    not.
    """

    key: str
    label: Label
    on: str
    comparison: Comparison
    limit: float
    priority: Priority
    guidance: Guidance | None = None
    deadband: float = 0.0
    on_delay: float = 0.0
    off_delay: float = 0.0
    span: float = 600.0
    times: int = 1
    within: float = 0.0
    latching: bool = False
    """Its alarm stays after the condition has ended, until it is acknowledged and reset."""
    worse: Worse | None = None
    re_alarm: float | None = None
    """Seconds after which an acknowledged alarm that still stands must be acknowledged again."""
    escalate_after: float | None = None
    """Seconds within which it must be acknowledged; after them it counts one priority higher."""
    calendar: Calendar | None = None
    """Outside of it the alarm is suppressed."""
    suppressed_by: tuple[str, ...] | None = None
    """Keys of rules of the same domain, or `feed_down`: while one of them is true of the same subject, this alarm is suppressed.
    None: what `domains/declared.py` finds sensible."""
    page: str = ""
    """The page that helps to judge it; empty means the sensor's own, or for a KPI the domain's."""


class Readings(Protocol):
    """What a figure may look at: the good readings of one domain, at one moment, of one group of sensors."""

    now: float
    local: datetime
    """`now` in the zone of the site."""

    def latest(self, metric: str) -> Mapping[str, float]:
        """Newest value by sensor, only of sensors that are not stale."""

    def means(self, metric: str, seconds: float, covered: float = 0.0) -> Mapping[str, float]:
        """Mean by sensor over the last `seconds`, which is a multiple of 60 up to 7,200 or of 300 up to 90,000.

        Only of sensors whose readings cover at least `covered` seconds of them. A reading covers the five minutes it falls in, or the
        interval of its sensor where that is longer. A sensor that speaks once in `seconds` or seldomer sends means of its own: its
        newest reading counts for as long as it is not stale.
        """

    def extremes(self, metric: str, seconds: float) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) by sensor over the last `seconds`."""

    def rates(self, metric: str, seconds: float) -> Mapping[str, float]:
        """Change per hour between the first and the last reading of the last `seconds`, by sensor that has two."""

    def counts(self, metric: str, seconds: float) -> Mapping[str, int]:
        """Number of readings by sensor over the last `seconds`."""

    def hourly(self, metric: str, hours: int, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Means of the last `hours` whole clock hours by sensor, oldest first, the running one left out.

        None where an hour has no reading, or its readings cover less than `covered` seconds (as in `means`).
        """

    def percentile(self, metric: str, seconds: float, share: float) -> float | None:
        """Share (0..1) quantile of all readings of the group over the last `seconds`, by merged sketches."""

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's sensor list, e.g. `free_flow_kmh`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The outcome of a figure: the value, the sensor and the item (a metric key) that decided it, and each sensor's own value."""

    value: float | None
    sensor: str | None = None
    item: str | None = None
    by_sensor: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure of a domain: `figure` is a small function over the readings of the city or of one area."""

    key: str
    label: Label
    unit: str
    decimals: int
    figure: Callable[[Readings], Figure]
    normal: tuple[float, float]
    scale: tuple[float, float]
    metric: str | None = None
    """The metric it speaks about, for links and the item beside the value."""
    by_area: bool = False
    shown: bool = True
    """On the domain's KPI strip."""


class Day(Protocol):
    """What a standard's verdict may look at: the good readings of one domain on one local day, 23 to 25 hours long."""

    date: date
    hours: Sequence[datetime]
    """When each hour begins, in the site's zone."""

    def means(self, metric: str) -> Mapping[str, float]:
        """Mean of the day's readings by sensor; of a level in dB the energy mean."""

    def hourly(self, metric: str, covered: float = 0.0) -> Mapping[str, Sequence[float | None]]:
        """Mean of each hour by sensor, None where readings cover less than `covered` seconds of it."""

    def extremes(self, metric: str) -> Mapping[str, tuple[float, float]]:
        """(least, greatest) by sensor."""

    def at(self, hour: int) -> Readings:
        """What a figure sees at the end of an hour of the day. The newest value of a sensor is its mean of that hour."""

    def attribute(self, sensor: str, name: str) -> str | None:
        """An extra column of the site's sensor list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a standard says of a day: the value that decided, and whether it is within."""

    value: float | None = None
    grade: Label | None = None
    """What the value is called: a class, a level."""
    within: bool | None = None
    """None where there is nothing to judge, or the standard only ranks."""
    limit: Label | None = None
    """What it is held against, as a person writes it: `≤ 160`."""
    source: str = ""
    """The edition that was in force, where it is not the standard's `source`."""
    sensor: str | None = None
    items: tuple[str, ...] = ()
    """The metrics that decided."""
    hour: int | None = None
    """The hour of the day that decided, as a place in `Day.hours`."""
    passed: tuple[int, int] | None = None
    """Sensors within the limit, of those that could be judged."""
    by_sensor: Mapping[str, float] = field(default_factory=dict)


NO_VERDICT = Verdict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A standard that the bureau's day is held against in the daily report; `verdict` is a small function over the day."""

    key: str
    label: Label
    source: str
    """The standard's number and year."""
    unit: str
    decimals: int
    verdict: Callable[[Day], Verdict]
    classed: bool = False
    """Its value is a class, told by the name of its grade alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """How the domain's sensors stand on the map. `columns` extrudes `metric` to `height` metres at the top of its scale."""

    kind: Literal["points", "links", "columns", "hexagons"]
    metric: str
    height: float = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One bureau's feed and everything declared about it. Its key is the stem of its file."""

    label: Label
    icon: str
    """Inner SVG markup (paths) on a 24x24 grid, stroked with the current colour."""
    metrics: tuple[Metric, ...]
    kpis: tuple[Kpi, ...]
    rules: tuple[Rule, ...]
    layer: Layer
    headline: tuple[str, str]
    """The two KPIs on the overview."""
    table: str
    """The KPI (with by_sensor values) or metric shown in the station list."""
    trends: tuple[str, ...]
    """One or two KPIs drawn over the last 24 h."""
    sample: Mapping[str, Any]
    """One record in the domain's wire format, tried by `python -m domains check`."""
    standards: tuple[Standard, ...] = ()
    """What its day is held against in the daily report, the most telling first."""
    order: int = 100
    """Place in the navigation; equal places by key."""
    key: str = ""
    topic: str = ""
    """Kafka topic; empty means city.<key>."""
    format: str = "native"
    interval: float = 60.0
    """Seconds between readings where the site's list names none; a sensor is stale after three."""
    lateness: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the city, as the site names it."""

    key: str
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One row of `sensors/<domain>.csv`. A road link has a `path` of (lon, lat) points; its position is the middle one."""

    id: str
    domain: str
    label: Label
    lon: float
    lat: float
    area: str
    interval: float
    owner: Label | None
    path: tuple[tuple[float, float], ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A physical display: which page it shows, how, and from how many metres it is read."""

    id: str
    page: str
    language: Literal["en", "zh"]
    theme: Literal["dark", "light"]
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An operator position and the areas it answers for as long as none is handed over."""

    id: str
    label: Label
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One city's own folder."""

    folder: str
    label: Label
    zone: str
    areas: tuple[Area, ...]
    screens: tuple[Screen, ...]
    extent: tuple[float, float, float, float]
    """West, south, east, north of the map's first view."""
    review_number: str
    sensors: Mapping[str, tuple[Sensor, ...]]
    """By domain key."""
    desks: tuple[Desk, ...] = ()
    acknowledge: Literal["operator", "supervisor"] = "supervisor"
    """The least role that may acknowledge; an operator only in the areas of the own desk."""
    basemap: tuple[str, ...] = ()
    """Names of the layers that the folder has of a base map; none is no mistake."""
    exercise: str = ""
    """The name of the exercise that the deck is for; empty for the city itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Consecutive raw records of one partition: record `i` has offset `offsets[i]` and headers' origin `origins[i]`."""

    topic: str
    partition: int
    offsets: Sequence[int]
    values: Sequence[bytes | None]
    keys: Sequence[bytes | None]
    next_offset: int
    """Where to continue: past the last record, also past records that could not be read."""
    arrived: float
    """Wall clock when the client handed it over."""
    origins: Sequence[Origin] | None = None
    """None when every record is live."""
    damaged: tuple[int, int] | None = None
    """[first, last) offsets that the client could not read (corrupt batch)."""
    lost: int = 0
    """Offsets that Kafka no longer held when this partition was taken up: a gap people can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record, or one element of its array, that could not be understood. `index` is None for a whole record."""

    domain: str
    topic: str
    partition: int
    offset: int
    index: int | None
    reason: str
    """A code of `streams.decode.REASONS`, with what was wrong after a colon."""
    value: bytes
    """The record, or only the element that was refused."""
    key: bytes | None
    time: float
    """Wall clock of the refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule's truth for one subject. `subject` is `sensor:<id>`, `kpi:<key>[@<area>]`, `feed:<domain>` or `process:<name>`."""

    rule: str
    """`<domain>/<rule key>`."""
    subject: str
    domain: str
    priority: Priority
    active: bool
    value: float | None
    limit: float
    since: float
    """Event time of the change."""
    observed: float
    """Event time of `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayClock:
    """`now` of a replay: event time = event + rate x (wall - wall0). A live system has none."""

    wall: float
    event: float
    rate: float
