"""A stream goes on while its viewer stands, and ends soon after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator

import pytest

from callbacks.tenure import Tenure
from model.person import Visitor
from store.database import DatabaseAway

PATIENCE = 90.0
LI, WANG = (Visitor(kind="person", name=name, display=name, role="viewer", credential=name) for name in ("li", "wang"))


class Doors:
    """Says who stands, and how often it was asked."""

    def __init__(self) -> None:
        self.standing: set[Visitor] = {LI, WANG}
        self.fault: Exception | None = None
        self.asked = threading.Semaphore(0)

    def __call__(self, visitors: Collection[Visitor]) -> set[Visitor]:
        self.asked.release()
        if self.fault:
            raise self.fault
        return self.standing & set(visitors)

    def wait(self, times: int) -> None:
        """Returns when it has been asked so many times more."""
        while self.asked.acquire(blocking=False):
            pass
        for _ in range(times):
            assert self.asked.acquire(timeout=PATIENCE)


def body(still: Callable[[], bool]) -> Iterator[bytes]:
    while still():
        yield b"x"


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def tenure(doors: Doors) -> Tenure:
    return Tenure(doors, period=0.01)


def test_a_stream_ends_when_its_viewer_is_signed_out_and_others_go_on(doors: Doors, tenure: Tenure) -> None:
    mine, also_mine, other = (tenure.stream(each, body) for each in (LI, LI, WANG))
    assert [next(each) for each in (mine, also_mine, other)] == [b"x"] * 3
    doors.standing = {WANG}
    doors.wait(2)
    assert [list(mine), list(also_mine)] == [[], []]
    assert next(other) == b"x"
    other.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [DatabaseAway("away"), ValueError("a mistake of ours")])
def test_while_nobody_can_say_streams_go_on_and_are_asked_for_again(doors: Doors, tenure: Tenure, fault: Exception) -> None:
    stream = tenure.stream(LI, body)
    next(stream)
    doors.fault, doors.standing = fault, set()
    doors.wait(3)
    assert next(stream) == b"x"
    doors.fault = None
    doors.wait(2)
    assert list(stream) == []


def test_who_comes_again_after_the_end_is_asked_for_anew(doors: Doors, tenure: Tenure) -> None:
    first = tenure.stream(LI, body)
    next(first)
    doors.standing = set()
    doors.wait(2)
    assert list(first) == []
    doors.standing = {LI}
    second = tenure.stream(LI, body)
    next(second)
    doors.wait(2)
    assert next(second) == b"x"
    second.close()  # type: ignore[attr-defined]


def test_nobody_is_asked_for_while_nobody_looks(doors: Doors, tenure: Tenure) -> None:
    stream = tenure.stream(LI, body)
    next(stream)
    doors.wait(1)
    stream.close()  # type: ignore[attr-defined]
    watches = [thread for thread in threading.enumerate() if thread.name == "tenure"]
    for watch in watches:
        watch.join(PATIENCE)
    assert not any(watch.is_alive() for watch in watches)
