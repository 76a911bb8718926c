"""What a wish is told when it comes late or cannot be recorded."""

from __future__ import annotations

from model.alarm import Answer, Command
from store.board import Asked

EXPIRES_SECONDS = 30.0
"""A wish is carried out within this or never. Its answer is kept for longer, so what was answered cannot be carried out after."""


def is_late(wish: Asked) -> bool:
    """Whether it has waited for too long to be carried out."""
    return wish.age > EXPIRES_SECONDS


def expired(command: Command) -> list[Answer]:
    """The answers to a command that came too late."""
    return [Answer(alarm=alarm, outcome="expired", reason="late") for alarm in _named(command)]


def lost(alarm: str) -> Answer:
    """It is not in the journal, and will not be."""
    return Answer(alarm=alarm, outcome="not_recorded", reason="journal")


def not_recorded(command: Command) -> list[Answer]:
    """The answers to a command that was not carried out because it could not be recorded."""
    return [lost(alarm) for alarm in _named(command)]


def _named(command: Command) -> list[str]:
    return [alarm for alarm, _ in command.targets] or [""]
