"""Days to a week or a month: the same figures, each with what it was on every day."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from streams.report.figures import mean, rounded

Told = dict[str, Any]


def rolled(days: Sequence[Told]) -> Told:
    """The figures of several days of one domain as one span's. A figure is that of its worst day, or the mean of the days where none is
    worse than another; a day without a figure counts neither for nor against.
    """
    return {
        "kpis": [_kpi([day["kpis"][place] for day in days]) for place in range(len(days[-1]["kpis"]))],
        "standards": [_standard([day["standards"][place] for day in days]) for place in range(len(days[-1]["standards"]))],
        "metrics": _metrics(days),
        "feed": _feed([day["feed"] for day in days]),
        "origins": sorted({origin for day in days for origin in day["origins"]}),
        "foreign": {key: unit for day in days for key, unit in day["foreign"].items()},
    }


def _kpi(days: Sequence[Told]) -> Told:
    found = copy.deepcopy(days[-1])
    values = [day["value"] for day in days]
    known = {place: value for place, value in enumerate(values) if value is not None}
    limits = [day["limit"] for day in days if day["limit"] is not None]  # a day without data has none
    found |= {"limit": limits[-1] if limits else None}
    found |= {"hours": [], "days": values, "hour": None, "day": None, "sensor": None, "item": None, "value": None}
    if not known:
        return found
    if found["worst"] == "mean":
        return found | {"value": rounded(mean(list(known.values()), found["energetic"]), found["decimals"])}
    place = (max if found["worst"] == "high" else min)(known, key=known.__getitem__)
    told = days[place]
    over = [day["over"] for day in days if day["over"] is not None]
    return found | {
        "value": told["value"],
        "day": place,
        "hour": told["hour"],
        "sensor": told["sensor"],
        "item": told["item"],
        "over": sum(over) if over else None,
    }


def _standard(days: Sequence[Told]) -> Told:
    """The worst day: one that was not within before one that was, then the greatest value."""
    known = [(day["within"] is False, day["value"], -place) for place, day in enumerate(days) if day["value"] is not None]
    found = copy.deepcopy(days[-max(known)[2]] if known else days[-1])
    judged = [day["within"] for day in days if day["within"] is not None]
    return found | {
        "day": -max(known)[2] if known else None,
        "days": [{"value": day["value"], "grade": day["grade"], "within": day["within"], "items": day["items"]} for day in days],
        "days_within": [sum(judged), len(judged)] if judged else None,
    }


def _metrics(days: Sequence[Told]) -> list[Told]:
    rows: dict[str, list[tuple[int, Told]]] = {}
    for place, day in enumerate(days):
        for row in day["metrics"]:
            rows.setdefault(row["key"], []).append((place, row))
    return [_metric(found) for found in rows.values()]


def _metric(found: Sequence[tuple[int, Told]]) -> Told:
    told = copy.deepcopy(found[-1][1])
    means = [row["mean"] for _, row in found if row["mean"] is not None]
    told |= {"sensors": max(row["sensors"] for _, row in found), "readings": sum(row["readings"] for _, row in found)}
    told["mean"] = rounded(mean(means, told["energetic"]), told["decimals"])
    for name, choose in (("least", min), ("greatest", max)):
        ends = [row[name] | {"day": place} for place, row in found if row[name]]
        told[name] = choose(ends, key=lambda end: float(end["value"])) if ends else None
    return told


def _feed(days: Sequence[Told]) -> Told:
    """Silent are those that were so on every day, and heard all others."""
    fresh = [day["fresh"] for day in days if day["fresh"] is not None]
    listed = days[-1]["listed"]
    silent = sorted(set.intersection(*(set(day["silent"]) for day in days)))
    unlisted = sorted(set().union(*(day["unlisted"] for day in days)))
    return {
        "listed": listed,
        "heard": max(listed - len(silent), 0) + len(unlisted),
        "silent": silent,
        "unlisted": unlisted,
        "silent_count": len(silent),
        "readings": sum(day["readings"] for day in days),
        "promised": round(sum(day["promised"] for day in days), 3),
        "held": round(sum(day["held"] for day in days), 3),
        "speaking": [],
        "fresh": round(sum(fresh) / len(fresh), 4) if fresh else None,
        "longest": max(day["longest"] for day in days),
    }
