"""The shapes of what is asked of alarms and answered, for the API and its description."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from callbacks.api_shape import Open, Problem
from callbacks.plain import plain
from model import Priority
from model.alarm import AlarmState, Outcome

LONGEST_NOTE, MOST_TARGETS = 2_000, 10_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """A name as it is. ValueError for letters that not every database can hold."""
    if UNSTORABLE.search(text):
        raise ValueError("holds a letter that cannot be stored")
    return text


Name = Annotated[str, AfterValidator(storable)]
Note = Annotated[str, BeforeValidator(lambda told: plain(told, LONGEST_NOTE + 1) if isinstance(told, str) else told)]


class AlarmQuery(BaseModel):
    """Which alarms; all of them when not given."""

    model_config = ConfigDict(extra="forbid")
    state: AlarmState | None = None
    domain: str | None = None
    priority: Priority | None = None


class AlarmRow(Open):
    """An alarm as it stands."""

    id: str
    occurrence: int
    rule: str
    subject: str
    domain: str
    area: str
    priority: Priority
    state: AlarmState
    value: float | None
    limit: float | None
    raised: float = Field(description="event time, seconds since 1970")


class Alarms(BaseModel):
    """Alarms on the board, in no order."""

    alarms: list[AlarmRow]


class EventRow(Open):
    """A line of the journal."""

    kind: str
    time: float
    actor: str
    note: str


class AlarmDetail(BaseModel):
    """One alarm with what happened to it."""

    alarm: AlarmRow | None = Field(description="null where it is not on the board any more")
    events: list[EventRow] | None = Field(description="newest first; null while the journal does not answer")
    count: int | None = Field(description="how often it came in the 30 days before its newest event; null likewise")
    median: float | None = Field(description="seconds from coming to return, the median of the same days; null where it never returned")


class Asking(BaseModel):
    """What a wish brings along. Sent again with the same id, it is carried out once, and the answer is the first one's."""

    model_config = ConfigDict(extra="forbid")
    id: str | None = Field(None, pattern=r"^[0-9A-Za-z-]{8,64}$", description="made by who asks, for asking again")
    note: Note = Field("", max_length=LONGEST_NOTE)


class Asked(Asking):
    """A wish about one occurrence: it never hits a newer one."""

    occurrence: int = Field(ge=0, lt=1 << 53)


class Laid(Asked):
    """A wish that lasts; `note` is the reason. With neither time, shelving lasts until the alarm next returns."""

    until: float | None = Field(None, allow_inf_nan=False, description="wall clock, seconds since 1970")
    lasting: float | None = Field(None, gt=0, allow_inf_nan=False, description="seconds from now, in place of `until`")


class Target(BaseModel):
    """One occurrence of an alarm."""

    model_config = ConfigDict(extra="forbid")
    alarm: Name = Field(max_length=500)
    occurrence: int = Field(ge=0, lt=1 << 53)


def once(targets: list[Target]) -> list[Target]:
    """Targets as they are. ValueError for an alarm that is among them twice: of two occurrences one cannot be meant."""
    for alarm, count in Counter(target.alarm for target in targets).items():
        if count > 1:
            raise ValueError(f"{alarm!r} is there twice")
    return targets


class AskedMany(Asking):
    """A wish about many, each of them once."""

    targets: Annotated[list[Target], AfterValidator(once)] = Field(min_length=1, max_length=MOST_TARGETS)


class Answered(BaseModel):
    """What came of a wish for one alarm."""

    alarm: str
    outcome: Outcome
    reason: str = Field(description="a code, with what it is about after a colon")
    who: str = Field(description="of `already`: who did it before")
    time: float | None = Field(description="and when")


class AnsweredMany(BaseModel):
    """What came of it for each."""

    answers: list[Answered]


class Said(BaseModel):
    """The same in both languages of the deck."""

    en: str
    zh: str


class Refusal(Problem):
    """Why a wish was not carried out; of one that is not as described here, only the members of every problem."""

    outcome: Outcome | Literal["unknown"] | None = None
    alarm: str | None = None
    reason: str | None = Field(None, description="a code, with what it is about after a colon")
    who: str | None = Field(None, description="of `already`: who was first")
    time: float | None = Field(None, description="and when")
    said: Said | None = None
