"""Long answers of the API: made once for all who ask within a second, the same however they are cut and sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from callbacks.api_body import Bodies
from store import Away

ROWS: list[dict[str, Any]] = [{"id": f"s-{i}", "名": "海洋", "value": None if i % 2 else i / 7} for i in range(25)]


class List:
    """A list that is made anew whenever it is asked for; time stands still unless it is moved."""

    def __init__(self) -> None:
        self.made, self.now, self.away, self.rows, self.size = 0, 1000.0, False, ROWS, 10
        bodies, server = Bodies(lambda: self.now), Flask("test")
        server.get("/<asked>")(lambda asked: bodies.answer("rows", asked, self.pieces))
        self.client = server.test_client()

    def pieces(self) -> Iterator[list[dict[str, Any]]]:
        """The rows, `size` at a time."""
        self.made += 1
        for start in range(0, len(self.rows), self.size):
            yield self.rows[start : start + self.size]
        if self.away:
            raise Away("no answer")


@pytest.fixture
def told() -> List:
    """The list."""
    return List()


@pytest.mark.parametrize("size", [1, 10, 25, 100])
def test_it_is_one_list_however_it_is_cut(told: List, size: int) -> None:
    told.size = size
    assert told.client.get("/a").get_json() == {"rows": ROWS}


def test_of_nothing_it_is_empty(told: List) -> None:
    told.rows = []
    assert told.client.get("/a").get_json() == {"rows": []}


def test_who_takes_gzip_gets_the_same(told: List) -> None:
    plain, packed = told.client.get("/a"), told.client.get("/a", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_it_is_made_once_a_second_for_each_question(told: List) -> None:
    for _ in range(3):
        told.client.get("/a")
    assert told.made == 1
    told.client.get("/b")
    assert told.made == 2
    told.now += 1
    told.client.get("/a")
    assert told.made == 3


def test_who_holds_it_gets_nothing_new_until_it_changes(told: List) -> None:
    held = {"If-None-Match": told.client.get("/a").headers["ETag"]}
    told.now += 1
    answer = told.client.get("/a", headers=held)
    assert (answer.status_code, answer.data) == (304, b"")
    told.now, told.rows = told.now + 1, ROWS[1:]
    assert json.loads(told.client.get("/a", headers=held).data) == {"rows": ROWS[1:]}


def test_what_failed_half_way_is_not_kept(told: List) -> None:
    told.away = True
    assert told.client.get("/a").status_code == 500
    told.away = False
    assert told.client.get("/a").get_json() == {"rows": ROWS}
