"""The words of alarms, as ISA-18.2-2016 / IEC 62682 name them: what an alarm is, what happens to it, what a person may wish.

An alarm's identity is rule and subject; each time it comes it is a new occurrence. A wish names both, so it can never hit a newer
occurrence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from model import Label, Priority

AlarmState = Literal["normal", "unacknowledged", "acknowledged", "returned"]
ALARM_STATES: tuple[AlarmState, ...] = ("normal", "unacknowledged", "acknowledged", "returned")
"""Active x acknowledged: `returned` is inactive and not yet acknowledged, `normal` inactive and acknowledged. In a frame a state is its
place here."""

EventKind = Literal[
    "raised",  # the condition became true: a new occurrence
    "repeated",  # it came back while the occurrence was still unacknowledged
    "worsened",  # it passed a worse limit: a new occurrence
    "updated",  # a message from elsewhere says something else of what stands: where, how long, in which words
    "realarmed",  # acknowledged, and still true after the rule's time, or by now another desk's
    "escalated",  # not acknowledged in time: one priority higher
    "returned",  # the condition is no longer true
    "latched",  # the condition is no longer true, but the rule keeps the alarm until it is reset
    "acknowledged",
    "reset",
    "shelved",
    "unshelved",
    "suppressed",
    "unsuppressed",
    "out_of_service",
    "in_service",
    "commented",
    "flood_began",
    "flood_ended",
    "handed_over",  # a desk's areas went to another, or came back
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who has recognised the alarm, when (wall clock), and what was said."""

    who: str
    time: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Set aside by a person: until a time, or (`until` None) until it next returns. Always with a reason."""

    who: str
    time: float
    until: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of service for maintenance, with the date at which somebody looks again."""

    who: str
    time: float
    review: float
    reason: str


Mark = Literal["chattering", "fleeting", "stale"]
"""What makes an alarm a nuisance: three comings in a minute, gone within ten seconds, true for more than a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm as it stands; one that is normal with nothing laid over it is not on the board. Times of the occurrence are event times."""

    id: str
    """`<rule>|<subject>`."""
    occurrence: int
    rule: str
    subject: str
    """As a condition's; `outside:<id>` for a message from elsewhere."""
    domain: str
    area: str
    priority: Priority
    """As it counts now, raised by escalation."""
    state: AlarmState
    value: float | None
    limit: float | None
    raised: float
    changed: float
    returned: float | None = None
    edge: float = 0.0
    """Event time of the newest condition change taken in: an older one is a repetition."""
    worse: bool = False
    """Beyond the rule's worse limit."""
    worse_edge: float = 0.0
    """As `edge`, of the worse limit."""
    announced: float | None = None
    """Since when it calls for a person; None when it came, and stayed, under something laid over it."""
    comings: tuple[float, ...] = ()
    """When it last came, newest last: as many as tell whether it chatters."""
    marks: tuple[Mark, ...] = ()
    count: int = 1
    """How often it came in this occurrence."""
    acknowledgement: Acknowledgement | None = None
    shelf: Shelf | None = None
    suppressed: str | None = None
    """The reason: the id of the alarm that stands in its place, `calendar` or `backlog`."""
    absence: Absence | None = None
    latched: bool = False
    escalated: bool = False
    label: Label | None = None
    """What a message from elsewhere calls itself; a rule's alarm is called as its rule."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What a message from elsewhere brought along: text, link, sender, polygon."""
    ends: float | None = None
    """When a message from elsewhere ends by itself."""
    journalled: bool = True
    """False while the database is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the journal."""

    kind: EventKind
    alarm: str
    """The alarm's id; empty for an event of a desk."""
    occurrence: int
    time: float
    """Event time; of a person's act, the wall clock."""
    source: str
    """What made it, unique in the journal: `edge:<stream>:<entry>`, `command:<id>:<alarm>`, `timer:<alarm>:<occurrence>:<kind>:<due>`."""
    rule: str = ""
    subject: str = ""
    domain: str = ""
    area: str = ""
    priority: Priority | None = None
    state: AlarmState | None = None
    """After the event."""
    value: float | None = None
    limit: float | None = None
    actor: str = ""
    desk: str = ""
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    annunciated: bool = False
    """It called for attention (raised, worsened, realarmed, escalated, or the end of what lay over one that nobody was told of) and nothing
    was laid over the alarm: what alarm rates count."""
    seq: int = 0
    """Place in the journal; 0 before it is written."""
    recorded: float = 0.0
    """Wall clock of the writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """More new alarms at a desk than a person can handle: since when, and the alarm that came first."""

    began: float
    first: str
    first_at: float
    """When that one called, event time in seconds."""
    count: int
    """Alarms annunciated in it so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a desk answers for at this moment. The desk `supervisor` has every area that no other has."""

    desk: str
    areas: tuple[str, ...]
    flood: Flood | None = None


Wish = Literal["acknowledge", "reset", "shelve", "unshelve", "out_of_service", "return_to_service", "comment", "raise", "end", "hand_over"]
"""What a command asks. `raise` and `end` are messages from elsewhere."""

Outcome = Literal["done", "already", "gone", "not_now", "absent", "forbidden", "refused", "not_recorded", "expired"]
"""`already`: somebody did it before, and is named; `gone`: the alarm returned or a newer occurrence stands; `not_now`: it must first be
somewhere else in its life; `absent`: there is no such alarm or occurrence; `forbidden`: it is not for this person; `refused`: what was
asked is not complete, or cannot be; `not_recorded`: the database is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish on its way to the one writer. `targets` are (alarm id, occurrence); `id` is made by the client, and carried out once."""

    id: str
    wish: Wish
    who: str
    role: str
    targets: tuple[tuple[str, int], ...] = ()
    note: str = ""
    until: float | None = None
    """Shelving: wall clock of the return, None until next return. Out of service: the review."""
    lasting: float | None = None
    """In place of `until`: seconds from the moment at which it is carried out, by the writer's clock."""
    desk: str = ""
    """Where the person sits, as the web process knows it."""
    areas: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Of `raise` and `end`: by alarm id what the message from elsewhere says, see `Message`. Of `hand_over`: the desk `to` which the areas
    go, and the desk `from` which they come, where that matters."""


class Message(TypedDict, total=False):
    """What a message from elsewhere says of one alarm, in JSON's types. Of an `end` only `since`; a raise has all but `ends`.

    A raise of an alarm that stands replaces what it said before; with a higher priority it is worsened.
    """

    since: float
    """Event time. A message that is not newer than the alarm's `edge` is a repetition."""
    rule: str
    subject: str
    domain: str
    area: str
    """Empty where the message is about several areas or none; all of them are in `told["areas"]`."""
    priority: Priority
    label: dict[str, str]
    """`en`, `zh`."""
    ends: float | None
    """When it ends by itself."""
    told: dict[str, Any]
    """Becomes the alarm's `detail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a command for one alarm."""

    alarm: str
    outcome: Outcome
    reason: str = ""
    """A code of `callbacks.reason.REASONS`, with what it is about after a colon."""
    who: str = ""
    time: float | None = None
    """`already`: who did it, and when."""
