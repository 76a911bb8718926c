"""What stands on `city.alarms` is what integrators are told: the members, the kinds, and the example."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from sqlalchemy import Engine

from model.alarm import Event, EventKind
from store.journal import Journal
from streams.outbox import Outbox
from tests.integration.floor import Topic
from tests.project import ROOT
from tests.unit.test_letter import EVENT
from tests.until import until

TEXT = (ROOT / "docs" / "integrator.md").read_text(encoding="utf-8")
CHAPTER = TEXT.split("### On Kafka")[1].split("### ")[0]
EXAMPLE = re.findall(r"```json\n(.*?)```", CHAPTER, re.DOTALL)[0]
MEMBERS = {name for row in re.findall(r"^\| (`.*?) \|", CHAPTER, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


def told(engine: Engine, folder: Path, *events: Event) -> list[dict[str, Any]]:
    """What the outbox sends of those events."""
    journal, topic = Journal(engine), Topic(folder / "topic")
    journal.record(journal.take_over("test"), [], events=events)
    outbox = Outbox(journal, lambda: topic)  # type: ignore[arg-type,return-value]
    outbox.active = True
    outbox.start()
    outbox.ring()
    try:
        until(lambda: len(topic.records()) == len(events), "the topic")
    finally:
        outbox.stop()
    return topic.records()


def test_the_members_are_those_of_the_page(engine: Engine, tmp_path: Path) -> None:
    (record,) = told(engine, tmp_path, EVENT)
    assert set(record) == MEMBERS == {each.name for each in fields(Event)}
    assert record["seq"] == 1 and record["recorded"] > 0


def test_every_kind_is_named_and_travels(engine: Engine, tmp_path: Path) -> None:
    kinds: tuple[EventKind, ...] = get_args(EventKind)
    listed = CHAPTER.split("Kinds:")[1].split(".")[0]
    assert tuple(re.findall(r"`(\w+)`", listed)) == kinds
    events = [replace(EVENT, kind=kind, source=f"s{place}") for place, kind in enumerate(kinds)]
    assert [record["kind"] for record in told(engine, tmp_path, *events)] == list(kinds)


@pytest.mark.parametrize("given", [EVENT, replace(EVENT, note="\u2028<b>大鹏</b>", detail={"from": "east", "areas": ["a"]})])
def test_what_is_told_is_what_happened(engine: Engine, tmp_path: Path, given: Event) -> None:
    (record,) = told(engine, tmp_path, given)
    again = msgspec.convert(record, Event)
    assert replace(again, seq=given.seq, recorded=given.recorded) == given


def test_the_example_is_one() -> None:
    example = json.loads(EXAMPLE)
    assert set(example) == MEMBERS
    assert msgspec.convert(example, Event).kind == "acknowledged"
