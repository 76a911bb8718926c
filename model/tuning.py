"""The words of tuning: other numbers for a rule, what they would have done, and who put them in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TUNABLE = ("limit", "deadband", "on_delay", "off_delay", "times", "within")
"""The numbers of a rule that a manager may change. Priority, guidance and calendar are its author's."""
Values = Mapping[str, float]
"""Some of them, by name."""
TrialState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """That a rule has other numbers than its author gave it."""

    rule: str
    """`<domain>/<key>`."""
    values: Values
    """Empty once it was taken back."""
    author: str
    time: float
    """Wall clock."""
    note: str
    trial: str
    """Id of the trial on which it rests."""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A question to the history: what would these numbers have done?"""

    id: str
    rule: str
    values: Values
    """Those that differ from the rule in force; empty only before the advisor has chosen."""
    days: int
    author: str
    """A person; empty for the advisor itself."""
    asked: float
    """Wall clock."""
    state: TrialState
    done: float | None = None
    error: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict)
    """As `streams.trial.outcome` makes it."""
