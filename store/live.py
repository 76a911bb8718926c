"""What the web reads: the judge's documents as they are, and sensors with their newest readings."""

from __future__ import annotations

import json
import time
from typing import Any

import redis

from model import QUALITIES
from store.frame import Frames
from store.judge import document
from store.view import View, names, refresh

NEVER = 7


class Live:
    """Readers of the live state. Every call raises `redis.RedisError` when Redis does not answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._frames = client, Frames(client)

    def positions(self, domain: str) -> bytes | None:
        """The domain's sensors as JSON (docs/design.md, Frames), None before the judge has looked."""
        return document(self._client, f"positions:{domain}")

    def kpis(self, domain: str) -> list[dict[str, Any]]:
        """The domain's figures, of the city and of areas."""
        data = document(self._client, f"kpis:{domain}")
        return [{"domain": domain, **row} for row in json.loads(data)] if data else []

    def sensors(self, domain: str) -> list[dict[str, Any]]:
        """The domain's sensors with place, state and the newest reading of each metric; empty before the judge has looked."""
        data = self.positions(domain)
        if data is None:
            return []
        places = json.loads(data)
        time.sleep(0)  # each part takes tens of milliseconds for ten thousand sensors: the screens come first in between
        states = self._states(domain, len(places["ids"]))
        readings = self._readings(domain)
        time.sleep(0)
        return [
            {
                "id": id,
                "domain": domain,
                "label": {"en": places["en"][i], "zh": places["zh"][i]},
                "lon": places["lon"][i],
                "lat": places["lat"][i],
                "area": places["area"][i] or None,
                "owner": places["owner"][i] or None,
                "interval": places["interval"][i],
                "listed": not places["unlisted"][i],
                "state": states[i],
                "metrics": readings.get(id, {}),
            }
            for i, id in enumerate(places["ids"])
        ]

    def sensor(self, id: str) -> dict[str, Any] | None:
        """One sensor of any domain, None when there is none of that id."""
        domains = sorted({name.rpartition(".")[0] for name in names(self._client)})
        found = (row for domain in domains for row in self.sensors(domain) if row["id"] == id)
        return next(found, None)

    def _states(self, domain: str, count: int) -> list[int]:
        """State codes by row, from the newest frame of the domain's page."""
        frame = self._frames.last(f"domain-{domain}")
        if frame is None:
            return [NEVER] * count
        told = json.loads(frame.text.split(b"data: ", 1)[1])
        states: list[int] = told["s"][f"map.{domain}"]["c"]["s"]
        return (states + [NEVER] * count)[:count]

    def _readings(self, domain: str) -> dict[str, dict[str, dict[str, Any]]]:
        views: dict[str, View] = {}
        refresh(self._client, views, windows=False)
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for view in views.values():
            if view.domain != domain:
                continue
            for (sensor, metric), row in zip(view.names, view.latest, strict=False):
                held = found.setdefault(sensor, {})
                if row["time"] > held.get(metric, {"time": 0.0})["time"]:
                    reading = {"value": float(row["value"]), "time": float(row["time"]), "quality": QUALITIES[row["quality"]]}
                    held[metric] = reading
        return found
