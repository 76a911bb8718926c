"""How a new writer of alarms begins."""

from __future__ import annotations

from typing import Any, cast

from model.alarm import Event
from store.journal import Journal
from streams.resume import from_journal
from streams.rulebook import Rulebook
from tests.unit.city import START
from tests.unit.story import site


class Kept:
    """A journal in which alarms called at these times."""

    def __init__(self, *times: float) -> None:
        self._times = times

    def load(self) -> Any:
        return [], {}

    def handed_over(self) -> dict[str, str]:
        return {}

    def search(self, kinds: Any, **more: Any) -> list[Event]:
        told = enumerate(self._times) if "raised" in kinds else ()
        return [
            Event(kind="raised", alarm=f"a{i}", occurrence=1, time=time, source=f"s{i}", area="bay", annunciated=True) for i, time in told
        ]


def test_calls_of_the_future_do_not_blind_the_next_writer() -> None:
    journal = cast(Journal, Kept(*(START - 20 * i for i in range(10)), START + 590))
    core, _ = from_journal(journal, Rulebook({}, site()), START)
    assert core.floods.came("sea", START, "a") is not None
