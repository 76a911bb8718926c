"""`python -m store migrate|user|token|audit`: what an administrator does to the database from a shell on the server."""

from __future__ import annotations

import argparse
import getpass
import os
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

import settings
from callbacks.password import SHORTEST, hashed
from callbacks.rights import SCOPES, SCREEN_SCOPE, reaches
from model import SpecError
from model.person import ROLES, User
from store.audit import Audit
from store.database import DatabaseAway, connect, migrate
from store.handover import Handovers
from store.people import People, Taken, Unknown
from store.token import Tokens

PATIENCE_SECONDS = 600.0
"""A migration of a long journal takes its time."""
DAY = 86_400.0
TOKEN_BYTES = 32
SCOPES_KNOWN = f"{', '.join(SCOPES)} or {SCREEN_SCOPE}<id>"


def main(arguments: Sequence[str]) -> int:
    """Does one thing; 1 when it cannot be done or the audit log is broken, 2 for an author's mistake."""
    asked = _parser().parse_args(arguments)
    try:
        engine = connect(settings.load(os.environ).database, PATIENCE_SECONDS)
        try:
            migrate(engine)
            return int(asked.do(engine, asked) or 0)
        finally:
            engine.dispose()
    except SpecError as error:
        print(f"citydeck: {error}", file=sys.stderr)
        return 2
    except (Taken, Unknown) as error:
        print(f"citydeck: {error} {'exists already' if isinstance(error, Taken) else 'is not known'}", file=sys.stderr)
    except (DatabaseAway, ValueError) as error:
        print(f"citydeck: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m store", description="The database of people, alarms and the audit log.")
    what = parser.add_subparsers(required=True)
    what.add_parser("migrate", help="bring the tables to this version; safe to repeat").set_defaults(do=_migrate)
    _user_parser(what.add_parser("user", help="who may sign in").add_subparsers(required=True))
    _token_parser(what.add_parser("token", help="programs that may use the API").add_subparsers(required=True))
    verify = what.add_parser("audit", help="the audit log").add_subparsers(required=True).add_parser("verify")
    verify.add_argument("--anchor", type=_anchor, metavar="ROWS:HASH", help="what an earlier verify printed: must still stand")
    verify.set_defaults(do=_verify)
    return parser


def _user_parser(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = what.add_parser("add", help="asks for the password, or reads it as one line from standard input")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--display", default="", help="the name as people read it")
    add.add_argument("--language", choices=("en", "zh"), default="en")
    add.set_defaults(do=_user_add)
    what.add_parser("list").set_defaults(do=_user_list)
    password = what.add_parser("password", help="another password; signs them out everywhere")
    password.set_defaults(do=_user_password)
    disable = what.add_parser("disable", help="may not sign in any more; signs them out everywhere")
    disable.add_argument("--undo", action="store_true", help="may sign in again")
    disable.set_defaults(do=_user_disable)
    for each in (add, password, disable):
        each.add_argument("name")


def _token_parser(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    add = what.add_parser("add", help="prints the token, once")
    add.add_argument("label", help="what it is for")
    add.add_argument("--owner", required=True, help="a user, whose role limits it and whose disabling ends it")
    add.add_argument("--scope", action="append", required=True, help=f"{SCOPES_KNOWN}; may be given several times")
    add.add_argument("--days", type=float, default=90.0, help="how long it may be used")
    add.set_defaults(do=_token_add)
    what.add_parser("list").set_defaults(do=_token_list)
    revoke = what.add_parser("revoke")
    revoke.add_argument("id", help="as listed")
    revoke.set_defaults(do=_token_revoke)


def _migrate(_: Engine, __: argparse.Namespace) -> None:
    """No more than every command does first."""


def _user_add(engine: Engine, asked: argparse.Namespace) -> None:
    user = User(name=asked.name, display=asked.display or asked.name, role=asked.role, language=asked.language)
    People(engine).add(user, _hash(), _actor())


def _user_list(engine: Engine, _: argparse.Namespace) -> None:
    for user in People(engine).users():
        print(user.name, user.role, user.language, "disabled" if user.disabled else "active", user.display, sep="\t")


def _user_password(engine: Engine, asked: argparse.Namespace) -> None:
    People(engine).set_password(asked.name, _hash(), _actor())


def _user_disable(engine: Engine, asked: argparse.Namespace) -> None:
    People(engine).disable(asked.name, not asked.undo, _actor())


def _token_add(engine: Engine, asked: argparse.Namespace) -> None:
    _insist_on_use(engine, asked.owner, asked.scope)
    secret = "citydeck_" + secrets.token_urlsafe(TOKEN_BYTES)
    Tokens(engine).grant(secret, asked.label, asked.owner, asked.scope, time.time() + asked.days * DAY, _actor())
    print(secret)


def _insist_on_use(engine: Engine, name: str, scopes: Sequence[str]) -> None:
    """Unknown for an owner that there is not; ValueError for a scope that there is not, or that the owner's role can never use."""
    owner = People(engine).user(name)
    if owner is None:
        raise Unknown(name)
    for scope in scopes:
        if scope.startswith(SCREEN_SCOPE) and scope != SCREEN_SCOPE:
            continue
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope: {SCOPES_KNOWN}")
        if not reaches(owner.role, SCOPES[scope]):
            raise ValueError(f"the scope {scope} needs an owner who is {SCOPES[scope]} at least; {name} is {owner.role}")


def _token_list(engine: Engine, _: argparse.Namespace) -> None:
    now = time.time()
    for token in Tokens(engine).tokens():
        state = "revoked" if token.revoked is not None else "over" if token.expires <= now else "active"
        print(token.id, token.owner, state, _day(token.expires), ",".join(token.scopes), token.label, sep="\t")


def _token_revoke(engine: Engine, asked: argparse.Namespace) -> None:
    Tokens(engine).revoke(asked.id, _actor())


def _verify(engine: Engine, asked: argparse.Namespace) -> int:
    verdict = Audit(engine).verify(asked.anchor)
    print(f"{verdict.rows}:{verdict.last}")
    altered = Handovers(engine).altered()
    if verdict.broken is not None:
        print(f"citydeck: the audit log is broken at row {verdict.broken}", file=sys.stderr)
    if altered:
        print(f"citydeck: these handover packs are not what was signed: {', '.join(altered)}", file=sys.stderr)
    return int(bool(altered) or verdict.broken is not None)


def _hash() -> str:
    """The hash of a password that is asked for."""
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("again: ") != password:
            raise ValueError("the two are not the same")
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST:
        raise ValueError(f"a password has at least {SHORTEST} characters")
    return hashed(password)


def _actor() -> str:
    """Who acts, as the audit log names them: the user of the shell, who need not be a user of the deck."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"shell:{os.getuid()}"


def _anchor(text: str) -> tuple[int, str]:
    rows, _, last = text.partition(":")
    return int(rows), last


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
