"""The life of one alarm: every row of the tables, and nothing beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from model.alarm import Absence, Acknowledgement, Alarm, EventKind, Shelf
from streams.life import OVERLAYS, STATES, TRANSITIONS, UNDER, Overlay, Position, after, annunciated, is_active, may, overlaid, position

KINDS: tuple[EventKind, ...] = get_args(EventKind)
POSITIONS: tuple[Position, ...] = get_args(Position)
SHELF = Shelf(who="Li", time=0.0, until=None, reason="works")
ABSENCE = Absence(who="Li", time=0.0, review=9.0, reason="works")
LAYERS: list[dict[str, Any]] = [{"shelf": SHELF}, {"suppressed": "feed"}, {"absence": ABSENCE}]
LAID: dict[str, dict[str, Any]] = {"shelved": LAYERS[0], "suppressed": LAYERS[1], "out_of_service": LAYERS[2]}
LIFTED: dict[str, dict[str, Any]] = {"unshelved": {"shelf": None}, "unsuppressed": {"suppressed": None}, "in_service": {"absence": None}}
NOTED = Acknowledgement(who="Wang", time=1.0)


def alarm(where: Position, **more: Any) -> Alarm:
    """An alarm in that position."""
    told = Alarm(
        id="sea/high|sensor:a",
        occurrence=3,
        rule="sea/high",
        subject="sensor:a",
        domain="sea",
        area="",
        priority="high",
        state=STATES[where],
        value=1.0,
        limit=1.0,
        raised=10.0,
        changed=10.0,
        announced=None if where.endswith("unannounced") else 10.0,
        latched=where.startswith("latched"),
        acknowledgement=NOTED if "acknowledged" in where.split() else None,
    )
    return replace(told, **more)


def told(kind: EventKind) -> dict[str, Any]:
    """What the event brings along."""
    return {**LAID, **LIFTED, "acknowledged": {"acknowledgement": NOTED}}.get(kind, {})


@pytest.mark.parametrize(("where", "kind"), TRANSITIONS, ids=lambda value: str(value))
def test_every_row_of_the_table(where: Position, kind: EventKind) -> None:
    before = alarm(where, **{name: LAID[laid][name] for laid, name in PAIRS if kind == LIFTS[laid]})
    assert position(before) == where
    assert position(after(before, kind, 20.0, **told(kind))) == TRANSITIONS[where, kind]


@pytest.mark.parametrize(
    ("where", "kind", "layer"),
    [(*row, layer) for row in UNDER for layer in LAYERS if layer.keys() != LIFTED.get(row[1], {}).keys()],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_every_row_under_an_overlay(where: Position, kind: EventKind, layer: dict[str, Any]) -> None:
    lifted = {name: LAID[laid][name] for laid, name in PAIRS if kind == LIFTS[laid]}
    changed = after(alarm(where, **{**layer, **lifted}), kind, 20.0, **told(kind))
    assert overlaid(changed) and position(changed) == UNDER[where, kind]
    assert not annunciated(alarm(where), changed, kind)


LIFTS: dict[str, EventKind] = {"shelved": "unshelved", "suppressed": "unsuppressed", "out_of_service": "in_service"}
PAIRS = (("shelved", "shelf"), ("suppressed", "suppressed"), ("out_of_service", "absence"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", POSITIONS)
def test_what_has_no_row_does_not_happen(where: Position, kind: EventKind) -> None:
    row = (where, kind) in TRANSITIONS and kind not in LIFTED
    assert may(alarm(where), kind) == (row or kind in LAID)
    if not row and kind not in LAID:
        with pytest.raises(KeyError):
            after(alarm(where), kind, 20.0, **told(kind))


@pytest.mark.parametrize("where", POSITIONS)
@pytest.mark.parametrize(("overlay", "kind"), OVERLAYS, ids=lambda value: str(value))
def test_overlays_are_laid_and_lifted_wherever_the_alarm_is(overlay: Overlay, kind: EventKind, where: Position) -> None:
    held = {name: LAID[laid][name] for laid, name in PAIRS if kind == LIFTS[laid]}
    changed = after(alarm(where, **held), kind, 20.0, **told(kind))
    assert overlaid(changed) == (kind in LAID)
    assert position(changed) == (where.replace("unannounced", "unacknowledged") if kind in LIFTED else where)
    with pytest.raises(KeyError):
        after(changed, kind, 30.0, **told(kind))


def test_an_overlay_event_must_lay_or_lift_what_it_says() -> None:
    with pytest.raises(KeyError):
        after(alarm("unacknowledged"), "shelved", 20.0)


def test_the_tables_name_every_position_and_lead_nowhere_else() -> None:
    assert {row[0] for row in TRANSITIONS} == set(POSITIONS) == set(STATES)
    assert {*TRANSITIONS.values(), *UNDER.values()} <= set(POSITIONS)
    assert UNDER.keys() <= TRANSITIONS.keys()
    assert {kind for _, kind in TRANSITIONS} | {kind for _, kind in OVERLAYS} <= set(KINDS)


def test_from_every_position_normal_is_reached() -> None:
    reached: set[Position] = {"normal"}
    while new := {row[0] for row, to in TRANSITIONS.items() if to in reached} - reached:
        reached |= new
    assert reached == set(POSITIONS)


def test_a_new_occurrence_is_numbered_and_nobody_has_acknowledged_it() -> None:
    held = alarm("acknowledged", count=4, escalated=True)
    worse = after(held, "worsened", 20.0, priority="critical")
    assert (worse.occurrence, worse.count, worse.acknowledgement, worse.escalated, worse.raised) == (4, 1, None, False, 20.0)
    assert worse.announced == 20.0 and worse.changed == 20.0


def test_a_repetition_is_counted_and_the_occurrence_stays() -> None:
    again = after(alarm("returned", returned=15.0), "repeated", 20.0)
    assert (again.occurrence, again.count, again.raised, again.announced, again.returned) == (3, 2, 10.0, 10.0, None)
    assert not annunciated(alarm("returned"), again, "repeated")


def test_a_re_alarm_is_the_same_occurrence_to_be_acknowledged_again() -> None:
    again = after(alarm("acknowledged"), "realarmed", 20.0)
    assert (again.occurrence, again.acknowledgement, again.announced) == (3, None, 20.0)
    assert annunciated(alarm("acknowledged"), again, "realarmed")


def test_a_re_alarm_may_escalate_again_from_where_it_is() -> None:
    again = after(alarm("acknowledged", priority="critical", escalated=True), "realarmed", 20.0)
    assert (again.priority, again.escalated) == ("critical", False)


def test_an_update_changes_what_is_said_and_nothing_else() -> None:
    held = alarm("acknowledged")
    assert after(held, "updated", 20.0, area="town") == replace(held, area="town")
    assert not annunciated(held, after(held, "updated", 20.0), "updated")


def test_who_waits_is_called_from_when_nothing_lies_over_it() -> None:
    lifted = after(alarm("unacknowledged", shelf=SHELF), "unshelved", 20.0, shelf=None)
    assert lifted.announced == 20.0 and not annunciated(alarm("unacknowledged", shelf=SHELF), lifted, "unshelved")


def test_what_nobody_was_told_of_is_told_when_the_overlay_ends() -> None:
    hidden = alarm("unannounced", suppressed="feed")
    told_now = after(hidden, "unsuppressed", 20.0, suppressed=None)
    assert position(told_now) == "unacknowledged" and annunciated(hidden, told_now, "unsuppressed")


def test_a_latched_alarm_is_not_active() -> None:
    assert is_active(alarm("acknowledged")) and is_active(alarm("unannounced"))
    assert not any(is_active(alarm(where)) for where in POSITIONS if where in ("normal", "returned") or where.startswith("latched"))
