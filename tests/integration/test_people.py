"""Users, sessions and tokens: what is kept of a secret, who may still come in, and what the audit log has of every change."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from model.person import Session, User
from store import schema
from store.audit import Audit
from store.database import DatabaseAway, connect, reading, writing
from store.people import People, Taken, Unknown, digest
from store.token import Tokens

LI = User(name="li", display="李梅", role="supervisor", language="zh")
SECRET = "a-long-and-random-secret"


class Wall:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def people(engine: Engine, wall: Wall) -> People:
    """With one user, li."""
    people = People(engine, wall)
    people.add(LI, "$argon2id$li", by="admin")
    return people


@pytest.fixture
def tokens(engine: Engine, people: People, wall: Wall) -> Tokens:
    return Tokens(engine, wall)


def acts(engine: Engine) -> list[tuple[str, str, str]]:
    """What the audit log has, oldest first."""
    assert Audit(engine).verify().broken is None
    return [(entry.actor, entry.action, entry.subject) for entry in reversed(Audit(engine).entries())]


def everything(engine: Engine) -> str:
    """Every value of every table."""
    with reading(engine) as connection:
        return repr([tuple(row) for table in schema.metadata.sorted_tables for row in connection.execute(select(table))])


# Users


def test_a_user_is_kept_with_the_hash_apart(people: People) -> None:
    assert people.user("li") == LI
    assert people.users() == [LI]
    assert people.password("li") == "$argon2id$li"
    assert people.user("nobody") is None and people.password("nobody") is None


def test_a_name_is_given_once(engine: Engine, people: People) -> None:
    with pytest.raises(Taken):
        people.add(replace(LI, role="admin"), "other", by="x")
    assert people.user("li") == LI and people.password("li") == "$argon2id$li"
    assert acts(engine) == [("admin", "user.add", "user:li")]


def test_of_two_who_take_a_name_at_once_one_gets_it(database: str, engine: Engine) -> None:
    got: list[str] = []

    def take(display: str) -> None:
        mine = connect(database, patience=30.0)
        try:
            People(mine).add(replace(LI, display=display), "h", by=display)
            got.append(display)
        except Taken:
            pass
        finally:
            mine.dispose()

    threads = [threading.Thread(target=take, args=(f"d{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [user.display for user in People(engine).users()] == got and len(got) == 1
    assert len(acts(engine)) == 1


@pytest.mark.parametrize("name", ["", "Li", "李", "a b", "-a", "a" * 65, "a\0", "a/b", "a\n"])
def test_a_name_that_could_be_taken_for_another_is_refused(people: People, name: str) -> None:
    with pytest.raises(ValueError):
        people.add(replace(LI, name=name), "h", by="x")
    assert people.users() == [LI]


def test_a_user_is_changed_and_the_name_and_password_stay(engine: Engine, people: People) -> None:
    changed = replace(LI, role="manager", display="Li", identity="https://id|7")
    people.change(changed, by="admin")
    assert people.user("li") == changed == people.by_identity("https://id|7")
    assert people.password("li") == "$argon2id$li" and people.by_identity("https://id|8") is None
    assert acts(engine)[-1] == ("admin", "user.change", "user:li")


def test_an_identity_belongs_to_one(engine: Engine, people: People) -> None:
    people.add(replace(LI, name="wang", identity="i"), "", by="x")
    before = acts(engine)
    with pytest.raises(Taken):
        people.change(replace(LI, identity="i"), by="x")
    with pytest.raises(Taken):
        people.add(replace(LI, name="zhao", identity="i"), "", by="x")
    people.change(replace(LI, name="wang", identity="i", display="W"), by="x")
    assert acts(engine) == [*before, ("x", "user.change", "user:wang")]


def test_nobody_is_changed_by_mistake(engine: Engine, people: People) -> None:
    before = acts(engine)
    with pytest.raises(Unknown):
        people.change(replace(LI, name="nobody"), by="x")
    with pytest.raises(Unknown):
        people.set_password("nobody", "h", by="x")
    with pytest.raises(Unknown):
        people.disable("nobody", True, by="x")
    with pytest.raises(Unknown):
        people.open("id", "nobody")
    assert acts(engine) == before


def test_a_disabled_user_has_no_password_and_no_session(engine: Engine, people: People) -> None:
    people.open("one", "li")
    people.disable("li", True, by="admin")
    assert people.password("li") is None and people.session("one") is None
    with pytest.raises(Unknown):
        people.open("two", "li")
    people.disable("li", False, by="admin")
    people.open("three", "li")
    assert people.password("li") == "$argon2id$li"
    assert [action for _, action, _ in acts(engine)] == ["user.add", "user.disable", "user.enable"]


def test_a_user_without_a_password_has_none(people: People) -> None:
    people.add(replace(LI, name="oidc"), "", by="x")
    assert people.password("oidc") is None


def test_another_password_signs_out_everywhere(engine: Engine, people: People) -> None:
    people.add(replace(LI, name="wang"), "h", by="x")
    people.open("one", "li")
    people.open("two", "wang")
    people.set_password("li", "$argon2id$new", by="li")
    assert (people.password("li"), people.session("one")) == ("$argon2id$new", None)
    assert people.session("two") is not None
    assert acts(engine)[-1] == ("li", "user.password", "user:li")


def test_a_dearer_hash_never_undoes_another_password(people: People) -> None:
    people.open("one", "li")
    people.rehash("li", "$argon2id$li", "$argon2id$dear")
    assert people.password("li") == "$argon2id$dear" and people.session("one") is not None
    people.set_password("li", "$argon2id$new", by="li")
    people.rehash("li", "$argon2id$dear", "$argon2id$dearer")
    assert people.password("li") == "$argon2id$new"


# Sessions


def test_a_session_is_opened_used_and_closed(people: People, wall: Wall) -> None:
    people.open(SECRET, "li")
    assert people.session(SECRET) == Session(user="li", created=5000.0, seen=5000.0)
    wall.now = 5060.0
    people.seen(SECRET)
    assert people.session(SECRET) == Session(user="li", created=5000.0, seen=5060.0)
    people.close(SECRET)
    assert people.session(SECRET) is None
    people.close(SECRET)
    people.seen(SECRET)


def test_a_session_opened_again_is_the_same(people: People, wall: Wall) -> None:
    people.open(SECRET, "li")
    wall.now = 6000.0
    people.open(SECRET, "li")
    assert people.session(SECRET) == Session(user="li", created=5000.0, seen=5000.0)


def test_a_person_is_signed_out_everywhere_and_others_are_not(people: People) -> None:
    people.add(replace(LI, name="wang"), "h", by="x")
    for id, name in (("one", "li"), ("two", "li"), ("three", "wang")):
        people.open(id, name)
    people.set_password("li", "another", by="x")
    assert [people.session(id) is None for id in ("one", "two", "three")] == [True, True, False]


def test_old_and_unused_sessions_are_forgotten(people: People, wall: Wall) -> None:
    for id, opened, used in (("old", 1000.0, 9000.0), ("idle", 5000.0, 6000.0), ("good", 5000.0, 9000.0)):
        wall.now = opened
        people.open(id, "li")
        wall.now = used
        people.seen(id)
    assert people.forget(created=2000.0, seen=8000.0) == 2
    assert [people.session(id) is None for id in ("old", "idle", "good")] == [True, True, False]


def test_nobody_signs_in_while_being_disabled(engine: Engine, database: str, people: People) -> None:
    """Else the new session would outlive the moment in which all their sessions end."""
    other = connect(database, patience=0.2)
    with writing(engine) as connection:
        connection.execute(update(schema.user).where(schema.user.c.name == "li").values(disabled=True))
        with pytest.raises(DatabaseAway):
            People(other).open(SECRET, "li")
    with pytest.raises(Unknown):
        People(other).open(SECRET, "li")
    other.dispose()


# Tokens


def test_a_token_is_found_by_its_secret_alone(tokens: Tokens) -> None:
    made = tokens.grant(SECRET, "alertmanager", "li", ["hooks", "read"], expires=6000.0, by="admin")
    assert tokens.find(SECRET) == made == tokens.tokens()[0]
    assert made.scopes == ("hooks", "read") and made.created == 5000.0
    assert tokens.find(made.id) is None and tokens.find("") is None


def test_a_token_ends(tokens: Tokens, wall: Wall) -> None:
    tokens.grant(SECRET, "x", "li", [], expires=6000.0, by="admin")
    wall.now = 5999.9
    assert tokens.find(SECRET) is not None
    wall.now = 6000.0
    assert tokens.find(SECRET) is None


def test_a_revoked_token_stays_listed_and_revoked_since_the_first_time(engine: Engine, tokens: Tokens, wall: Wall) -> None:
    made = tokens.grant(SECRET, "x", "li", [], expires=9000.0, by="admin")
    wall.now = 5100.0
    tokens.revoke(made.id, by="li")
    wall.now = 5200.0
    tokens.revoke(made.id, by="li")
    assert tokens.find(SECRET) is None
    assert [token.revoked for token in tokens.tokens()] == [5100.0]
    assert acts(engine)[1:] == [("admin", "token.add", f"token:{made.id}"), *[("li", "token.revoke", f"token:{made.id}")] * 2]


def test_a_token_dies_with_its_owner(people: People, tokens: Tokens) -> None:
    tokens.grant(SECRET, "x", "li", [], expires=9000.0, by="admin")
    people.disable("li", True, by="admin")
    assert tokens.find(SECRET) is None


def test_a_token_has_an_owner_and_a_secret_of_its_own(engine: Engine, tokens: Tokens) -> None:
    tokens.grant(SECRET, "x", "li", [], expires=9000.0, by="admin")
    before = acts(engine)
    with pytest.raises(Unknown):
        tokens.grant("another", "x", "nobody", [], expires=9000.0, by="admin")
    with pytest.raises(Taken):
        tokens.grant(SECRET, "y", "li", ["all"], expires=9999.0, by="admin")
    with pytest.raises(Unknown):
        tokens.revoke("nothing", by="admin")
    assert acts(engine) == before and len(tokens.tokens()) == 1


def test_no_secret_is_written_anywhere(engine: Engine, people: People, tokens: Tokens) -> None:
    people.open("session-" + SECRET, "li")
    tokens.grant("token-" + SECRET, "x", "li", [], expires=9000.0, by="admin")
    people.set_password("li", "$argon2id$of-the-password", by="li")
    written = everything(engine)
    assert SECRET not in written
    assert digest("token-" + SECRET) in written
    assert written.count("of-the-password") == 1  # not in the audit log


@pytest.mark.parametrize("words", ["\0", "\ud800", "x" * 5000, "' OR 1=1 --", "%"])
def test_hostile_words_find_nobody_and_break_nothing(people: People, tokens: Tokens, words: str) -> None:
    found: list[Any] = [people.user(words), people.password(words), people.by_identity(words), people.session(words), tokens.find(words)]
    assert found == [None] * 5
    people.change(replace(LI, display=words), by=words)
    assert len(people.users()) == 1
