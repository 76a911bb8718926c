"""The scripted incidents: each domain has one every 24 minutes, staggered, so that one begins somewhere every six.

Before the present of its town begins, only one of each script happens in a day: a past full of them would make a comb of every trend.
An incident rises over a minute and a half, holds, and recovers. It has a focus, a sensor of the site drawn anew each time, and fades with
distance from it. What it does to the readings is said by the domain: here is only how strong it is, where and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.simulation.moment import DAY, Group, Moment, Town, distance
from demo.simulation.noise import Floats, bits_of, key_of

RISE, HOLD, RECOVER = 90.0, 300.0, 120.0
"""Seconds: an incident is at full strength from RISE to HOLD and over at HOLD + RECOVER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """When it happens (`period` and `offset` in seconds), to which kind of sensor, and how far it reaches (km; 0 is the focus alone)."""

    domain: str
    kind: str
    period: float = 1440.0
    offset: float
    radius: float


SCRIPTS: dict[str, Script] = {
    "oxygen_sag": Script(domain="sea", kind="buoy", offset=0.0, radius=1.5),
    "cloudburst": Script(domain="land", kind="river", offset=360.0, radius=1.2),
    "ozone_episode": Script(domain="air", kind="station", period=2880.0, offset=720.0, radius=2.5),
    "smoke_episode": Script(domain="air", kind="station", period=2880.0, offset=2160.0, radius=2.5),
    "crash": Script(domain="traffic", kind="link", offset=1080.0, radius=0.0),
}


def envelope(age: Floats) -> Floats:
    """0 to 1 to 0 over the life of an incident; `age` in seconds since it began."""
    up = np.clip(age / RISE, 0.0, 1.0)
    down = np.clip((HOLD + RECOVER - age) / RECOVER, 0.0, 1.0)
    shape = np.minimum(up, down)
    return shape * shape * (3.0 - 2.0 * shape)


def turn_of(script: Script, t: NDArray[Any]) -> NDArray[np.int64]:
    """Which occurrence of the script a time belongs to."""
    return np.floor((t - script.offset) / script.period).astype(np.int64)


def happens(town: Town, key: str, turn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether an occurrence comes about: all that are not over when the present begins; before, one a day, drawn by the seed."""
    script = SCRIPTS[key]
    daily = round(DAY / script.period)
    over = script.offset + turn * script.period + HOLD + RECOVER
    return np.asarray((over > town.begin) | (turn % daily == key_of(town.seed, key) % daily))


def focus(town: Town, key: str, turn: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of the sensor each occurrence happens to, among the site's own."""
    group = focus_group(town, key)
    if group is None:
        return np.full(len(turn), -1)
    draw = bits_of(np.full(len(turn), key_of(town.seed, key), np.uint64), "focus", turn)
    return (draw % np.uint64(group.listed)).astype(np.int64)


def focus_group(town: Town, key: str) -> Group | None:
    """The sensors one of which is the focus; None where incidents are off or the site has no such sensor."""
    script = SCRIPTS[key]
    return town.groups.get((script.domain, script.kind)) if town.incidents else None


def strength(moment: Moment, key: str, lag: float = 0.0) -> Floats:
    """How strong the incident is at each moment, 0 to 1; felt `lag` seconds after it happens."""
    group, script = focus_group(moment.town, key), SCRIPTS[key]
    if group is None:
        return np.zeros(len(moment.t))
    t = moment.t - lag
    turn = turn_of(script, t)
    power = np.where(happens(moment.town, key, turn), envelope(t - script.offset - turn * script.period), 0.0)
    at = focus(moment.town, key, turn)
    if not script.radius and (moment.group.domain, moment.group.kind) == (script.domain, script.kind):
        return np.where(moment.row == at, power, 0.0)
    away = distance(moment.lon, moment.lat, group.lon[at], group.lat[at])
    return power * np.exp(-0.5 * (away / script.radius) ** 2)
