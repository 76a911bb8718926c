"""What may be said of a report by hand. Light: every process of the streams reads it, and only one makes reports."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from model.report import SPANS

FORMATS = ("pdf", "xlsx", "csv", "json")


def options(parser: ArgumentParser) -> None:
    """What may be said of a report by hand."""
    parser.add_argument("--date", type=date.fromisoformat, help="report: make that of this day by hand, as 2026-11-19, and end")
    parser.add_argument("--span", choices=SPANS, default="day", help="report: that day, its week or its month")
    parser.add_argument("--format", choices=FORMATS, default="pdf", help="report: as what")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="report: in which language")
    parser.add_argument("--out", type=Path, help="report: into which file; standard output where none is named")
