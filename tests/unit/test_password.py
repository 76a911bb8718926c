"""Passwords are hashed with Argon2id as its library recommends."""

from __future__ import annotations

from callbacks import password
from tests.door import cheap


def test_a_password_matches_its_own_hash_only() -> None:
    hash = password.hashed("correct horse")
    assert hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert password.matches(hash, "correct horse") and not password.matches(hash, "correct horsf")
    assert hash != password.hashed("correct horse")


def test_nobody_has_no_password_not_even_an_empty_one() -> None:
    assert not password.matches(None, "") and not password.matches(None, "x") and not password.matches("not a hash", "x")


def test_a_cheap_hash_is_outdated() -> None:
    assert password.outdated(cheap("x")) and not password.outdated(password.hashed("x"))
