"""The shapes of the API's questions and answers, from which its OpenAPI description is made."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Open(BaseModel):
    """A row that may hold more than is promised here."""

    model_config = ConfigDict(extra="allow")


class SensorRow(Open):
    """A sensor and its newest readings."""

    id: str
    domain: str
    state: int = Field(description="0 live, 1 critical to 4 low, 5 only bad readings, 6 stale, 7 never heard")


class KpiRow(Open):
    """A key figure; its value is null where nothing could be computed."""

    domain: str
    key: str
    value: float | None


class DomainRow(Open):
    """A bureau's feed as it is declared."""

    key: str
    interval: float = Field(description="seconds between readings where the site names none")


class Domains(BaseModel):
    """All bureaus, in the order of the navigation."""

    domains: list[DomainRow]


class Sensors(BaseModel):
    """Sensors of one bureau or of all, at most a second old."""

    sensors: list[SensorRow]


class Kpis(BaseModel):
    """Key figures of one bureau or of all."""

    kpis: list[KpiRow]


class Heard(Open):
    """What the writer of alarms said of one."""

    alarm: str
    wish: str = Field(description="raise or end")
    outcome: str
    reason: str


class Unheard(Open):
    """A message that was not taken, and why; of one that the writer refused, the alarm."""

    reason: str


class Taken(BaseModel):
    """What came of a message from elsewhere."""

    taken: list[Heard]
    ignored: list[Unheard]
    refused: list[Unheard]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class DomainQuery(BaseModel):
    """Which bureau; all of them when not given."""

    model_config = ConfigDict(extra="forbid")
    domain: str | None = None


class SensorQuery(DomainQuery):
    """Which sensors."""

    stale: bool | None = Field(None, description="only those that are silent, or only those that are not")
