"""Reads the tables of `site.toml`: every mistake names the file and the field."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model import Label, SpecError

KEY = re.compile(r"[a-z0-9-]{1,64}")


class Table:
    """One table of `site.toml`. Its methods give a field's value, or raise SpecError; so does a field that is not `known`."""

    def __init__(self, file: str, values: Mapping[str, Any], known: Sequence[str], within: str = "") -> None:
        self.file, self.values, self.within = file, values, within
        for name in values:
            if name not in known:
                raise self.error(name, f"is not known here; known are {', '.join(known)}")

    def error(self, name: str, reason: str) -> SpecError:
        """What to raise for a field."""
        return SpecError(self.file, self.within + name, reason)

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """A value of `kind`; without a default it must be there."""
        value = self.values.get(name, default)
        if value is None:
            raise self.error(name, "is missing")
        if not isinstance(value, kind):
            raise self.error(name, f"must be a {kind.__name__}, not {value!r}")
        return value

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The tables of an array of tables."""
        rows: list[Mapping[str, Any]] = self.get(name, list, [])
        if not all(isinstance(row, dict) for row in rows):
            raise self.error(name, f"must be written as [[{name}]] tables")
        return rows

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value: str = self.get(name, str).strip()
        if not value:
            raise self.error(name, "is empty")
        return value

    def key(self, name: str) -> str:
        """A name as it stands in addresses."""
        value = self.text(name)
        if not KEY.fullmatch(value):
            raise self.error(name, f"{value!r} is not 1 to 64 of a-z, 0-9 and -")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> Any:
        """One of `choices`."""
        value = self.text(name)
        if value not in choices:
            raise self.error(name, f"{value!r} is none of {', '.join(choices)}")
        return value

    def number(self, name: str) -> float:
        """A finite number."""
        value = self.get(name, object)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise self.error(name, f"must be a number, not {value!r}")
        return float(value)

    def label(self) -> Label:
        """The fields `en` and `zh` of this table."""
        return Label(en=self.text("en"), zh=self.text("zh"))


def toml(file: Path) -> dict[str, Any]:
    """What a TOML file says."""
    try:
        return tomllib.loads(text(file))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(str(file), "syntax", str(error)) from error


def text(file: Path) -> str:
    """The text of a UTF-8 file."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SpecError(str(file), "file", "is missing") from error
    except OSError as error:
        raise SpecError(str(file), "file", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpecError(str(file), "file", f"is not UTF-8: byte {error.start}") from error


def unique(file: str, field: str, keys: Sequence[str]) -> None:
    """Raises SpecError when a key is there twice."""
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise SpecError(file, f"{field}[{place}]", f"{key!r} is there twice")
