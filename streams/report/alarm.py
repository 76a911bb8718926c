"""The alarms of a day (or week, or month) against the bands of ISA-18.2-2016 / IEC 62682 and EEMUA 191, from the journal.

Times to acknowledge run from the first annunciation of an occurrence to its acknowledgement, times to return to its return; both count
on the day on which they ended. An occurrence is looked for up to a month back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from domains.site import SUPERVISOR
from model import PRIORITIES, Label, Site
from model.alarm import Alarm, Event, EventKind
from store.health import BECAME, CEASED, EVENT, Health
from streams.report.figures import told

Told = dict[str, Any]
TEN_MINUTES, DAY, BACK = 600.0, 86_400.0, 31 * 86_400.0
STALE_SECONDS = 86_400.0
MOST_INCIDENTS, MOST_LINES = 40, 30
SHELVED: tuple[tuple[EventKind, ...], tuple[EventKind, ...]] = (("shelved",), ("unshelved",))
ABSENT: tuple[tuple[EventKind, ...], tuple[EventKind, ...]] = (("out_of_service",), ("in_service",))
URGENT = ("critical", "high")
BANDS = {"day": 150, "ten_minutes": 10, "flood_share": 0.01, "split": {"low": 0.80, "medium": 0.15, "urgent": 0.05}, "stale": 5}
"""Per operator position: ISA-18.2-2016 table 7, EEMUA 191 table 14. `urgent` is critical and high together."""


class Named(Protocol):
    """What things are called (`streams.name.Names`)."""

    def rule(self, event: Event, alarm: Alarm | None) -> Label:
        """An alarm's name."""

    def place(self, event: Event) -> Label:
        """What it is about."""

    def area(self, key: str) -> Label:
        """An area's name."""


def of_span(health: Health, site: Site, names: Named, since: float, until: float) -> Told:
    """The facts of [since, until), event time. Raises `DatabaseAway`."""
    events = pd.DataFrame(health.events(since, until), columns=list(EVENT))
    calls, comings = events[events["annunciated"].astype(bool)], events[events["kind"].isin(BECAME)]
    desks = {area: desk.id for desk in site.desks for area in desk.areas}
    took = _took(health, events, since, until)
    took["at"] = took["area"].map(lambda area: desks.get(area, SUPERVISOR))
    seconds = until - since
    return {
        "bands": BANDS,
        "days": round(seconds / DAY, 4),
        "count": len(calls),
        "by_priority": {name: int((calls["priority"] == name).sum()) for name in PRIORITIES},
        "by_hour": _by_hour(calls, since, until),
        "most_in_ten": _most(calls, since),
        "flooded": round(health.flooded(since, until), 3),
        "top": _often(health.top(since, until), calls, names),
        "chattering": _often(health.chattering(since, until), comings, names),
        "fleeting": _often(health.fleeting(since, until, limit=10), comings, names),
        "stale": _standing(health.standing(until, BECAME, CEASED), until - STALE_SECONDS, events, names),
        "shelved": int((events["kind"] == "shelved").sum()),
        "on_shelf": len(health.standing(until, *SHELVED)),
        "out_of_service": len(health.standing(until, *ABSENT)),
        "took": {kind: _times(took[took["kind"] == kind]["seconds"]) for kind in ("acknowledged", "returned")},
        "urgent": _urgent(calls, took),
        "by_area": [_group(took, calls, "area", area.key, told(area.label)) for area in site.areas] + _nowhere(took, calls, site),
        "by_desk": [_desk(health, took, calls, desks, key, label, since, until) for key, label in _desks(site)],
        "incidents": _incidents(events, names, since, until),
        "marks": _marks(calls),
    }


def _desks(site: Site) -> list[tuple[str, dict[str, str]]]:
    return [*((desk.id, told(desk.label)) for desk in site.desks), (SUPERVISOR, {"en": "Supervisor", "zh": "值班长"})]


def _took(health: Health, events: pd.DataFrame, since: float, until: float) -> pd.DataFrame:
    """Rows of acknowledgements and returns with the seconds since their occurrence was first annunciated."""
    ends = events[events["kind"].isin(["acknowledged", "returned"])]
    came = pd.DataFrame(health.came(set(ends["alarm"]), since - BACK, until), columns=["alarm", "occurrence", "came"])
    found = ends.merge(came, on=["alarm", "occurrence"], how="inner")
    found["seconds"] = found["time"] - found["came"]
    found = found[found["seconds"] >= 0]
    return found.drop_duplicates(["alarm", "occurrence", "kind"])


def _times(seconds: pd.Series) -> Told:
    if not len(seconds):
        return {"count": 0, "median": None, "longest": None}
    return {"count": len(seconds), "median": round(float(seconds.median()), 1), "longest": round(float(seconds.max()), 1)}


def _urgent(calls: pd.DataFrame, took: pd.DataFrame) -> Told:
    """Occurrences that called with a high or critical priority, how many of them were acknowledged, and the longest that took, seconds."""
    called = calls[calls["priority"].isin(URGENT)].drop_duplicates(["alarm", "occurrence"])[["alarm", "occurrence"]]
    found = took[took["kind"] == "acknowledged"].merge(called, on=["alarm", "occurrence"])["seconds"]
    return {"count": len(called), "acknowledged": len(found), "longest": round(float(found.max()), 1) if len(found) else None}


def _by_hour(calls: pd.DataFrame, since: float, until: float) -> list[int]:
    hours = -(-int(until - since) // 3600)
    counted = ((calls["time"] - since) // 3600).astype(int).value_counts()
    return [int(counted.get(hour, 0)) for hour in range(hours)]


def _most(calls: pd.DataFrame, since: float) -> int:
    """The most alarms in ten minutes by the clock, as EEMUA 191 counts."""
    return int(((calls["time"] - since) // TEN_MINUTES).value_counts().max()) if len(calls) else 0


def _often(found: Sequence[Any], events: pd.DataFrame, names: Named) -> list[Told]:
    """Alarms and how often, with their names and their share of these events: calls, or comings where those that did not call count."""
    total = len(events)
    newest = events.drop_duplicates("alarm", keep="last").set_index("alarm") if total else events
    rows = []
    for alarm, times in found:
        known = newest.loc[alarm] if total and alarm in newest.index else None
        rows.append({"alarm": alarm, "times": times, "share": round(times / total, 4) if total else None, **_named(known, alarm, names)})
    return rows


def _named(row: Any, alarm: str, names: Named) -> Told:
    if row is None:
        rule, _, subject = alarm.partition("|")
        domain = rule.partition("/")[0]
        event = Event(kind="raised", alarm=alarm, occurrence=0, time=0.0, source="", rule=rule, subject=subject, domain=domain)
    else:
        event = Event(
            kind="raised", alarm=alarm, occurrence=0, time=0.0, source="", rule=row["rule"], subject=row["subject"], domain=row["domain"]
        )
    return {"name": told(names.rule(event, None)), "place": told(names.place(event)), "subject": event.subject}


def _standing(found: Sequence[Any], before: float, events: pd.DataFrame, names: Named) -> list[Told]:
    old = [(alarm, began) for alarm, began in found if began < before]
    return [
        {"alarm": alarm, "since": round(began, 3), **_named(None, alarm, names)} for alarm, began in sorted(old, key=lambda each: each[1])
    ]


def _group(took: pd.DataFrame, calls: pd.DataFrame, column: str, key: str, label: Mapping[str, str]) -> Told:
    mine = took[took[column] == key]
    return {
        "key": key,
        "label": dict(label),
        "count": int((calls["area"] == key).sum()),
        "acknowledged": _times(mine[mine["kind"] == "acknowledged"]["seconds"]),
        "returned": _times(mine[mine["kind"] == "returned"]["seconds"]),
    }


def _nowhere(took: pd.DataFrame, calls: pd.DataFrame, site: Site) -> list[Told]:
    """What belongs to no area of the site: feeds, processes, figures of the whole city."""
    known = [area.key for area in site.areas]
    took, calls = took[~took["area"].isin(known)].assign(area=""), calls[~calls["area"].isin(known)].assign(area="")
    return [_group(took, calls, "area", "", {"en": "The whole city", "zh": "全市"})] if len(took) or len(calls) else []


def _desk(
    health: Health,
    took: pd.DataFrame,
    calls: pd.DataFrame,
    desks: Mapping[str, str],
    key: str,
    label: Mapping[str, str],
    since: float,
    until: float,
) -> Told:
    """What a desk was called for in the areas that the site gives it. An acknowledgement is that of the desk at which it was made."""
    called = calls[calls["area"].map(lambda area: desks.get(area, SUPERVISOR)) == key]
    acknowledged = took[(took["kind"] == "acknowledged") & (took["desk"].where(took["desk"] != "", took["at"]) == key)]
    return {
        "key": key,
        "label": dict(label),
        "count": len(called),
        "most_in_ten": _most(called, since),
        "flooded": round(health.flooded(since, until, key), 3),
        "acknowledged": _times(acknowledged["seconds"]),
        "returned": _times(took[(took["kind"] == "returned") & (took["at"] == key)]["seconds"]),
    }


def _marks(calls: pd.DataFrame) -> dict[str, str]:
    """By sensor the worst priority with which it called."""
    found: dict[str, str] = {}
    for subject, priority in zip(calls["subject"], calls["priority"], strict=True):
        kind, _, name = str(subject).partition(":")
        if kind == "sensor" and priority in PRIORITIES:
            found[name] = min(found.get(name, PRIORITIES[-1]), priority, key=PRIORITIES.index)
    return found


# --- incidents -------------------------------------------------------------------------------------------------------------------------


def _incidents(events: pd.DataFrame, names: Named, since: float, until: float) -> Told:
    """Floods, and occurrences that called with a high or critical priority, each with what was recorded of it, oldest first."""
    called = events[events["annunciated"].astype(bool) & events["priority"].isin(URGENT)]
    keys = called.drop_duplicates(["alarm", "occurrence"])
    found = [_occurrence(events, row, names) for row in keys.head(MOST_INCIDENTS).to_dict("records")]
    floods = _floods(events, until)
    told_ = sorted([*floods, *found], key=lambda each: each["began"])
    return {"rows": told_[:MOST_INCIDENTS], "total": len(keys) + len(floods)}


def _occurrence(events: pd.DataFrame, row: Mapping[Any, Any], names: Named) -> Told:
    log = events[(events["alarm"] == row["alarm"]) & (events["occurrence"] == row["occurrence"])]
    ended = log[log["kind"].isin(CEASED)]
    priorities = [priority for priority in PRIORITIES if (log["priority"] == priority).any()]
    return {
        "kind": "alarm",
        "alarm": row["alarm"],
        "priority": priorities[0] if priorities else row["priority"],
        **_named(row, row["alarm"], names),
        "area": told(names.area(row["area"])),
        "began": round(float(row["time"]), 3),
        "ended": round(float(ended["time"].max()), 3) if len(ended) else None,
        "log": [_line(each) for each in log.head(MOST_LINES).to_dict("records")],
        "more": max(len(log) - MOST_LINES, 0),
    }


def _line(row: Mapping[Any, Any]) -> Told:
    value = row["value"]
    return {
        "time": round(float(row["time"]), 3),
        "kind": row["kind"],
        "actor": row["actor"],
        "note": row["note"],
        "value": None if value is None or value != value else float(value),
    }


def _floods(events: pd.DataFrame, until: float) -> list[Told]:
    found: list[Told] = []
    open_: dict[str, Told] = {}
    for row in events[events["kind"].isin(["flood_began", "flood_ended"])].to_dict("records"):
        if row["kind"] == "flood_began":
            open_[row["desk"]] = {"kind": "flood", "desk": row["desk"], "began": round(float(row["time"]), 3), "ended": None, "log": []}
            found.append(open_[row["desk"]])
        elif row["desk"] in open_:
            open_.pop(row["desk"])["ended"] = round(float(row["time"]), 3)
    return found
