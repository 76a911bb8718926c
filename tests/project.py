"""The project's own modules and what each imports, read from their text."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("callbacks", "demo", "domains", "layouts", "model", "standards", "store", "streams")


@cache
def modules() -> dict[str, frozenset[str]]:
    """Dotted name -> the dotted names it imports, its own project's and others', of every module that is not a test or a tool.

    A package goes by its own name, its `__main__` by `<package>.__main__`; importing a name of a package counts as importing that
    name's module where there is one.
    """
    files = [*ROOT.glob("*.py"), *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    names = {_name(file): file for file in files}
    return {name: frozenset(_imports(name, file, names.keys())) for name, file in sorted(names.items())}


def reached(found: dict[str, frozenset[str]], start: str) -> set[str]:
    """Every module of the project that comes to be loaded by loading `start`."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found and name not in seen:
            seen.add(name)
            waiting += [*found[name], name.rpartition(".")[0]]
    return seen


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, file: Path, known: Collection[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= _from(node, _package(name, file, node.level), known)
    return found


def _from(node: ast.ImportFrom, package: str, known: Collection[str]) -> set[str]:
    base = ".".join(part for part in (package, node.module) if part)
    inner = {f"{base}.{alias.name}" for alias in node.names}
    return {one for one in inner if one in known} | {base}


def _package(name: str, file: Path, level: int) -> str:
    """Where a relative import of so many dots begins; empty for an absolute one."""
    if level == 0:
        return ""
    parts = name.split(".") if file.stem == "__init__" else name.split(".")[:-1]
    return ".".join(parts[: len(parts) - level + 1])
