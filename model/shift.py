"""The words of the shift: what people write into the log book, and the pack with which one hands the desk to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Part = Literal["outgoing", "incoming"]
"""Who signs: the one who leaves the desk, the one who takes it."""
How = Literal["session", "password"]
"""How who signed showed who they are: signed in, in a browser of their own, or with name and password at the other's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log book. It is never changed: what corrects it is a further one that names it."""

    id: str
    author: str
    display: str
    """The author's name as people read it, as it was then."""
    desk: str
    """Where the author sat; empty for nowhere."""
    text: str
    alarm: str = ""
    occurrence: int = 0
    sensor: str = ""
    moment: float | None = None
    """Event time of what it is about; None where it is about nothing but its own moment."""
    corrects: int | None = None
    """Place of the entry that this one corrects."""
    seq: int = 0
    """Place in the book; 0 before it is written."""
    time: float = 0.0
    """Wall clock of the writing."""
    corrected: int | None = None
    """Place of the newest entry that corrects this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """That somebody stands for a pack as it is."""

    part: Part
    person: str
    display: str
    how: How
    time: float
    """Wall clock."""
    sha256: str
    """Of what was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A pack: a document that nobody can change, and who signed it."""

    id: str
    desk: str
    seq: int
    """Place among the packs of all desks."""
    time: float
    """Wall clock of the making."""
    author: str
    text: str
    """The document as canonical JSON: members sorted, no spaces, UTF-8."""
    sha256: str
    """Of that text."""
    document: Mapping[str, Any]
    signatures: tuple[Signature, ...]
    newest: bool
    """Whether no later pack of the desk was made."""
    intact: bool
    """Whether the text still has its hash, and who signed it is who the audit log says did."""

    def by(self, part: Part) -> Signature | None:
        """The signature of that part."""
        return next((each for each in self.signatures if each.part == part), None)
