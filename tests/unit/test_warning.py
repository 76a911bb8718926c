"""What a warning says to the deck: priority, name, place, end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks import cap, envelope, warning
from callbacks.cap import Place, Point
from callbacks.region import Map, shape
from model.alarm import Message
from model.outside import SEVERITY, Warnings
from tests.unit.warnings import NOW, SQUARE, alert, info, site, stamp

RULES = Warnings()
AREAS = Map(site(), {"440307": ("dapeng", "dapeng-bay")})
RING = tuple((float(pair.split(",")[1]), float(pair.split(",")[0])) for pair in SQUARE.split())


def place(
    description: str = "", *rings: tuple[Point, ...], circles: tuple[tuple[Point, float], ...] = (), codes: tuple[str, ...] = ()
) -> Place:
    return Place(description=description, polygons=rings, circles=circles, geocodes=codes)


def read(text: bytes, rules: Warnings = RULES) -> cap.Alert:
    return cap.read(envelope.element(text), rules.severity)


def told(*infos: str, rules: Warnings = RULES, **more: str) -> Message:
    taken = read(alert(infos=infos, **more), rules)
    return warning.message(taken, warning.standing(taken, rules, NOW), True, "outside:cap:x", rules, AREAS)


# priority


@pytest.mark.parametrize(
    ("severity", "urgency", "certainty", "priority"),
    [
        ("Extreme", "Immediate", "Observed", "critical"),
        ("Severe", "Expected", "Likely", "high"),
        ("Moderate", "Immediate", "Possible", "medium"),
        ("Minor", "Immediate", "Observed", "low"),
        ("Unknown", "Unknown", "Unknown", "medium"),
        ("Extreme", "Future", "Likely", "high"),
        ("Severe", "Past", "Observed", "medium"),
        ("Extreme", "Future", "Unlikely", "medium"),
        ("Minor", "Future", "Unlikely", "low"),
    ],
)
def test_a_priority_is_the_severity_lowered_by_what_leaves_time(severity: str, urgency: str, certainty: str, priority: str) -> None:
    assert told(info(severity=severity, urgency=urgency, certainty=certainty))["priority"] == priority


def test_the_site_may_say_otherwise_and_know_more_words() -> None:
    rules = Warnings(severity={**SEVERITY, "Severe": "critical", "Orange": "high"})
    assert told(info(), rules=rules)["priority"] == "critical"
    assert told(info(severity="Orange"), rules=rules)["priority"] == "high"


def test_of_several_the_worst_counts() -> None:
    assert told(info(severity="Minor"), info(severity="Extreme", event="Tornado"))["told"]["event"] == "Tornado"


# names


def test_each_language_gets_its_own_name() -> None:
    said = told(info(language="fr", headline="Pluie"), info(language="zh-CN", headline="暴雨", description="三小时"), info())
    assert said["label"] == {"en": "Heavy rain", "zh": "暴雨"}
    assert said["told"]["text"] == {"en": "80 mm in three hours", "zh": "三小时"}


def test_a_language_that_is_not_there_gets_the_one_that_is() -> None:
    assert told(info(language="fr", headline="Pluie"))["label"] == {"en": "Pluie", "zh": "Pluie"}


def test_without_a_headline_the_event_names_it() -> None:
    assert told(info(headline=None))["label"]["en"] == "Rainstorm"


def test_what_is_not_real_is_marked_wherever_it_is_shown() -> None:
    said = told(info(), status="Exercise")
    assert said["label"] == {"en": "[Exercise] Heavy rain", "zh": "【演习】Heavy rain"} and said["told"]["status"] == "Exercise"


# time


def test_it_ends_when_the_last_part_expires() -> None:
    assert told(info(), info(language="zh", expires=stamp(7200)))["ends"] == NOW + 7200


def test_without_an_end_it_lasts_as_long_as_the_site_says() -> None:
    assert told(info(expires=None), rules=replace(RULES, lifetime=600.0))["ends"] == NOW + 600


def test_what_is_over_does_not_count() -> None:
    taken = read(alert(infos=[info(expires=stamp(-1)), info(responseType="AllClear"), info(event="Wind")]))
    assert [each.event for each in warning.standing(taken, RULES, NOW)] == ["Wind"]


# place


def test_an_area_is_found_by_its_name_in_either_language_the_longest_first() -> None:
    assert AREAS.touched([place("Coast of DAPENG BAY")]) == ("dapeng-bay",)
    assert AREAS.touched([place("大鹏湾海域")]) == ("dapeng-bay",)
    assert AREAS.touched([place("大鹏新区、盐田区")]) == ("dapeng", "yantian")
    assert AREAS.touched([place("Yantianish")]) == ()


def test_an_area_is_found_by_geocode_and_by_its_sensors() -> None:
    assert AREAS.touched([place(codes=("440307", "1"))]) == ("dapeng", "dapeng-bay")
    assert AREAS.touched([place("", RING)]) == ("dapeng",)
    assert AREAS.touched([place(circles=(((114.24, 22.58), 5.0),))]) == ("yantian",)
    assert AREAS.touched([place(circles=(((114.24, 22.68), 5.0),))]) == ()


def test_one_area_owns_the_alarm_and_several_none() -> None:
    one = told(info())
    assert (one["area"], one["told"]["areas"]) == ("dapeng", ["dapeng"])
    several = told(info(area="<area><areaDesc>大鹏、盐田</areaDesc></area>"))
    assert (several["area"], several["told"]["areas"]) == ("", ["dapeng", "yantian"])


def test_the_shape_is_geojson_with_longitude_first_and_each_ring_once() -> None:
    drawn = shape([place("a", RING), place("b", RING, circles=(((114.5, 22.5), 0.0),))])
    assert drawn is not None
    assert [each["type"] for each in drawn["geometries"]] == ["Polygon", "Point"]
    assert drawn["geometries"][0]["coordinates"][0][0] == [114.4, 22.5]
    assert shape([place("nowhere")]) is None


def test_a_circle_has_its_radius_in_every_direction() -> None:
    drawn = shape([place(circles=(((114.5, 22.5), 111.195),))])
    assert drawn is not None
    ring = drawn["geometries"][0]["coordinates"][0]
    assert ring[0] == ring[-1] == [114.5, 23.5]
    assert ring[9][0] - 114.5 == pytest.approx(1 / 0.92388, abs=1e-3)  # cos 22.5 degrees


def test_a_fine_polygon_is_thinned_and_stays_closed() -> None:
    fine = tuple((114 + i / 50_000, 22 + (i % 2) / 10) for i in range(50_000))
    drawn = shape([place("", (*fine, fine[0]))])
    assert drawn is not None
    (ring,) = drawn["geometries"][0]["coordinates"]
    assert len(ring) <= 2001 and ring[0] == ring[-1]


POINTS = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@settings(max_examples=30)
@given(st.lists(POINTS, min_size=3, max_size=8), st.lists(st.tuples(POINTS, st.floats(0, 20_000)), max_size=3), st.text(max_size=30))
def test_any_place_is_drawn_on_the_earth(points: list[Point], circles: list[tuple[Point, float]], name: str) -> None:
    somewhere = place(name, (*points, points[0]), circles=tuple(circles))
    drawn = shape([somewhere])
    assert drawn is not None
    for geometry in drawn["geometries"]:
        ring = [geometry["coordinates"]] if geometry["type"] == "Point" else geometry["coordinates"][0]
        assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)
    assert set(AREAS.touched([somewhere])) <= {"dapeng", "dapeng-bay", "yantian"}
