"""A deck for each of these files: alarms stay, a flood lasts ten minutes, history for ever, and one story would tell in the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.broker import CLIENT, Broker
from tests.e2e.conftest import PARTITIONS, TOPICS, running
from tests.e2e.deck import Deck


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deck]:
    """A running deck over the embedded broker; no readings but those that the file's tests send."""
    with Broker(dict.fromkeys(TOPICS, PARTITIONS)) as broker:
        yield from running(tmp_path_factory, broker.bootstrap, dict(CLIENT))
