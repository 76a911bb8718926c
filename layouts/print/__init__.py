"""PRINTED: data to PDF with Typst. A template lays out, and every text reaches it as data, so nothing a person wrote is ever a command."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
LONGEST_WORD, PIECE = 20, 10
"""A word longer than that may be broken after so many letters: a table has narrow columns, and a hostile name has no spaces."""
BREAK = "\u200b"
KEPT = "\n\t"


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template in this folder. The same data gives the same bytes: the template sets the date of the document."""
    told = json.dumps(shown(data), ensure_ascii=False, allow_nan=False)
    made = _compiler(template).compile(format="pdf", sys_inputs={"data": told})
    return made if isinstance(made, bytes) else b""


@cache
def _compiler(template: str) -> typst.Compiler:
    """Fonts are read once."""
    return typst.Compiler(FOLDER / template, root=FOLDER, font_paths=[FONTS], ignore_system_fonts=True)


def shown(value: Any) -> Any:
    """The same with texts as they may be set."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {name: shown(each) for name, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, (list, tuple)) else value


def text(value: str) -> str:
    """Without control characters and marks of the writing direction, and with places at which a long word may be broken."""
    plain = "".join(each for each in value if each in KEPT or unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(_broken(word) for word in plain.split(" "))


def _broken(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return BREAK.join(word[start : start + PIECE] for start in range(0, len(word), PIECE))
