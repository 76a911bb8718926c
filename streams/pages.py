"""What each page shows at a tick: sections of numbers, composed from the bureaus, the alarms and the processes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model.alarm import Flood
from store.process import Process
from streams import causes, compose
from streams.compose import Bureau, Sections
from streams.entry import Entry
from streams.ranking import Ranking
from streams.sensor import Readings, sensor_page


class Pages:
    """Composes every page from the bureaus as they are at the call. `readings` answers for the sensors that somebody looks at."""

    def __init__(self, readings: Readings, bureaus: Mapping[str, Bureau]) -> None:
        self._readings, self._bureaus = readings, bureaus
        self._firsts: dict[str, Entry] = {}
        """The alarms that came first in a flood, as they were seen last, for they may be gone before it is over."""
        self._folded: tuple[tuple[int, tuple[Flood, ...]], dict[str, Any] | None] | None = None

    def common(self, ranking: Ranking, keeping: Mapping[str, Any]) -> Sections:
        """What every page says of alarms, whether anybody keeps them (`keeping`), and whether there was ever a reading."""
        heard = int(any(bureau.newest() for bureau in self._bureaus.values()))
        return {**compose.common(ranking, self._about), "alarms": keeping, "heard": heard}

    def flood(self, floods: Sequence[Flood], ranking: Ranking) -> dict[str, Any] | None:
        """The `flood` section; folded anew only when an alarm has come, gone or stands differently."""
        asked = ranking.version, tuple(floods)
        if self._folded is None or self._folded[0] != asked:
            on = {flood.first for flood in floods}
            held = {id: entry for id, entry in self._firsts.items() if id in on}
            self._firsts = {**held, **{entry.alarm.id: entry for entry in ranking if entry.alarm.id in on}}
            told = causes.flood(floods, ranking, lambda entry: self._about(entry)[0] or entry.alarm.area, self._firsts)
            self._folded = asked, told
        return self._folded[1]

    def told(self, page: str, ranking: Ranking, common: Sections) -> Sections:
        """What a page says of alarms: what all say, and the list, of which a domain's page has its own."""
        kind, _, key = page.partition("-")
        return {**common, "conditions": compose.condition_list(ranking, self._about, key if kind == "domain" else None)}

    def all(
        self, ranking: Ranking, common: Sections, processes: Sequence[Process], wanted: Iterable[str], now: float, wall: float
    ) -> dict[str, Sections]:
        """Sections by page: of every page, and of the sensors' pages that are `wanted`. Raises `Away`."""
        parts = {key: self._parts(bureau, ranking, now) for key, bureau in self._bureaus.items()}
        pages: dict[str, Sections] = {"overview": {}}
        for key, part in parts.items():
            headline = {f"{kind}.{key}/{name}" for kind in ("kpi", "spark") for name in self._bureaus[key].domain.headline}
            shown = headline | {f"head.{key}", f"map.{key}"}
            pages["overview"].update({name: section for name, section in part.items() if name in shown})
            pages[f"domain-{key}"] = part
        heads = {f"head.{key}": parts[key][f"head.{key}"] for key in parts}
        feeds = compose.feeds(self._bureaus.values(), processes, now, wall)
        pages["system"] = {**heads, "feeds": feeds, "processes": compose.processes(processes, wall)}
        for page in wanted:
            if page.startswith("sensor-"):
                pages[page] = self._sensor(page.removeprefix("sensor-"), ranking, now)
        return {page: {**self.told(page, ranking, common), **sections} for page, sections in pages.items()}

    def _parts(self, bureau: Bureau, ranking: Ranking, now: float) -> Sections:
        key = bureau.domain.key
        down = any(entry.condition is not None for entry in ranking.of(f"feed:{key}"))
        part: Sections = {f"head.{key}": compose.head(bureau, now, down), f"map.{key}": compose.map_columns(bureau)}
        for kpi in bureau.domain.kpis:
            part[f"kpi.{key}/{kpi.key}"] = compose.figure(bureau, kpi.key, self._priority(bureau, kpi.key, ranking))
            part[f"spark.{key}/{kpi.key}"] = compose.spark(bureau, kpi.key, now)
        for name in bureau.domain.trends:
            part[f"trend.{key}/{name}"] = compose.trend(bureau, name, now)
        part[f"stations.{key}"] = compose.stations(bureau, ranking, now)
        return part

    def _priority(self, bureau: Bureau, kpi: str, ranking: Ranking) -> int:
        """The worst alarm that colours a key figure: on the KPI itself, or on its metric at the sensor that decided it."""
        found = bureau.figures.now[kpi]
        # A mean names its slowest or highest sensor too, but is not that sensor's value.
        decider = found.sensor if found.sensor and found.by_sensor.get(found.sensor) == found.value else None
        metric = next(declared.metric for declared in bureau.domain.kpis if declared.key == kpi)
        rules = {f"{bureau.domain.key}/{rule.key}" for rule in bureau.domain.rules if rule.on == metric}
        own = ranking.of(f"kpi:{kpi}")
        deciding = [entry for entry in ranking.of(f"sensor:{decider}") if entry.alarm.rule in rules]
        about = [entry for entry in (*own, *deciding) if entry.alarm.domain == bureau.domain.key and entry.colours]
        return min((entry.priority for entry in about), default=0)

    def _sensor(self, id: str, ranking: Ranking, now: float) -> Sections:
        bureau = next((bureau for bureau in self._bureaus.values() if bureau.roll.row(id) is not None), None)
        if bureau is None:
            return {"sensor": {"id": id, "metrics": {}}}
        key = bureau.domain.key
        own = ranking.of(f"sensor:{id}")
        sections = {"sensor": sensor_page(self._readings, bureau.views, bureau.index, bureau.domain, id, own, now)}
        return {**sections, f"head.{key}": compose.head(bureau, now, False), f"map.{key}": compose.map_columns(bureau)}

    def _about(self, entry: Entry) -> tuple[str, float | None]:
        """(area, event time of the value where its sensor is silent)."""
        alarm, condition = entry.alarm, entry.condition
        kind, _, rest = alarm.subject.partition(":")
        if kind == "sensor" and alarm.domain in self._bureaus:
            bureau = self._bureaus[alarm.domain]
            return bureau.roll.area(rest), bureau.last(condition) if condition else None
        return rest.partition("@")[2] if kind == "kpi" else "", None

    def documents(self, now: float) -> dict[str, bytes]:
        """What the web serves as it is: positions and KPIs by domain."""
        made: dict[str, bytes] = {}
        for key, bureau in self._bureaus.items():
            made[f"positions:{key}"] = bureau.roll.positions
            made[f"kpis:{key}"] = json.dumps(_kpis(bureau, now)).encode()
        return made


def _kpis(bureau: Bureau, now: float) -> list[dict[str, Any]]:
    """The domain's figures for the API."""
    city = [(kpi.key, "", bureau.figures.now[kpi.key]) for kpi in bureau.domain.kpis]
    areas = [(key, area, figure) for (key, area), figure in bureau.figures.by_area.items()]
    return [
        {
            "key": key,
            "area": area or None,
            "value": figure.value,
            "time": bureau.figures.heard[key, area].time,
            "sensor": figure.sensor,
            "item": figure.item,
        }
        for key, area, figure in city + areas
    ]
