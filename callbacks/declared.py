"""What the city declares, with the numbers that managers have put in force: what screens and programs are told of rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from domains.tuned import city
from model import WORSE, Domain
from model.tuning import Tuning
from store.inforce import InForce

LOOK_SECONDS = 1.0


class Declared:
    """The domains as they are in force now; asked of Redis at most once a second, and of nobody while it is away."""

    def __init__(self, domains: Mapping[str, Domain], rules: InForce, clock: Callable[[], float] = time.monotonic) -> None:
        self._declared, self._rules, self._clock = domains, rules, clock
        self._domains, self._looked = domains, float("-inf")
        self.version = 0
        """Grows whenever something else is in force."""

    @property
    def authored(self) -> Mapping[str, Domain]:
        """The domains as their authors wrote them."""
        return self._declared

    def domains(self) -> Mapping[str, Domain]:
        """By key, with what is in force."""
        if self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            told = self._rules.changed()
            if told is not None:
                self._domains, self.version = city(self._declared, told), self.version + 1
        return self._domains

    def tuned(self, domain: str, rule: str) -> dict[str, Any] | None:
        """Who gave a rule other numbers, when and why, and what its author wrote; None for a rule that is as it was written."""
        tuning: Tuning | None = self._rules.tunings.get(f"{domain}/{rule.removesuffix(WORSE)}")
        mine = next((each for each in self._declared[domain].rules if each.key == rule), None)
        now = next((each for each in self.domains()[domain].rules if each.key == rule), None)
        if tuning is None or mine is None or now is None or mine == now:
            return None
        told = {name: value for name, value in asdict(tuning).items() if name in ("author", "time", "note")}
        return {**told, "authored": {name: getattr(mine, name) for name in tuning.values if getattr(mine, name) != getattr(now, name)}}
