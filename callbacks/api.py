"""`/api/v1`: what programs read of the deck as JSON, with its OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, get_type_hints

from flask import Flask, abort, current_app, request
from spectree import Response as Answers
from spectree import SpecTree
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from callbacks.api_body import Bodies
from callbacks.api_description import complete
from callbacks.api_shape import DomainQuery, Domains, Kpis, Problem, SensorQuery, SensorRow, Sensors
from callbacks.declared import Declared
from callbacks.problem import problem
from callbacks.static import described
from model import Domain
from store import Away
from store.live import Live

ROOT = "/api/v1"
ENCODED = {"id": "percent-encoded"}
BODIED = ("POST", "PUT", "PATCH")


class Described(Answers):
    """Answers by status, for the description only: holding ten thousand rows against it at each request would hold the screens up."""

    def find_model(self, code: int) -> None:
        """No answer is checked."""


def register(server: Flask, declared: Declared, reader: Live) -> SpecTree:
    """Adds the routes; what describes them, for further ones. Every error under `/api/` is a problem document."""
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
    domains = declared.authored
    _domains(server, spec, declared)
    _sensors(server, spec, domains, reader)
    _kpis(server, spec, domains, reader)
    server.get(f"{ROOT}/openapi.json", endpoint="api_description")(lambda: complete(spec.spec))
    _errors(server)
    return spec


def _domains(server: Flask, spec: SpecTree, declared: Declared) -> None:
    @server.get(f"{ROOT}/domains")
    @spec.validate(resp=Described(HTTP_200=Domains), tags=["domains"])
    def api_domains() -> dict[str, Any]:
        """Every bureau's feed with its metrics, key figures and rules."""
        return {"domains": described(declared.domains(), declared.tuned)}


def _sensors(server: Flask, spec: SpecTree, domains: Mapping[str, Domain], reader: Live) -> None:
    bodies = Bodies()

    @server.get(f"{ROOT}/sensors")
    @spec.validate(resp=Described(HTTP_200=Sensors, HTTP_404=Problem), tags=["sensors"])
    def api_sensors(query: SensorQuery) -> Response:
        """Sensors with their newest readings."""
        keys = _chosen(query.domain, domains)
        return bodies.answer(
            "sensors", (query.domain, query.stale), lambda: chain.from_iterable(reader.sensors(key, query.stale) for key in keys)
        )

    @server.get(f"{ROOT}/sensors/<path:id>")
    @spec.validate(resp=Described(HTTP_200=SensorRow, HTTP_404=Problem), tags=["sensors"], path_parameter_descriptions=ENCODED)
    def api_sensor(id: str) -> dict[str, Any]:
        """One sensor with its newest readings."""
        return reader.sensor(id, domains) or abort(problem(404, f"there is no sensor {id!r}"))


def _kpis(server: Flask, spec: SpecTree, domains: Mapping[str, Domain], reader: Live) -> None:
    @server.get(f"{ROOT}/kpis")
    @spec.validate(resp=Described(HTTP_200=Kpis, HTTP_404=Problem), tags=["kpis"])
    def api_kpis(query: DomainQuery) -> dict[str, Any]:
        """Key figures as they stand."""
        return {"kpis": [row for key in _chosen(query.domain, domains) for row in reader.kpis(key)]}


def _errors(server: Flask) -> None:
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
    """Answers a body that is no JSON object, or a wrong query or member, as a problem that names each wrong one."""
    if request.method in BODIED and (request.content_length or request.mimetype):
        if not request.is_json:
            abort(problem(415, "the body must be JSON: Content-Type application/json"))
        if not isinstance(request.get_json(silent=True), dict):
            abort(problem(400, "the body is not a JSON object"))
    if error is not None:
        reasons = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in adapter.validation_errors(error)]
        extra = any(each["type"] == "extra_forbidden" and len(each["loc"]) == 1 for each in adapter.validation_errors(error))
        abort(problem(422, "; ".join([*reasons, *([_fields()] if extra else [])])))


def _fields() -> str:
    """What the body, or the query, of the request under way may hold."""
    model = get_type_hints(current_app.view_functions[request.endpoint or ""])["json" if request.method in BODIED else "query"]
    return f"the fields are {', '.join(model.model_fields)}"
