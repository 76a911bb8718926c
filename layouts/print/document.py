"""A revision of a report in any of its forms, and what its file is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layouts.print import book, word
from layouts.print.report import pdf
from layouts.print.summary import paragraph
from layouts.print.word import Language
from model.report import Brand

KINDS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
"""By the ending of a file's name its media type. JSON is the revision itself."""


def drawn(told: Mapping[str, Any], ending: str, language: Language, brand: Brand) -> bytes:
    """A revision (`number`, `made`, `facts`, `changed`) as one of KINDS."""
    if ending == "pdf":
        return pdf(told, language, brand)
    return book.xlsx(told, language) if ending == "xlsx" else book.comma(told, language)


def named(told: Mapping[str, Any], ending: str, language: Language) -> str:
    """The name of the file."""
    return f"citydeck-{told['facts']['kind']}-{told['facts']['first']}-r{told['number']}-{language}.{ending}"


def letter(told: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Subject and text of the mail that brings it: the time, where its data came from, the paragraph."""
    facts = told["facts"]
    title, span = word.title(facts, language), word.span(facts, language)
    runs = "".join(text for text, _ in paragraph(facts, language))
    return f"{title}: {span}", "\n\n".join(part for part in (span, word.origin(facts, language), runs) if part) + "\n"
