"""When a mailbox is written to."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from streams.fold import Fold, Step, step


def steps(looks: Sequence[tuple[float, int]]) -> list[tuple[Step, int]]:
    """What is done at each look (time, how many came then), and how many were held when it was done."""
    fold, done = Fold(), []
    for now, came in looks:
        held = fold.held
        fold, what = step(fold, [now] * came, now)
        done.append((what, held))
    return done


def test_what_came_since_the_last_look_is_one_letter() -> None:
    assert steps([(0, 0), (15, 3), (30, 0), (45, 1)]) == [("nothing", 0), ("letter", 0), ("nothing", 0), ("letter", 0)]


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are() -> None:
    assert steps([(0, 10), (15, 1)]) == [("letter", 0), ("flood", 0)]
    assert steps([(0, 10), (600, 1)]) == [("letter", 0), ("letter", 0)]


def test_a_flood_has_one_letter_and_the_next_one_says_what_was_held() -> None:
    looks = [(0, 11), *((15.0 * n, 2) for n in range(1, 40)), (1200, 0), (1800, 1)]
    done = steps(looks)
    assert [what for what, _ in done].count("flood") == 1 and [what for what, _ in done].count("letter") == 1
    assert done[-1] == ("letter", 78)


def test_a_flood_lasts_while_five_come_in_ten_minutes() -> None:
    assert [what for what, _ in steps([(0, 11), (599, 4), (601, 1), (1100, 0), (1198, 0), (1202, 0)])] == [
        "flood", "held", "held", "held", "held", "nothing",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.floats(1, 400), st.integers(0, 15)), max_size=60))
def test_nothing_is_lost_from_the_count_and_a_flood_is_told_once(looks: list[tuple[float, int]]) -> None:
    fold, now, told, flooding = Fold(), 0.0, 0, False
    for seconds, came in looks:
        now += seconds
        before = fold.held
        fold, what = step(fold, [now] * came, now)
        assert what != "flood" or not flooding
        flooding = fold.flood is not None
        told += came + before if what in ("letter", "flood") else 0
        assert what != "nothing" or came == 0
    assert told + fold.held == sum(came for _, came in looks)
