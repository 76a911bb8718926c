"""The report's tables as a workbook (XLSX) and as comma-separated text. What a person or a feed wrote stays text: no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from layouts.print.table import Cell, Table, tables
from layouts.print.word import Language

LONGEST = 32_767
"""Letters that a cell of a workbook holds."""
WIDEST = 40
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With what a text must not begin where a spreadsheet opens it: it would be computed."""


def xlsx(told: Mapping[str, Any], language: Language) -> bytes:
    """A sheet for each table. The same revision and language give the same bytes."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(
            {"created": datetime.fromtimestamp(told["made"], UTC).replace(tzinfo=None, microsecond=0), "author": "citydeck"}
        )
        formats: dict[int | None, Any] = {None: book.add_format()}
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for table in tables(told, language):
            _sheet(book, table, head, formats)
    return file.getvalue()


def _sheet(book: Any, table: Table, head: Any, formats: dict[int | None, Any]) -> None:
    sheet = book.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(table.heads):
        sheet.write_string(0, column, name, head)
        widths = [len(name), *(len(str(row[column])) for row in table.rows if row[column] is not None)]
        sheet.set_column(column, column, min(max(widths) + 2, WIDEST))
    for number, (row, decimals) in enumerate(zip(table.rows, table.decimals, strict=True), 1):
        if decimals not in formats:
            formats[decimals] = book.add_format({"num_format": "0." + "0" * decimals if decimals else "0"})
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, clean(cell)[:LONGEST])
            elif cell is not None:
                sheet.write_number(number, column, cell, formats[decimals] if isinstance(cell, float) else formats[None])


def clean(text: str) -> str:
    """Without control characters, which no workbook can hold."""
    return "".join(each for each in text if each >= " " or each in "\t\n")


def comma(told: Mapping[str, Any], language: Language) -> bytes:
    """All tables one below the other, each row led by its table's name; UTF-8 with a mark, by which spreadsheets know it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    for table in tables(told, language):
        writer.writerow([_safe(each) for each in (table.name, *table.heads)])
        writer.writerows([[_safe(each) for each in (table.name, *row)] for row in table.rows])
    return file.getvalue().encode("utf-8-sig", "replace")


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet does not compute; numbers stay as they are."""
    if not isinstance(cell, str):
        return cell
    text = clean(cell)
    return f"'{text}" if text.lstrip(" \u200b\ufeff").startswith(RISKY) or text[:1] in RISKY else text
