"""What the city declares of its alarms: the rule behind each, where it belongs, and what suppresses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from domains.system import FEED_DOWN, OF_PROCESSES, SYSTEM
from domains.tuned import city
from model import WORSE, Domain, Rule, Site
from model.tuning import Values

OUTSIDE = "outside:"
"""How the subject of a message from elsewhere begins."""


class Rulebook:
    """The rules by the id that conditions name them with; the site's zone, areas and desks."""

    def __init__(self, domains: Mapping[str, Domain], site: Site) -> None:
        self.site, self.zone = site, ZoneInfo(site.zone)
        self.rules: dict[str, Rule] = {f"{SYSTEM}/{rule.key}": rule for rule in OF_PROCESSES}
        self._judged = set(self.rules)
        for key, domain in domains.items():
            metrics = {metric.key for metric in domain.metrics}
            for rule in (*domain.rules, FEED_DOWN):
                id = f"{key}/{rule.key}"
                self.rules[id] = rule
                if rule.on not in metrics or rule.comparison == "no_data":
                    self._judged.add(id)
        self._domains = domains
        self._areas = {sensor.id: sensor.area for sensors in site.sensors.values() for sensor in sensors}

    def tune(self, tunings: Mapping[str, Values]) -> None:
        """The rules have these numbers in place of their authors'."""
        for key, domain in city(self._domains, tunings).items():
            self.rules.update({f"{key}/{rule.key}": rule for rule in domain.rules})

    def area(self, subject: str) -> str:
        """The area of a sensor or of a KPI of one area; empty for everything else."""
        kind, _, rest = subject.partition(":")
        if kind == "sensor":
            return self._areas.get(rest, "")
        return rest.partition("@")[2] if kind == "kpi" else ""

    def is_judged(self, rule: str) -> bool:
        """Whether the judge finds its conditions; else the partitions do."""
        return rule in self._judged

    def suppressors(self, rule: str, subject: str) -> Iterator[tuple[str, Rule]]:
        """Alarm id and rule of what suppresses the rule's alarm for this subject."""
        domain = rule.partition("/")[0]
        declared = self.rules.get(rule)
        for key in (declared.suppressed_by or ()) if declared else ():
            id = f"{domain}/{key}"
            if id in self.rules:
                yield f"{id}|{f'feed:{domain}' if key == FEED_DOWN.key else subject}", self.rules[id]


def parts(alarm: str) -> tuple[str, str]:
    """(rule, subject) of an alarm's id."""
    rule, _, subject = alarm.partition("|")
    return rule, subject


def alarm_of(rule: str, subject: str) -> tuple[str, bool]:
    """The id of a condition's alarm, and whether the condition is its worse limit. A NUL, which SQL keeps in no name, is replaced."""
    return f"{rule.removesuffix(WORSE)}|{subject}".replace("\0", "\ufffd"), rule.endswith(WORSE)
