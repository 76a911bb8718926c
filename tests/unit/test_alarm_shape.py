"""What is asked of alarms, as the API takes it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from callbacks.alarm_shape import AskedMany, Target


def test_an_alarm_is_named_once() -> None:
    one, newer, other = (Target(alarm=alarm, occurrence=occurrence) for alarm, occurrence in (("a", 1), ("a", 2), ("b", 1)))
    assert AskedMany.model_validate({"targets": [one, other]}).targets == [one, other]
    for twice in (one, newer):
        with pytest.raises(ValidationError, match="'a' is there twice"):
            AskedMany.model_validate({"targets": [one, other, twice]})
