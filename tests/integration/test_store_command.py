"""`python -m store`: the first admin, tokens and the audit log, from a shell."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from model.person import Role
from store.__main__ import main
from store.audit import Audit
from store.database import connect
from store.people import People
from store.token import Tokens

PASSWORD = "correct horse battery"


class Done(NamedTuple):
    """What a command returned and printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command on a database; `text` is its standard input."""

    def run(database: str, *arguments: str, text: str = "") -> Done:
        monkeypatch.setenv("CITYDECK_SITE", "demo/site")
        monkeypatch.setenv("CITYDECK_DATABASE", database)
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return Done(main(arguments), *capsys.readouterr())

    return run


@pytest.fixture
def migrated(database: str, run: Run) -> str:
    done = run(database, "migrate")
    assert done == (0, "", "")
    return database


def test_from_nothing_to_the_first_admin_and_their_token(migrated: str, run: Run) -> None:
    assert run(migrated, "migrate").code == 0
    added = run(migrated, "user", "add", "li", "--role", "admin", "--display", "李梅", "--language", "zh", text=PASSWORD + "\n")
    assert added == (0, "", "")
    assert run(migrated, "user", "list").out == "li\tadmin\tzh\tactive\t李梅\n"
    token = run(migrated, "token", "add", "alertmanager", "--owner", "li", "--scope", "hooks", "--scope", "read", "--days", "7")
    secret = token.out.strip()
    assert secret.startswith("citydeck_") and len(secret) > 40

    engine = connect(migrated)
    assert PasswordHasher().verify(People(engine).password("li") or "", PASSWORD)
    found = Tokens(engine).find(secret)
    assert found is not None and found.scopes == ("hooks", "read") and found.expires - found.created == pytest.approx(7 * 86_400, abs=5)
    assert f"{found.id}\tli\tactive\t" in run(migrated, "token", "list").out
    assert run(migrated, "token", "revoke", found.id).code == 0
    assert Tokens(engine).find(secret) is None and "\trevoked\t" in run(migrated, "token", "list").out
    log = Audit(engine).entries()
    assert [entry.action for entry in log] == ["token.revoke", "token.add", "user.add"]
    assert all(entry.actor.startswith("shell:") for entry in log) and PASSWORD not in repr(log) and secret not in repr(log)
    engine.dispose()


def test_a_user_is_given_another_password_disabled_and_enabled(migrated: str, run: Run) -> None:
    run(migrated, "user", "add", "li", "--role", "viewer", text=PASSWORD + "\n")
    assert run(migrated, "user", "password", "li", text="another password\n").code == 0
    engine = connect(migrated)
    assert PasswordHasher().verify(People(engine).password("li") or "", "another password")
    assert run(migrated, "user", "disable", "li").code == 0
    assert People(engine).password("li") is None and "\tdisabled\t" in run(migrated, "user", "list").out
    assert run(migrated, "user", "disable", "li", "--undo").code == 0
    assert People(engine).password("li") is not None
    engine.dispose()


def test_the_audit_log_is_verified_also_against_an_anchor(migrated: str, run: Run) -> None:
    run(migrated, "user", "add", "li", "--role", "admin", text=PASSWORD + "\n")
    first = run(migrated, "audit", "verify")
    assert first.code == 0 and first.out.startswith("1:") and first.err == ""
    run(migrated, "user", "disable", "li")
    assert run(migrated, "audit", "verify", "--anchor", first.out.strip()).code == 0
    broken = run(migrated, "audit", "verify", "--anchor", f"2:{'0' * 64}")
    assert broken.code == 1 and "broken at row 2" in broken.err


@pytest.mark.parametrize(
    ("arguments", "text", "reason"),
    [
        (("user", "add", "li", "--role", "admin"), "short\n", "at least 10"),
        (("user", "add", "li", "--role", "admin"), "", "at least 10"),
        (("user", "add", "Li!", "--role", "admin"), PASSWORD, "a name is"),
        (("user", "password", "nobody"), PASSWORD, "nobody is not known"),
        (("user", "disable", "nobody"), "", "nobody is not known"),
        (("token", "add", "x", "--owner", "nobody", "--scope", "read"), "", "nobody is not known"),
        (("token", "revoke", "nothing"), "", "nothing is not known"),
    ],
)
def test_what_cannot_be_done_says_why_in_one_line(tmp_path: object, run: Run, arguments: tuple[str, ...], text: str, reason: str) -> None:
    database = f"sqlite:///{tmp_path}/deck.db"
    run(database, "migrate")
    done = run(database, *arguments, text=text)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1) and reason in done.err


def test_a_second_of_the_same_name_is_refused(migrated: str, run: Run) -> None:
    run(migrated, "user", "add", "li", "--role", "viewer", text=PASSWORD)
    again = run(migrated, "user", "add", "li", "--role", "admin", text=PASSWORD)
    assert again.code == 1 and "li exists already" in again.err


def test_a_database_that_cannot_be_had_says_so(tmp_path: Path, run: Run) -> None:
    done = run(f"sqlite:///{tmp_path}/nothing/deck.db", "user", "list")
    assert done.code == 1 and done.err.startswith("citydeck: ") and done.err.count("\n") < 5
    assert run("mysql://host/x", "migrate").code == 2


@pytest.mark.parametrize(
    ("arguments", "text", "out"),
    [
        (("user", "add", "wang", "--role", "admin"), PASSWORD, ""),
        (("user", "list"), "", ""),
        (("token", "list"), "", ""),
        (("audit", "verify"), "", "0:"),
    ],
)
def test_each_command_makes_the_tables_that_it_needs(database: str, run: Run, arguments: tuple[str, ...], text: str, out: str) -> None:
    done = run(database, *arguments, text=text)
    assert (done.code, done.err) == (0, "") and done.out.startswith(out)


@pytest.mark.parametrize(
    ("owner", "scope", "reason"),
    [
        ("viewer", "bogus", "read, alarms, hooks, metrics or screen:<id>"),
        ("admin", "screen:", "screen:<id>"),
        ("viewer", "hooks", "needs an owner who is supervisor at least; viewer is viewer"),
        ("operator", "metrics", "admin at least"),
        ("viewer", "alarms", "operator at least"),
        ("viewer", "read", ""),
        ("operator", "alarms", ""),
        ("supervisor", "hooks", ""),
        ("viewer", "screen:wall-1", ""),
    ],
)
def test_a_token_that_could_never_be_used_is_refused(tmp_path: Path, run: Run, owner: Role, scope: str, reason: str) -> None:
    database = f"sqlite:///{tmp_path}/deck.db"
    run(database, "user", "add", owner, "--role", owner, text=PASSWORD)
    done = run(database, "token", "add", "x", "--owner", owner, "--scope", scope)
    assert (done.code, done.err.count("\n"), bool(done.out)) == ((1, 1, False) if reason else (0, 0, True)) and reason in done.err
