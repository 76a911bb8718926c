"""Checks a value against its declared type: dataclasses do not, and a text where a number is wanted must not be found out by a screen."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class ShapeError(Exception):
    """A value is not of its declared type; `field` is the way to it, like `metrics[2].valid[0]`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def expect(value: object, hint: Any, field: str) -> None:
    """Raises ShapeError where `value`, or anything in it, is not what the type says. A whole number will do for a float; NaN will not."""
    origin = get_origin(hint)
    if hint is Any:
        return
    if origin in (Union, types.UnionType):
        _union(value, get_args(hint), field)
    elif origin is Literal:
        if value not in get_args(hint):
            raise ShapeError(field, f"{value!r} is none of {', '.join(map(str, get_args(hint)))}")
    elif origin is tuple:
        _tuple(value, get_args(hint), field)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        _mapping(value, get_args(hint), field)
    elif origin is Callable or (isinstance(origin, type) and issubclass(origin, Callable)):  # type: ignore[arg-type]
        if not callable(value):
            raise ShapeError(field, f"{value!r} is no function")
    elif is_dataclass(hint):
        _dataclass(value, hint, field)
    else:
        _plain(value, hint, field)


def _union(value: object, hints: tuple[Any, ...], field: str) -> None:
    if value is None and type(None) in hints:
        return
    expect(value, next(hint for hint in hints if hint is not type(None)), field)


def _tuple(value: object, hints: tuple[Any, ...], field: str) -> None:
    if not isinstance(value, tuple):
        raise ShapeError(field, f"{value!r} is no tuple" + (": a comma is missing" if len(hints) == 2 and hints[1] is ... else ""))
    if hints[-1] is ...:
        hints = (hints[0],) * len(value)
    if len(value) != len(hints):
        raise ShapeError(field, f"has {len(value)} members, not {len(hints)}")
    for place, (member, hint) in enumerate(zip(value, hints, strict=True)):
        expect(member, hint, f"{field}[{place}]")


def _mapping(value: object, hints: tuple[Any, ...], field: str) -> None:
    if not isinstance(value, Mapping):
        raise ShapeError(field, f"{value!r} is no mapping")
    for key, member in value.items():
        expect(key, hints[0], f"{field} key")
        expect(member, hints[1], f"{field}[{key!r}]")


def _dataclass(value: object, hint: Any, field: str) -> None:
    if not isinstance(value, hint):
        raise ShapeError(field, f"{value!r} is no {hint.__name__}")
    hints = get_type_hints(hint)
    for each in fields(hint):
        expect(getattr(value, each.name), hints[each.name], f"{field}.{each.name}" if field else each.name)


def _plain(value: object, hint: type, field: str) -> None:
    if isinstance(value, bool) and hint is not bool:
        raise ShapeError(field, f"{value!r} is no {hint.__name__}")
    if not isinstance(value, (int, float) if hint is float else hint):
        raise ShapeError(field, f"{value!r} is no {hint.__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ShapeError(field, f"{value!r} is not a finite number")
