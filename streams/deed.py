"""What the audit log says of a wish that was answered: one row for each wish, however many alarms it names.

The row is written in the transaction of the journal, so neither stands without the other. Which alarms it was, the journal says: the
source of each of its events begins with the name of the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from model.alarm import Answer, Command
from store.audit import Deed
from streams.duty import HOOKS

MOST_REASONS = 10


def deed(command: Command, answers: Sequence[Answer]) -> Deed | None:
    """The row; None for a message from elsewhere, which is no person's act and which the journal has."""
    if command.role == HOOKS:
        return None
    return Deed(f"command:{command.id}", command.who, f"alarm.{command.wish}", _subject(command), _detail(command, answers))


def _subject(command: Command) -> str:
    if command.wish == "hand_over":
        return f"desk:{command.detail.get('to', '')}"
    return f"alarm:{command.targets[0][0]}" if len(command.targets) == 1 else f"{len(command.targets)} alarms"


def _detail(command: Command, answers: Sequence[Answer]) -> dict[str, Any]:
    told = {
        "role": command.role,
        "desk": command.desk,
        "note": command.note,
        "until": command.until,
        "lasting": command.lasting,
        "areas": list(command.areas),
        "from": command.detail.get("from"),
        "reasons": sorted({answer.reason for answer in answers} - {""})[:MOST_REASONS],
    }
    return {name: value for name, value in told.items() if value} | {"outcomes": Counter(answer.outcome for answer in answers)}
