"""One partition, from records to what Redis would hold: nothing lost, nothing counted twice, whatever the order and the restarts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.partition import Fenced
from streams.partition import Partition
from tests.unit.city import START, batch, domain, message, rule
from tests.unit.keys import Keys

NOW = START + 600
readings = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 599_000 // 500), st.integers(0, 400)),
    min_size=1,
    max_size=120,
)


def truth(sent: list[tuple[str, int, int]]) -> dict[str, dict[int, float]]:
    """By sensor, the last value for each time."""
    held: dict[str, dict[int, float]] = defaultdict(dict)
    for sensor, half_seconds, quarter in sent:
        held[sensor][half_seconds * 500] = quarter / 4
    return held


def window(partition: Partition, sensor: str, width: int, start: float) -> Any:
    row = partition.series.index[sensor, "oxygen"]
    table = partition.windows[width].tables.get(int(start))
    return table.rows[row] if table is not None and row < len(table.rows) else np.zeros(1, [("n", "u4")])[0]


@settings(max_examples=150, deadline=None)
@given(sent=readings, cuts=st.sets(st.integers(0, 120)), restarts=st.sets(st.integers(0, 120)))
def test_windows_equal_a_straight_count(sent: list[tuple[str, int, int]], cuts: set[int], restarts: set[int]) -> None:
    keys, partition = Keys(), Partition(domain(), Keys().load(), {})
    offset = 0
    edges = sorted({0, len(sent), *(cut for cut in cuts | restarts if cut < len(sent))})
    for start, end in zip(edges, edges[1:], strict=False):
        records = [message(sensor, quarter / 4, START + half / 2) for sensor, half, quarter in sent[start:end]]
        partition.take(batch(records, offset), NOW)
        keys.commit(partition.held, offset + len(records), partition.changes("w", NOW))
        partition.committed()
        offset += len(records)
        if end in restarts:
            partition = Partition(domain(), keys.load(), {})
    for sensor, held in truth(sent).items():
        for width in (60, 300):
            for start in range(0, 600, width):
                inside = [(ms, value) for ms, value in sorted(held.items()) if start * 1000 <= ms < (start + width) * 1000]
                found = window(partition, sensor, width, START + start)
                assert found["n"] == len(inside)
                if inside:
                    values = [value for _, value in inside]
                    assert found["sum"] == sum(values)
                    assert (found["min"], found["max"]) == (min(values), max(values))
                    assert (found["first"], found["last"]) == (values[0], values[-1])
    assert partition.counters["readings"] == len(sent)
    new = sum(len(held) for held in truth(sent).values())
    assert partition.counters["duplicates"] + partition.counters["corrections"] == len(sent) - new


def test_a_retried_commit_writes_the_same() -> None:
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([message("a", 1.0, START)]), NOW)
    assert partition.changes("w", NOW) == partition.changes("w", NOW)


def test_one_who_lost_the_partition_cannot_write() -> None:
    keys = Keys()
    old, new = Partition(domain(), keys.load(), {}), Partition(domain(), keys.load(), {})
    for partition in (new, old):
        partition.take(batch([message("a", 1.0, START)]), NOW)
    keys.commit(new.held, 1, new.changes("new", NOW))
    try:
        keys.commit(old.held, 1, old.changes("old", NOW))
    except Fenced:
        return
    raise AssertionError("the old owner wrote")


def test_what_is_bad_or_missing_stays_out_of_windows() -> None:
    partition = Partition(domain(), Keys().load(), {})
    sent = [
        message("a", 5.0, START),
        message("a", 500.0, START + 1),
        message("a", None, START + 2),
        message("a", 6.0, NOW + 61),
        message("a", 6.0, START + 3, quality="bad"),
        message("a", 7.0, START + 4, quality="suspect"),
    ]
    partition.take(batch(sent), NOW)
    assert window(partition, "a", 60, START)["n"] == 2
    assert window(partition, "a", 60, START)["sum"] == 12.0
    assert (partition.counters["bad"], partition.counters["missing"]) == (3, 1)
    assert partition.latest.rows["value"][0] == 7.0


def test_zero_is_a_value() -> None:
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([message("a", 0.0, START)]), NOW)
    assert window(partition, "a", 60, START)["n"] == 1
    assert partition.latest.rows["time"][0] == START


def test_what_cannot_be_understood_is_refused_and_the_rest_counts() -> None:
    partition = Partition(domain(), Keys().load(), {})
    good = message("a", 1.0, START)
    sent = [
        [good, {**good, "metric": "nonsense"}, {**good, "time": int((START + 1) * 1000)}],
        {**good, "unit": "km/h"},
        b"not json",
        None,
        {**good, "lon": 500.0, "lat": 1.0},
        {**good, "lon": 114.0},
        {**good, "time": START},
    ]
    partition.take(batch(sent), NOW)
    found = [(reject.offset, reject.index, reject.reason.partition(":")[0]) for reject in partition.rejects]
    assert found == [
        (2, None, "undecodable"),
        (3, None, "undecodable"),
        (0, 1, "unknown_metric"),
        (1, None, "incompatible_unit"),
        (4, None, "impossible_coordinate"),
        (5, None, "impossible_coordinate"),
        (6, None, "time_in_seconds"),
    ]
    assert partition.counters["readings"] == 2


def test_a_compatible_unit_is_converted() -> None:
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([message("a", 68.0, START, metric="temperature", unit="degF")]), NOW)
    assert abs(partition.latest.rows["value"][0] - 20.0) < 1e-9


def test_later_than_the_lateness_counts_only_as_late() -> None:
    partition = Partition(domain(lateness=3600.0), Keys().load(), {})
    partition.take(batch([message("a", 1.0, NOW - 3601), message("a", 2.0, NOW - 3599)]), NOW)
    assert partition.counters["late"] == 1
    assert sum(int(table.rows["n"].sum()) for table in partition.windows[300].tables.values()) == 1


def test_a_day_sent_again_counts_once() -> None:
    """A gateway that repeats its backlog: one reading a second, an hour and more ago, thinned since."""
    keys, partition = Keys(), Partition(domain(), Keys().load(), {})
    records = [message("a", i % 7, START + i) for i in range(900)]
    for turn, now in enumerate((START + 900, START + 1800, START + 9000, START + 9700, START + 9800)):
        resent = records if turn in (0, 4) else [message("b", 1.0, now)]
        partition.take(batch(resent, partition.offset or 0), now)
        keys.commit(partition.held, partition.offset or 0, partition.changes("w", now))
        partition.committed()
    counts = [int(window(partition, "a", 300, START + start)["n"]) for start in (0, 300, 600)]
    assert counts == [300, 300, 300]
    assert partition.counters["late"] == 900


def test_who_takes_over_does_not_thin_again() -> None:
    keys, partition = Keys(), Partition(domain(), Keys().load(), {})
    for minute in range(180):
        now = START + 60 * minute
        sent = batch([message("a", 1.0, now), message("b", 1.0, now), message("b", 2.0, now + 1)], partition.offset or 0)
        partition.take(sent, now)
        keys.commit(partition.held, sent.next_offset, partition.changes("w", now))
        partition.committed()
    again = Partition(domain(), keys.load(), {})
    changes = again.changes("x", now)
    assert changes.deleted == [] and "minutes" not in changes.fields
    again.take(batch([message("c", 1.0, START + 30)], 540), now)
    keys.commit(540, 541, again.changes("x", now))
    again = Partition(domain(), keys.load(), {})
    assert "raw:" + str(int(START // 60)) in again.changes("y", now + 900).deleted
    assert [len(again.minutes.held[int(START // 60)].of(again.series.index[sensor, "oxygen"]).key) for sensor in "abc"] == [1, 0, 1]


def test_a_backlog_fills_a_gap() -> None:
    partition = Partition(domain(), Keys().load(), {})
    now = START + 20_000
    partition.take(batch([message("a", 1.0, now)]), now)
    for first in range(0, 600, 50):
        partition.take(batch([message("a", 2.0, START + first + i) for i in range(50)], first + 1), now)
        partition.changes("w", now)
        partition.committed()
    assert int(window(partition, "a", 300, START)["n"]) == 300
    assert partition.latest.rows["value"][0] == 1.0


def test_a_condition_becomes_true_once_and_survives_a_restart() -> None:
    declared = domain([rule("low", "oxygen", "low", 4.0, deadband=0.5, on_delay=10.0)])
    keys, partition = Keys(), Partition(declared, Keys().load(), {})
    partition.take(batch([message("a", 3.0, START + i) for i in range(9)]), NOW)
    keys.commit(None, 9, partition.changes("w", NOW))
    assert "conditions" not in keys.hashes
    partition = Partition(declared, keys.load(), {})
    partition.take(batch([message("a", 3.0, START + 10)], 9), NOW)
    assert partition.watch.urgent
    keys.commit(9, 10, partition.changes("w", NOW))
    assert list(keys.hashes["conditions"]) == ["sea/low|sensor:a"]
    partition = Partition(declared, keys.load(), {})
    partition.take(batch([message("a", 4.4, START + 11), message("a", 4.6, START + 12)], 10), NOW)
    keys.commit(10, 12, partition.changes("w", NOW))
    assert keys.hashes["conditions"] == {}


def test_a_correction_in_a_minute_that_never_heard_the_sensor() -> None:
    """Found in the demo: one sensor's hour is corrected while a neighbouring minute holds only others."""
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([message("a", 1.0, START), message("b", 2.0, START + 60)]), NOW)
    partition.take(batch([message("a", 3.0, START)], 2), NOW)
    assert window(partition, "a", 300, START)["sum"] == 3.0


@pytest.mark.parametrize("time", (1e300, 1e30, 9.3e18, 8.64e15, START * 1000 + 700_000))
def test_a_time_however_far_ahead_is_a_wrong_clock(time: float) -> None:
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([{**message("a", 1.0, START), "time": time}, message("a", 2.0, START)]), NOW)
    assert (partition.counters["bad"], partition.counters["late"], partition.counters["rejects"]) == (1, 0, 0)
    row = partition.latest.rows[0]
    assert (row["value"], row["bad_value"]) == (2.0, 1.0) and NOW < row["bad_time"] <= 8.64e12


def placed(keys: Keys) -> dict[str, tuple[float, ...]]:
    return {sensor: tuple(float(part) for part in text.split(b",")) for sensor, text in keys.hashes.get("places", {}).items()}


def moved(keys: Keys, fixes: Sequence[tuple[str, float, float, float]], anew: bool = False) -> list[dict[str, tuple[float, ...]]]:
    """The stored places after each (sensor, second, lon, lat); with `anew` each is taken by a process that has just begun."""
    partition, seen = Partition(domain(), keys.load(), {}), []
    for sensor, second, lon, lat in fixes:
        if anew:
            partition = Partition(domain(), keys.load(), {})
        partition.take(batch([message(sensor, 1.0, START + second, lon=lon, lat=lat)], partition.offset or 0), NOW)
        keys.commit(partition.held, partition.offset or 0, partition.changes("w", NOW))
        partition.committed()
        seen.append(placed(keys))
    return seen


@pytest.mark.parametrize("anew", (False, True))
def test_the_newest_place_wins(anew: bool) -> None:
    fixes = [("a", 0, 114.0, 22.0), ("a", 90, 114.1, 22.1), ("a", 30, 114.05, 22.05), ("b", 30, 113.0, 21.0)]
    assert moved(Keys(), fixes, anew) == [
        {"a": (114.0, 22.0)},
        {"a": (114.1, 22.1)},
        {"a": (114.1, 22.1)},
        {"a": (114.1, 22.1), "b": (113.0, 21.0)},
    ]


def test_who_drives_is_placed_once_a_minute_and_who_stands_never_again() -> None:
    keys = Keys()
    driving = moved(keys, [("a", second, 114.0 + second / 1000, 22.0) for second in range(0, 300, 5)])
    assert len({tuple(found.items()) for found in driving}) == 5
    standing = moved(keys, [("b", second, 114.0 + second % 2 / 10_000, 22.0) for second in range(0, 300, 5)])
    assert {found["b"] for found in standing} == {(114.0, 22.0)}


def test_a_place_with_a_wrong_clock_does_not_stay_for_ever() -> None:
    keys = Keys()
    moved(keys, [("a", 0, 113.0, 22.0), ("a", 90_000_000, 114.0, 22.0)])
    assert placed(keys) == {"a": (114.0, 22.0)}
    partition = Partition(domain(), keys.load(), {})
    partition.take(batch([message("a", 1.0, NOW + 70, lon=115.0, lat=22.0)], 2), NOW + 70)
    keys.commit(2, 3, partition.changes("w", NOW + 70))
    assert placed(keys) == {"a": (115.0, 22.0)}


def test_a_record_of_very_many_bad_elements_is_told_in_few_refusals() -> None:
    partition = Partition(domain(), Keys().load(), {})
    partition.take(batch([b"[" + b"1," * 399_999 + b"1]", b"nonsense"]), NOW)
    assert partition.counters["rejects"] == 400_001
    assert [reject.index for reject in partition.rejects] == [*range(100), None, None]
    rest = partition.rejects[100]
    assert rest.reason.startswith("undecodable: 399900 elements from number 100 on, the first: Expected `object`")
    assert (rest.offset, len(rest.value)) == (0, 800_001)
    partition.take(batch([b"[" + b"1," * 99 + b"1]"] * 300, 2), NOW)
    assert 10_000 <= len(partition.rejects) < 10_600
    assert partition.counters["rejects"] == 430_001


def origins(partition: Partition) -> dict[str, int]:
    """By sensor, the origin of its newest reading."""
    return {sensor: int(partition.latest.rows["origin"][row]) for (sensor, _), row in partition.series.index.items()}


def test_each_series_has_the_origin_of_its_own_records() -> None:
    partition = Partition(domain(), Keys().load(), {})
    sent = [message("a", 1.0, START), message("b", 1.0, START), message("c", 1.0, START)]
    partition.take(batch([*sent, b"not json"], origins=["simulated", "live", "replay", "live"]), NOW)
    assert origins(partition) == {"a": 1, "b": 0, "c": 2}
    assert [reject.offset for reject in partition.rejects] == [3]
    assert partition.changes("w", NOW).meta["origin"] == 2
    assert (partition.counters["records"], partition.offset) == (4, 4)


def test_a_partition_is_as_artificial_as_what_it_heard_of_late() -> None:
    partition = Partition(domain(), Keys().load(), {})
    for offset, (sensor, second, origin) in enumerate((("a", 0, "simulated"), ("b", 1, "live"))):
        partition.take(batch([message(sensor, 1.0, START + second)], offset, origins=[origin]), NOW)
    assert partition.changes("w", NOW).meta["origin"] == 1
    partition.take(batch([message("a", 1.0, START + 2)], 2), NOW)
    assert (origins(partition), partition.changes("w", NOW).meta["origin"]) == ({"a": 0, "b": 0}, 0)
    partition.take(batch([message("c", 1.0, START + 3)], 3, origins=["simulated"]), NOW)
    partition.take(batch([message("a", 1.0, START + 3700)], 4), NOW + 3700)
    assert partition.changes("w", NOW + 3700).meta["origin"] == 0
