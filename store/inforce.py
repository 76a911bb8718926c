"""The rules' numbers that managers have put in force, as every process learns them: one document in Redis, written by one process.

SQL has them for good; `python -m streams tuning` brings them here, and again when Redis was emptied. Until it has, rules are as their
authors wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from model.tuning import Tuning, Values
from store import Away, Client
from store.lease import Lease

NAME = "tuning"
KEY = "city:{tuning}:rules"


def publish(lease: Lease, tunings: Sequence[Tuning]) -> None:
    """Sets what is in force, by the holder of the lease `NAME`. Raises Fenced, Away."""
    lease.write({KEY: encoded(tunings)})


def encoded(tunings: Sequence[Tuning]) -> bytes:
    """As it stands in Redis."""
    return json.dumps({each.rule: asdict(each) for each in tunings}, ensure_ascii=False, sort_keys=True).encode()


class InForce:
    """One reader, who asks about once a second."""

    def __init__(self, client: Client) -> None:
        self._client, self._held = client, b"{}"
        self.tunings: dict[str, Tuning] = {}
        """By rule, as they were found last."""

    def changed(self) -> Mapping[str, Values] | None:
        """The numbers by rule where they are others than at the last look; None where they are the same, or Redis is away."""
        try:
            found = self._client.get(KEY)
        except Away:
            return None
        text = found if isinstance(found, bytes) else b"{}"
        if text == self._held:
            return None
        self._held = text
        self.tunings = {rule: Tuning(**told) for rule, told in json.loads(text).items()}
        return {rule: each.values for rule, each in self.tunings.items()}
