"""The congestion index by hand: links, the city's weighting, a learnt free-flow speed, and the five states."""

from __future__ import annotations

import pytest

from standards.congestion import city, free_flow, index, mean_speed, state


def test_a_link() -> None:
    assert index(60.0, 60.0) == 1.0
    assert index(40.0, 60.0) == 1.5
    assert index(44.44, 60.0) == pytest.approx(1.35, abs=1e-3)  # 20 minutes of free flow take 27
    assert index(90.0, 60.0) == 1.0  # faster than free flow is free
    assert index(0.0, 60.0) == 20.0  # a standing link counts as 3 km/h


def test_the_city_is_weighted_by_vehicle_distance() -> None:
    # 2,000 veh/h x 3 km at 1.0 and 1,000 veh/h x 2 km at 3.0: (6,000 + 6,000) / 8,000
    assert city([(1.0, 6000.0), (3.0, 2000.0)]) == 1.5
    assert city([(1.0, 1.0), (3.0, 1.0)]) == 2.0
    assert city([(1.0, 1.0), (9.0, 0.0)]) == 1.0
    assert city([]) is None
    assert city([(2.0, 0.0)]) is None


def test_mean_speed_is_distance_over_time() -> None:
    # 60 km in 1 h and 60 km in 2 h: 120 km in 3 h
    assert mean_speed([(60.0, 60.0), (30.0, 60.0)]) == pytest.approx(40.0)
    assert mean_speed([]) is None


def test_free_flow_is_the_85th_percentile() -> None:
    assert free_flow(list(range(0, 101))) == 85
    # rank 0.85 x 5 = 4.25 of 10 20 30 40 50 60: a quarter of the way from 50 to 60
    assert free_flow([60, 10, None, 20, 50, 30, None, 40]) == pytest.approx(52.5)
    assert free_flow([50, 50, 50, 50, 50, 50]) == 50
    assert free_flow([50, 50, 50, 50, 50, None]) is None
    assert free_flow([]) is None


@pytest.mark.parametrize(
    ("value", "grade"), [(1.0, 1), (1.19, 1), (1.2, 2), (1.49, 2), (1.5, 3), (1.79, 3), (1.8, 4), (2.09, 4), (2.1, 5), (20.0, 5)]
)
def test_states(value: float, grade: int) -> None:
    assert state(value).grade == grade


def test_states_have_their_names() -> None:
    assert [state(value).zh for value in (1.0, 1.3, 1.6, 2.0, 3.0)] == ["畅通", "基本畅通", "轻度拥堵", "中度拥堵", "严重拥堵"]
