"""What alarms are called in a letter: names of rules, places and areas in both languages, values with their unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domains.system import FEED_DOWN, OF_PROCESSES, PROCESS_DEAD, SYSTEM
from model import Domain, Label, Site
from model.alarm import Alarm, Event

NONE = Label(en="", zh="")


class Names:
    """The names that domains and site declare."""

    def __init__(self, domains: Mapping[str, Domain], site: Site) -> None:
        self.site = site.label
        self._rules: dict[str, Label] = {f"{SYSTEM}/{rule.key}": rule.label for rule in OF_PROCESSES}
        self._spans = {f"{SYSTEM}/{PROCESS_DEAD.key}"}
        """Rules whose values are seconds."""
        self._shown: dict[str, tuple[str, int]] = {}
        self._kpis: dict[str, Label] = {}
        for key, domain in domains.items():
            shown = {metric.key: (metric.unit, metric.decimals) for metric in domain.metrics}
            shown |= {kpi.key: (kpi.unit, kpi.decimals) for kpi in domain.kpis}
            for rule in (*domain.rules, FEED_DOWN):
                self._rules[f"{key}/{rule.key}"] = rule.label
                unit, decimals = shown.get(rule.on, ("", 1))
                self._shown[f"{key}/{rule.key}"] = f"{unit}/h" if rule.comparison == "rate" else unit, decimals
                if rule.comparison in ("stuck", "no_data"):
                    self._spans.add(f"{key}/{rule.key}")
            self._kpis |= {f"{key}/{kpi.key}": kpi.label for kpi in domain.kpis}
        self._domains = {key: domain.label for key, domain in domains.items()}
        self._areas = {area.key: area.label for area in site.areas}
        self._sensors = {sensor.id: sensor.label for sensors in site.sensors.values() for sensor in sensors}

    def rule(self, event: Event, alarm: Alarm | None) -> Label:
        """What the alarm is called: as its rule, or as a message from elsewhere called itself."""
        if alarm is not None and alarm.label is not None:
            return alarm.label
        return self._rules.get(event.rule, Label(en=event.rule, zh=event.rule))

    def place(self, event: Event) -> Label:
        """What it is about: a sensor, a key figure, a feed, a process; nothing for a message from elsewhere."""
        kind, _, rest = event.subject.partition(":")
        key = rest.partition("@")[0]
        known = {
            "sensor": self._sensors.get(rest),
            "kpi": self._kpis.get(f"{event.domain}/{key}"),
            "feed": self._domains.get(rest),
            "outside": NONE,
        }
        return known.get(kind) or Label(en=rest, zh=rest)

    def area(self, key: str) -> Label:
        """An area's name; empty for none."""
        return self._areas.get(key, Label(en=key, zh=key))

    def value(self, rule: str, value: float | None) -> str:
        """A value of a rule with its unit, a dash for none; how long something was silent or stayed the same as a time."""
        if value is None:
            return "-"
        unit, decimals = self._shown.get(rule, ("", 1))
        return _span(value) if rule in self._spans else f"{value:.{decimals}f} {unit}".rstrip()

    def told(self, event: Event, alarm: Alarm | None) -> dict[str, Any]:
        """The names of an event for a program."""
        names = {"name": self.rule(event, alarm), "place": self.place(event), "area_name": self.area(event.area)}
        return {key: {"en": label.en, "zh": label.zh} for key, label in names.items()}


def _span(seconds: float) -> str:
    """As `45 min` or `1 h 3 min`: units are those of the SI in every language."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
