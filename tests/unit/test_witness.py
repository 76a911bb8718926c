"""What a stranger does is told, and cannot fill the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from callbacks.witness import MINUTE, MOST_OF_ONE, Witness
from store.audit import Audit
from store.database import connect, migrate


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    engine = connect(f"sqlite:///{tmp_path / 'deck.db'}")
    migrate(engine)
    yield Audit(engine)
    engine.dispose()


def mention(witness: Witness, subject: str, address: str = "192.0.2.1") -> None:
    with Flask("test").test_request_context(environ_base={"REMOTE_ADDR": address}):
        witness.mention("unknown", "token.refuse", subject)


def test_the_same_is_told_once_a_minute(audit: Audit) -> None:
    clock = Clock()
    witness = Witness(audit, clock)
    for moment in (0.0, MINUTE / 2, MINUTE, MINUTE + 1):
        clock.now = moment
        mention(witness, "token:a")
    assert len(audit.entries()) == 2
    assert audit.entries()[0].detail == '{"address": "192.0.2.1"}'


def test_one_address_cannot_fill_the_log_and_others_are_told_all_the_same(audit: Audit) -> None:
    witness = Witness(audit, Clock())
    for number in range(MOST_OF_ONE + 30):
        mention(witness, f"token:{number}")
    mention(witness, "token:x", address="192.0.2.2")
    assert len(audit.entries(limit=1000)) == MOST_OF_ONE + 1


def test_what_cannot_be_written_is_in_the_process_own_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    witness = Witness(Audit(connect(f"sqlite:///{tmp_path / 'nothing' / 'deck.db'}")), Clock())
    mention(witness, "token:a")
    assert [record.message for record in caplog.records] == ["not in the audit log"]
