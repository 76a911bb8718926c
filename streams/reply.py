"""What a wish is told when it comes late or cannot be recorded."""

from __future__ import annotations

from dataclasses import replace

from model.alarm import Answer, Command
from store.board import Asked
from store.edge import order

EXPIRED_SECONDS = 60.0
"""A wish is carried out within this or never. Its answer is kept for longer, so what was answered cannot be carried out after."""


def timely(wish: Asked) -> Command:
    """The command, with an end to its time whatever its asker said."""
    latest = order(wish.place)[0] / 1000 + EXPIRED_SECONDS
    return replace(wish.command, expires=min(wish.command.expires, latest))


def lost(alarm: str) -> Answer:
    """It is not in the journal, and will not be."""
    return Answer(alarm=alarm, outcome="not_recorded", reason="journal")


def not_recorded(command: Command) -> list[Answer]:
    """The answers to a command that was not carried out because it could not be recorded."""
    return [lost(alarm) for alarm, _ in command.targets or (("", 0),)]
