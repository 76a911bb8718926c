"""Names of the history's files and the rule of which of them count."""

from __future__ import annotations

import random

from store.stretch import KINDS, Stretch, parse, resume, standing


def of(first: int, following: int, kind: str = "last", partition: int = 0, topic: str = "city.sea") -> Stretch:
    return Stretch(topic, partition, first, following, kind)


def test_a_name_tells_the_stretch() -> None:
    for topic in ("city.sea", "a-b-3", "x_1"):
        for kind in KINDS:
            one = of(7, 12_345, kind, 11, topic)
            assert parse(one.name) == one


def test_names_of_others_are_none() -> None:
    for name in ("x.parquet", "city.sea-0-1-2-last.txt", "city.sea-0-a-2-last.parquet", "city.sea-0-1-2-half.parquet", ""):
        assert parse(name) is None


def test_names_sort_by_what_was_written_later() -> None:
    assert of(9, 10).name < of(10, 11).name < of(1_000, 1_001).name


def test_what_lies_within_another_does_not_count() -> None:
    whole = of(0, 30, "whole")
    assert standing([of(0, 10), of(10, 20, "part"), whole, of(30, 40)]) == [whole, of(30, 40)]


def test_partitions_and_topics_do_not_hold_each_other() -> None:
    found = [of(0, 30, "whole"), of(0, 10, partition=1), of(0, 10, topic="city.air")]
    assert set(standing(found)) == set(found)


def test_of_one_stretch_the_merged_file_counts() -> None:
    assert standing([of(0, 10, kind) for kind in KINDS]) == [of(0, 10, "whole")]


def test_what_stands_covers_everything_and_holds_nothing_of_what_stands() -> None:
    source = random.Random(1)
    for _ in range(200):
        found = []
        for _ in range(12):
            first = source.randrange(40)
            found.append(of(first, first + source.randrange(1, 20), source.choice(KINDS)))
        kept = standing(found)
        assert all(any(one.holds(other) for one in kept) for other in found)
        assert not any(one.holds(other) for one in kept for other in kept if one is not other)


def test_reading_goes_on_after_the_last_stretch_that_is_whole() -> None:
    assert resume([]) is None
    assert resume([of(0, 10), of(10, 20, "part")]) == 10
    assert resume([of(0, 10), of(10, 20, "part"), of(10, 20)]) == 20
    assert resume([of(0, 50, "whole"), of(50, 60, "part")]) == 50
