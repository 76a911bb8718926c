"""The bureaus: one file is one bureau, read from this package and from the site's own folder, checked whole before anything starts."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from domains.alarm import complete
from domains.check import check
from model import Domain, SpecError

KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
RESERVED = frozenset({"rejects", "alarms", "all", "system"})
_MISSING = re.compile(r"(\w+)\.__init__\(\) missing .*?: (.*)")
_UNKNOWN = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def load(extra: Path | None = None, only: Collection[str] | None = None) -> Mapping[str, Domain]:
    """Every domain by key, in the order of the navigation: those of this package (or `only` those of it), then every `*.py`
    of the folder `extra`, if it exists.

    Raises SpecError naming the file, the field (or line) and the reason.
    """
    found: dict[str, tuple[str, Domain]] = {}
    for file, domain in (*_own(only), *(_of(extra) if extra else ())):
        for other, known in found.values():
            if known.key == domain.key:
                raise SpecError(file, "key", f"{domain.key} is already the key of {other}")
            if known.topic == domain.topic:
                raise SpecError(file, "topic", f"{domain.topic} is already the topic of {other}")
        found[domain.key] = file, domain
    ordered = sorted((domain for _, domain in found.values()), key=lambda domain: (domain.order, domain.key))
    return {domain.key: domain for domain in ordered}


def own() -> tuple[str, ...]:
    """The keys of the bureaus in this package."""
    return tuple(domain.key for _, domain in _own(None))


def read(path: Path) -> Domain:
    """The domain in one file, checked. Leaves no trace in the interpreter or beside the file. Raises SpecError."""
    module = _imported(str(path), lambda: _run(path))
    if not hasattr(module, "DOMAIN"):
        raise SpecError(str(path), "DOMAIN", "is missing: a domain file says DOMAIN = Domain(...)")
    return _finish(str(path), path.stem, module.DOMAIN)


def _own(only: Collection[str] | None) -> Iterator[tuple[str, Domain]]:
    """This package's modules that define a domain."""
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")):
        file = f"domains/{name}.py"
        module = _imported(file, lambda name=name: importlib.import_module(f"domains.{name}"))  # type: ignore[misc]
        if hasattr(module, "DOMAIN") and (only is None or name in only):
            yield file, _finish(file, name, module.DOMAIN)


def _of(folder: Path) -> Iterator[tuple[str, Domain]]:
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            yield str(path), read(path)


def _run(path: Path) -> ModuleType:
    """Runs a file as a module that nothing else can import, and writes no byte code beside it."""
    module = ModuleType(f"domain:{path.stem}")
    module.__file__ = str(path)
    # A dataclass in the file looks its module up while it is made.
    sys.modules[module.__name__] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module


def _imported(file: str, run: Callable[[], ModuleType]) -> ModuleType:
    """The module, or the author's mistake with its line."""
    try:
        return run()
    except SyntaxError as error:
        raise SpecError(file, f"line {error.lineno}", error.msg) from error
    except SpecError:
        raise
    except Exception as error:  # whatever a file does when it is run is its author's
        _blame(file, error)


def _blame(file: str, error: Exception) -> NoReturn:
    if isinstance(error, TypeError):
        for pattern, reason in ((_MISSING, "is missing"), (_UNKNOWN, "is no field")):
            if match := pattern.match(str(error)):
                raise SpecError(file, f"{match[1]}.{match[2].replace(chr(39), '')} (line {_line(file, error)})", reason) from error
    line = _line(file, error)
    raise SpecError(file, f"line {line}" if line else "file", f"{type(error).__name__}: {error}") from error


def _line(file: str, error: Exception) -> int:
    """The last line of this file on the way to the error; 0 where the file itself could not be opened."""
    line, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(file):
            line = step.tb_lineno
        step = step.tb_next
    return line


def _finish(file: str, key: str, domain: object) -> Domain:
    """The domain with its key and topic, checked, every rule whole."""
    if not isinstance(domain, Domain):
        raise SpecError(file, "DOMAIN", f"{type(domain).__name__} is no Domain")
    if not KEY.fullmatch(key):
        raise SpecError(file, "key", f"the file's name {key!r} must be of a to z, 0 to 9 and _, from a letter on, at most 32")
    if key in RESERVED:
        raise SpecError(file, "key", f"{key} is reserved")
    if domain.key not in ("", key):
        raise SpecError(file, "key", f"is {domain.key!r}, but the file's name makes it {key!r}")
    finished = replace(domain, key=key, topic=domain.topic or f"city.{key}")
    check(file, finished)
    return complete(finished)
