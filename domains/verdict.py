"""The small verdicts that bureaus share: the worst place of a day against a limit, the worst class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model import NO_VERDICT, Day, Label, Verdict
from standards.grade import Grade

ROMAN = ("", "I", "II", "III", "IV", "V", "VI")
CHINESE = ("", "一", "二", "三", "四", "五", "六")


def most(by_sensor: Mapping[str, float | None], limit: float | None, items: tuple[str, ...] = ()) -> Verdict:
    """The greatest value of a day against a limit that must not be passed; places without a value are left out."""
    known = {sensor: value for sensor, value in sorted(by_sensor.items()) if value is not None}
    if not known:
        return NO_VERDICT
    sensor = max(known, key=known.__getitem__)
    held = None if limit is None else Label(en=f"≤ {limit:g}", zh=f"≤ {limit:g}")
    return Verdict(
        value=known[sensor],
        within=None if limit is None else known[sensor] <= limit,
        limit=held,
        sensor=sensor,
        items=items,
        passed=None if limit is None else (sum(value <= limit for value in known.values()), len(known)),
        by_sensor=known,
    )


def by_place(day: Day, metrics: Iterable[str]) -> dict[str, dict[str, float]]:
    """The day's mean by place and metric, of the places that have any."""
    found: dict[str, dict[str, float]] = {}
    for metric in metrics:
        for place, value in day.means(metric).items():
            found.setdefault(place, {})[metric] = value
    return found


def targets(day: Day, places: Iterable[str]) -> dict[str, int]:
    """The class that a place must reach, as column `water_class` of the site's list says: 1 to 6, or I to VI."""
    told = {place: day.attribute(place, "water_class") or "" for place in places}
    numbers = {text: number for number in range(1, 7) for text in (str(number), ROMAN[number])}
    return {place: numbers[text] for place, text in told.items() if text in numbers}


def worst_class(grades: Mapping[str, Grade], targets: Mapping[str, int], last: int, chinese: str) -> Verdict:
    """The worst class of a day's places with the item that decided it. A place without a target must not be beyond the `last` class.

    `chinese` makes a class's Chinese name: `{}类`.
    """
    by_sensor = {sensor: float(grade.value) for sensor, grade in sorted(grades.items()) if grade.value is not None}
    if not by_sensor:
        return NO_VERDICT
    passed = {sensor: value <= targets.get(sensor, last) for sensor, value in by_sensor.items()}
    sensor = max(by_sensor, key=lambda each: (not passed[each], by_sensor[each]))
    item, target = grades[sensor].item, targets.get(sensor, last)
    return Verdict(
        value=by_sensor[sensor],
        grade=_grade(int(by_sensor[sensor]), last, chinese),
        within=all(passed.values()),
        limit=Label(en=f"≤ {ROMAN[target]}", zh=f"≤ {chinese.format(CHINESE[target])}"),
        sensor=sensor,
        items=(item,) if item else (),
        passed=(sum(passed.values()), len(passed)),
        by_sensor=by_sensor,
    )


def _grade(value: int, last: int, chinese: str) -> Label:
    if value > last:
        return Label(en=f"worse than {ROMAN[last]}", zh="劣" + chinese.format(CHINESE[last]))
    return Label(en=ROMAN[value], zh=chinese.format(CHINESE[value]))
