"""The shapes of what is asked of the history and answered, for the API and its description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callbacks.alarm_shape import Name
from callbacks.api_shape import Open

MOST_SERIES = 12
MOST_POINTS = 200_000
"""Rows of all series of an answer, gaps not counted: with a gap between any two they fit into a sheet of XLSX."""
Of = Annotated[Name, Field(max_length=400)]


class HistoryQuery(BaseModel):
    """Which past of what, and as what."""

    model_config = ConfigDict(extra="forbid")
    of: list[Of] = Field(
        min_length=1,
        max_length=MOST_SERIES,
        description="`sensor:<domain>/<metric>/<id>`, `kpi:<domain>/<key>[@<area>]`, `alarm:<rule>|<subject>`; repeated",
    )
    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    shift: list[float] = Field(
        [0.0], max_length=4, description="seconds: the same span so much earlier, to be laid over it; repeated; none earlier is 0"
    )
    points: int = Field(
        2_000,
        ge=8,
        le=MOST_POINTS,
        description=f"rows of a series at most, gaps not counted; of all series {MOST_POINTS}; the least and the greatest are kept",
    )
    format: Literal["json", "csv", "xlsx", "parquet"] = "json"


class PastSeries(BaseModel):
    """Columns of equal length; `time` in milliseconds since the epoch. A row without a value is a gap."""

    of: str
    shift: float = Field(description="as asked: how many seconds earlier this is")
    unit: str
    kind: Literal["raw", "minute", "figure"] = Field(description="readings, minutes, or a key figure every five minutes")
    rows: int = Field(description="how many there were before they were thinned")
    c: dict[str, list[Any]]


class PastEvent(Open):
    """An alarm came or ended."""

    of: str = Field(description="of which of the asked series")
    alarm: str
    kind: str
    time: float = Field(description="event time, seconds since 1970; before the span where it stood when the span began")
    priority: str
    value: float | None
    limit: float | None


class Past(BaseModel):
    """What was asked."""

    series: list[PastSeries]
    alarms: list[PastEvent] | None = Field(
        description="by time, those of the rules on the asked series; null while the journal does not answer"
    )
    alarms_since: float | None = Field(
        description="seconds since 1970: of a series with very many alarms only the newest are told, and all of them since then"
    )
