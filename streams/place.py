"""Where the sensors of a partition say they are: the newest place wins, and one that drives is written once a minute."""

from __future__ import annotations

from collections.abc import Mapping

from streams.normalise import Fix

AGAIN_SECONDS = 60.0
MOVED_DEGREES = 2e-4
"""About twenty metres: less is the noise of a receiver that stands still."""


class Places:
    """The newest place of each sensor, and which of them are not in the store yet."""

    def __init__(self, stored: Mapping[bytes, bytes], heard: Mapping[str, float]) -> None:
        """`heard` has the event time of the newest reading of each sensor."""
        self._held: dict[str, Fix] = {}
        for name, text in stored.items():
            lon, _, lat = text.partition(b",")
            self._held[name.decode()] = Fix(heard.get(name.decode(), 0.0), float(lon), float(lat))
        self._fresh: set[str] = set()

    def take(self, places: Mapping[str, Fix]) -> None:
        """Takes in where sensors were."""
        for sensor, fix in places.items():
            held = self._held.get(sensor)
            if held is None or fix.time >= held.time + AGAIN_SECONDS and _far(held, fix):
                self._held[sensor] = fix
                self._fresh.add(sensor)

    def fields(self) -> dict[str, bytes | str]:
        """What is to be stored."""
        return {sensor: f"{self._held[sensor].lon},{self._held[sensor].lat}" for sensor in self._fresh}

    def written(self) -> None:
        """What `fields` gave is stored."""
        self._fresh.clear()


def _far(one: Fix, two: Fix) -> bool:
    return max(abs(one.lon - two.lon), abs(one.lat - two.lat)) > MOVED_DEGREES
