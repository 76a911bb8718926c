"""Passwords: Argon2id, with the parameters that its library recommends (RFC 9106, low memory: 64 MiB, three passes, four lanes)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """What is stored of a password. Takes a tenth of a second."""
    return _hasher.hash(password)


def matches(hash: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed; with no hash as well it takes as long as with one."""
    try:
        return _hasher.verify(hash or _nobodys(), password) and hash is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(hash: str) -> bool:
    """Whether the hash was made when hashing was cheaper."""
    return _hasher.check_needs_rehash(hash)


@cache
def _nobodys() -> str:
    return hashed("")
