"""Who may: roles, scopes and screens against the rows of the table, and which addresses lead elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from callbacks.guard import local
from callbacks.rights import PAGES, PUBLIC, Right, may, may_open
from model.person import ROLES, Role, Visitor


def visitor(**told: Any) -> Visitor:
    return Visitor(**{"kind": "person", "name": "li", "display": "Li", "role": "viewer", "credential": "x", **told})


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_includes_those_before_it(role: Role, least: Role) -> None:
    assert may(visitor(role=role), Right(least)) == (ROLES.index(role) >= ROLES.index(least))


def test_nobody_is_let_in_where_nobody_may_and_everybody_where_anybody_may() -> None:
    everybody = [None, visitor(role="admin"), visitor(kind="program", role="admin", scopes=("read",)), visitor(kind="screen", screen="w")]
    assert [may(each, Right("nobody", "read", screen=True)) for each in everybody] == [False] * 4
    assert [may(each, PUBLIC) for each in everybody] == [True] * 4
    assert may(None, Right("viewer", "read", screen=True)) is False


@pytest.mark.parametrize(
    ("scopes", "role", "expected"),
    [
        ((), "admin", False),
        (("read",), "admin", True),
        (("read",), "viewer", False),
        (("metrics",), "admin", False),
        (("rea",), "admin", False),
    ],
)
def test_a_program_needs_the_scope_and_its_owner_the_role(scopes: tuple[str, ...], role: Role, expected: bool) -> None:
    assert may(visitor(kind="program", role=role, scopes=scopes), Right("manager", "read")) is expected
    assert may(visitor(kind="program", role="admin", scopes=("", "read")), Right("viewer")) is False


def test_a_screen_may_what_screens_may_whatever_it_calls_itself() -> None:
    screen = visitor(kind="screen", role="admin", scopes=("read",), screen="wall-1")
    assert may(screen, Right("viewer", "read", screen=True)) and not may(screen, Right("viewer", "read"))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/wall/wall-1", True),
        ("/wall/wall-2", False),
        ("/wall/wall-1/x", False),
        ("/wall/wall%2D1", False),
        ("/", False),
        ("/system", False),
    ],
)
def test_a_screen_has_one_page(path: str, allowed: bool) -> None:
    assert may_open(visitor(kind="screen", screen="wall-1"), path) is allowed


def test_a_page_that_the_table_does_not_know_exists_for_nobody() -> None:
    assert may_open(visitor(role="admin"), "/people") is None and may_open(visitor(), "/sensor/a%2Fb") is True
    assert all(may_open(None, f"/{kind}") is False for kind in PAGES)


@pytest.mark.parametrize("address", ["/", "/domain/sea", "/sensor/a%2F%2Fb?x=1", "/system#x", "/大鹏"])
def test_a_path_of_ours_is_followed(address: str) -> None:
    assert local(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "\t//evil.example",
     "/\n/evil.example", "/\r\nSet-Cookie: a=b", " //evil.example", "\\\\evil.example", "http:/evil.example"],
)  # fmt: skip
def test_an_address_that_leads_elsewhere_is_not(address: str) -> None:
    assert local(address) == ""
