"""Saved views: everybody's own, the shared ones for all, on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from model.person import User
from store import saved_view
from store.audit import Audit
from store.people import People, Unknown
from store.saved_view import SavedViews, TooMany


@pytest.fixture
def views(engine: Engine) -> SavedViews:
    for name in ("li", "wang"):
        People(engine).add(User(name=name, display=name, role="supervisor"), "", "test")
    return SavedViews(engine, lambda: 1000.0)


def labels(views: SavedViews, name: str) -> list[str]:
    return [view.label for view in views.offered(name)]


def test_a_person_is_offered_their_own_and_the_shared_ones(views: SavedViews) -> None:
    own = views.save("li", "夜班 <b>", "show=open&filter=oxygen", shared=False)
    shared = views.save("wang", "All shelved", "show=shelved", shared=True)
    views.save("wang", "mine", "", shared=False)
    assert views.offered("li") == [shared, own]
    assert labels(views, "wang") == ["All shelved", "mine"] and labels(views, "zhao") == ["All shelved"]


def test_a_view_is_removed_by_its_owner_and_a_shared_one_by_a_supervisor(views: SavedViews) -> None:
    own = views.save("li", "own", "", shared=False)
    shared = views.save("li", "shared", "", shared=True)
    for id in (own.id, shared.id):
        with pytest.raises(Unknown):
            views.remove(id, "wang", any_shared=False)
    with pytest.raises(Unknown):
        views.remove(own.id, "wang", any_shared=True)
    views.remove(shared.id, "wang", any_shared=True)
    views.remove(own.id, "li", any_shared=False)
    assert views.offered("li") == []
    with pytest.raises(Unknown):
        views.remove(own.id, "li", any_shared=False)


def test_saving_and_removing_stand_in_the_audit_log_and_what_was_refused_does_not(engine: Engine, views: SavedViews) -> None:
    made = views.save("li", "=1+1", "a=%00", shared=True)
    views.remove(made.id, "wang", any_shared=True)
    with pytest.raises(Unknown):
        views.remove(made.id, "wang", any_shared=True)
    removed, saved = Audit(engine).entries(limit=2)
    assert [(one.actor, one.action, one.subject) for one in (saved, removed)] == [
        ("li", "view.save", f"view:{made.id}"),
        ("wang", "view.remove", f"view:{made.id}"),
    ]
    assert json.loads(saved.detail) == {"label": "=1+1", "query": "a=%00", "shared": True}


def test_a_person_has_only_so_many(views: SavedViews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_view, "MOST", 2)
    for number in range(2):
        views.save("li", str(number), "", shared=False)
    with pytest.raises(TooMany):
        views.save("li", "more", "", shared=False)
    views.save("wang", "other", "", shared=False)
    assert labels(views, "li") == ["0", "1"]
