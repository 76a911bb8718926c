"""Traffic: road links whose speed, flow and occupancy belong together, because one density gives all three.

The fundamental diagram is Drake's bell (Drake, Schofer and May, 1967): v = vf exp(-(k/k0)^2 / 2), q = k v, with its capacity at k0.
"""

from __future__ import annotations

import numpy as np

from demo.simulation.incident import strength
from demo.simulation.moment import Channel, Kind, Moment, bump
from demo.simulation.noise import Floats
from demo.simulation.weather import rain

CRITICAL = 34.0
"""k0, vehicles per kilometre and lane at which a link carries most."""
SEEN = 6.5
"""Metres of vehicle and loop together: what turns density into occupancy."""
CRASH_SPEED = 8.0
"""km/h past a crash."""
QUEUE, QUEUE_END = 1.2, 0.95
"""Density on the two links behind it, in units of k0."""


def demand(moment: Moment) -> Floats:
    """How busy the town is, about 0.05 at night to 0.75 in the rush: two peaks on working days, one long afternoon at the weekend."""
    hour = moment.civil_hour
    work = 0.40 * bump(hour, 8.2, 1.1) + 0.42 * bump(hour, 18.3, 1.5) + 0.33 * bump(hour, 13.5, 3.6)
    rest = 0.42 * bump(hour, 15.5, 4.2) + 0.12 * bump(hour, 20.0, 2.0)
    return 0.06 + np.where(moment.weekend, rest, work)


def relative(speed: float | Floats, free: Floats) -> Floats:
    """Density in units of k0 at which Drake's bell gives a speed."""
    return np.sqrt(2.0 * np.log(free / np.minimum(speed, 0.999 * free)))


def ahead(moment: Moment, links: int) -> Moment:
    """The same moments on the link that traffic enters `links` later; a link that leads nowhere stays where it is."""
    row = moment.row
    for _ in range(links):
        following = moment.group.downstream[row]
        row = np.where(following >= 0, following, row)
    return Moment(town=moment.town, group=moment.group, row=row, t=moment.t)


def density(moment: Moment, free: Floats) -> Floats:
    """k / k0: the day's demand, and the crash with its queue, which grows upstream link by link."""
    own = np.exp(0.12 * moment.trait("busy") + 0.05 * moment.wander("busy", 600.0) + 0.025 * moment.jitter("busy"))
    normal = 1.05 * demand(moment) * own
    blocked = relative(CRASH_SPEED, free) * strength(moment, "crash")
    near = QUEUE * strength(ahead(moment, 1), "crash", 45.0)
    far = QUEUE_END * strength(ahead(moment, 2), "crash", 100.0)
    return np.maximum(np.maximum(normal, blocked), np.maximum(near, far))


def link(moment: Moment) -> tuple[Floats, ...]:
    """(mean speed km/h, flow veh/h, occupancy %) of one road link."""
    free = moment.group.numbers["free_flow_kmh"][moment.row]
    lanes = moment.group.numbers["lanes"][moment.row]
    wet = 1.0 - 0.1 * np.minimum(rain(moment) / 20.0, 1.0)
    packed = density(moment, free)
    speed = free * wet * np.exp(-0.5 * packed**2) * (1.0 + 0.015 * moment.jitter("speed"))
    flow = CRITICAL * packed * speed * lanes
    occupancy = CRITICAL * packed * SEEN / 10.0
    return speed, flow, np.minimum(occupancy * (1.0 + 0.01 * moment.jitter("occupancy")), 100.0)


KINDS: dict[str, Kind] = {
    "link": Kind(
        physics=link,
        columns={"free_flow_kmh": 60.0, "lanes": 2.0},
        channels=(
            Channel(key="speed", unit="km/h", decimals=1, floor=0.0),
            Channel(key="flow", unit="veh/h", decimals=0, floor=0.0),
            Channel(key="occupancy", unit="%", decimals=1, floor=0.0),
        ),
    )
}
