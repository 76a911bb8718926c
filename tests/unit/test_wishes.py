"""How the writer's answer becomes one of HTTP."""

from __future__ import annotations

from flask import Flask

from callbacks.wish import Wishes
from tests.unit.story import site


def test_an_answer_that_says_nothing_is_none() -> None:
    wishes = Wishes(lambda command: (), site())
    with Flask("test").test_request_context():
        assert wishes.told([]).status_code == wishes.told(None).status_code == 504
