"""`python -m tests.integration.keeper REDIS DATABASE TOPIC [POINT:N]`: a keeper that kills itself the Nth time it comes to a point."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import log
from store.database import connect
from tests.integration.floor import JOURNAL_SECONDS, keeper


def dying(told: Sequence[str]) -> Callable[[str], None]:
    """What is called at each point: from one of them it does not come back."""
    at = {point: int(number) for point, _, number in (one.partition(":") for one in told)}
    seen: Counter[str] = Counter()

    def pause(point: str) -> None:
        seen[point] += 1
        if seen[point] == at.get(point):
            os.kill(os.getpid(), signal.SIGKILL)

    return pause


if __name__ == "__main__":
    url, database, topic, *points = sys.argv[1:]
    log.setup("alarms")
    made = keeper(url, connect(database, JOURNAL_SECONDS), Path(topic), dying(points))
    signal.signal(signal.SIGTERM, lambda *_: setattr(made, "stopping", True))
    made.run()
