"""What the partitions hold, as the judge and the web read it: only what changed since the last look is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import redis

from store.partition import PARTITIONS
from store.table import LATEST, WINDOW, Rows

Window = tuple[int, int]
"""(width, start) in seconds."""


@dataclass(slots=True)
class View:
    """One partition. `latest` and the windows have a row per series, in the order of `names`; they may be shorter."""

    name: str
    meta: dict[str, str] = field(default_factory=dict)
    names: list[tuple[str, str]] = field(default_factory=list)
    latest: Rows = field(default_factory=lambda: np.zeros(0, LATEST))
    windows: dict[Window, Rows] = field(default_factory=dict)
    conditions: list[bytes] = field(default_factory=list)
    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    changed: set[Window] = field(default_factory=set)
    """Windows fetched by the last refresh."""
    versions: dict[Window, int] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The domain's key."""
        return self.name.rpartition(".")[0]

    @property
    def number(self) -> int:
        """The partition's number."""
        return int(self.name.rpartition(".")[2])

    def of(self, name: str) -> str:
        """The full key of `name`."""
        return f"city:{{{self.name}}}:{name}"


def names(client: redis.Redis) -> list[str]:
    """The partitions that have spoken."""
    return sorted(bytes(name).decode() for name in client.smembers(PARTITIONS))  # type: ignore[arg-type]


def placed(client: redis.Redis, domain: str) -> dict[str, tuple[float, float]]:
    """(lon, lat) of the sensors of a domain that said where they are; none when Redis does not answer: a map can do without."""
    views = [View(name) for name in _spoken(client, domain)]
    found: dict[str, tuple[float, float]] = {}
    try:
        for places in _all(client, [(view, "hgetall", "places") for view in views]):
            found |= {name.decode(): _place(text) for name, text in places.items()}
    except redis.RedisError:
        return {}
    return found


def _spoken(client: redis.Redis, domain: str) -> list[str]:
    try:
        return [name for name in names(client) if name.rpartition(".")[0] == domain]
    except redis.RedisError:
        return []


def refresh(client: redis.Redis, views: dict[str, View], windows: bool = True, only: str | None = None) -> None:
    """Brings the views up to date, with new ones for partitions that spoke up, `only` of one domain. Raises `redis.RedisError`."""
    held = [name for name in names(client) if only in (None, name.rpartition(".")[0])]
    for name in held:
        views.setdefault(name, View(name))
    for name in set(views) - set(held):
        del views[name]
    found = _all(client, [(view, "hgetall", "meta") for view in views.values()])
    behind = []
    for view, meta in zip(list(views.values()), found, strict=True):
        view.changed = set()
        told = {key.decode(): text.decode() for key, text in meta.items()}
        if int(told.get("number", 0)) < int(view.meta.get("number", 0)):
            views[view.name] = view = View(view.name)  # Redis began anew
        if told.get("number") != view.meta.get("number"):
            behind.append(view)
        view.meta = told
    _refresh_series(client, [view for view in behind if len(view.names) != int(view.meta.get("series", 0))])
    _refresh_latest(client, behind)
    if windows:
        _refresh_windows(client, behind)


def refresh_conditions(client: redis.Redis, views: Mapping[str, View]) -> None:
    """Brings the views' conditions up to date and nothing else, in one round. Raises `redis.RedisError`."""
    found = _all(client, [(view, "hvals", "conditions") for view in views.values()])
    for view, conditions in zip(views.values(), found, strict=True):
        view.conditions = conditions


def standing(client: redis.Redis, streams: Iterable[str]) -> list[View]:
    """What is true as its owner stored it: a view of each stream of edges, with `meta` and `conditions` only. Raises `redis.RedisError`."""
    views = [View(name) for name in streams]
    asked = (("hgetall", "meta"), ("hvals", "conditions"))
    found = iter(_all(client, [(view, command, name) for view in views for command, name in asked]))
    for view, meta, conditions in zip(views, found, found, strict=True):
        view.meta = {key.decode(): text.decode() for key, text in meta.items()}
        view.conditions = conditions
    return views


def newest(views: Iterable[View]) -> dict[str, float]:
    """By domain the event time of its newest trusted reading, of the views that have one."""
    found: dict[str, float] = {}
    for view in views:
        if "newest" in view.meta:
            found[view.domain] = max(found.get(view.domain, 0.0), float(view.meta["newest"]))
    return found


def _refresh_series(client: redis.Redis, views: list[View]) -> None:
    for view, series in zip(views, _all(client, [(view, "hgetall", "series") for view in views]), strict=True):
        named = {int(index): text.decode().rpartition("\0")[::2] for index, text in series.items()}
        view.names = [named[i] for i in range(len(named)) if i in named]


def _refresh_latest(client: redis.Redis, views: list[View]) -> None:
    reads = (("get", "latest"), ("hvals", "conditions"), ("hgetall", "places"))
    asked = [(view, command, name) for view in views for command, name in reads]
    found = iter(_all(client, asked))
    for view, latest, conditions, places in zip(views, found, found, found, strict=True):
        view.latest = np.frombuffer(latest or b"", LATEST)[: len(view.names)]
        view.conditions = conditions
        view.places = {name.decode(): _place(text) for name, text in places.items()}


def _refresh_windows(client: redis.Redis, views: list[View]) -> None:
    asked: list[tuple[View, str, str]] = []
    for view, touched in zip(views, _all(client, [(view, "hgetall", "touched") for view in views]), strict=True):
        versions = {_window(name): int(version) for name, version in touched.items()}
        view.changed = {window for window, version in versions.items() if view.versions.get(window) != version}
        view.versions = versions
        for gone in set(view.windows) - set(versions):
            del view.windows[gone]
        asked += [(view, "get", f"w{width}:{start}") for width, start in sorted(view.changed)]
    for (view, _, name), data in zip(asked, _all(client, asked), strict=True):
        view.windows[_window(name[1:].encode())] = np.frombuffer(data or b"", WINDOW)


def _all(client: redis.Redis, asked: Iterable[tuple[View, str, str]]) -> list[Any]:
    pipe = client.pipeline(transaction=False)
    for view, command, name in asked:
        getattr(pipe, command)(view.of(name))
    return pipe.execute()


def _window(name: bytes) -> Window:
    width, _, start = name.decode().partition(":")
    return int(width), int(start)


def _place(text: bytes) -> tuple[float, float]:
    lon, _, lat = text.decode().partition(",")
    return float(lon), float(lat)
