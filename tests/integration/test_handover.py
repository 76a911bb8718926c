"""Packs: made once, signed by two different people, changed by nobody; on both databases."""

from __future__ import annotations

import hashlib
import json

import pytest
import sqlalchemy
from sqlalchemy import Engine, delete, text, update

from model.person import User
from store import schema
from store.audit import Audit
from store.database import writing
from store.handover import Altered, Handovers, Same, Signed, Superseded, canonical, sha256
from store.people import People, Unknown, digest

LI, WANG, ZHAO = (User(name=name, display=name.title(), role="operator") for name in ("li", "wang", "zhao"))
SAID = {"made": 990.5, "notes": "看好 2 号泵", "desk": {"id": "sea"}}


@pytest.fixture
def people(engine: Engine) -> People:
    people = People(engine, lambda: 1000.0)
    for user in (LI, WANG, ZHAO):
        people.add(user, "hash", "test")
    return people


@pytest.fixture
def packs(engine: Engine, people: People) -> Handovers:
    return Handovers(engine, lambda: 1000.0)


def seats(engine: Engine) -> dict[str, str | None]:
    with writing(engine) as connection:
        return {row.hash: row.desk for row in connection.execute(sqlalchemy.select(schema.session.c.hash, schema.session.c.desk))}


def test_a_pack_is_frozen_and_signed_by_who_makes_it(packs: Handovers) -> None:
    made = packs.make("a", "sea", SAID, LI)
    assert made.document == SAID and made.text == canonical(SAID) and made.intact and made.newest
    assert made.sha256 == hashlib.sha256(canonical(SAID).encode()).hexdigest()
    assert [(each.part, each.person, each.how) for each in made.signatures] == [("outgoing", "li", "session")]
    assert packs.make("a", "sea", {"made": 1}, LI) == made == packs.find("a")
    assert packs.last("sea") is None


def test_with_the_second_signature_the_seat_passes_and_the_next_pack_begins_there(engine: Engine, packs: Handovers, people: People) -> None:
    for id, name in (("s-li", "li"), ("s-li-2", "li"), ("s-zhao", "zhao"), ("s-wang", "wang")):
        people.open(id, name)
    for id in ("s-li", "s-zhao"):
        people.sit(id, "sea", "x", {})
    people.sit("s-li-2", "land", "li", {})
    packs.make("a", "sea", SAID, LI)
    signed, left = packs.sign("a", WANG, "session", "s-wang")
    assert [(each.part, each.person) for each in signed.signatures] == [("outgoing", "li"), ("incoming", "wang")] and signed.intact
    assert left == [digest("s-li")]
    assert seats(engine) == {digest("s-li"): None, digest("s-li-2"): "land", digest("s-zhao"): "sea", digest("s-wang"): "sea"}
    assert packs.last("sea") == signed


def test_who_leaves_cannot_take_over_and_nobody_signs_twice(packs: Handovers) -> None:
    packs.make("a", "sea", SAID, LI)
    with pytest.raises(Same):
        packs.sign("a", LI, "password")
    packs.sign("a", WANG, "password")
    with pytest.raises(Signed, match="wang"):
        packs.sign("a", ZHAO, "password")
    with pytest.raises(Unknown):
        packs.sign("none", ZHAO, "password")


def test_only_the_newest_pack_of_a_desk_is_signed(packs: Handovers) -> None:
    packs.make("a", "sea", SAID, LI)
    packs.make("b", "land", SAID, LI)
    packs.make("c", "sea", SAID, ZHAO)
    with pytest.raises(Superseded):
        packs.sign("a", WANG, "password")
    packs.sign("b", WANG, "password")
    packs.sign("c", WANG, "password")
    assert [(each.id, each.newest) for each in packs.packs()] == [("c", True), ("b", True), ("a", False)]
    assert [each.id for each in packs.packs("sea", before=3)] == ["a"]


@pytest.mark.parametrize("table", [schema.handover, schema.signature], ids=lambda table: table.name)
def test_what_was_signed_is_neither_changed_nor_taken_out(engine: Engine, packs: Handovers, table: sqlalchemy.Table) -> None:
    packs.make("a", "sea", SAID, LI)
    for change in (update(table).values(sha256="0"), delete(table)):
        with pytest.raises(sqlalchemy.exc.IntegrityError), writing(engine) as connection:
            connection.execute(change)
    found = packs.find("a")
    assert found is not None and found.intact


def test_who_gets_past_the_triggers_is_found_and_the_pack_is_not_signed(engine: Engine, packs: Handovers) -> None:
    packs.make("a", "sea", SAID, LI)
    with writing(engine) as connection:
        on = "" if engine.dialect.name == "sqlite" else " ON handover"
        connection.execute(text(f"DROP TRIGGER handover_UPDATE{on}"))
        connection.execute(update(schema.handover).values(text=canonical({**SAID, "notes": "all is well"})))
    found = packs.find("a")
    assert found is not None and not found.intact and found.document == {}
    with pytest.raises(Altered):
        packs.sign("a", WANG, "password")


def forged(engine: Engine, table: sqlalchemy.Table, **change: object) -> None:
    """Somebody with the run of the database takes the triggers away and writes what they like, with hashes that fit."""
    with writing(engine) as connection:
        on = "" if engine.dialect.name == "sqlite" else f" ON {table.name}"
        connection.execute(text(f"DROP TRIGGER {table.name}_UPDATE{on}"))
        connection.execute(update(table).values(**change))


ELSE = canonical({**SAID, "notes": "all is well"})
FORGED = [
    [(schema.handover, {"text": ELSE, "sha256": sha256(ELSE)}), (schema.signature, {"sha256": sha256(ELSE)})],
    [(schema.handover, {"desk": "land"})],
    [(schema.handover, {"author": "zhao"})],
    [(schema.handover, {"time": 990.0})],
    [(schema.signature, {"display": "Zhao"})],
    [(schema.signature, {"time": 990.0})],
    [(schema.signature, {"how": "password"})],
]


@pytest.mark.parametrize("changes", FORGED, ids=lambda changes: "-".join(f"{table.name}.{'.'.join(change)}" for table, change in changes))
def test_a_forged_pack_or_signature_is_found_by_the_audit_log(
    engine: Engine, packs: Handovers, changes: list[tuple[sqlalchemy.Table, dict[str, object]]]
) -> None:
    packs.make("a", "sea", SAID, LI)
    assert packs.altered() == []
    for table, change in changes:
        forged(engine, table, **change)
    found = packs.find("a")
    assert found is not None and not found.intact and found.document == {} and packs.altered() == ["a"]
    with pytest.raises(Altered):
        packs.sign("a", WANG, "password")


def test_a_signature_that_was_put_in_or_taken_out_is_found_and_so_is_a_pack(engine: Engine, packs: Handovers) -> None:
    for id in ("a", "b", "c"):
        packs.make(id, id, SAID, LI)
    packs.sign("b", WANG, "password")
    sealed = {"time": 1.0, "sha256": sha256(canonical(SAID))}
    fake = {"handover": 1, "part": "incoming", "person": "zhao", "display": "Zhao", "how": "session", **sealed}
    with writing(engine) as connection:
        for name in ("signature", "handover"):
            connection.execute(text(f"DROP TRIGGER {name}_DELETE" + ("" if engine.dialect.name == "sqlite" else f" ON {name}")))
        connection.execute(sqlalchemy.insert(schema.signature).values(fake))
        connection.execute(delete(schema.signature).where(schema.signature.c.handover == 2, schema.signature.c.part == "incoming"))
        connection.execute(delete(schema.signature).where(schema.signature.c.handover == 3))
        connection.execute(delete(schema.handover).where(schema.handover.c.seq == 3))
    assert packs.altered() == ["a", "b", "c"] and [pack.intact for pack in packs.packs()] == [False, False]


def test_both_acts_stand_in_the_audit_log_with_the_hash_and_what_was_refused_does_not(engine: Engine, packs: Handovers) -> None:
    made = packs.make("a", "sea", SAID, LI)
    with pytest.raises(Same):
        packs.sign("a", LI, "password")
    packs.sign("a", WANG, "password")
    signed, first = Audit(engine).entries(limit=2)
    assert [(each.actor, each.action, each.subject) for each in (first, signed)] == [
        ("li", "handover.make", "handover:a"),
        ("wang", "handover.sign", "handover:a"),
    ]
    told = {"desk": "sea", "part": "outgoing", "person": "li", "display": "Li", "how": "session", "time": 1000.0, "sha256": made.sha256}
    assert json.loads(first.detail) == told
    assert json.loads(signed.detail)["how"] == "password" and Audit(engine).verify().broken is None


def test_hostile_text_keeps_its_hash(packs: Handovers) -> None:
    made = packs.make("a", "sea", {"notes": "a\0b\ud800 \u202e <script> 😀"}, LI)
    assert made.intact and "<script>" in made.document["notes"]
