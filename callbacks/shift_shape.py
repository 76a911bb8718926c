"""The shapes of the log book and of handover packs, for the API and its description."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from callbacks.alarm_shape import Name, Note
from callbacks.api_shape import Open
from model.shift import How, Part

LONGEST_ENTRY, LONGEST_NOTES = 4_000, 10_000
PAGE = 200
MADE_BY_ASKER = r"^[0-9A-Za-z-]{8,64}$"


class LogQuery(BaseModel):
    """Which entries; all of them when not given."""

    model_config = ConfigDict(extra="forbid")
    since: float | None = Field(None, allow_inf_nan=False, description="written since, seconds since 1970")
    until: float | None = Field(None, allow_inf_nan=False, description="written before, likewise")
    desk: Name | None = Field(None, description="where the author sat; empty for nowhere")
    person: Name | None = None
    alarm: Name | None = None
    sensor: Name | None = None
    words: Name = Field("", max_length=200, description="every one of these words is in the text")
    before_seq: int | None = Field(None, ge=0, lt=1 << 53, description="the page after the one that told this")
    limit: int = Field(PAGE, ge=1, le=PAGE)


class Writing(BaseModel):
    """An entry to be written. Sent again with the same id, it is written once."""

    model_config = ConfigDict(extra="forbid")
    id: str | None = Field(None, pattern=MADE_BY_ASKER, description="made by who asks, for asking again")
    text: Note = Field(min_length=1, max_length=LONGEST_ENTRY)
    alarm: Name = Field("", max_length=500, description="id of the alarm it is about")
    occurrence: int = Field(0, ge=0, lt=1 << 53)
    sensor: Name = Field("", max_length=256)
    moment: float | None = Field(None, allow_inf_nan=False, description="event time of what it is about, seconds since 1970")
    corrects: int | None = Field(None, ge=1, lt=1 << 53, description="place of the entry that it corrects, which stays as it is")


class EntryRow(Open):
    """An entry of the log book."""

    seq: int
    time: float = Field(description="wall clock of the writing, seconds since 1970")
    author: str
    desk: str
    text: str
    alarm: str
    sensor: str
    moment: float | None
    corrects: int | None
    corrected: int | None = Field(description="place of the newest entry that corrects this one")


class LogPage(BaseModel):
    """Entries, newest first."""

    entries: list[EntryRow]
    before_seq: int | None = Field(description="asks for the next page; null where there is none")


class DraftQuery(BaseModel):
    """Of which desk; one's own when not given."""

    model_config = ConfigDict(extra="forbid")
    desk: Name | None = None


class PackQuery(DraftQuery):
    """Which packs; of all desks when not given."""

    before_seq: int | None = Field(None, ge=0, lt=1 << 53, description="the page after the one that told this")


class Making(BaseModel):
    """A pack to be made and signed as outgoing. Sent again with the same id, it is made once."""

    model_config = ConfigDict(extra="forbid")
    id: str | None = Field(None, pattern=MADE_BY_ASKER, description="made by who asks, for asking again")
    desk: Name | None = Field(None, description="a supervisor may hand over for another desk than their own")
    notes: Note = Field(max_length=LONGEST_NOTES, description="what the next shift is to know; may be empty")


class SignatureRow(BaseModel):
    """Who signed."""

    part: Part
    person: str
    display: str
    how: How
    time: float
    sha256: str


class PackRow(Open):
    """A pack, without what it says."""

    id: str
    desk: str
    seq: int
    time: float
    author: str
    sha256: str
    signatures: list[SignatureRow]
    newest: bool = Field(description="whether no later pack of the desk was made")
    intact: bool = Field(description="whether it still is what was signed")


class Pack(PackRow):
    """A pack."""

    document: dict[str, Any]


class Packs(BaseModel):
    """Packs, newest first."""

    handovers: list[PackRow]
    before_seq: int | None = Field(description="asks for the next page; null where there is none")


class Draft(BaseModel):
    """What a pack would say that was made now."""

    desk: str
    document: dict[str, Any]


class PdfQuery(BaseModel):
    """In which language."""

    model_config = ConfigDict(extra="forbid")
    language: str = Field("en", pattern="^(en|zh)$")
