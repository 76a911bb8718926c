"""`/api/v1`: what programs read of the deck as JSON, with its OpenAPI description made from the same models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, abort, request
from pydantic import BaseModel, ConfigDict, Field
from spectree import Response as Answers
from spectree import SpecTree
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from callbacks.problem import problem
from callbacks.static import described
from model import Domain
from store import Away
from store.live import Live

ROOT = "/api/v1"
ENCODED = {"id": "percent-encoded"}
SILENT = (6, 7)
"""State codes of a sensor that is stale or was never heard."""


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
    """Sensors of one bureau or of all."""

    sensors: list[SensorRow]


class Kpis(BaseModel):
    """Key figures of one bureau or of all."""

    kpis: list[KpiRow]


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


def register(server: Flask, domains: Mapping[str, Domain], reader: Live) -> None:
    """Adds the routes. Every error under `/api/` is a problem document."""
    spec = SpecTree(
        "flask",
        before=_refuse,
        naming_strategy=lambda model: str(model.__name__),
        nested_naming_strategy=lambda parent, child: child,
        title="citydeck",
        version="1",
        mode="strict",
        page_templates={},
    )
    spec.app = server  # not registered as an app of its own: the description has a route below

    @server.get(f"{ROOT}/domains")
    @spec.validate(resp=Answers(HTTP_200=Domains), tags=["domains"])
    def api_domains() -> dict[str, Any]:
        """Every bureau's feed with its metrics, key figures and rules."""
        return {"domains": described(domains)}

    @server.get(f"{ROOT}/sensors")
    @spec.validate(resp=Answers(HTTP_200=Sensors, HTTP_404=Problem), tags=["sensors"])
    def api_sensors(query: SensorQuery) -> dict[str, Any]:
        """Sensors with their newest readings."""
        rows = [row for key in _chosen(query.domain, domains) for row in reader.sensors(key)]
        return {"sensors": [row for row in rows if query.stale is None or (row["state"] in SILENT) == query.stale]}

    @server.get(f"{ROOT}/sensors/<path:id>")
    @spec.validate(resp=Answers(HTTP_200=SensorRow, HTTP_404=Problem), tags=["sensors"], path_parameter_descriptions=ENCODED)
    def api_sensor(id: str) -> dict[str, Any]:
        """One sensor with its newest readings."""
        return reader.sensor(id) or abort(problem(404, f"there is no sensor {id!r}"))

    @server.get(f"{ROOT}/kpis")
    @spec.validate(resp=Answers(HTTP_200=Kpis, HTTP_404=Problem), tags=["kpis"])
    def api_kpis(query: DomainQuery) -> dict[str, Any]:
        """Key figures as they stand."""
        return {"kpis": [row for key in _chosen(query.domain, domains) for row in reader.kpis(key)]}

    @server.get(f"{ROOT}/openapi.json")
    def api_description() -> dict[str, Any]:
        description: dict[str, Any] = spec.spec
        return description

    @server.route("/api/", defaults={"rest": ""})
    @server.route("/api/<path:rest>")
    def api_nothing(rest: str) -> Response:
        return problem(404, f"there is nothing at /api/{rest}")

    @server.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response | HTTPException:
        ours = request.path.startswith("/api/") and error.response is None
        return problem(error.code or 500, error.description or error.name) if ours else error

    @server.errorhandler(Away)
    def away(error: Away) -> Response:
        return problem(503, "the store does not answer")


def _chosen(domain: str | None, domains: Mapping[str, Domain]) -> list[str]:
    if domain is None:
        return list(domains)
    return [domain] if domain in domains else abort(problem(404, f"there is no domain {domain!r}"))


def _refuse(request: Any, response: Any, error: Any, instance: Any, adapter: Any) -> None:
    """Answers a wrong query as a problem that names each wrong parameter."""
    if error is not None:
        reasons = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in adapter.validation_errors(error)]
        abort(problem(422, "; ".join(reasons)))
