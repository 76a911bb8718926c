"""`/api/v1/views`: filters of the alarm desk under a name, each person's own and those that a supervisor shares with everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask, abort, jsonify
from flask import Response as Answer
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from spectree import SpecTree
from werkzeug.wrappers import Response

from callbacks.api import ROOT, Described
from callbacks.api_shape import Problem
from callbacks.aside import aside
from callbacks.plain import plain
from callbacks.problem import problem
from callbacks.rights import reaches
from callbacks.visitor import visitor
from model.person import Role, SavedView, Visitor
from store.database import DatabaseAway
from store.people import Unknown
from store.saved_view import SavedViews, TooMany

LONGEST_LABEL, LONGEST_QUERY = 80, 2_000
SHARES: Role = "supervisor"
NOT_RECORDED = "not recorded: the database does not answer"


def _query(text: str) -> str:
    """The query as every browser writes it. ValueError when it is none."""
    written = urlencode(parse_qsl(text.lstrip("?"), keep_blank_values=True, max_num_fields=50))
    if len(written) > LONGEST_QUERY:
        raise ValueError("is too long")
    return written


def _label(text: Any) -> Any:
    return " ".join(plain(text, LONGEST_LABEL + 1).split()) if isinstance(text, str) else text


class Saving(BaseModel):
    """What is to be saved."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, BeforeValidator(_label)] = Field(min_length=1, max_length=LONGEST_LABEL)
    query: Annotated[str, AfterValidator(_query)] = Field(max_length=LONGEST_QUERY, description="of the address, without `?`")
    shared: bool = Field(False, description="whether everybody is offered it: by a supervisor")


class ViewRow(BaseModel):
    """A saved view."""

    id: str
    owner: str
    label: str
    query: str
    shared: bool
    removable: bool = Field(description="whether who asks may remove it")


class Views(BaseModel):
    """One's own and the shared ones, by label."""

    views: list[ViewRow]


def register(server: Flask, spec: SpecTree, views: SavedViews) -> None:
    """Adds the routes, which are for people."""

    @server.get(f"{ROOT}/views")
    @spec.validate(resp=Described(HTTP_200=Views, HTTP_503=Problem), tags=["views"])
    def api_views() -> Response:
        """The views that who asks is offered."""
        known = _known()
        return _told(lambda: jsonify(views=[_row(each, known) for each in aside(lambda: views.offered(known.name))]))

    @server.post(f"{ROOT}/views")
    @spec.validate(resp=Described(HTTP_200=ViewRow, HTTP_403=Problem, HTTP_409=Problem, HTTP_503=Problem), tags=["views"])
    def api_view_save(json: Saving) -> Response:
        """Keeps a view."""
        known = _known()
        if json.shared and not reaches(known.role, SHARES):
            return problem(403, "a view is shared by a supervisor")
        return _told(lambda: jsonify(_row(aside(lambda: views.save(known.name, json.label, json.query, shared=json.shared)), known)))

    @server.delete(f"{ROOT}/views/<id>")
    @spec.validate(resp=Described(HTTP_204=None, HTTP_404=Problem, HTTP_503=Problem), tags=["views"])
    def api_view_remove(id: str) -> Response:
        """Removes a view: one's own, and a supervisor also a shared one."""
        known = _known()
        return _told(lambda: _removed(lambda: views.remove(id, known.name, any_shared=reaches(known.role, SHARES))))


def _known() -> Visitor:
    return visitor() or abort(problem(403, "nobody is signed in"))  # the guard lets nobody unknown in


def _row(view: SavedView, known: Visitor) -> dict[str, Any]:
    return asdict(view) | {"removable": view.owner == known.name or view.shared and reaches(known.role, SHARES)}


def _removed(remove: Callable[[], None]) -> Response:
    aside(remove)
    return Answer(status=204)  # one of Flask's own: spectree answers 200 for another


def _told(answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except Unknown:
        return problem(404, "there is no such view, or it is not yours")
    except TooMany:
        return problem(409, "you have as many views as anybody may have: remove some first")
    except DatabaseAway:
        return problem(503, NOT_RECORDED)
