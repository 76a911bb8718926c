"""The example that integrators are shown is one that works."""

from __future__ import annotations

import json
import re
from pathlib import Path

from domains import read
from streams.decode import native

PAGE: str = (Path(__file__).parents[2] / "docs" / "integrator.md").read_text()


def block(language: str, holding: str = "") -> str:
    """The page's first example in that language with that word in it."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(text for text in found if holding in text)


def test_the_bureau_can_be_added_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "noise.py").write_text(block("python", "DOMAIN"))
    assert read(tmp_path / "noise.py").key == "noise"


def test_the_message_is_understood() -> None:
    columns, refused = native([json.dumps(json.loads(block("json"))).encode()])
    assert not refused
    assert columns.sensor == ("sea-buoy-03",)
