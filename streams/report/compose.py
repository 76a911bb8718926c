"""From history, journal and declarations to the facts of a report: everything that is told, and nothing of how it looks.

A day's figures of a domain stand for themselves and are kept (`store.report`); a report puts those of its days beside those of the spans
before. What a report says depends on what was kept and declared alone, so the same is told whenever it is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from model import Domain, Sensor, Site
from model.report import Span
from store.archive import CLASSES, files
from store.day import begin, days
from store.feed_hour import FeedHours
from store.health import Health
from store.report import Reports, Revision, canonical
from store.whole_day import Days
from streams.name import Names
from streams.report import alarm, figures, roll
from streams.report.day import HOUR, Past, Percentile
from streams.report.figures import FEW, Told, told

VERSION = 3
"""Of the facts' shape: figures kept in another are made anew."""
MOST_DOTS = 3000
"""Sensors drawn on the map of the day; of more, every so many-th."""
BEFORE: Mapping[Span, tuple[tuple[str, str, str], ...]] = {
    "day": (("day", "Day before", "前一日"), ("week", "Week before", "上周同日")),
    "week": (("week", "Week before", "前一周"),),
    "month": (("month", "Month before", "上月"),),
}
Positions = Callable[[str], Mapping[str, tuple[float, float]]]
"""By sensor where it stands, of a domain: for those that no list names."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a report is made of."""

    domains: Mapping[str, Domain]
    site: Site
    history: Days
    reports: Reports
    health: Health
    feeds: FeedHours
    positions: Positions = lambda domain: {}

    @property
    def zone(self) -> ZoneInfo:
        """Of the city's days."""
        return ZoneInfo(self.site.zone)


def span_of(kind: Span, day: date) -> tuple[date, date]:
    """First and last day of the day, the week (from Monday) or the month that holds `day`."""
    if kind == "day":
        return day, day
    if kind == "week":
        first = day - timedelta(day.weekday())
        return first, first + timedelta(6)
    first = day.replace(day=1)
    return first, (first + timedelta(31)).replace(day=1) - timedelta(1)


def before(kind: Span, first: date) -> list[tuple[date, date]]:
    """The spans that a span is held against, as in BEFORE."""
    if kind == "day":
        return [span_of("day", first - timedelta(back)) for back in (1, 7)]
    return [span_of(kind, first - timedelta(1))]


def make(sources: Sources, kind: Span, day: date, wall: float) -> Revision:
    """The report of the span that holds `day`, as the history has it now: the newest revision, or a new one where it says something else.

    Raises `OSError`, `DatabaseAway`.
    """
    first, last = span_of(kind, day)
    newest, there = sources.reports.newest(kind, first), _there(sources, kind, first, last)
    if newest is not None and (sources.reports.stands(newest, there) or _gone(sources, first, last)):
        return newest  # also where rules or names have changed since: what was reported stays
    return sources.reports.keep(kind, first, facts(sources, kind, first, last), wall, there)


def _there(sources: Sources, kind: Span, first: date, last: date) -> str:
    """What there is to make it of, a mark each: the history of all days it tells of, by partition, and the journal of its own."""
    told = [days(one, other) for one, other in [(first - timedelta(1), last), *before(kind, first)]]
    held = {(key, day): sources.history.version(key, day).split() for key in sources.domains for each in told for day in each}
    since, until = (begin(each, sources.zone) / 1000 for each in (first, last + timedelta(1)))
    journal = _mark([VERSION, *sources.health.mark(since, until)])
    return " ".join([journal, *sorted(_mark([key, str(day), part]) for (key, day), parts in held.items() for part in parts)])


def _mark(what: Sequence[str | int]) -> str:
    return hashlib.sha256(canonical(what)).hexdigest()[:12]


def is_worth(sources: Sources, kind: Span, day: date) -> bool:
    """Whether the span that holds `day` has something to tell, if it is that a day had no data at all after the history had begun."""
    first, last = span_of(kind, day)
    return not _gone(sources, first, last) or (kind == "day" and any(began < day for began in _begun(sources)))


def _begun(sources: Sources) -> list[date]:
    """The first day of each class of each domain's history."""
    found = [files(sources.history.shelf, each, domain) for each in CLASSES for domain in sources.domains]
    return [min(held) for held in found if held]


def _gone(sources: Sources, first: date, last: date) -> bool:
    """Whether the history has forgotten all of it."""
    return not any(sources.history.version(key, day) for key in sources.domains for day in days(first, last))


def facts(sources: Sources, kind: Span, first: date, last: date) -> Told:
    """The facts of a span of days."""
    since, until = (begin(each, sources.zone) / 1000 for each in (first, last + timedelta(1)))
    alarms = alarm.of_span(sources.health, sources.site, Names(sources.domains, sources.site), since, until)
    domains = [_domain(sources, domain, kind, first, last) for domain in sources.domains.values()]
    spans = before(kind, first)
    alarms["before"] = [_called(sources, *each) for each in spans]
    return {
        "version": VERSION,
        "kind": kind,
        "first": str(first),
        "last": str(last),
        "zone": sources.site.zone,
        "begin": since,
        "end": until,
        "site": told(sources.site.label),
        "origins": sorted({origin for domain in domains for origin in domain["origins"]}),
        "before": [
            {"key": key, "label": {"en": en, "zh": zh}, "first": str(span[0]), "last": str(span[1])}
            for (key, en, zh), span in zip(BEFORE[kind], spans, strict=True)
        ],
        "domains": domains,
        "alarms": alarms,
        "feeds": _feeds(sources, domains, since, until),
        "coverage": _coverage(domains),
        "sensors": _sensors(sources, domains, alarms),
        "areas": {area.key: told(area.label) for area in sources.site.areas},
        "map": _map(sources, alarms),
    }


# --- domains ---------------------------------------------------------------------------------------------------------------------------


def of_day(sources: Sources, domain: Domain, day: date) -> Told:
    """A domain's figures of one day, from the shelf where they were made of the same files."""
    names = [sources.history.version(domain.key, each) for each in (day - timedelta(1), day)]
    shape = [kpi.key for kpi in domain.kpis] + [standard.key for standard in domain.standards] + [metric.unit for metric in domain.metrics]
    version = "|".join([str(VERSION), *names, *shape])
    return sources.reports.figures(
        domain.key, day, version, lambda: figures.of_domain(domain, _past(sources, domain, day), _of(sources, domain))
    )


def _of(sources: Sources, domain: Domain) -> dict[str, Sensor]:
    return {sensor.id: sensor for sensor in sources.site.sensors.get(domain.key, ())}


def _past(sources: Sources, domain: Domain, day: date) -> Past:
    metrics = {metric.key: metric for metric in domain.metrics}
    earlier = day - timedelta(1)
    lead = sources.history.hours(domain.key, earlier, metrics) if sources.history.version(domain.key, earlier) else None
    found = sources.history.hours(domain.key, day, metrics)
    percentile = _percentile(sources.history, domain, day, found.begin)
    return Past(day, sources.zone, found, lead, metrics, _of(sources, domain), domain.interval, percentile)


def _percentile(history: Days, domain: Domain, day: date, start: int) -> Percentile:
    """Quantiles of the hour that ends, by metric and share asked for once a day."""
    metrics = {metric.key: metric for metric in domain.metrics}
    found: dict[tuple[str, float], Mapping[int, float]] = {}

    def percentile(metric: str, since: float, until: float, share: float) -> float | None:
        if (metric, share) not in found:
            found[metric, share] = history.quantiles(domain.key, day, metrics[metric], share)
        return found[metric, share].get(round((until - start / 1000) / HOUR) - 1)

    return percentile


def _domain(sources: Sources, domain: Domain, kind: Span, first: date, last: date) -> Told:
    span = [of_day(sources, domain, day) for day in days(first, last)]
    found = span[0] if kind == "day" else roll.rolled(span)
    past = [[of_day(sources, domain, day) for day in days(*each)] for each in before(kind, first)]
    spans = [each[0] if kind == "day" else roll.rolled(each) for each in past]
    found["feed"] = {name: value for name, value in found["feed"].items() if name != "unlisted"} | {"silent": found["feed"]["silent"][:FEW]}
    for name in ("kpis", "standards"):
        found[name] = [_beside(row, [_keyed(each[name], row["key"]) for each in spans]) for row in found[name]]
    return {
        "key": domain.key,
        "label": told(domain.label),
        "icon": domain.icon,
        "headline": list(domain.headline),
        "trends": list(domain.trends),
        "items": {metric.key: told(metric.short or metric.label) for metric in domain.metrics},
        **found,
    }


def _keyed(rows: Sequence[Told], key: str) -> Told:
    return next((row for row in rows if row["key"] == key), {})


def _beside(row: Told, others: Sequence[Told]) -> Told:
    return {**row, "before": [{"value": other.get("value"), "grade": other.get("grade")} for other in others]}


# --- the rest --------------------------------------------------------------------------------------------------------------------------


def _called(sources: Sources, first: date, last: date) -> int:
    """Alarms of an earlier span."""
    since, until = (begin(each, sources.zone) / 1000 for each in (first, last + timedelta(1)))
    return sum(sources.health.rates(since, until).values())


def _feeds(sources: Sources, domains: Sequence[Told], since: float, until: float) -> list[Told]:
    """The bureau scoreboard: how fresh, how complete, what was refused, how far behind."""
    lines = sources.feeds.between(since, until)
    rows = []
    for domain in domains:
        feed, line = domain["feed"], lines.get(domain["key"], {})
        owners = {sensor.owner.en: told(sensor.owner) for sensor in sources.site.sensors.get(domain["key"], ()) if sensor.owner}
        rows.append(
            {
                "key": domain["key"],
                "label": domain["label"],
                "owners": [owners[name] for name in sorted(owners)],
                "listed": feed["listed"],
                "heard": feed["heard"],
                "silent": feed["silent_count"],
                "fresh": feed["fresh"],
                "longest": feed["longest"],
                "complete": round(feed["held"] / feed["promised"], 4) if feed["promised"] else None,
                "readings": feed["readings"],
                **{name: line.get(name) for name in ("rejects", "bad", "duplicates", "corrections", "late", "gap", "lag", "lag_most")},
            }
        )
    return rows


def _coverage(domains: Sequence[Told]) -> Told:
    """How much of what was promised came, over all domains; None where nothing was promised."""
    promised, held = (sum(domain["feed"][name] for domain in domains) for name in ("promised", "held"))
    return {
        "share": round(held / promised, 4) if promised else None,
        "readings": sum(domain["feed"]["readings"] for domain in domains),
        "heard": sum(domain["feed"]["heard"] for domain in domains),
        "silent": sum(domain["feed"]["silent_count"] for domain in domains),
    }


def _sensors(sources: Sources, domains: Sequence[Told], alarms: Told) -> Told:
    """Names and areas of the sensors that are spoken of."""
    named = {name for domain in domains for name in _mentioned(domain)}
    rows = [*alarms["top"], *alarms["chattering"], *alarms["stale"], *alarms["incidents"]["rows"]]
    named |= {str(row.get("subject", "")).removeprefix("sensor:") for row in rows}
    found: Told = {}
    for sensors in sources.site.sensors.values():
        found |= {sensor.id: {**told(sensor.label), "area": sensor.area} for sensor in sensors if sensor.id in named}
    return found


def _mentioned(domain: Told) -> set[str]:
    named = {row["sensor"] for name in ("kpis", "standards") for row in domain[name] if row.get("sensor")}
    named |= {row[end]["sensor"] for row in domain["metrics"] for end in ("least", "greatest") if row[end]}
    named |= {sensor for row in domain["standards"] for sensor, _ in row.get("by_sensor", ())}
    return named | set(domain["feed"]["silent"])


def _map(sources: Sources, alarms: Told) -> Told:
    """Where sensors stand, and the worst priority with which each called."""
    dots: list[list[float]] = []
    places: dict[str, tuple[float, float]] = {}
    for key in sources.domains:
        listed = {sensor.id: (sensor.lon, sensor.lat) for sensor in sources.site.sensors.get(key, ())}
        places |= {**sources.positions(key), **listed}
    every = -(-len(places) // MOST_DOTS) or 1
    dots = [[round(lon, 5), round(lat, 5)] for lon, lat in [places[name] for name in sorted(places)][::every]]
    marks = [
        [round(places[name][0], 5), round(places[name][1], 5), priority, name]
        for name, priority in sorted(alarms.pop("marks").items())
        if name in places
    ]
    return {"extent": list(sources.site.extent), "dots": dots, "marks": marks, "review_number": sources.site.review_number}


def local(facts_: Told, moment: float) -> datetime:
    """A moment by the city's clock."""
    return datetime.fromtimestamp(moment, ZoneInfo(facts_["zone"]))
