"""The accounts of the demo: one for each role, with a password that is new at every start, for the demo has a database of its own."""

from __future__ import annotations

import secrets

from callbacks.password import hashed
from model.person import ROLES, User
from store.database import connect, migrate
from store.people import People

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""
LENGTH = 10


def accounts(database: str) -> str:
    """Makes the tables of the database at that address and a user of each role, named as the role; their password."""
    password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    engine = connect(database)
    migrate(engine)
    people, hash = People(engine), hashed(password)
    for role in ROLES:
        people.add(User(name=role, display=role.title(), role=role), hash, "demo")
    engine.dispose()
    return password
