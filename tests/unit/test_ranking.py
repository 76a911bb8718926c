"""The order of alarms that is kept from look to look is the one that would be made anew, whatever came, went and changed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from model import WORSE, Condition
from model.alarm import Alarm
from streams.partition import encode
from streams.ranking import Ranking
from tests.unit.city import START, ranked
from tests.unit.test_entry import SEEN, SHELF, alarm, true

SUBJECTS = [f"sensor:{name}" for name in "abcd"]
STATES = ("unacknowledged", "acknowledged", "returned", "normal")

alarms = st.builds(
    lambda subject, state, priority, raised, laid: alarm(
        "low", subject, state=state, priority=priority, raised=START + raised, shelf=SHELF if laid else None,
        acknowledgement=SEEN if state == "acknowledged" else None,
    ),
    st.sampled_from(SUBJECTS), st.sampled_from(STATES), st.sampled_from(("critical", "high", "low")), st.integers(0, 3), st.booleans(),
)  # fmt: skip
conditions = st.builds(
    lambda subject, worse, value: true("low" + WORSE * worse, subject, value=value, priority="critical" if worse else "high"),
    st.sampled_from(SUBJECTS), st.booleans(), st.integers(0, 2),
)  # fmt: skip
looks = st.tuples(st.lists(alarms, max_size=4), st.lists(conditions, max_size=5), st.lists(conditions, max_size=3))


def by_name(found: list[Condition]) -> dict[str, Condition]:
    return {f"{each.rule}|{each.subject}": each for each in found}


@given(st.lists(looks, max_size=6), st.booleans())
def test_what_is_kept_is_what_would_be_made_anew(told: list[tuple[list[Alarm], list[Condition], list[Condition]]], whole: bool) -> None:
    kept, before = Ranking(), dict[str, Alarm]()
    for board, stored, judged in told:
        now = {each.id: each for each in board}
        if whole:
            kept.board(now)
        else:
            kept.changed(now.values(), before.keys() - now.keys())
        before = now
        there, here = by_name(stored), {name: each for name, each in by_name(judged).items() if name not in by_name(stored)}
        kept.stored({"sea.0": [encode(each) for each in there.values()]})
        kept.judged({name: replace(each) for name, each in here.items()})
        kept.settle()
        fresh = ranked(board, [*there.values(), *here.values()])
        assert list(kept) == list(fresh) and kept.counts() == fresh.counts()
        assert kept.sensors("sea") == fresh.sensors("sea") and kept.total("sea") == fresh.total()
        assert [kept.of(subject) for subject in SUBJECTS] == [fresh.of(subject) for subject in SUBJECTS]


def test_a_value_that_changes_changes_no_mark_and_a_state_does() -> None:
    kept = ranked([alarm()], [true(value=1.0)])
    before = kept.version
    kept.stored({"sea.0": [encode(true(value=2.0))]})
    assert kept.settle().version == before and next(iter(kept)).condition == true(value=2.0)
    kept.changed([alarm(state="acknowledged", acknowledgement=SEEN)])
    assert kept.settle().version != before


def test_the_conditions_of_a_partition_that_is_gone_are_gone() -> None:
    kept = ranked((), [true()])
    kept.stored({})
    assert kept.settle().total() == 0


def test_an_unkept_condition_calls_within_the_hours_of_its_rule() -> None:
    hours = [False]
    kept = ranked((), [true()], lambda rule: hours[0])
    assert kept.total() == 0
    hours[0] = True
    assert kept.settle().total() == 1
    kept.changed([alarm()])
    hours[0] = False
    assert kept.settle().total() == 1, "what is kept is suppressed by who keeps it"
